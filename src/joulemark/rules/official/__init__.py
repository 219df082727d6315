"""The official checker of each round, check by check, its faults included."""
