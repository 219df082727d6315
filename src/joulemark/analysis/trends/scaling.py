"""What training on more accelerators costs: E₁/Eₙ and T₁/Tₙ of one benchmark and submitter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import spread
from joulemark.analysis.trends.statistics import FEWEST


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a system.

    Attributes:
        accelerators: of all nodes.
        entry: the result; of several of one size that of least energy.
        energy: Eₙ/E₁: the energy of a run over that of the smallest size.
        faster: T₁/Tₙ; None where a time is not known.
        larger: how many times as many accelerators.
        u95: half-width of the 95 % interval of ``energy``, relative; None if unknown.
    """

    accelerators: float
    entry: Entry
    energy: float
    faster: float | None
    larger: float
    u95: float | None

    @property
    def energy_efficiency(self) -> float:
        """E₁/Eₙ: 1 if a larger system took no more energy."""
        return 1 / self.energy

    @property
    def parallel_efficiency(self) -> float | None:
        """T₁/Tₙ over how many times as many accelerators: 1 if it were that much faster."""
        return None if self.faster is None else self.faster / self.larger

    @property
    def power(self) -> float | None:
        """Pₙ/P₁: mean power over that of the smallest size; None where a time is not known."""
        return None if self.faster is None else self.energy * self.faster


@dataclass(frozen=True, slots=True)
class Scaling:
    """One benchmark of one submitter in one round, over sizes of its system.

    Attributes:
        submitter: as stated.
        round: which.
        division: which.
        benchmark: with variant.
        accelerator: name.
        sizes: at least two, the smallest first.
    """

    submitter: str
    round: str
    division: str
    benchmark: str
    accelerator: str
    sizes: tuple[Size, ...]

    @property
    def is_trend(self) -> bool:
        """Whether there are sizes enough to speak of one."""
        return len(self.sizes) >= FEWEST


def scaling(entries: Iterable[Entry]) -> tuple[Scaling, ...]:
    """Return every benchmark that one submitter trained on systems of several sizes in one round.

    Args:
        entries: of the record, in any order; only those of training count.
    """
    found: dict[tuple[str, ...], dict[float, list[Entry]]] = {}
    for entry in entries:
        if entry.suite == "training" and entry.energy_j and entry.accelerators:
            name = (entry.benchmark, entry.round, entry.division, entry.submitter)
            sizes = found.setdefault((*name, entry.accelerator), {})
            sizes.setdefault(entry.accelerators, []).append(entry)
    return tuple(
        Scaling(submitter, round_, division, benchmark, accelerator, _sizes(by_size))
        for (benchmark, round_, division, submitter, accelerator), by_size in sorted(found.items())
        if len(by_size) > 1
    )


def _sizes(by_size: dict[float, list[Entry]]) -> tuple[Size, ...]:
    chosen = [min(by_size[n], key=lambda e: (_joules(e), e.key)) for n in sorted(by_size)]
    return tuple(_size(chosen, entry) for entry in chosen)


def _size(chosen: Sequence[Entry], entry: Entry) -> Size:
    first = chosen[0]
    alone, here = first.latency_s, entry.latency_s
    return Size(
        accelerators=entry.accelerators or math.nan,
        entry=entry,
        energy=_joules(entry) / _joules(first),
        faster=alone / here if alone and here else None,
        larger=(entry.accelerators or math.nan) / (first.accelerators or math.nan),
        u95=0.0 if entry is first else spread(first, entry),
    )


def _joules(entry: Entry) -> float:
    return entry.energy_j or math.nan
