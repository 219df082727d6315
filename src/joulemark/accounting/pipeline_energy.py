"""Energy of pictures and films: calls of a pipeline, each of which makes a batch.

A call that the window cuts counts by the share of its time that lies in it, in what it made as in
what it used; so adjacent windows add up to the whole. Time in which no call was under way belongs
to none of them, and its energy is told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.serving_energy import BATCHES, DEFINITIONS, ratio
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.supply import Supply
from joulemark.core.value import Value

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
MADE = {"image": "energy-per-image/1", "video": "energy-per-video/1"}
"""Name of the figure by what is made."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a pipeline.

    Attributes:
        begun: ns.
        ended: ns, later than that.
        made: images or videos that it made; zero if it failed, which costs all the same.
    """

    begun: int
    ended: int
    made: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the calls in a window came to.

    Attributes:
        name: of the figure, with the version of its definition.
        per: energy by what was made.
        energy: of the time in which a call was under way.
        between: energy of the window beside that, J.
        made: images or videos, those of cut calls by their share.
        calls: calls of which a part lies in the window.
        cut: how many of those the window cuts.
    """

    name: str
    per: Value
    energy: Value
    between: float
    made: float
    calls: int
    cut: int


def made_in(
    calls: Sequence[Call], supply: Supply, start: int, stop: int, *, kind: str = "image"
) -> Made | Unknown:
    """Return the energy by images or videos of the calls in a window.

    To the meter's uncertainty comes how well so few calls stand for the pipeline: the scatter over
    stretches of calls, a dozen at most.

    Args:
        calls: of one pipeline, in any order; they may overlap.
        supply: energy of what ran it.
        start: of the window, ns.
        stop: ns.
        kind: ``image`` or ``video``.

    Raises:
        ValueError: if the window is not longer than zero, or nothing was read in it.
    """
    name = MADE[kind]
    inside = sorted((c for c in calls if c.begun < stop and c.ended > start), key=lambda c: c.begun)
    if not inside:
        return Unknown("no call of the pipeline lies in the window")
    edges = _stretches(inside, start, stop)
    begun, ended = edges[:, 0], edges[:, 1]
    made = _done(inside, begun, ended)
    if not made.sum() > 0:
        return Unknown(f"the calls made no {kind}")
    joules = supply.steps(edges.ravel())[::2]
    whole, unit = supply.between(start, stop).joules, DEFINITIONS[name][0]
    energy = whole.scaled(float(joules.sum()) / whole.value, "J") if whole.value else whole
    cut = sum(c.begun < start or c.ended > stop for c in inside)
    return Made(
        name=name,
        per=_per(energy, joules, made, unit),
        energy=energy,
        between=whole.value - energy.value,
        made=float(made.sum()),
        calls=len(inside),
        cut=cut,
    )


def _stretches(calls: Sequence[Call], start: int, stop: int) -> Times:
    """Return begin and end of each stretch, shape (n, 2): a call, or several that overlap."""
    found: list[list[int]] = []
    for call in calls:
        begun, ended = max(call.begun, start), min(call.ended, stop)
        if found and begun < found[-1][1]:
            found[-1][1] = max(found[-1][1], ended)
        else:
            found.append([begun, ended])
    return np.array(found, dtype=np.int64)


def _done(calls: Sequence[Call], begun: Times, ended: Times) -> Floats:
    """Return what was made in each stretch, evenly over the time of each call."""
    made = np.zeros(len(begun))
    for call in calls:
        place = int(np.searchsorted(begun, call.begun, "right")) - 1
        place = max(place, 0)  # it began before the window
        inside = min(call.ended, int(ended[place])) - max(call.begun, int(begun[place]))
        made[place] += call.made * inside / (call.ended - call.begun)
    return made


def _per(energy: Value, joules: Floats, made: Floats, unit: str) -> Value:
    """Return energy by what was made, with the scatter of groups of neighbouring stretches."""
    groups = np.array_split(np.arange(len(joules)), min(BATCHES, len(joules)))
    if len(groups) == 1:  # a single call says nothing of its scatter
        return energy.scaled(1 / float(made.sum()), unit)
    used, done = (np.array([part[group].sum() for group in groups]) for part in (joules, made))
    return ratio(energy, used, done, unit)
