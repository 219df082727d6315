"""Sessions with boards under test: energy, performance, accuracy and duty cycle of MLPerf Tiny."""
