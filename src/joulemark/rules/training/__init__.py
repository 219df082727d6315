"""Rules for power results of MLPerf Training, as the policy means them."""
