"""Recommendations and frontiers in the terminal, in at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import IO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from joulemark.analysis.frontier.candidate import Candidate
from joulemark.analysis.frontier.recommend import FASTER, Answer
from joulemark.core.units import count_of
from joulemark.report.format import NOTHING, clean
from joulemark.report.frontier.words import (
    amount,
    bare,
    command_lines,
    confidence_text,
    saving,
    short,
    target_text,
)

WIDTH = 80
FEW = 3
"""So many groups are told in full; more in a table of one line each."""
_NAME, _MODEL = 28, 22
_MOST_REASONS = 12


def print_answers(answers: Sequence[Answer], file: IO[str] | None = None) -> None:
    """Print recommendations: in full where they are few, else one line for each group.

    Args:
        answers: of the groups.
        file: where to; standard output by default.
    """
    console = _console(file)
    if len(answers) <= FEW:
        for answer in answers:
            _print_one(console, answer)
        return
    for (source, task), members in groupby(answers, lambda a: (a.group.source, a.group.task)):
        shown = list(members)
        console.print(Text(clean(" · ".join(filter(None, (source, task))), WIDTH), style="bold"))
        console.print(_overview(shown))
        for line in _left(shown):
            console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2)))
        console.print()
    console.print(Text(_foot(answers), style="dim", overflow="fold"))


def print_frontiers(answers: Sequence[Answer], file: IO[str] | None = None) -> None:
    """Print the frontier of each group."""
    console = _console(file)
    for answer in answers:
        console.print(Text(clean(answer.group.name, WIDTH), style="bold"))
        console.print(_counted(answer))
        console.print(_frontier(answer))
        for note in answer.group.notes:
            console.print(Text(clean(note, 400), style="dim", overflow="fold"))
        console.print()


def _console(file: IO[str] | None) -> Console:
    return Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)


def _table(head: Sequence[str], left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(head):
        table.add_column(name, justify="left" if place < left else "right", overflow="fold")
    return table


def _overview(answers: Sequence[Answer]) -> Table:
    table = _table(("model", "recommended", "time", "energy", "fastest", "default"), left=2)
    table.columns[0].no_wrap = True
    table.columns[0].overflow = "ellipsis"
    for answer in answers:
        one = answer.recommended
        model = str(answer.group.labels.get("nickname") or "") or answer.group.model
        table.add_row(
            Text(clean(model.rpartition("/")[2], _MODEL)),
            Text(NOTHING if one is None else clean(one.name, _NAME)),
            Text(NOTHING if one is None else short(one.measures[answer.time.name], answer.time)),
            Text(
                NOTHING if one is None else short(one.measures[answer.energy.name], answer.energy)
            ),
            Text(saving(answer.saving_vs_fastest)),
            Text(saving(answer.saving_vs_default) + _missed(answer)),
        )
    return table


def _missed(answer: Answer) -> str:
    """Return a mark where the default misses the target."""
    return "*" if answer.default is not None and not answer.default_meets else " "


def _left(answers: Sequence[Answer]) -> Iterator[str]:
    """Yield why groups have no recommendation, each reason once."""
    reasons: dict[str, list[str]] = {}
    for answer in answers:
        if answer.recommended is None:
            name = answer.group.model.rpartition("/")[2]
            reasons.setdefault(answer.reason, []).append(clean(name, 40))
    for reason, names in list(reasons.items())[:_MOST_REASONS]:
        yield f"{', '.join(names)}: {clean(reason, 300)}."


def _foot(answers: Sequence[Answer]) -> str:
    chosen = sum(answer.recommended is not None for answer in answers)
    points = sum(len(answer.group.candidates) for answer in answers)
    exact = all(answer.frontier.exact for answer in answers)
    said = f"{count_of(points, 'configuration')} in {count_of(len(answers), 'group')}; {chosen} "
    said += "recommended. Energy against that of the fastest and of the default."
    if any(_missed(answer) == "*" for answer in answers):
        said += " * The default misses the target."
    return said + (" The data give no uncertainty: numbers are taken as exact." if exact else "")


def _print_one(console: Console, answer: Answer) -> None:
    """Print a group in full."""
    console.print(Text(clean(answer.group.name, WIDTH), style="bold"))
    asked = ", ".join(target_text(target, answer) for target in answer.targets)
    console.print(Text(f"{answer.rule}{': ' if asked else ''}{asked}", overflow="fold"))
    console.print()
    if answer.recommended is None:
        console.print(Text(f"Nothing can be recommended: {clean(answer.reason, 400)}."))
        console.print()
    else:
        console.print(_chosen(answer))
        console.print()
        for line in _about(answer):
            console.print(line)
        console.print()
    console.print(_counted(answer))
    console.print(_frontier(answer))
    for note in (*_meanings(answer), *answer.group.notes):
        console.print(Text(clean(note, 500), style="dim", overflow="fold"))
    console.print()


def _chosen(answer: Answer) -> Table:
    table = _table(("", "configuration", "time", "energy", "against it"), left=2)
    rows = (
        ("recommended", answer.recommended, ""),
        ("fastest", answer.fastest, saving(answer.saving_vs_fastest)),
        (_default(answer), answer.default, saving(answer.saving_vs_default)),
    )
    for what, one, saved in rows:
        if one is None:
            continue
        cells = (clean(one.name, 34), amount(one, answer.time), amount(one, answer.energy), saved)
        table.add_row(Text(what, style="bold" if not saved else ""), *map(Text, cells))
    return table


def _default(answer: Answer) -> str:
    return "default" if answer.default_meets else "default (misses the target)"


def _about(answer: Answer) -> Iterator[RenderableType]:
    """Yield confidence, ties, what the default is, and how to set it up."""
    said = confidence_text(answer)
    if said:
        yield Text(f"{said[0].upper()}{said[1:]}.", overflow="fold")
    if answer.tied:
        names = ", ".join(clean(one.name, 40) for one in answer.tied[:5])
        what = "time" if answer.rule == FASTER else "energy"
        yield Text(f"Tied, its {what} cannot be told from that of: {names}.", overflow="fold")
    if answer.default is not None and answer.group.default_rule:
        yield Text(f"Default: {clean(answer.group.default_rule, 300)}.", overflow="fold")
    commands = command_lines(answer.recommended)
    if commands:
        yield Text("Set it up:")
        yield from (Padding(Text(c, overflow="fold"), (0, 0, 0, 2), expand=False) for c in commands)


def _counted(answer: Answer) -> Text:
    shown, tied = len(answer.frontier.points), len(answer.frontier.tied)
    of = count_of(len(answer.group.candidates), "configuration")
    ties = f", {tied} tied with it" if tied else ""
    return Text(f"Frontier: {shown} of {of}{ties}.", overflow="fold")


def _frontier(answer: Answer) -> Table:
    time, energy = answer.time, answer.energy
    head = ("", "configuration", _head(time.title), _head(energy.title, energy.unit))
    table = _table(head, left=2)
    rows: list[tuple[Candidate, bool]] = [(one, False) for one in answer.frontier.points]
    rows += [(tie.candidate, True) for tie in answer.frontier.tied]
    rows.sort(key=lambda pair: time.cost(pair[0].measures[time.name].value))
    for one, tied in rows:
        mark = "→" if one is answer.recommended else "~" if tied else ""
        table.add_row(
            *map(Text, (mark, clean(one.name, 40), amount(one, time), amount(one, energy)))
        )
    return table


def _head(title: str, unit: str = "") -> str:
    of = clean(unit.partition("/")[2], 12)
    shown = clean(title, 40)
    return shown if not of or of in shown or bare(unit) == unit else f"{shown}/{of}"


def _meanings(answer: Answer) -> Iterator[str]:
    for metric in (answer.time, answer.energy):
        if metric.definition:
            yield f"{metric.title} ({metric.definition}): {metric.meaning}."
