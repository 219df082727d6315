"""A comparison or a ranking in the terminal, in at most 80 columns, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from joulemark.analysis.comparable import Difference
from joulemark.analysis.compare import Comparison, Verdict
from joulemark.analysis.observed import Observation
from joulemark.analysis.rank import Ranking
from joulemark.core.value import Value
from joulemark.report.compared import advice, figure_name, headline, notes, ratios
from joulemark.report.format import NOTHING, clean, plus_minus, quantity, short_unit
from joulemark.report.intervals import axis
from joulemark.report.markdown import markdown_table
from joulemark.report.table import WIDTH, Guarded
from joulemark.report.table_phases import add_columns, new_table

WIDTHS = (13, 15, 15, 8, 9, 15)
"""Columns: phase, A, B, B/A, 95 % from and to, verdict."""
_HEADINGS = ("phase", "A", "B", "B/A", "95 %", "verdict")
_RANK_WIDTHS = (4, 39, 17, 13, 7)
_RANK_HEADINGS = ("", "run", "figure", "times first", "group")
_STYLE = {
    Verdict.LOWER: "green",
    Verdict.HIGHER: "red",
    Verdict.EQUIVALENT: "default",
    Verdict.UNDECIDED: "yellow",
    Verdict.NOT_COMPARABLE: "yellow",
}
_MOST_DIFFERENCES, _MOST_TEXT = 12, 60


def print_comparison(
    comparisons: Sequence[Comparison], gates: Sequence[str] = (), file: TextIO | None = None
) -> None:
    """Print comparisons of two sides, one for each phase.

    Args:
        comparisons: at least one.
        gates: what the gate says, in sentences.
        file: where to print; standard output by default.
    """
    _console(file).print(Guarded(Group(*_comparison(comparisons, gates))))


def _text(text: str, style: str = "default", width: int = WIDTH) -> Text:
    """Return text in lines that never part a number from its %."""
    bound = text.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = wrap(bound, width, break_on_hyphens=False)
    return Text("\n".join(lines).replace("\N{NO-BREAK SPACE}%", " %"), style, overflow="fold")


def _console(file: TextIO | None) -> Console:
    return Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)


def _comparison(comparisons: Sequence[Comparison], gates: Sequence[str]) -> list[RenderableType]:
    first = comparisons[0]
    shown: list[RenderableType] = [_text(text, "bold") for text in gates]
    shown += [_headline(one, named=len(comparisons) > 1) for one in comparisons]
    shown += [Text(), _side("A", first.a), _side("B", first.b), Text(), _table(comparisons)]
    picture = axis([(one.phase, one.value, one.interval()) for one in comparisons], first)
    shown += [Text(), *(Text(line) for line in picture)] if picture else []
    for one in comparisons:
        shown += _explained(one, named=len(comparisons) > 1, advised=not gates)
    return shown


def _headline(one: Comparison, *, named: bool) -> Text:
    where = f"{clean(one.phase, 40)}: " if named else ""
    return _text(f"{where}{headline(one)}", f"bold {_STYLE[one.verdict]}")


def _side(name: str, runs: Sequence[Observation]) -> Text:
    windows = sum(len(run.repeats) for run in runs)
    title = clean(runs[0].title, 40)
    if len(runs) == 1:
        return Text(f"{name}  {clean(runs[0].run, 60)}: {title}, {_count(windows, 'window')}")
    counts = f"{_count(len(runs), 'run')}, {_count(windows, 'window')}"
    return Text(f"{name}  {title}, {counts}: {', '.join(clean(run.run, 60) for run in runs)}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _table(comparisons: Sequence[Comparison]) -> RenderableType:
    table = new_table()
    add_columns(table, _HEADINGS, WIDTHS, left=("phase", "verdict"))
    for one in comparisons:
        for row in _rows(one):
            table.add_row(*(Text(cell) for cell in row))
    return table


def _rows(one: Comparison) -> list[tuple[str, ...]]:
    ratio, low, high = _ratios(one)
    a, b = one.figures
    word = one.verdict.value.replace("-", " ")
    rows = [
        (clean(one.phase, 80), _cell(a), _cell(b), ratio, low, f" {word}"),
        ("", plus_minus(a), plus_minus(b), "", high, ""),
    ]
    return [row for row in rows if any(row)]


def _ratios(one: Comparison) -> tuple[str, str, str]:
    limits = one.interval()
    if one.value is None:
        return NOTHING, "", ""
    if limits is None:
        return ratios(one.value)[0], "unknown", ""
    ratio, low, high = ratios(one.value, *limits)
    return ratio, f"{low} to", high


def _cell(value: Value | None) -> str:
    return NOTHING if value is None else quantity(value, short_unit(clean(value.unit, 40)))


def _explained(one: Comparison, *, named: bool, advised: bool) -> list[RenderableType]:
    shown: list[RenderableType] = [Text()]
    if named:
        shown.append(Text(clean(one.phase, 60), style="bold"))
    if advised and one.verdict is Verdict.UNDECIDED:
        shown.append(_text(advice(one)))
    shown += [_item(note) for note in notes(one)]
    if one.differences:
        shown.append(Text("A and B differ in:"))
    shown += [_item(_differs(item)) for item in one.differences[:_MOST_DIFFERENCES]]
    if len(one.differences) > _MOST_DIFFERENCES:
        more = len(one.differences) - _MOST_DIFFERENCES
        shown.append(_item(f"… and {more} more (see --json)"))
    return shown


def _item(text: str) -> RenderableType:
    return Padding(_text(text, width=WIDTH - 2), (0, 0, 0, 2))


def _differs(item: Difference) -> str:
    a, b = (
        " | ".join(clean(text or "none", _MOST_TEXT) for text in side) for side in (item.a, item.b)
    )
    return f"{clean(item.what, 30)}: {a} against {b}"


def print_ranking(ranking: Ranking, file: TextIO | None = None) -> None:
    """Print a ranking."""
    table = new_table()
    for heading, width in zip(_RANK_HEADINGS, _RANK_WIDTHS, strict=True):
        right = heading in ("figure", "times first", "")
        table.add_column(
            Text(heading), width=width, justify="right" if right else "left", overflow="fold"
        )
    for row in _rank_rows(ranking):
        table.add_row(*(Text(cell) for cell in row))
    said = Text("Those that share a group cannot be told apart.", style="dim")
    _console(file).print(
        Guarded(Group(Text(rank_sentence(ranking), style="bold"), Text(), table, said))
    )


def rank_sentence(ranking: Ranking) -> str:
    """Return in one sentence which is lowest, or why that cannot be said."""
    what = f"{ranking.question.metric.value} in {clean(ranking.phase, 40)}"
    if ranking.best is None:
        return f"No best is named for {what}: {clean(ranking.refused, 300)}."
    return f"Lowest {what}: {clean(ranking.best, 80)}, with 95 % confidence."


def _rank_rows(ranking: Ranking) -> list[tuple[str, ...]]:
    ordered = any(place.groups for place in ranking.places)
    return [
        (
            str(number) if ordered else "",
            clean(place.name, 80),
            f"{_cell(place.figure)} {plus_minus(place.figure)}",
            "" if place.over_first is None else " to ".join(ratios(*place.over_first)),
            f" {' '.join(map(str, place.groups))}",
        )
        for number, place in enumerate(ranking.places, 1)
    ]


def comparison_markdown(comparisons: Sequence[Comparison]) -> str:
    """Return comparisons as a Markdown table."""
    rows = [
        (
            clean(one.phase, 80),
            figure_name(one),
            *(f"{_cell(value)} {plus_minus(value)}".strip() for value in one.figures),
            _ratios(one)[0],
            " ".join(_ratios(one)[1:]).strip(),
            one.verdict.value.replace("-", " "),
        )
        for one in comparisons
    ]
    head = ("phase", "figure", "A", "B", "B/A", "95 % interval", "verdict")
    return markdown_table(head, rows, left=2)


def ranking_markdown(ranking: Ranking) -> str:
    """Return a ranking as a Markdown table."""
    return markdown_table(("place", *_RANK_HEADINGS[1:]), _rank_rows(ranking), left=2)
