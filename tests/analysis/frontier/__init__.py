"""Pareto sets and recommendations."""
