"""Rules: what a result must be, and what the official checkers make of it."""
