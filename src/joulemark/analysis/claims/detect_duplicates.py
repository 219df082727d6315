"""One figure in rows that should differ: a cell or a row was copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.claims.corpus import Corpus, system_of
from joulemark.analysis.claims.suspicion import Suspicion, of_rows, told
from joulemark.core.units import digits
from joulemark.formats.results.declared import LOGS, WATTS, DeclaredResult
from joulemark.rules.results.others import agrees, family, significant

NAME = "duplicate"
CHANCE = 5
"""Figures of fewer digits may be equal by chance."""


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield rows that share a figure to the last digit, of two measurements."""
    for rows in _alike(corpus.audited):
        for number, row in enumerate(rows[1:], 1):
            other = next((o for o in rows[:number] if _two(row, o)), None)
            if other is None:
                continue
            copied = _copied(corpus, row, other)
            original = other if copied is row else row
            what = f"{told(copied)}: states the figure of {told(original)}"
            evidence = [
                f"{digits(figure, 9)} {unit} in both" for figure, unit in _shared(row, other)
            ]
            right = corpus.trusted(copied)
            if (
                right is not None
                and right.kind == LOGS
                and agrees(copied.performance, right.performance)
            ):
                continue
            yield of_rows(NAME, [copied, original], what, evidence, _mended(right))
    yield from _doubled(corpus)


def _doubled(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield rows whose power is their own performance."""
    for row in corpus.audited:
        if row.power is None or row.power != row.performance or row.power_unit != WATTS:
            continue
        if significant(row.power) >= CHANCE:
            what = f"{told(row)}: states one figure as performance and as power"
            evidence = [f"{digits(row.power, 9)} for both"]
            yield of_rows(NAME, [row], what, evidence, _mended(corpus.trusted(row)))


def _mended(right: DeclaredResult | None) -> str:
    if right is None:
        return "leave it out until its logs are found"
    parts = []
    for value, unit in (
        (right.performance, right.performance_unit),
        (right.power, right.power_unit),
    ):
        if value is not None:
            parts.append(f"{digits(value, 6)} {unit}")
    return f"should be {', '.join(parts)}"


def _alike(rows: Sequence[DeclaredResult]) -> list[list[DeclaredResult]]:
    """Return the rows of one suite that share a long performance figure."""
    found: dict[tuple[str, ...], list[DeclaredResult]] = {}
    for row in rows:
        if row.performance is None or significant(row.performance) < CHANCE or _set(row):
            continue
        name = (row.suite, row.performance_unit, f"{row.performance:.9e}")
        found.setdefault(name, []).append(row)
    return [group for group in found.values() if len(group) > 1]


def _set(row: DeclaredResult) -> bool:
    """Return whether a performance may be equal by rights: it was aimed at, or measured once.

    A Server rate is a target; a training that two meters read has one time.
    """
    return row.scenario == "Server" or row.suite == "training"


def _two(row: DeclaredResult, other: DeclaredResult) -> bool:
    """Return whether rows are of two measurements.

    Of one system, the variants of a benchmark share a log where nothing else is asked of them, its
    categories share all, and a later round may publish a result once more.
    """
    return _measured(row) != _measured(other)


def _measured(row: DeclaredResult) -> tuple[str, ...]:
    suite, _, *system = system_of(row)
    return (suite, *system, family(row.benchmark), row.scenario)


def _copied(corpus: Corpus, row: DeclaredResult, other: DeclaredResult) -> DeclaredResult:
    """Return which of two rows is the copy: the one that other sources or results contradict."""
    for one in (row, other):
        right = corpus.trusted(one)
        if right is not None and not agrees(one.performance, right.performance):
            return one
    return max((row, other), key=corpus.strange)


def _shared(row: DeclaredResult, other: DeclaredResult) -> Iterator[tuple[float, str]]:
    for name in ("performance", "power"):
        value = getattr(row, name)
        if value is not None and value == getattr(other, name):
            yield value, getattr(row, f"{name}_unit")
