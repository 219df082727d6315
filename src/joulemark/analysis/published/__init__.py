"""The figures of the source study as it has them: its definitions on its tables, faults and all."""
