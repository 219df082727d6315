"""What published figures say, held against the record: detectors of errors, claims and verdicts."""
