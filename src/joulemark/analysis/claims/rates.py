"""How many planted errors the detectors find, and how often they cry without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from joulemark.analysis.claims import planting_cited
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.detecting import suspicions
from joulemark.analysis.claims.known import Known
from joulemark.analysis.claims.planting import Planted, kinds
from joulemark.analysis.claims.planting_cited import tried
from joulemark.formats.results.declared import LOGS, DeclaredResult
from joulemark.rules.results.others import agrees, closed


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one kind of error.

    Attributes:
        kind: what was planted.
        planted: how many times, each in a table without any other error.
        found: of these, how many times a planted row was named.
        paired: with another source of the same results beside the table.
    """

    kind: str
    planted: int
    found: int
    paired: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """Both rates.

    Attributes:
        caught: by kind, of a table alone and with other sources.
        rows: of the clean table.
        alarms: rows of it that a detector named, the table alone.
        paired_alarms: likewise, with other sources.
    """

    caught: Sequence[Caught]
    rows: int
    alarms: int
    paired_alarms: int


@dataclass(frozen=True, slots=True)
class CitedRates:
    """Both rates of cited figures.

    Attributes:
        caught: by kind.
        right: how many times four right figures were cited.
        alarms: of these, how many times something was found.
    """

    caught: Sequence[Caught]
    right: int
    alarms: int


def clean(rows: Iterable[DeclaredResult], known: Iterable[DeclaredResult]) -> list[DeclaredResult]:
    """Return the rows that another source confirms, power and performance, or that are of logs.

    Args:
        rows: of tables.
        known: all.
    """
    corpus = Corpus.of(rows, known)
    return [row for row in corpus.audited if _confirmed(corpus, row)]


def _confirmed(corpus: Corpus, row: DeclaredResult) -> bool:
    if not closed(row) or row.power is None:
        return False
    right = corpus.trusted(row)
    if right is None:
        return row.kind == LOGS and bool(row.run)
    units = (row.power_unit, row.performance_unit) == (right.power_unit, right.performance_unit)
    tokens = any(remark.startswith("stated in ") for remark in row.remarks)
    same = agrees(row.power, right.power) and agrees(row.performance, right.performance)
    return (units or row.power_unit != "W") and same and not tokens


def rates(
    table: Sequence[DeclaredResult],
    known: Sequence[DeclaredResult],
    *,
    times: int = 100,
    seed: int = 1,
) -> Rates:
    """Plant errors in a clean table, one at a time, and count what is found.

    Args:
        table: clean rows.
        known: other sources of the same results.
        times: how often each kind is planted.
        seed: of the places.
    """
    known = _beside(table, known)
    caught = []
    before = {paired: _named(table, known if paired else ()) for paired in (False, True)}
    for number, (kind, plant) in enumerate(kinds().items()):
        for paired in (False, True) if known else (False,):
            random, planted, found = Random(f"{seed} {number}"), 0, 0  # noqa: S311
            for _ in range(times):
                made = plant(table, random)
                if made is None or (made.gone and not paired):
                    continue
                planted += 1
                found += _finds(made, known if paired else (), before[paired])
            if planted:
                caught.append(Caught(kind, planted, found, paired))
    return Rates(caught, len(table), len(before[False]), len(before[True]))


def cited_rates(known: Known, *, times: int, since: str, until: str, seed: int = 1) -> CitedRates:
    """Plant errors in figures that cite results of the record, and count what is found.

    Args:
        known: the record.
        times: how often each kind is planted, and how many right citations are asked.
        since: first round of the cited results; empty for all.
        until: last round; empty for all.
        seed: of the places.
    """
    made = []
    for number, (kind, plant) in enumerate(planting_cited.kinds().items()):
        random = Random(f"{seed} cited {number}")  # noqa: S311
        found = tried(known, plant, times=times, random=random, since=since, until=until)
        if found:
            made.append(Caught(kind, len(found), sum(found), paired=True))
    random = Random(f"{seed} right")  # noqa: S311
    right = tried(known, planting_cited.right, times=times, random=random, since=since, until=until)
    return CitedRates(made, len(right), sum(right))


def _beside(
    table: Sequence[DeclaredResult], known: Sequence[DeclaredResult]
) -> list[DeclaredResult]:
    """Return the other statements of the results of a table, and no other result."""
    corpus = Corpus.of(table, known)
    found = {row.key: other for row in table if (other := corpus.trusted(row)) is not None}
    return list({other.key: other for other in found.values()}.values())


def _named(table: Sequence[DeclaredResult], known: Sequence[DeclaredResult]) -> set[str]:
    return {key for one in suspicions(Corpus.of(table, known)) for key in one.keys[:1]}


def _finds(made: Planted, known: Sequence[DeclaredResult], before: set[str]) -> bool:
    """Return whether a planted row is named that was not before."""
    corpus = Corpus.of(made.rows, known)
    for one in suspicions(corpus):
        if any(key in made.keys and key not in before for key in one.keys):
            return True
        if one.detector == "missing" and made.gone and one.keys[0] not in before:
            return True
    return False
