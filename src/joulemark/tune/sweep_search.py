"""The points of a search: each asked for when those before it are known."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from joulemark.tune.search import Trial, learner, next_point
from joulemark.tune.sweep_axes import OWN
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_goals import RANDOM, Goals
from joulemark.tune.sweep_plan import Plan
from joulemark.tune.sweep_record import DONE
from joulemark.tune.sweep_told import number

Key = tuple[int, int]
Line = Mapping[str, Any]


def searched(plan: Plan, lines: Mapping[Key, Line]) -> Iterator[tuple[Key, dict[str, Label]]]:
    """Yield the points of a search with their block and number, repeats of one after another.

    Args:
        plan: with its goals.
        lines: the last line of each measurement; has that of a point when the next is asked for.

    Raises:
        MissingExtraError: if optuna is not installed and the search has to learn.
    """
    if plan.goals is None:
        return
    if plan.goals.sampler != RANDOM and plan.goals.trials > plan.goals.startup:
        learner()  # before anything is measured
    before: list[Trial] = []
    for place in range(plan.goals.trials):
        known = next((one for (_, point), one in lines.items() if point == place), None)
        point = (
            next_point(plan.axes, plan.goals, plan.seed, before)
            if known is None
            else dict(known["values"])
        )
        if point is None:
            return
        for block in range(plan.repeats):
            yield (block, place), point
        done = [lines[block, place] for block in range(plan.repeats) if (block, place) in lines]
        before.append(Trial(point, _means(plan, plan.goals, done)))


def lacks(goals: Goals, unit: str, line: Line) -> str:
    """Return why a point that was done is none for a search; empty if it has all numbers."""
    there = numbers_of(line, unit)
    for name in (*goals.objectives, *goals.at_most):
        if name not in there:
            return f"it has no {name}, which is searched for; there is {', '.join(there)}"
    return ""


def numbers_of(line: Line, unit: str) -> dict[str, float]:
    """Return the numbers of a measurement by their names in the table."""
    found = {name: number(line.get(name)) for name in OWN}
    found |= {name: number(value) for name, value in line["metrics"].items() if name != "work"}
    joules, work = found.get("energy_j"), number(line["metrics"].get("work"))
    if unit and joules is not None and work:
        found[f"energy_per_{unit}_j"] = joules / work
    return {name: value for name, value in found.items() if value is not None}


def _means(plan: Plan, goals: Goals, lines: list[Line]) -> dict[str, float]:
    """Return the means over the repeats that were done; nothing if none was."""
    each = [numbers_of(line, plan.reads.unit) for line in lines if line["status"] == DONE]
    wanted = (*goals.objectives, *goals.at_most)
    each = [one for one in each if all(name in one for name in wanted)]
    if not each:
        return {}
    return {name: statistics.fmean(one[name] for one in each) for name in wanted}
