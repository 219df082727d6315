"""Power results of MLPerf Inference as submitters hand them in.

Formats: ``docs/formats/mlperf-inference.md``. Every parser takes the bytes of one file, keeps the
line of what it reports, and raises nothing but FormatError.
"""
