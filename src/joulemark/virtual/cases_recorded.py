"""Cases of meters whose recordings are played: an analyser, an energy logger, a smart meter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from joulemark.virtual import shapes
from joulemark.virtual.cases_counters import end_of
from joulemark.virtual.judge import Check, energies
from joulemark.virtual.machines import replayed
from joulemark.virtual.schedule import Stage, Step, busy, command, observe
from joulemark.virtual.truth import During, Fed, Steady, Sum, Truth

WH = 3600.0


def _wall(
    stage: Stage, mean_s: float, length: float, idle_s: float
) -> tuple[Truth, Truth, list[Step]]:
    steps = command(stage.rng, idle_s, [length])
    load = shapes.steps(stage.rng, end_of(steps), 50, 300, mean_s)
    extra = During(load, busy(stage.rng, steps))
    above = Fed(extra, 1.08, 0.0)
    return Sum([Fed(Steady(80.0), 1.08, 12.0), above]), above, steps


def analyser(stage: Stage) -> Sequence[Check]:
    """A power analyser that gives the mean power of each second; exact but for its digits."""
    whole, above, steps = _wall(stage, 1.0, 12.0, 4.0)
    moments = np.arange(int(end_of(steps)) + 1) * 1.0 + stage.rng.uniform(0, 1)
    moments[0] = 0.0
    watts = np.round(np.diff(whole.energy(np.append(moments[:1] - 1.0, moments))), 2)
    watts[1:] = np.round(watts[1:] / np.diff(moments), 2)
    rows = list(zip(moments.tolist(), watts.tolist(), strict=True))
    machine = replayed(stage.folder / "analyser.csv", "wall:wall:power", rows)
    return energies(observe(stage, [machine], steps), whole, above)


def logger(stage: Stage) -> Sequence[Check]:
    """A logger that gives the energy of each half second, in whole joules."""
    whole, above, steps = _wall(stage, 1.0, 10.0, 4.0)
    moments = np.arange(int(2 * end_of(steps)) + 1) * 0.5 + stage.rng.uniform(0, 0.5)
    moments[0] = 0.0
    counted = np.floor(whole.energy(moments))
    rows = list(zip(moments.tolist(), np.diff(counted, prepend=0.0).tolist(), strict=True))
    machine = replayed(stage.folder / "logger.csv", "wall:wall:interval", rows)
    return energies(observe(stage, [machine], steps), whole, above)


def smart_meter(stage: Stage) -> Sequence[Check]:
    """A smart meter in steps of 1 Wh, read every second."""
    whole, _, steps = _wall(stage, 20.0, 240.0, 0.0)
    start = float(stage.rng.uniform(0, 1e7))
    moments = np.arange(int(end_of(steps)) + 1) * 1.0
    counted = np.floor((start + whole.energy(moments)) / WH)
    rows = list(zip(moments.tolist(), counted.tolist(), strict=True))
    machine = replayed(stage.folder / "smart.csv", "wall:wall:energy:Wh", rows)
    return energies(observe(stage, [machine], steps), whole)
