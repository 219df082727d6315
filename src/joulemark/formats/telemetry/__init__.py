"""Logs of power that tools beside a serving benchmark wrote, and the results of such benchmarks."""
