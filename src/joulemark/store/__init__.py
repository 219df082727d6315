"""Run directories: written as a run goes, opened again whatever happened to it."""
