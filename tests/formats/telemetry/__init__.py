"""Tests of logs of power and of results of serving benchmarks."""
