"""Which pictures there are, what they are called, and the files of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.figures.data import FigureData, Series
from joulemark.report.drawing import Drawing, svg_file
from joulemark.report.plots.layers import Difference, comparable, differences
from joulemark.report.plots.plot import NARROW, WIDE, plot
from joulemark.report.plots.points_csv import points_csv


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        name: of its files, without ending.
        data: what it shows.
        against: another version laid beneath it; None without.
        beside: another version with other axes, which is a picture of its own; None without.
        own: one's own runs, laid over it.
    """

    name: str
    data: FigureData
    against: FigureData | None = None
    beside: FigureData | None = None
    own: tuple[Series, ...] = ()

    def drawing(self, width: float = WIDE, *, title: bool = True) -> Drawing:
        """Return it as a drawing, with its title in it or without."""
        return plot(self.data, width, own=self.own, against=self.against, title=title)

    @property
    def shown(self) -> list[FigureData]:
        """Return the figures it shows."""
        return [self.data, *([] if self.against is None else [self.against])]

    @property
    def differences(self) -> list[Difference]:
        """Return the points that its versions show apart."""
        return [] if self.against is None else differences(self.against, self.data)


def pictures(
    published: Sequence[FigureData],
    record: Sequence[FigureData],
    own: Mapping[str, Sequence[Series]] | None = None,
) -> list[Picture]:
    """Return the pictures of figures: two versions of one over each other where that can be.

    Args:
        published: figures as published; may be none.
        record: figures from the record; may be none.
        own: one's own runs by the number of the figure.
    """
    theirs = {data.number: data for data in published}
    ours = {data.number: data for data in record}
    mine = own or {}
    made: list[Picture] = []
    for number in dict.fromkeys([*ours, *theirs]):
        laid = tuple(mine.get(number, ()))
        made += _pictures(theirs.get(number), ours.get(number), laid)
    return sorted(made, key=lambda picture: order(picture.data.number))


def _pictures(
    theirs: FigureData | None, ours: FigureData | None, own: tuple[Series, ...]
) -> list[Picture]:
    if theirs is None or ours is None:
        only = ours or theirs
        return [] if only is None else [Picture(stem(only.number), only, own=own)]
    name = stem(ours.number)
    if comparable(theirs, ours):
        return [Picture(name, ours, against=theirs, own=own)]
    return [
        Picture(f"{name}-published", theirs, beside=ours),
        Picture(f"{name}-record", ours, beside=theirs, own=own),
    ]


def order(number: str) -> tuple[int, str]:
    """Return what figures are sorted by: 2, 5a, 10."""
    digits = "".join(c for c in number if c.isascii() and c.isdecimal())[:6]
    return (int(digits) if digits else 0, number)


def stem(number: str) -> str:
    """Return the name of the files of a figure."""
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in number.lower())[:40]
    return f"figure-{safe or 'x'}"


def files(shown: Iterable[Picture], *, png: bool = False) -> Iterator[tuple[str, bytes]]:
    """Yield the files of pictures with their names.

    SVG for a page and for a printed column, the points as CSV, and PNG where asked for.

    Raises:
        MissingExtraError: if a PNG is asked for and the package is not installed.
        UnavailableError: if the machine has no font for it.
    """
    from joulemark.report.plots.png import png as as_png

    for picture in shown:
        for width, ending in ((WIDE, ""), (NARROW, "-column")):
            drawing = picture.drawing(width)
            yield f"{picture.name}{ending}.svg", svg_file(drawing).encode()
            if png:
                yield f"{picture.name}{ending}.png", as_png(drawing)
        yield f"{picture.name}.csv", points_csv(picture.shown, picture.own).encode()
