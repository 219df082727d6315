"""Figures 5a, 5b and 5c from the record: the best efficiency so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Basis, FigureData, Point, Series, efficiency_trend
from joulemark.analysis.figures.names import DATACENTER, EDGE, TINY, Line, lines
from joulemark.analysis.figures.points import absent, conversions, day_of, of_entry
from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.definitions import Kind as ChangeKind
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.trends.best import Best, Move, Step, best_so_far, spread
from joulemark.core.units import digits

SHORTEST_S = 10.0
"""MLPerf Tiny asks of every window of an energy run that it takes 10 s."""


def datacenter_trends(entries: Sequence[Entry], known: Definitions) -> FigureData | None:
    """Return figure 5a: closed, Offline; None without a result.

    Args:
        entries: of the record.
        known: what benchmarks mean.
    """
    return _figure(
        "5a", "datacenter systems", _offline(entries, Category.DATACENTER), DATACENTER, known
    )


def edge_trends(entries: Sequence[Entry], known: Definitions) -> FigureData | None:
    """Return figure 5b: closed, Offline; None without a result.

    Args:
        entries: of the record.
        known: what benchmarks mean.
    """
    return _figure("5b", "edge systems", _offline(entries, Category.EDGE), EDGE, known)


def tiny_trends(
    entries: Sequence[Entry], known: Definitions, windows_s: Mapping[str, float]
) -> FigureData | None:
    """Return figure 5c: closed; None without a result.

    Args:
        entries: of the record.
        known: what benchmarks mean.
        windows_s: length of the shortest window of runs, s.
    """
    chosen = [one for one in entries if one.suite == "tiny" and one.division == "closed"]
    figure = _figure("5c", "tiny systems", chosen, TINY, known)
    if figure is None:
        return None
    by_key = {entry.key: entry for entry in chosen}
    series = tuple(_with_windows(one, by_key, windows_s) for one in figure.series)
    return replace(figure, series=series, notes=(*figure.notes, *_short(chosen, windows_s)))


def _offline(entries: Sequence[Entry], category: Category) -> list[Entry]:
    return [
        entry
        for entry in entries
        if entry.suite == "inference"
        and entry.division == "closed"
        and entry.category is category
        and entry.scenario == "Offline"
    ]


def _figure(
    number: str,
    whose: str,
    entries: Sequence[Entry],
    table: tuple[tuple[str, str, str, str], ...],
    known: Definitions,
) -> FigureData | None:
    series: list[Series] = []
    marks: list[tuple[str, str]] = []
    for one in lines(table):
        chosen = [e for e in entries if (e.benchmark, e.target) == (one.benchmark, one.target)]
        series += [_line(one, found) for found in best_so_far(chosen, known)]
        marks += _marks(one, chosen, known)
    if not series:
        return None
    return efficiency_trend(
        number,
        whose,
        Basis.RECORD,
        tuple(series),
        notes=(*_notes(entries, series), *absent(entries, known)),
        marks=tuple(dict.fromkeys(marks)),
    )


def _line(one: Line, found: Best) -> Series:
    """Return the best so far as a line whose first point is 1."""
    opened = found.line.opened_by
    name = f"{one.name} since {opened[0].since}" if opened else one.name
    points = tuple(_point(step, found.steps[0]) for step in found.steps)
    return Series(name=name, points=points, unit=f"{found.line.work}s/J")


def _point(step: Step, first: Step) -> Point:
    entry = step.best
    notes = [f"plateau: the best is of {entry.round}"] if step.move is Move.PLATEAU else []
    if step.move is Move.LEVEL:
        notes.append("not told apart from the best before it")
    within = spread(entry, first.best) if entry.key != first.best.key else None
    point = of_entry(entry, y=step.times, note="; ".join((*notes, *conversions(entry))))
    return replace(
        point,
        x=step.round,
        at=day_of(step.here),
        u95=None if within is None else step.times * within,
        absolute=entry.per_joule,
    )


def _marks(one: Line, chosen: Sequence[Entry], known: Definitions) -> Iterator[tuple[str, str]]:
    """Yield the rounds with which a line's benchmark or its unit changed."""
    rounds = {entry.round for entry in chosen}
    for change in known.changes_of(*_place(chosen)) if chosen else ():
        if any(change.between(a, b) for a in rounds for b in rounds):
            whose = one.name if change.benchmark else "every benchmark"
            broken = change.kind is ChangeKind.BREAK
            verb = "is another thing" if broken else "is measured otherwise"
            yield change.since, f"{whose} {verb}: {change.what}"
    counted = {entry.work for entry in chosen if entry.work}
    tokens = known.tokens.get(one.benchmark)
    if tokens and len(counted) > 1:
        said = f"results are in tokens, {digits(tokens.per_sample, 3)} of a sample"
        yield tokens.since, f"{one.name}: since {tokens.since} {said}"


def _place(chosen: Sequence[Entry]) -> tuple[str, str, str]:
    return chosen[0].suite, chosen[0].benchmark, chosen[0].scenario


def _notes(entries: Sequence[Entry], series: Sequence[Series]) -> Iterator[str]:
    yield "a round that is less efficient shows the best before it"
    yield from map(_growth, series)
    by_key = {entry.key: entry for entry in entries}
    behind = {key for one in series for point in one.points for key in point.keys}
    stated = {by_key[key].round for key in behind if by_key[key].evidence is not Evidence.LOGS}
    if stated:
        yield f"from tables, not from logs: best results of {', '.join(sorted(stated))}"


def _growth(series: Series) -> str:
    """Return from where to where a line goes."""
    first, last = series.points[0], series.points[-1]
    best = max(series.points, key=lambda point: point.y)
    values = [digits(point.absolute or 0.0) for point in (first, best)]
    said = f"{series.name}: {values[0]} {series.unit} in {first.x}"
    if last.y <= 1:
        return f"{said}, no better since"
    return f"{said}, {values[1]} in {best.x}, {digits(best.y, 3)} times"


def _with_windows(
    series: Series, by_key: Mapping[str, Entry], windows_s: Mapping[str, float]
) -> Series:
    points = (_noted(p, [by_key[key] for key in p.keys], windows_s) for p in series.points)
    return replace(series, points=tuple(points))


def _noted(point: Point, behind: Sequence[Entry], windows_s: Mapping[str, float]) -> Point:
    shortest = min((windows_s[r] for e in behind for r in e.runs if r in windows_s), default=None)
    if shortest is None or shortest >= SHORTEST_S:
        return point
    said = f"its windows take {digits(shortest, 3)} s, not {SHORTEST_S:.0f} s"
    return replace(point, note="; ".join(filter(None, (point.note, said))))


def _short(entries: Sequence[Entry], windows_s: Mapping[str, float]) -> Iterator[str]:
    """Yield whether the first round, to which all is referred, has windows as they must be."""
    known = [(e, windows_s[run]) for e in entries for run in e.runs if run in windows_s]
    if not known:
        return
    begin = min(entry.round for entry, _ in known)
    of = [seconds for entry, seconds in known if entry.round == begin]
    if max(of) < SHORTEST_S:
        spread = f"{digits(min(of), 3)} to {digits(max(of), 3)} s"
        yield f"all windows of {begin}, to which all is referred, are shorter than 10 s: {spread}"
