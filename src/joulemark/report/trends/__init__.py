"""The answers of ``joulemark trends``: tables of 80 columns, JSON lines, figures."""
