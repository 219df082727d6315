"""What ``joulemark trends`` answers to each question: text, JSON objects, a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joulemark.analysis.figures.data import FigureData, Series
    from joulemark.analysis.record.entry import Entry
    from joulemark.analysis.trends.changes import Changes
    from joulemark.analysis.trends.lines import Line
    from joulemark.analysis.trends.own import Laid, Refused
    from joulemark.report.trends.writing import Printed

Objects = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """To one question.

    Attributes:
        count: of what was found.
        show: prints it.
        objects: the same as JSON.
        figure: the same as a figure; None where there is nothing to draw.
        own: one's own runs in it.
    """

    count: int
    show: Callable[[Printed], None]
    objects: Callable[[], Objects]
    figure: FigureData | None
    own: tuple[Series, ...] = ()


def best(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what the best so far is."""
    from joulemark.analysis.trends.best import best_so_far
    from joulemark.analysis.trends.figures import best_figure
    from joulemark.analysis.trends.own_figures import best_own
    from joulemark.report.trends.as_json import best_json
    from joulemark.report.trends.best import print_best

    found = best_so_far(entries)
    laid, refused = _laid(own, [one.line for one in found])
    return Answer(
        count=len(found),
        show=_with_own(lambda to: print_best(to, found), laid, refused),
        objects=_objects(lambda: best_json(found), laid, refused),
        figure=best_figure(found) if found else None,
        own=best_own(laid, found),
    )


def software(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what changed on machines that stayed."""
    from joulemark.analysis.trends.software import software_changes
    from joulemark.report.trends.changes import SOFTWARE

    title = "Efficiency from round to round on the same hardware"
    return _changes(software_changes(entries), own, ("software", title, SOFTWARE))


def accuracy(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what the stricter accuracy target changes."""
    from joulemark.analysis.trends.against import accuracy as of
    from joulemark.report.trends.changes import ACCURACY

    title = "Efficiency at 99.9 % of the reference accuracy against 99 %"
    return _changes(of(entries), own, ("accuracy", title, ACCURACY))


def _changes(found: Changes, own: Sequence[Entry], told: tuple[str, str, str]) -> Answer:
    from joulemark.analysis.trends.figures import changes_figure
    from joulemark.report.trends.as_json import change_json, changes_json
    from joulemark.report.trends.changes import own_lines, print_changes

    of, title, note = told
    mine = _own_change(own, stays=True)

    def show(to: Printed) -> None:
        print_changes(to, found, title, note)
        if isinstance(mine, str):
            to.lines([f"your runs are not laid over it: {mine}"])
        elif mine is not None:
            to.lines(own_lines(mine, found))

    def objects() -> Iterator[Mapping[str, Any]]:
        yield from changes_json(found, of)
        if isinstance(mine, str):
            yield {"kind": "refused", "why": mine}
        elif mine is not None:
            yield change_json(mine, f"own {of}")

    figure = changes_figure(found, title) if found.changes else None
    return Answer(len(found.changes), show, objects, figure)


def _own_change(own: Sequence[Entry], *, stays: bool) -> Any:
    from joulemark.analysis.trends.own import own_change

    return own_change(own, stays=stays) if own else None


def hardware(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what the next accelerator brought."""
    from joulemark.analysis.trends.changes import changes_of
    from joulemark.analysis.trends.figures import generations_figure
    from joulemark.analysis.trends.hardware import hardware_changes
    from joulemark.report.trends.as_json import change_json, generations_json
    from joulemark.report.trends.changes import own_lines, print_generations

    found = hardware_changes(entries)
    mine = _own_change(own, stays=False)

    def show(to: Printed) -> None:
        print_generations(to, found)
        if isinstance(mine, str):
            to.lines([f"your runs are not laid over it: {mine}"])
        elif mine is not None:
            every = [change for of in found for change in of.changes.changes]
            to.lines(own_lines(mine, changes_of(every)))

    def objects() -> Iterator[Mapping[str, Any]]:
        yield from generations_json(found)
        if isinstance(mine, str):
            yield {"kind": "refused", "why": mine}
        elif mine is not None:
            yield change_json(mine, "own hardware")

    drawable = any(of.changes.summary for of in found)
    return Answer(len(found), show, objects, generations_figure(found) if drawable else None)


def scaling(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what training on more accelerators costs; own trainings are groups of their own."""
    from joulemark.analysis.trends.figures import scaling_figure
    from joulemark.analysis.trends.own import as_trainings
    from joulemark.analysis.trends.scaling import scaling as of
    from joulemark.report.trends.as_json import own_json, scaling_json
    from joulemark.report.trends.others import own_lines, print_scaling

    trainings, refused = as_trainings(own)
    found = of([*entries, *trainings])

    def show(to: Printed) -> None:
        print_scaling(to, found)
        to.lines(own_lines((), refused))

    def objects() -> Iterator[Mapping[str, Any]]:
        yield from scaling_json(found)
        yield from own_json((), refused)

    return Answer(len(found), show, objects, scaling_figure(found) if found else None)


def against(entries: Sequence[Entry], own: Sequence[Entry], what: str) -> Answer:
    """Answer how efficiency goes with something else."""
    from joulemark.analysis.trends.against import Against
    from joulemark.analysis.trends.against import against as of
    from joulemark.analysis.trends.figures import against_figure
    from joulemark.analysis.trends.own_figures import against_own
    from joulemark.report.trends.as_json import against_json
    from joulemark.report.trends.others import print_against

    if what == "accuracy":
        return accuracy(entries, own, what)
    if what == "macs":
        return macs(entries, own, what)
    quantity = Against(what)
    found = of(entries, quantity)
    laid, refused = _laid(own, [one.line for one in found])
    return Answer(
        count=len(found),
        show=_with_own(lambda to: print_against(to, found), laid, refused),
        objects=_objects(lambda: against_json(found), laid, refused),
        figure=against_figure(found, quantity) if found else None,
        own=against_own(laid, quantity),
    )


def macs(entries: Sequence[Entry], own: Sequence[Entry], _: str) -> Answer:
    """Answer what an operation takes."""
    from joulemark.analysis.trends.figures import macs_figure
    from joulemark.analysis.trends.macs import per_mac
    from joulemark.analysis.trends.own_figures import macs_own
    from joulemark.report.trends.as_json import macs_json
    from joulemark.report.trends.others import print_macs

    found = per_mac(entries)
    laid, refused = _laid(own, [one.line for one in found])
    return Answer(
        count=len(found),
        show=_with_own(lambda to: print_macs(to, found), laid, refused),
        objects=_objects(lambda: macs_json(found), laid, refused),
        figure=macs_figure(found) if found else None,
        own=macs_own(laid),
    )


def _laid(own: Sequence[Entry], lines: Sequence[Line]) -> tuple[list[Laid], list[Refused]]:
    from joulemark.analysis.trends.own import laid_over

    return laid_over(own, lines)


def _with_own(
    show: Callable[[Printed], None], laid: Sequence[Laid], refused: Sequence[Refused]
) -> Callable[[Printed], None]:
    from joulemark.report.trends.others import own_lines

    def both(to: Printed) -> None:
        show(to)
        to.lines(own_lines(laid, refused))

    return both


def _objects(
    made: Callable[[], Objects], laid: Sequence[Laid], refused: Sequence[Refused]
) -> Callable[[], Objects]:
    from joulemark.report.trends.as_json import own_json

    def both() -> Iterator[Mapping[str, Any]]:
        yield from made()
        yield from own_json(laid, refused)

    return both
