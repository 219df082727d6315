"""Figure 7 from the record: energy of an inference beside its multiply-accumulates."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import conversions, of_entry
from joulemark.analysis.figures.wanted import Wanted, offline
from joulemark.analysis.record.comparing import converted
from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.macs import Macs, macs_of
from joulemark.core.errors import UsageError

_DATACENTER = ("v4.0", "4.0-0063", "NVIDIA", "DGX-H100_H100-SXM-80GBx8_TRT_MaxQ")
_TINY = ("v1.2", "1.2-0004", "STMicroelectronics", "NUCLEO_L4R5ZI")


@dataclass(frozen=True, slots=True)
class Workload:
    """What an inference of a benchmark computes.

    Attributes:
        name: for people.
        category: ``datacenter`` or ``tiny``.
        benchmark: in the record.
        target: its variant.
        published: its multiply-accumulates as the source study has them.
    """

    name: str
    category: str
    benchmark: str
    target: str
    published: float

    @property
    def macs(self) -> float:
        """Multiply-accumulates of an inference."""
        return self._needs.macs

    @property
    def check(self) -> str:
        """How many they are: by our count, and by how many the study has more."""
        more = self.published - self.macs
        said = f"{self._needs.of}; {self._needs.check}"
        return f"{said}; the study has {more:,.0f} more" if more else said

    @property
    def _needs(self) -> Macs:
        suite = "tiny" if self.category == "tiny" else "inference"
        found = macs_of(suite, self.benchmark)
        if found is None:
            raise ValueError(f"no operations of {self.benchmark} are known")
        return found


@functools.cache
def workloads() -> tuple[Workload, ...]:
    """Return the workloads that come with this package."""
    text = resources.files(__package__).joinpath("tables/workloads.json").read_text("utf-8")
    return tuple(Workload(**each) for each in json.loads(text)["workloads"])


def energy_of_inferences(entries: Sequence[Entry], known: Definitions) -> FigureData | None:
    """Return figure 7; None without a result of its two systems.

    Args:
        entries: of the record.
        known: tokens of a sample.
    """
    found = {
        "Datacenter": _bars(_of_datacenter(entries), "datacenter", known),
        "Tiny": _bars(_of_tiny(entries), "tiny", known),
    }
    drawn = [point.x for points in found.values() for point in points]
    if not drawn:
        return None
    of = {one.name: one for one in workloads()}
    macs = [Point(x=x, y=of[x].macs, note=of[x].check) for x in drawn]
    return FigureData(
        number="7",
        title="Energy of an inference beside its multiply-accumulates",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=(
            *(Series(name=name, points=tuple(points)) for name, points in found.items() if points),
            Series(name="MACs", points=tuple(macs), right=True),
        ),
        x_label="Workload",
        y_label="Energy of an inference (J)",
        right_label="Multiply-accumulates",
        log_y=True,
        notes=(
            "datacenter: Offline results of 4.0-0063; tiny: results of 1.2-0004",
            "two systems: their bars differ for many reasons besides the workload",
        ),
    )


def _of_datacenter(entries: Sequence[Entry]) -> Mapping[tuple[str, str], Entry]:
    wanted = Wanted(*_DATACENTER)
    named = [(one.benchmark, one.target) for one in workloads()]
    found = {name: offline(entries, wanted, *name) for name in named}
    return {name: entry for name, entry in found.items() if entry is not None}


def _of_tiny(entries: Sequence[Entry]) -> Mapping[tuple[str, str], Entry]:
    wanted = Wanted(*_TINY)
    return {
        (entry.benchmark, entry.target): entry
        for entry in entries
        if entry.suite == "tiny" and entry.division == "closed" and wanted.is_of(entry)
    }


def _bars(found: Mapping[tuple[str, str], Entry], category: str, known: Definitions) -> list[Point]:
    """Return the bars of a system, the greatest first."""
    points = []
    for one in workloads():
        entry = found.get((one.benchmark, one.target))
        if entry is None or one.category != category:
            continue
        try:
            whole = entry if entry.suite == "tiny" else converted(entry, "sample", known)
        except UsageError:
            continue
        if whole.energy_j:
            points.append(_bar(whole, one))
    return sorted(points, key=lambda point: -point.y)


def _bar(entry: Entry, workload: Workload) -> Point:
    energy = entry.energy_j or 0.0
    notes = list(conversions(entry))
    notes.append(f"{energy / workload.macs * 1e12:.3g} pJ a multiply-accumulate")
    spread = energy * entry.u95 if entry.u95 else None
    point = of_entry(entry, y=energy, x=workload.name, note="; ".join(notes))
    return replace(point, at=None, u95=spread)
