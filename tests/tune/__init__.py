"""Tests of knobs and sweeps."""
