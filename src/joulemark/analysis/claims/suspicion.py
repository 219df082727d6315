"""What a detector has found: in which rows, on what evidence, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from joulemark.formats.results.declared import DeclaredResult

if TYPE_CHECKING:
    from joulemark.analysis.claims.corpus import Corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One finding.

    Attributes:
        detector: name of what found it.
        what: is wrong, in a sentence.
        keys: of the rows that cannot be as they stand, the doubtful one first.
        sources: where these stand, ``file:line``.
        evidence: what speaks for it, each a sentence with numbers.
        correction: what the row should say, as far as can be told.
        value: the corrected figure, in the unit of the row; None where it cannot be told.
    """

    detector: str
    what: str
    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    correction: str = ""
    value: float | None = None


Detector = Callable[["Corpus"], Iterator[Suspicion]]
"""Looks at all rows of a corpus."""


def of_rows(
    detector: str,
    rows: Sequence[DeclaredResult],
    what: str,
    evidence: Sequence[str],
    correction: str,
    value: float | None = None,
) -> Suspicion:
    """Return a finding about rows, the doubtful one first."""
    return Suspicion(
        detector=detector,
        what=what,
        keys=tuple(row.key for row in rows),
        sources=tuple(dict.fromkeys(source for row in rows for source in row.sources)),
        evidence=tuple(evidence),
        correction=correction,
        value=value,
    )


def told(row: DeclaredResult) -> str:
    """Return the name of a result for people."""
    who = row.public_id or row.submitter
    parts = (who, row.system_name or row.system, row.benchmark, row.scenario)
    return " ".join(part for part in parts if part)


def source(row: DeclaredResult) -> str:
    """Return where a row stands, for people."""
    return row.sources[0] if row.sources else row.kind
