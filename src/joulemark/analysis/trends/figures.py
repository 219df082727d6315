"""Trends as figures, before anybody draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import label_of
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.against import OF, Against, Beside
from joulemark.analysis.trends.best import Best, Move, Step, efficiency
from joulemark.analysis.trends.changes import Changes
from joulemark.analysis.trends.hardware import Generations
from joulemark.analysis.trends.lines import Line
from joulemark.analysis.trends.macs import PerMac
from joulemark.analysis.trends.scaling import Scaling

_LABELS = {
    Against.PERFORMANCE: "Performance (units of work/s)",
    Against.ACCELERATORS: "Accelerators",
    Against.NODES: "Nodes",
}
_FIRST = "its first result is 1"


def names(lines: Sequence[Line]) -> list[str]:
    """Return a name for each line: what they all have in common is left out."""
    told = []
    for line in lines:
        of = line.subject
        told.append((of.name, of.scenario, str(of.category), of.division, _part(line)))
    differ = [len(set(column)) > 1 for column in zip(*told, strict=True)]
    return [
        " ".join(word for word, is_told in zip(words, differ, strict=True) if word and is_told)
        or words[0]
        for words in told
    ]


def _part(line: Line) -> str:
    return f"since {line.opened_by[0].since}" if line.opened_by else ""


def best_figure(found: Sequence[Best]) -> FigureData:
    """Return the best so far by round; lines of one unit in it, others from their first.

    A break of the definition starts a new series; nothing joins the two.

    Args:
        found: at least one.
    """
    units = {best.line.work for best in found}
    plain = len(found) == 1
    unit = f"{units.pop()}s/J" if len(units) == 1 else "work/J"
    titles = names([best.line for best in found])
    of = f": {found[0].line.subject}" if plain else ""
    return FigureData(
        number="",
        title=f"The best energy efficiency so far{of}",
        basis=Basis.RECORD,
        kind=Kind.LINES,
        series=tuple(
            Series(
                name=title,
                points=tuple(_step(step, plain=plain) for step in best.steps),
                unit=f"{best.line.work}s/J",
            )
            for title, best in zip(titles, found, strict=True)
        ),
        x_label="Round",
        y_label=f"Energy efficiency ({unit})" if plain else "Energy efficiency, first result = 1",
        log_y=True,
        marks=tuple(
            dict.fromkeys(
                (change.since, f"{best.line.subject.benchmark}: {change.what}")
                for best in found
                for change in best.line.opened_by
            )
        ),
        notes=tuple(_of_lines(found)),
    )


def _of_lines(found: Sequence[Best]) -> Iterator[str]:
    yield "a round that is lower shows the best before it"
    few = sum(not best.is_trend for best in found)
    if few:
        yield f"{few} of {len(found)} lines have fewer than 3 rounds: no trend"


def _step(step: Step, *, plain: bool) -> Point:
    value = efficiency(step.best)
    y = value if plain else step.times
    relative = step.best.u95
    return Point(
        x=step.round,
        y=y,
        u95=None if relative is None else relative * y,
        absolute=None if plain else value,
        label=label_of(step.best),
        keys=(step.best.key,),
        sources=step.best.sources,
        note=f"plateau: the best is of {step.best.round}" if step.move is Move.PLATEAU else "",
    )


def changes_figure(found: Changes, title: str) -> FigureData:
    """Return how changes are distributed.

    Args:
        found: with one change at least.
        title: what they are of.
    """
    return FigureData(
        number="",
        title=title,
        basis=Basis.RECORD,
        kind=Kind.HISTOGRAM,
        series=(Series(name=f"{len(found.changes)} changes", points=tuple(_changes(found))),),
        x_label="Change of energy efficiency (%)",
        y_label="Changes",
        notes=(f"{found.distinct} distinct pairs of measurements",),
    )


def _changes(found: Changes) -> Iterator[Point]:
    for change in found.changes:
        before, after = change.before, change.after
        yield Point(
            x=after.round,
            y=100 * change.relative,
            u95=None if change.u95 is None else 100 * change.u95 * (1 + change.relative),
            label=f"{label_of(before)} -> {label_of(after)} {after.name}",
            keys=(before.key, after.key),
            sources=(*before.sources, *after.sources),
            note=change.note,
        )


def generations_figure(found: Sequence[Generations]) -> FigureData:
    """Return quartiles of what each generation brought; those of fewer than three are left out."""
    known = [(of, of.changes.summary) for of in found if of.changes.summary is not None]
    quartiles = ("lower", "median", "upper")
    told = {"lower": "lower quartile", "median": "median", "upper": "upper quartile"}
    return FigureData(
        number="",
        title="Energy efficiency of the next accelerator",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=tuple(
            Series(
                name=told[name],
                points=tuple(
                    Point(
                        x=f"{of.older} to {of.newer}",
                        y=1 + getattr(made, name),
                        label=f"{made.count} changes",
                        note=of.family.source,
                    )
                    for of, made in known
                ),
            )
            for name in quartiles
        ),
        x_label="From and to",
        y_label="Energy efficiency, older accelerator = 1",
        notes=("software changed as well where the two are of two rounds",),
    )


def scaling_figure(found: Sequence[Scaling]) -> FigureData:
    """Return the energy of trainings over the number of accelerators."""
    return FigureData(
        number="",
        title="Energy to train on more accelerators",
        basis=Basis.RECORD,
        kind=Kind.LINES,
        series=tuple(
            Series(
                name=" ".join(filter(None, (of.benchmark, of.submitter, of.round))),
                points=tuple(
                    Point(
                        at=size.accelerators,
                        y=size.energy,
                        u95=None if size.u95 is None else size.u95 * size.energy,
                        absolute=size.entry.energy_j,
                        label=label_of(size.entry),
                        keys=(size.entry.key,),
                        sources=size.entry.sources,
                    )
                    for size in of.sizes
                ),
                unit="J",
            )
            for of in found
        ),
        x_label="Accelerators",
        y_label="Energy of a run, smallest system = 1",
        log_x=True,
        log_y=True,
        notes=(f"of each benchmark and submitter {_FIRST}",),
    )


def against_figure(found: Sequence[Beside], what: Against) -> FigureData:
    """Return efficiency against another quantity, each result a point."""
    units = {beside.line.work for beside in found}
    unit = f"{units.pop()}s/J" if len(units) == 1 else "work/J"
    titles = names([beside.line for beside in found])
    return FigureData(
        number="",
        title=f"Energy efficiency against {what.value}",
        basis=Basis.RECORD,
        kind=Kind.SCATTER,
        series=tuple(
            Series(
                name=title,
                points=tuple(_point(e, OF[what](e), efficiency(e)) for e in beside.line.entries),
            )
            for title, beside in zip(titles, found, strict=True)
        ),
        x_label=_LABELS[what],
        y_label=f"Energy efficiency ({unit})",
        log_x=True,
        log_y=True,
        notes=("results of all rounds and machines: that two go together is no cause",),
    )


def macs_figure(found: Sequence[PerMac]) -> FigureData:
    """Return the least energy of an operation over the operations of a sample."""
    series: dict[str, list[Point]] = {}
    for one in found:
        point = _point(one.best, one.macs.macs, one.least)
        series.setdefault(str(one.line.subject.category), []).append(point)
    return FigureData(
        number="",
        title="Least energy of a multiply-accumulate operation",
        basis=Basis.RECORD,
        kind=Kind.SCATTER,
        series=tuple(Series(name=name, points=tuple(points)) for name, points in series.items()),
        x_label="Operations of a sample (MAC)",
        y_label="Energy of an operation (J/MAC)",
        log_x=True,
        log_y=True,
        notes=("operations are those of the reference network, whatever a submission computed",),
    )


def _point(entry: Entry, x: float | None, y: float) -> Point:
    return Point(
        x=entry.name,
        at=x,
        y=y,
        u95=None if entry.u95 is None else entry.u95 * y,
        label=f"{label_of(entry)} {entry.name}",
        keys=(entry.key,),
        sources=entry.sources,
        note="; ".join(entry.doubts),
    )
