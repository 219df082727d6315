"""Results of ML.ENERGY."""
