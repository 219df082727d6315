"""One file per verb; each only wires."""
