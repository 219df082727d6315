"""Settings of the machine that are always put back, and sweeps over them and over commands."""
