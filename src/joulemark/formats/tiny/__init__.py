"""Sessions of MLPerf Tiny: EnergyRunner's and the Python runner's files, found and read."""
