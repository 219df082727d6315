"""Which point of a search to measure next: multi-objective, by optuna's TPE sampler.

The record of the sweep is the master copy. For every point a new study is told of all points before
it, with a seed of the point's own; so what comes next is a function of the record and the seed, and
a search that was killed goes on as if it had not been. Lists of numbers in their order count as
steps, other lists as names. The first points are a Latin hypercube, which has every axis' values
about equally often; no point is measured twice.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from joulemark.core.errors import MissingExtraError
from joulemark.tune.sweep_axes import Axis
from joulemark.tune.sweep_fields import Label, is_number
from joulemark.tune.sweep_goals import RANDOM, Goals

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

_TRIES = 16
"""So often the sampler is asked for a point that is new before chance decides."""
_DIGITS = 4
"""Of a value from a range: what a person would write."""
Point = Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was tried.

    Attributes:
        point: value of each axis.
        numbers: metrics of the point; empty if it failed.
    """

    point: Point
    numbers: Mapping[str, float] = field(default_factory=dict)


def next_point(
    axes: Sequence[Axis], goals: Goals, seed: int, before: Sequence[Trial]
) -> dict[str, Label] | None:
    """Return the point to try; None if all of a grid were.

    Args:
        axes: with their values or ranges.
        goals: what is searched for.
        seed: of the search.
        before: all points that were tried, in their order.

    Raises:
        MissingExtraError: if optuna is not installed and the search has to learn.
    """
    number = len(before)
    seen = {_key(trial.point) for trial in before}
    if _size(axes) <= len(seen):
        return None
    first = min(goals.startup, goals.trials)
    if goals.sampler != RANDOM:
        if number < first:
            point = first_points(axes, first, seed)[number]
            if _key(point) not in seen:
                return point
        elif (found := _asked(axes, goals, f"{seed}/{number}", before, seen)) is not None:
            return found
    return _by_chance(axes, f"{seed}/{number}/chance", seen)


def known_points(axes: Sequence[Axis], goals: Goals, seed: int) -> list[dict[str, Label]]:
    """Return the points that a search tries whatever it finds: the first, by chance all."""
    found: list[dict[str, Label]] = []
    count = goals.trials if goals.sampler == RANDOM else min(goals.startup, goals.trials)
    while len(found) < count:
        point = next_point(axes, goals, seed, [Trial(one) for one in found])
        if point is None:
            break
        found.append(point)
    return found


def first_points(axes: Sequence[Axis], count: int, seed: int) -> list[dict[str, Label]]:
    """Return points that spread over all axes: each in every ``count``-th part of each axis."""
    columns = []
    for axis in axes:
        chance = random.Random(f"{seed}/first/{axis.name}")  # noqa: S311 # no secret
        places = list(range(count))
        chance.shuffle(places)
        columns.append([_at(axis, (place + chance.random()) / count) for place in places])
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _by_chance(axes: Sequence[Axis], seed: str, seen: set[str]) -> dict[str, Label] | None:
    """Return a point that was not tried; None if chance finds none."""
    chance = random.Random(seed)  # noqa: S311 # no secret
    for _ in range(1000 + 20 * len(seen)):
        point = {axis.name: _at(axis, chance.random()) for axis in axes}
        if _key(point) not in seen:
            return point
    return None


def _at(axis: Axis, share: float) -> Label:
    """Return the value of an axis at a share of it, from 0 below 1."""
    span = axis.span
    if span is None:
        return axis.values[min(int(share * len(axis.values)), len(axis.values) - 1)]
    low, high = float(span.low), float(span.high) + span.whole
    if span.log:
        low = low - 0.5 * span.whole if span.whole else low
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    return _rounded(axis, math.floor(value) if span.whole else value)


def _rounded(axis: Axis, value: float) -> Label:
    span = axis.span
    if span is None:
        return value
    kept = int(value) if span.whole else float(f"{value:.{_DIGITS}g}")
    return min(max(kept, span.low), span.high)


def _key(point: Point) -> str:
    return repr(sorted((name, str(value)) for name, value in point.items()))


def _size(axes: Sequence[Axis]) -> float:
    """Return how many points there are; infinite with a range that is not of whole numbers."""
    sizes = [len(axis.values) if axis.span is None else _width(axis) for axis in axes]
    return math.prod(sizes)


def _width(axis: Axis) -> float:
    span = axis.span
    return span.high - span.low + 1 if span is not None and span.whole else math.inf


def learner() -> Any:
    """Return optuna.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise MissingExtraError("a search", "optuna", "search") from None
    return optuna


def _asked(
    axes: Sequence[Axis], goals: Goals, seed: str, before: Sequence[Trial], seen: set[str]
) -> dict[str, Label] | None:
    """Return a new point of the sampler; None if it has none but old ones."""
    optuna = learner()
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        searched = [axis for axis in axes if axis.span is not None or len(axis.values) > 1]
        distributions = {axis.name: _distribution(axis) for axis in searched}
        told = [_told(searched, distributions, goals, trial) for trial in before]
        for again in range(_TRIES):
            number = random.Random(f"{seed}/{again}").getrandbits(32)  # noqa: S311 # no secret
            sampler = optuna.samplers.TPESampler(seed=number, n_startup_trials=1, multivariate=True)
            ways = ["maximize" if n in goals.more else "minimize" for n in goals.objectives]
            study = optuna.create_study(directions=ways, sampler=sampler)
            study.add_trials(told)
            asked = study.ask(distributions).params
            point = {axis.name: _value(axis, asked.get(axis.name)) for axis in axes}
            if _key(point) not in seen:
                return point
    finally:
        optuna.logging.set_verbosity(verbosity)
    return None


def _distribution(axis: Axis) -> BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    span, count = axis.span, len(axis.values)
    if span is not None and span.whole:
        return IntDistribution(int(span.low), int(span.high), log=span.log)
    if span is not None:
        return FloatDistribution(span.low, span.high, log=span.log)
    if _is_ordered(axis.values):
        return IntDistribution(0, count - 1)
    return CategoricalDistribution(list(range(count)))


def _is_ordered(values: Sequence[Label]) -> bool:
    """Whether values are numbers that rise or fall."""
    numbers = [float(value) for value in values if is_number(value)]
    pairs = list(itertools.pairwise(numbers))
    return len(numbers) == len(values) and (
        all(one < other for one, other in pairs) or all(one > other for one, other in pairs)
    )


def _value(axis: Axis, asked: Any) -> Label:
    """Return the value of an axis for a parameter of the sampler."""
    if axis.span is not None:
        return _rounded(axis, asked)
    return axis.values[0 if asked is None else int(asked)]


def _told(
    axes: Sequence[Axis],
    distributions: Mapping[str, BaseDistribution],
    goals: Goals,
    trial: Trial,
) -> FrozenTrial:
    """Return a point as the sampler is told of it."""
    from optuna.trial import TrialState, create_trial

    params = {axis.name: _param(axis, trial.point[axis.name]) for axis in axes}
    if not trial.numbers:
        return create_trial(state=TrialState.FAIL, params=params, distributions=dict(distributions))
    beyond = {
        name: trial.numbers[name] - bound if name not in goals.more else bound - trial.numbers[name]
        for name, bound in goals.at_most.items()
    }
    return create_trial(
        values=[trial.numbers[name] for name in goals.objectives],
        params=params,
        distributions=dict(distributions),
        constraints=beyond or None,
    )


def _param(axis: Axis, value: Label) -> Any:
    if axis.span is not None:
        return value
    return next(i for i, one in enumerate(axis.values) if str(one) == str(value))
