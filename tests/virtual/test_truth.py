"""The energy of a truth is that of its power: compared with a sum over very short pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.virtual import shapes
from joulemark.virtual.truth import (
    During,
    Fed,
    Ramp,
    Square,
    Steady,
    Steps,
    Sum,
    Swing,
    Truth,
    spent,
)

FINE = 200_000
STEPS = Steps(np.array([0.5, 1.0, 3.0]), np.array([10.0, 20.0]))

POWER: dict[str, tuple[Truth, Callable[[Any], Any]]] = {
    "steady": (Steady(7.0), lambda t: np.full_like(t, 7.0)),
    "steps": (STEPS, lambda t: np.select([t < 0.5, t < 1, t < 3], [0.0, 10.0, 20.0], 0.0)),
    "ramp": (Ramp(1.0, 3.0, 8.0), lambda t: np.clip((t - 1) / 2, 0, 1) * 8),
    "square": (Square(0.3, 0.25, 9.0, 0.1), lambda t: 9.0 * (((t - 0.1) / 0.3) % 1 < 0.25)),
    "swing": (Swing(2.0, 5.0, 0.7), lambda t: 5 * np.sin(np.pi * t + 0.7)),
    "during": (
        During(Steady(3.0), [(1.0, 2.0), (2.5, 3.5)], [1.0, 2.0]),
        lambda t: 3.0 * ((t > 1) & (t < 2)) + 6.0 * ((t > 2.5) & (t < 3.5)),
    ),
    "sum": (Sum([Steady(1.0), Ramp(1.0, 3.0, 8.0)]), lambda t: 1 + np.clip((t - 1) / 2, 0, 1) * 8),
    "fed": (Fed(Steady(10.0), 1.1, 2.0), lambda t: np.full_like(t, 13.0)),
}


@pytest.mark.parametrize("name", POWER)
def test_energy_is_the_area_under_the_power(name: str) -> None:
    truth, power = POWER[name]
    middles = (np.arange(FINE) + 0.5) * (4.0 / FINE)
    area = np.cumsum(power(middles)) * (4.0 / FINE)
    told = truth.energy(np.arange(1, FINE + 1) * (4.0 / FINE)) - truth.energy(np.array([0.0]))
    assert np.abs(told - area).max() < 1e-3


@given(st.sampled_from(sorted(POWER)), st.lists(st.floats(0, 4), min_size=3, max_size=3))
def test_energies_of_spans_add_up(name: str, moments: list[float]) -> None:
    truth, (a, b, c) = POWER[name][0], sorted(moments)
    assert spent(truth, a, b) + spent(truth, b, c) == pytest.approx(spent(truth, a, c), abs=1e-9)


def _drawn(seed: int) -> dict[str, Truth]:
    rng = np.random.default_rng(seed)
    return {
        "steps": shapes.steps(rng, 400.0, 10.0, 30.0, 0.1),
        "bursts": shapes.bursts(rng, 400.0, 40.0, 0.05, 0.05),
        "square": shapes.square(rng, 40.0, 0.1),
        "noise": Sum([Steady(20.0), shapes.noise(rng, 400.0, 3.0, 0.01)]),
    }


@pytest.mark.parametrize("name", _drawn(1))
def test_drawn_loads_have_the_mean_that_they_should(name: str) -> None:
    """Four hundred seconds of a mean of 20 W."""
    assert spent(_drawn(1)[name], 0.0, 400.0) / 400 == pytest.approx(20.0, rel=0.03)


@given(st.integers(0, 1000))
def test_drawn_loads_never_run_backwards(seed: int) -> None:
    moments = np.linspace(0, 400, 4001)
    for name in ("steps", "bursts", "square"):
        assert (np.diff(_drawn(seed)[name].energy(moments)) >= -1e-9).all()
