"""Tests of the workload diffusion."""
