"""Warnings by kind, so that each is explained once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Caution, Code
from joulemark.core.run import Run
from joulemark.report.format import clean


@dataclass(frozen=True, slots=True)
class Warned:
    """Warnings of one kind: where, what it means and what to do, what was seen."""

    code: str
    phases: str
    text: str
    details: list[str]


def grouped(cautions: Sequence[Caution]) -> list[Warned]:
    """Return warnings by kind, in the order of their finding."""
    groups: dict[Code, list[Caution]] = {}
    for caution in dict.fromkeys(cautions):
        groups.setdefault(caution.code, []).append(caution)
    return [
        Warned(
            code=code.value,
            phases=", ".join(dict.fromkeys(clean(c.phase, 60) for c in group if c.phase)),
            text=code.text,
            details=list(dict.fromkeys(clean(c.detail) for c in group if c.detail)),
        )
        for code, group in groups.items()
    ]


def all_cautions(run: Run, results: Sequence[PhaseResult]) -> list[Caution]:
    """Return the warnings of the run and of its phases, each once."""
    return list(dict.fromkeys([*run.cautions, *(c for r in results for c in r.cautions)]))
