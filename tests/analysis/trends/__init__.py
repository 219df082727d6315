"""Tests of :mod:`joulemark.analysis.trends`."""
