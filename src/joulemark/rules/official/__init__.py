"""What the official checkers of the rounds make of a power directory, their faults included."""

from __future__ import annotations

from joulemark.rules.official.outcome import Outcome, Word
from joulemark.rules.official.revisions import FAULTS, REVISIONS, Revision
from joulemark.rules.official.verdicts import CHECKS, official_verdicts

__all__ = ["CHECKS", "FAULTS", "REVISIONS", "Outcome", "Revision", "Word", "official_verdicts"]
