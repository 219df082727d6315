"""What people and programs see of a run: JSON, tables, progress and one web page."""
