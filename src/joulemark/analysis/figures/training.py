"""Figure 6 from the record: energy of a training by its parts, and its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import of_entry
from joulemark.analysis.figures.stored import Parts
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits

_ROUND, _SUBMITTER, _BENCHMARK = "v4.0", "smc-dc-power", "llama2_70b_lora"


def training_energy(entries: Sequence[Entry], parts: Mapping[str, Parts]) -> FigureData | None:
    """Return figure 6: Llama2-70B on the direct-current systems of v4.0; None without its runs.

    Args:
        entries: of the record.
        parts: of trainings, by the name of a run.
    """
    found: dict[float, tuple[Entry, Parts]] = {}
    for entry in entries:
        of = (entry.round, entry.submitter.casefold(), entry.benchmark)
        if of == (_ROUND, _SUBMITTER, _BENCHMARK) and entry.accelerators:
            for run in entry.runs:
                if run in parts:
                    found[entry.accelerators] = entry, parts[run]
    if not found:
        return None
    ordered = [found[size] for size in sorted(found)]
    return FigureData(
        number="6",
        title="Energy and time to train Llama2-70B with LoRA",
        basis=Basis.RECORD,
        kind=Kind.STACKED,
        series=(
            Series(name="Compute", points=tuple(_points(ordered, "compute_j", 1e6))),
            Series(name="Interconnect", points=tuple(_points(ordered, "interconnect_j", 1e6))),
            Series(name="Time to train", points=tuple(_points(ordered, "seconds", 60)), right=True),
        ),
        x_label="Accelerators",
        y_label="Energy (MJ)",
        right_label="Time to train (min)",
        notes=tuple(_notes(ordered)),
    )


def _points(found: Sequence[tuple[Entry, Parts]], name: str, unit: float) -> Iterator[Point]:
    for entry, parts in found:
        size = digits(entry.accelerators or 0.0, 6).partition(".")[0]
        point = of_entry(entry, y=getattr(parts, name) / unit, x=size)
        yield replace(point, at=None)


def _notes(found: Sequence[tuple[Entry, Parts]]) -> Iterator[str]:
    (first, small), (last, large) = found[0], found[-1]
    yield "energy as MLCommons' summarizer has it; interconnect: power of the switches by time"
    whole = [of.compute_j + of.interconnect_j for of in (small, large)]
    if first is not last and whole[0] and first.accelerators and last.accelerators:
        yield (
            f"{digits(last.accelerators / first.accelerators, 4)} times the accelerators take "
            f"{digits(whole[1] / whole[0], 3)} times the energy and 1 / "
            f"{digits(small.seconds / large.seconds, 3)} of the time"
        )
