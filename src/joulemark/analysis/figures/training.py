"""Figure 6 from the record: energy of a training by its parts, and its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import of_entry
from joulemark.analysis.figures.stored import Parts
from joulemark.analysis.figures.wanted import systems
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits

_BENCHMARK = "llama2_70b_lora"
_SYSTEMS = (
    ("v4.0", "4.0-0094", "smc-dc-power", "1xSMC-H100-SXM-80GB"),
    ("v4.0", "4.0-0096", "smc-dc-power", "8xSMC-H100-SXM-80GB"),
    ("v4.0", "4.0-0095", "smc-dc-power", "64xSMC-H100-SXM-80GB"),
)
_Whole = tuple[Entry, Parts | None]


def training_energy(entries: Sequence[Entry], parts: Mapping[str, Parts]) -> FigureData | None:
    """Return figure 6: Llama2-70B on the direct-current systems of v4.0; None without them.

    Where the runs of all three are stored, energy stands on its parts; else it is one bar.

    Args:
        entries: of the record.
        parts: of trainings, by the name of a run.
    """
    known = [one for one in entries if (one.suite, one.benchmark) == ("training", _BENCHMARK)]
    found = [
        (entry, next((parts[run] for run in entry.runs if run in parts), None))
        for wanted in systems(*_SYSTEMS)
        for entry in known
        if wanted.is_of(entry) and entry.energy_j and entry.latency_s and entry.accelerators
    ]
    if not found:
        return None
    found.sort(key=lambda pair: pair[0].accelerators or 0.0)
    return FigureData(
        number="6",
        title="Energy and time to train Llama2-70B with LoRA",
        basis=Basis.RECORD,
        kind=Kind.STACKED,
        series=(
            *_energy(found),
            Series(
                name="Time to train",
                points=tuple(_point(entry, (entry.latency_s or 0.0) / 60) for entry, _ in found),
                right=True,
            ),
        ),
        x_label="Accelerators",
        y_label="Energy (MJ)",
        right_label="Time to train (min)",
        notes=tuple(_notes([entry for entry, _ in found])),
    )


def _energy(found: Sequence[_Whole]) -> Iterator[Series]:
    split = [(entry, of) for entry, of in found if of is not None]
    if len(split) == len(found):
        compute = tuple(_point(entry, of.compute_j / 1e6) for entry, of in split)
        switches = tuple(_point(entry, of.interconnect_j / 1e6) for entry, of in split)
        yield Series(name="Compute", points=compute)
        yield Series(name="Interconnect", points=switches)
    else:
        whole = tuple(_point(entry, (entry.energy_j or 0.0) / 1e6) for entry, _ in found)
        yield Series(name="Compute and interconnect", points=whole)


def _point(entry: Entry, y: float) -> Point:
    size = digits(entry.accelerators or 0.0, 6).partition(".")[0]
    return replace(of_entry(entry, y=y, x=size), at=None)


def _notes(found: Sequence[Entry]) -> Iterator[str]:
    yield "energy as MLCommons' summarizer has it; interconnect: power of the switches by time"
    first, last = found[0], found[-1]
    if first is last:
        return
    times = [
        (getattr(last, name) or 0.0) / (getattr(first, name) or 1.0)
        for name in ("accelerators", "energy_j", "latency_s")
    ]
    size, energy, time = (digits(one, 3) for one in (times[0], times[1], 1 / times[2]))
    yield f"{size} times the accelerators take {energy} times the energy and 1 / {time} of the time"
