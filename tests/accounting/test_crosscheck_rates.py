"""How often honest meters are accused, and faulty ones found, over machines drawn by chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from joulemark.core.caution import Code
from joulemark.core.channel import Accuracy
from joulemark.core.trace import Trace

from .machine import Floats, record, seconds, train

MACHINES = 25
CLASSES = {
    "wall": (0.01, 0.5),
    "node": (0.05, 5.0),
    "package-0": (0.05, 0.0),
    "core-0": (0.05, 0.0),
    "gpu-0": (0.05, 5.0),
    "gpu-1": (0.05, 5.0),
}
"""Accuracy class of each meter: gain and offset (W), 95 %."""
SLOW = ("wall", "node")
"""Meters that read in whole watts."""

Bend = Callable[[str, Floats], Floats]


def power(rng: np.random.Generator) -> dict[str, Floats]:
    """Power of the parts of a machine that works in bursts."""
    at = seconds()
    burst = 0.5 + 0.5 * np.sign(np.sin(at * rng.uniform(0.05, 0.5) + rng.uniform(0, 50)))
    drift = 0.05 / 30 * rng.standard_normal(len(at)).cumsum()
    busy = np.where((at >= 20) & (at < 80), burst * rng.uniform(0.1, 1) + 0.3, 0.0)
    level = np.clip(busy + drift, 0, 1.1)
    known = {
        "package-0": 30 + 90 * level,
        "gpu-0": 25 + 250 * level,
        "gpu-1": 22 + 230 * np.roll(level, rng.integers(0, 20)),
    }
    known["core-0"] = known["package-0"] * rng.uniform(0.6, 0.97)
    whole = known["package-0"] + known["gpu-0"] + known["gpu-1"] + rng.uniform(0, 60)
    return {**known, "node": whole, "wall": whole * rng.uniform(1.02, 1.15) + rng.uniform(0, 15)}


def machine(seed: int, bend: Bend) -> list[Trace]:
    """What the meters of a machine read, each with an error of its class, and bent."""
    rng = np.random.default_rng(seed)
    traces = []
    for name, watts in power(rng).items():
        gain, offset = CLASSES[name]
        seen = watts * (1 + rng.normal(0, gain / 1.96)) + rng.normal(0, 1) * offset / 1.96
        noisy = np.round(seen) if name in SLOW else seen + rng.normal(0, 1, len(seen))
        accuracy = Accuracy(gain=gain, offset_w=offset, source="drawn")
        step = 1.0 if name in SLOW else 0.0
        traces.append(record(name, bend(name, noisy), accuracy=accuracy, resolution=step))
    return traces


def found(bend: Bend) -> list[set[Code]]:
    """What was found on each machine."""
    results = [train(*machine(seed, bend)) for seed in range(MACHINES)]
    return [{each.code for each in result.crosscheck.findings} for result in results]


def only(name: str, change: Callable[[Floats], Floats]) -> Bend:
    """One meter that shows something else."""
    return lambda part, watts: change(watts) if part == name else watts


def test_honest_meters_are_not_accused() -> None:
    assert found(lambda _, watts: watts) == [set()] * MACHINES


@pytest.mark.parametrize(
    ("bend", "code", "share"),
    [
        (only("node", lambda watts: 1000 * watts), Code.WRONG_UNIT, 1.0),
        (only("package-0", lambda watts: watts / 1000), Code.WRONG_UNIT, 1.0),
        (only("node", lambda watts: np.full_like(watts, 300.0)), Code.FROZEN_SENSOR, 1.0),
        (only("wall", lambda watts: np.roll(watts, 10)), Code.CLOCKS_APART, 0.9),
        (only("node", lambda watts: 0.75 * watts), Code.CHILD_ABOVE_PARENT, 0.9),
    ],
    ids=["node-in-mW", "package-in-kW", "node-frozen", "wall-1-s-late", "node-25-percent-low"],
)
def test_a_faulty_meter_is_found(bend: Bend, code: Code, share: float) -> None:
    assert sum(code in each for each in found(bend)) >= share * MACHINES
