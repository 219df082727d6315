"""What configurations would emit and cost: a column for each, beside their energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from joulemark.analysis.cost.costs import of_point
from joulemark.analysis.cost.factors import Factors
from joulemark.analysis.frontier.candidate import Candidate
from joulemark.analysis.frontier.recommend import Answer
from joulemark.report.cost.as_json import amounts_json, factors_json
from joulemark.report.cost.table import console_of, factors_table, print_notes, table_of
from joulemark.report.cost.words import HEAD, cells, heads
from joulemark.report.format import clean
from joulemark.report.frontier.table import FEW
from joulemark.report.frontier.words import amount

_NAME, _MODEL = 26, 20


def declared_json(answer: Answer, factors: Factors) -> dict[str, Any]:
    """Return the factors, and what the points of an answer come to by their names.

    Raises:
        UsageError: if the metric of energy is no energy.
    """
    told = {one.name: of_point(one, answer.energy, factors) for one in _points(answer)}
    return {
        "factors": factors_json(factors),
        "per": answer.energy.unit.partition("/")[2] or None,
        "points": {name: amounts_json(found, factors) for name, found in told.items()},
    }


def print_points(answers: Sequence[Answer], factors: Factors, file: IO[str] | None = None) -> None:
    """Print what configurations come to: the frontier of few groups, the choice of many.

    Args:
        answers: of the groups.
        factors: what was declared.
        file: where to; standard output by default.

    Raises:
        UsageError: if a metric of energy is no energy.
    """
    console = console_of(file)
    console.print(Text(f"{HEAD}: what the energy of a configuration would emit and cost."))
    console.print()
    console.print(factors_table(factors))
    console.print()
    if len(answers) <= FEW:
        for answer in answers:
            _print_frontier(console, answer, factors)
    else:
        _print_chosen(console, answers, factors)
    print_notes(console, factors)


def _print_frontier(console: Console, answer: Answer, factors: Factors) -> None:
    table = _table(answer, ("", "configuration"), factors)
    for one in _points(answer):
        mark = "→" if one is answer.recommended else ""
        _row(table, (mark, clean(one.name, _NAME)), one, answer, factors)
    console.print(Text(clean(answer.group.name, 80), style="bold"))
    console.print(table)
    console.print()


def _print_chosen(console: Console, answers: Sequence[Answer], factors: Factors) -> None:
    """Print the recommended configuration of each group, apart for each unit of energy."""
    chosen = [(one, one.recommended) for one in answers if one.recommended is not None]
    for unit in dict.fromkeys(answer.energy.unit for answer, _ in chosen):
        same = [(answer, one) for answer, one in chosen if answer.energy.unit == unit]
        table = _table(same[0][0], ("model", "recommended"), factors)
        for column in table.columns[:2]:
            column.no_wrap, column.overflow = True, "ellipsis"
        for answer, one in same:
            model = clean(answer.group.model.rpartition("/")[2], _MODEL)
            _row(table, (model, clean(one.name, _NAME)), one, answer, factors)
        console.print(table)
        console.print()


def _table(answer: Answer, left: tuple[str, str], factors: Factors) -> Table:
    per = answer.energy.unit.partition("/")[2]
    of = f"/{clean(per, 12)}" if per else ""
    return table_of(
        (*left, f"energy{of}", *(f"{h}{of}" for h in heads(factors, facility=False))), 2
    )


def _row(
    table: Table, names: tuple[str, str], one: Candidate, answer: Answer, factors: Factors
) -> None:
    found = cells(of_point(one, answer.energy, factors), factors, facility=False)
    table.add_row(*map(Text, (*names, amount(one, answer.energy), *found)))


def _points(answer: Answer) -> list[Candidate]:
    """Return the frontier, and what else an answer names, each once, in the order of time."""
    named = (answer.fastest, answer.recommended, answer.default)
    found = [*answer.frontier.points, *(one for one in named if one is not None)]
    found = [one for one in found if one.has(answer.time.name, answer.energy.name)]
    kept = list({one.name: one for one in found}.values())
    return sorted(kept, key=lambda one: answer.time.cost(one.measures[answer.time.name].value))
