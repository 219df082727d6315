"""Boards under test of MLPerf Tiny: their serial protocol, its relay, and what is fed to them."""
