"""Rules: what a result must be, a small function each, and what the official checkers make of it."""
