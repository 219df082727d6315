"""Rules for power results of MLPerf Inference, as the rules mean them."""
