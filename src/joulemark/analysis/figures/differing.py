"""Where a figure from the record differs from the one that is published, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.figures.data import FigureData, Kind, Point, Series
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits

APART = 0.002
"""Two figures that differ by less, relative, are the same."""
_MOST = 4
"""So many reasons a note gives."""
_BY_TABLE = "by its table"
_TABLE = ".csv:"
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One point.

    Attributes:
        number: of the figure.
        series: its name.
        x: name on the axis, or whose point it is.
        published: as published; None where only ours has it.
        ours: from the record; None where only the published figure has it.
        why: what the record says of the results behind both, the evidence in it.
        sources: ``file:line`` behind both.
    """

    number: str
    series: str
    x: str
    published: float | None
    ours: float | None
    why: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def text(self) -> str:
        """One sentence for a note."""
        if self.published is None:
            head = "not in the published figure"
        elif self.ours is None:
            head = f"published as {digits(self.published)}; the record has no such point"
        else:
            head = f"published as {digits(self.published)}"
        return "; ".join((head, *self.why[:_MOST]))


def differences(
    published: FigureData, ours: FigureData, entries: Iterable[Entry] = ()
) -> tuple[Difference, ...]:
    """Return every point that differs between two figures of one number.

    Points of lines and bars are compared by series and place, those of histograms by whose they
    are; points that one of the figures does not have are differences, too.

    Args:
        published: as published.
        ours: from the record.
        entries: of the record, for why.
    """
    known = _Known(entries)
    here, there = _places(ours), _places(published)
    found = []
    for place in dict.fromkeys((*there, *here)):
        old, new = there.get(place), here.get(place)
        if old is not None and new is not None and _same(old.y, new.y):
            continue
        sources = dict.fromkeys(s for p in (old, new) if p is not None for s in p.sources)
        found.append(
            Difference(
                number=ours.number,
                series=place[0],
                x=place[1],
                published=None if old is None else old.y,
                ours=None if new is None else new.y,
                why=tuple(dict.fromkeys(known.why(old, new))),
                sources=tuple(sources),
            )
        )
    return tuple(found)


def annotated(ours: FigureData, found: Sequence[Difference]) -> FigureData:
    """Return a figure with a note on every point that differs from the published one.

    Args:
        ours: from the record.
        found: its differences.
    """
    texts = {(one.series, one.x): one.text for one in found if one.ours is not None}
    series = tuple(
        replace(one, points=tuple(_noted(p, texts.get(_place(ours, one, p))) for p in one.points))
        for one in ours.series
    )
    missing = [f"{one.series} {one.x}: {one.text}" for one in found if one.ours is None]
    return replace(ours, series=series, notes=(*ours.notes, *_few(missing)))


def _few(missing: Sequence[str]) -> tuple[str, ...]:
    if len(missing) <= _MOST:
        return tuple(missing)
    return (f"{len(missing)} points of the published figure are not points of this one",)


def _noted(point: Point, text: str | None) -> Point:
    if text is None:
        return point
    return replace(point, note="; ".join(filter(None, (point.note, text))))


def _places(figure: FigureData) -> dict[_Place, Point]:
    """Return the points by where they are; of a histogram those of its first series."""
    series = figure.series[:1] if figure.kind is Kind.HISTOGRAM else figure.series
    return {_place(figure, one, point): point for one in series for point in one.points}


def _place(figure: FigureData, series: Series, point: Point) -> _Place:
    if figure.kind is Kind.HISTOGRAM:
        return "", point.label
    return series.name, point.x


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= APART * max(abs(one), abs(other))


class _Known:
    """What a record says of rows of tables.

    Args:
        entries: of the record.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_key: dict[str, Entry] = {}
        self._by_source: dict[str, list[Entry]] = {}
        for entry in entries:
            self._by_key[entry.key] = entry
            for source in entry.sources:
                self._by_source.setdefault(_plain(source), []).append(entry)

    def why(self, old: Point | None, new: Point | None) -> Iterator[str]:
        """Yield what the record says of the results behind a point of each figure."""
        own = [self._by_key[key] for key in (new.keys if new else ()) if key in self._by_key]
        if old is None:
            yield from _in_tables(own)
            return
        if _BY_TABLE in old.note:
            yield old.note.rpartition("; ")[2]
        behind = self._rows(old)
        for entry in behind:
            yield from _other_figure(old, entry)
        for entry in {one.key: one for one in (*behind, *own)}.values():
            yield from (remark for remark in entry.remarks if _is_of_table(remark))
        if new and new.label and old.label and new.label != old.label:
            yield f"published of {old.label}, here of {new.label}"

    def _rows(self, point: Point) -> list[Entry]:
        found = (e for s in point.sources for e in self._by_source.get(_plain(s), ()))
        return list({entry.key: entry for entry in found}.values())


def _in_tables(own: Sequence[Entry]) -> Iterator[str]:
    """Yield the rows of tables that a point of ours rests on, too."""
    rows = [_plain(source) for entry in own for source in entry.sources if _TABLE in source]
    if rows:
        yield f"its rows in the tables: {', '.join(rows)}"
    elif own and own[0].sources:
        yield f"in no table; {own[0].sources[0]}"


def _other_figure(point: Point, entry: Entry) -> Iterator[str]:
    """Yield that the record has another efficiency for a row than the published point."""
    stated, own = point.absolute, entry.per_joule
    if stated is not None and own is not None and not _same(stated, own):
        yield (
            f"the table's rows of {entry.public_id or entry.system} give {digits(stated)}, "
            f"{entry.evidence.value}: {digits(own)} {entry.work}s/J"
        )


def _is_of_table(remark: str) -> bool:
    """Return whether a remark says that a table has another figure or unit."""
    return " states " in remark or "stated in" in remark


def _plain(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2]
