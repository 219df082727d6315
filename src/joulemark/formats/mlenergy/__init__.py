"""Results of the ML.ENERGY benchmark: its leaderboards V2 and V3, ``results.json`` of a run."""
