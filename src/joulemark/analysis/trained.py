"""Training results by the number of accelerators: energy, its parts, and the time to train."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.formats.results.declared import LOGS, DeclaredResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One result.

    Attributes:
        benchmark: its name.
        name: round, submitter and system.
        accelerators: how many; None if nothing says.
        seconds: time to train, s.
        compute_j: energy of the nodes as published, J.
        interconnect_j: that of the switches, J.
        in_run_j: all energy between start and stop of the runs, J; None if unknown.
        in_run_u95: its 95 % half-width, J.
        interconnect_in_run_j: that of the switches, J; None likewise.
    """

    benchmark: str
    name: str
    accelerators: int | None
    seconds: float
    compute_j: float
    interconnect_j: float
    in_run_j: float | None = None
    in_run_u95: float = 0.0
    interconnect_in_run_j: float | None = None

    @property
    def whole_j(self) -> float:
        """All energy as published, J."""
        return self.compute_j + self.interconnect_j


def trained(row: DeclaredResult, results: Mapping[str, Any]) -> Trained | None:
    """Return a training result; None where its parts are not known.

    Args:
        row: as published.
        results: what the record of a run of it holds under ``results``.
    """
    result, parts = (
        _object(_object(results.get("training")).get("result")),
        published_parts(results),
    )
    if row.suite != "training" or row.kind != LOGS or parts is None:
        return None
    seconds, compute, interconnect = parts
    known, switches = _object(result.get("in_run_j")), _object(result.get("interconnect_in_run_j"))
    words = (row.round, row.submitter, row.system)
    return Trained(
        benchmark=row.benchmark,
        name=" ".join(filter(None, words)),
        accelerators=int(row.accelerators) if row.accelerators else None,
        seconds=seconds,
        compute_j=compute,
        interconnect_j=interconnect,
        in_run_j=_number(known.get("value")),
        in_run_u95=_number(known.get("u95")) or 0.0,
        interconnect_in_run_j=_number(switches.get("value")),
    )


def published_parts(results: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Return time to train, s, and energy of nodes and of switches, J, as published.

    Args:
        results: what the record of a run holds under ``results``.

    Returns:
        None where one of them is not said.
    """
    result = _object(_object(results.get("training")).get("result"))
    names = ("seconds", "compute_published_j", "interconnect_published_j")
    seconds, compute, interconnect = (_number(result.get(name)) for name in names)
    if not seconds or compute is None or interconnect is None:
        return None
    return seconds, compute, interconnect


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def by_benchmark(found: Iterable[Trained]) -> dict[str, list[Trained]]:
    """Return results of each benchmark by accelerators; the benchmark of most scales first.

    Those whose number of accelerators is not known come last.
    """
    groups: dict[str, list[Trained]] = {}
    for one in found:
        groups.setdefault(one.benchmark, []).append(one)
    ordered = sorted(groups.items(), key=lambda pair: (-len(sizes(pair[1])), pair[0]))
    return {name: sorted(group, key=_order) for name, group in ordered}


def sizes(group: Sequence[Trained]) -> set[int]:
    """Return the numbers of accelerators of some results."""
    return {one.accelerators for one in group if one.accelerators is not None}


def _order(one: Trained) -> tuple[bool, int, str]:
    return one.accelerators is None, one.accelerators or 0, one.name
