"""Energy arithmetic: pure functions of traces and windows. No clock, no files."""
