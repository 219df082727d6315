"""Pages of a review of MLPerf Inference power results: one of each measurement, one of the tree."""
