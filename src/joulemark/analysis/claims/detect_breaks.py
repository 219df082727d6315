"""Trends that cross a round in which a benchmark, or the unit it counts in, was defined anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.detect_units import known_factor
from joulemark.analysis.claims.suspicion import Suspicion, of_rows
from joulemark.analysis.record.definitions import definitions, order
from joulemark.core.units import digits
from joulemark.formats.results.declared import LATENCY, RATES, DeclaredResult
from joulemark.rules.results.others import closed, family, plain

NAME = "definition"
JUMP = 4.0
"""From one round to the next, the figure of one accelerator changes by less than this, on the
median, unless what is counted was changed. Of rounds v1.0 to v2.1, no other change is over 1.6."""
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """What a benchmark's figures did between two rounds.

    Attributes:
        earlier: rows of the round before, of accelerators that both rounds have.
        later: likewise of the round after.
        factor: median change of performance for each accelerator.
    """

    earlier: Sequence[DeclaredResult]
    later: Sequence[DeclaredResult]
    factor: float


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield benchmarks whose figures jump between rounds, on the same accelerators."""
    known = sorted({of.per_sample for of in definitions().tokens.values()})
    for (benchmark, scenario, _), jump in jumps(corpus.audited):
        if 1 / JUMP <= jump.factor <= JUMP:
            continue
        before, after = jump.earlier[0].round, jump.later[0].round
        units = {row.performance_unit for row in (*jump.earlier, *jump.later)}
        factor = known_factor(jump.factor, (*known, 1e3), 2.0)
        what = f"{benchmark} {scenario}: {before} and {after} do not count the same"
        changes = f"the figure changes {digits(jump.factor, 3)} times"
        evidence = [
            f"on the same accelerators {changes}, in {len(jump.later)} rows",
            f"units: {', '.join(sorted(units))}",
        ]
        if factor is not None:
            evidence.append(f"near {digits(max(factor, 1 / factor), 3)}, a known factor of units")
        mended = f"end the trend before {after}, or convert"
        yield of_rows(NAME, [*jump.later, *jump.earlier], what, evidence, mended)


def jumps(rows: Iterable[DeclaredResult]) -> Iterator[tuple[Name, Jump]]:
    """Yield benchmark, scenario and kind of figure with what changed between its rounds."""
    for name, rounds in _by_round(rows).items():
        ordered = sorted(rounds, key=order)
        for before, after in pairwise(ordered):
            both = rounds[before].keys() & rounds[after].keys()
            if not both:
                continue
            changes = [_best(rounds[after][of]) / _best(rounds[before][of]) for of in both]
            earlier = [row for of in sorted(both) for row in rounds[before][of]]
            later = [row for of in sorted(both) for row in rounds[after][of]]
            yield name, Jump(earlier, later, median(changes))


def _by_round(
    rows: Iterable[DeclaredResult],
) -> Mapping[Name, dict[str, dict[str, list[DeclaredResult]]]]:
    """Return rows by benchmark, scenario and kind of figure, then round, then accelerator."""
    found: dict[Name, dict[str, dict[str, list[DeclaredResult]]]] = {}
    for row in rows:
        if not _told(row):
            continue
        kind = "rate" if row.performance_unit in RATES else "latency"
        name = (family(row.benchmark), row.scenario, kind)
        of = found.setdefault(name, {}).setdefault(row.round, {})
        of.setdefault(plain(row.accelerator), []).append(row)
    return found


def _told(row: DeclaredResult) -> bool:
    known = row.performance and row.performance > 0 and row.accelerator and row.accelerators
    rated = row.performance_unit in (*RATES, LATENCY)
    return bool(known) and rated and row.suite == "inference" and closed(row)


def _best(rows: Sequence[DeclaredResult]) -> float:
    """Return the middle figure of one accelerator; a latency is not shared among several."""
    return median(
        (row.performance or 1.0)
        / ((row.accelerators or 1.0) if row.performance_unit in RATES else 1.0)
        for row in rows
    )
