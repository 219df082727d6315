"""What a result should give per joule, from other results of its system.

Systems differ by orders of magnitude, and so do benchmarks; the ratio of one system's work per
joule on two benchmarks differs little from that of another system. So each other result of a system
foretells this one, by the median ratio over all systems that have both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from joulemark.formats.results.declared import DeclaredResult
from joulemark.rules.results.others import closed, plain

Name = tuple[str, ...]
SYSTEMS = 3
"""Fewer systems with both benchmarks tell no ratio."""
FORETOLD = 2
"""Fewer other results of a system foretell nothing."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Work per joule of systems, and ratios between benchmarks.

    Attributes:
        systems: natural logarithm of the work per joule, by table, round and system, then by
            benchmark, scenario and unit.
        ratios: median difference of those logarithms between two of the latter.
    """

    systems: Mapping[Name, Mapping[Name, float]]
    ratios: Mapping[tuple[Name, Name], float]

    @staticmethod
    def from_rows(rows: Iterable[DeclaredResult]) -> Expected:
        """Return what rows tell."""
        systems: dict[Name, dict[Name, float]] = {}
        for row in rows:
            value = row.per_joule
            if value is not None and 0 < value < math.inf and closed(row):
                systems.setdefault(_system(row), {})[_measured(row)] = math.log(value)
        apart: dict[tuple[Name, Name], list[float]] = {}
        for known in systems.values():
            for one, value in known.items():
                for other, beside in known.items():
                    if one != other:
                        apart.setdefault((one, other), []).append(value - beside)
        ratios = {pair: median(found) for pair, found in apart.items() if len(found) >= SYSTEMS}
        return Expected(systems, ratios)

    def of(self, row: DeclaredResult) -> float | None:
        """Return the work per joule that a row should give; None where too little tells it."""
        own = _measured(row)
        known = self.systems.get(_system(row), {})
        told: Sequence[float] = [
            value + self.ratios[own, other]
            for other, value in known.items()
            if other != own and (own, other) in self.ratios
        ]
        return math.exp(median(told)) if len(told) >= FORETOLD else None


def _system(row: DeclaredResult) -> Name:
    name = plain(row.system_name or row.system)
    return row.kind, row.suite, row.round, row.public_id, plain(row.submitter), name


def _measured(row: DeclaredResult) -> Name:
    return row.benchmark, row.scenario, row.per_joule_unit
