"""A rule in words."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.core.finding import Severity


@dataclass(frozen=True, slots=True)
class Described:
    """A rule without the function that looks.

    Attributes:
        id: stable name.
        demands: what it asks for.
        source: where that stands.
        severity: of its findings.
        advice: how a submitter mends it.
        rounds: the rounds it holds in, in words; empty for all.
    """

    id: str
    demands: str
    source: str
    severity: Severity
    advice: str
    rounds: str = ""
