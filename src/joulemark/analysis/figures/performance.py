"""Figure 1 from the record: performance of results with power beside Moore's law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import conversions, day_of, of_entry
from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.trends.lines import Line, lines

DOUBLING_DAYS = 2 * 365.25
"""Moore's law as the source study draws it: twice in two years."""
_LINES = (
    ("ResNet-50", "resnet50", ""), ("BERT-99", "bert", "99"), ("RetinaNet", "retinanet", ""),
    ("3D-UNet-99", "3d-unet", "99"), ("RNN-T", "rnnt", ""), ("DLRM-99", "dlrm", "99"),
    ("GPT-J-99", "gptj", "99"), ("Stable Diffusion XL", "stable-diffusion-xl", ""),
    ("Llama2-70B-99.9", "llama2-70b", "99.9"),
)  # fmt: skip


def performance(entries: Sequence[Entry], known: Definitions) -> FigureData | None:
    """Return figure 1: the best closed Offline rate of a datacenter system with power.

    Args:
        entries: of the record.
        known: what benchmarks mean.

    Returns:
        None without a benchmark of two rounds.
    """
    chosen = [
        entry
        for entry in entries
        if entry.suite == "inference"
        and entry.division == "closed"
        and entry.category is Category.DATACENTER
        and entry.scenario == "Offline"
        and entry.date
    ]
    series: list[Series] = []
    for name, benchmark, target in _LINES:
        of = [entry for entry in chosen if (entry.benchmark, entry.target) == (benchmark, target)]
        for line in lines(of, known):
            since = f" since {line.opened_by[0].since}" if line.opened_by else ""
            points = tuple(_best(line))
            if len(points) > 1:
                series.append(Series(name=name + since, points=points, unit=f"{line.work}s/s"))
    if not series:
        return None
    return FigureData(
        number="1",
        title="Performance of inference results with power beside Moore's law",
        basis=Basis.RECORD,
        kind=Kind.LINES,
        series=(*series, _moore(series)),
        x_label="Round",
        y_label="Performance of a whole system, first round = 1",
        log_y=True,
        dates=True,
        notes=(
            "the best Offline rate of one closed datacenter system until each round",
            "only results that state power: the record holds no others",
            "the source study's table has the days of Training rounds; this is no copy of it",
        ),
    )


def _best(line: Line) -> Iterator[Point]:
    """Yield the best rate until each round; rates are counted and have no interval."""
    first, best = 0.0, None
    for round_ in line.rounds:
        here = max(line.of_round(round_), key=_rate)
        best = here if best is None or _rate(here) >= _rate(best) else best
        first = first or _rate(best)
        if not first:
            continue
        notes = [] if best is here else [f"plateau: the best is of {best.round}"]
        note = "; ".join((*notes, *conversions(best)))
        point = of_entry(best, y=_rate(best) / first, note=note)
        yield replace(point, x=round_, at=day_of(here), absolute=_rate(best))


def _rate(entry: Entry) -> float:
    return entry.performance or 0.0


def _moore(series: Sequence[Series]) -> Series:
    places = {p.at: p.x for one in series for p in one.points if p.at is not None}
    first = min(places)
    points = (
        Point(x=places[at], at=at, y=2.0 ** ((at - first) / DOUBLING_DAYS)) for at in sorted(places)
    )
    return Series(name="Moore's law", points=tuple(points))
