"""Which configurations are worth having: the Pareto set of two metrics, and the one to choose."""
