"""Power results of MLPerf Training as submitters hand them in.

Formats: ``docs/formats/mlperf-training.md``. Every parser takes the bytes of one file, keeps the
line of what it reports, and raises nothing but FormatError.
"""
