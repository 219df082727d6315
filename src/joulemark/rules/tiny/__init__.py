"""Rules for sessions of MLPerf Tiny, as the rules mean them."""
