"""Tests of the readers of other people's files."""
