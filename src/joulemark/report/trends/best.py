"""The best so far in words: a table for each line, or a line for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.trends.best import Best, Move, Step
from joulemark.report.trends.writing import Printed, around, grouped, per_joule, times, unit, whose

MOST = 4
"""Of more lines each is told in one row."""
HEAD = ("round", "best so far", "±", "of first", "n", "the round", "whose")
SHORT = ("benchmark", "rounds", "n", "first", "best", "of first", "last rose")
_NOTE = (
    "±: what the accuracy class of the meters leaves, 95 %; repeats would scatter as well. "
    "plateau: the round was lower. within ±: cannot be told apart from the best before it. ±? or "
    "?: not known. n: results "
    "(of them others that cannot be told apart from the best of the round)."
)
_TRADE = "MLPerf is a trademark of MLCommons. What joulemark computes is not verified by MLCommons."


def print_best(to: Printed, found: Sequence[Best]) -> None:
    """Print the best so far of every line."""
    if len(found) > MOST:
        for name, lines in grouped(found, lambda best: best.line.subject).items():
            to.title(name)
            to.table(SHORT, map(short_row, lines), SHORT[:2])
    else:
        for best in found:
            to.title(f"{best.line.subject}; {unit(best.line.work)}")
            to.lines(_opened(best))
            to.table(HEAD, map(step_row, best.steps), HEAD[5:])
    to.lines((*_notes(found), _NOTE, _TRADE))


def _opened(best: Best) -> Iterator[str]:
    """Yield what a line begins with: it cannot be joined to the one before."""
    for change in best.line.opened_by:
        yield f"not comparable with rounds before {change.since}: {change.what}"


def step_row(step: Step) -> tuple[str, ...]:
    """Return the cells of a round."""
    return (
        step.round,
        per_joule(step.best.per_joule),
        around(step.best.u95),
        times(step.times),
        f"{step.count} ({len(step.level)})" if step.level else str(step.count),
        "higher, ±?" if step.move is Move.UNSURE else str(step.move),
        whose(step.best, 28),
    )


def short_row(best: Best) -> tuple[str, ...]:
    """Return the cells of a line."""
    subject, steps = best.line.subject, best.steps
    rose = [step for step in steps if step.move not in (Move.PLATEAU, Move.FIRST)]
    apart = [step for step in rose if step.move is not Move.LEVEL]
    last = apart[-1] if apart else None
    unsure = "?" if last is not None and last.move is Move.UNSURE else ""
    name = f"{subject.name}, new" if best.line.part else subject.name
    return (
        name,
        f"{steps[0].round}-{steps[-1].round[1:]}" if len(steps) > 1 else steps[0].round,
        str(len(best.line.entries)),
        per_joule(steps[0].here.per_joule),
        per_joule(steps[-1].best.per_joule),
        times(steps[-1].times),
        f"{last.round}{unsure}" if last is not None else "never",
    )


def _notes(found: Sequence[Best]) -> Iterator[str]:
    if len(found) > MOST and any(best.line.part for best in found):
        yield "new: the benchmark became another one; nothing joins it to the line before."
    few = sum(not best.is_trend for best in found)
    if few:
        yield f"{few} of {len(found)} lines have results of fewer than 3 rounds: that is no trend."
    left_out: dict[str, int] = {}
    for best in found:
        for why, count in best.line.left_out:
            left_out[why] = left_out.get(why, 0) + count
    for why, count in sorted(left_out.items()):
        yield f"left out, {count}: {why}"
