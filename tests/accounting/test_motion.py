"""How a part moves with the parts within it, on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.motion import Motion, motion, slope
from joulemark.accounting.series import edges_between, mean_power, powers, spread
from joulemark.core.channel import Domain

from .build import at, counter, part, trace

SECONDS = np.arange(1001) / 10
OUTER, INNER = part("node", Domain.NODE), part("gpu-0", Domain.GPU)


def curves(outer: np.ndarray, inner: np.ndarray) -> tuple[Curve, list[Curve]]:
    return curve_of(trace(OUTER, SECONDS, outer)), [curve_of(trace(INNER, SECONDS, inner))]


def of(outer: np.ndarray, inner: np.ndarray) -> Motion:
    found = motion(*curves(outer, inner))
    assert found is not None
    return found


MOVING = 100 + 80 * np.sin(SECONDS / 3)


@settings(max_examples=25)
@given(st.floats(0.1, 3.0), st.floats(0.0, 500.0), st.integers(0, 99))
def test_the_slope_is_found_under_noise_and_within_its_interval(
    true: float, rest: float, seed: int
) -> None:
    noise = np.random.default_rng(seed).normal(0, 3.0, len(SECONDS))
    found = of(true * MOVING + 300 + rest + noise, MOVING)
    assert found.slope == pytest.approx(true, abs=max(2 * found.u95, 0.02))
    assert found.lag_s == 0
    assert found.moved_w == pytest.approx(158, rel=0.05)


def test_a_third_of_wild_steps_does_not_move_the_slope() -> None:
    wild = np.where((SECONDS // 5) % 4 == 0, 5000.0, 0.0)
    assert of(1.2 * MOVING + wild, MOVING).slope == pytest.approx(1.2, abs=0.1)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (MOVING, np.full_like(SECONDS, 50.0)),
        (MOVING, 1000 + 0.01 * MOVING),
    ],
)
def test_parts_that_hardly_move_say_nothing(outer: np.ndarray, inner: np.ndarray) -> None:
    assert motion(*curves(outer, inner)) is None


def test_too_little_common_time_says_nothing() -> None:
    whole, parts = curves(MOVING, MOVING)
    short = curve_of(trace(INNER, SECONDS[:5], MOVING[:5]))
    assert motion(whole, [short]) is None
    assert motion(whole, [curve_of(trace(INNER, [0.0], [1.0]))]) is None
    assert motion(whole, parts) is not None


def test_a_whole_that_is_seldom_known_says_nothing() -> None:
    holes = np.where(np.arange(len(SECONDS)) % 3 == 0, MOVING, np.nan)
    assert motion(*curves(holes, MOVING)) is None
    nothing = np.full_like(SECONDS, np.nan)
    assert motion(*curves(nothing, MOVING)) is None
    assert motion(*curves(MOVING, nothing)) is None


def test_parts_that_stood_still_where_the_whole_is_known_say_nothing() -> None:
    late = SECONDS >= 60
    outer = np.where(late, MOVING, np.nan)
    inner = np.where(late, 50.0, MOVING)
    assert motion(*curves(outer, inner)) is None


def test_one_stretch_that_holds_all_the_motion_leaves_a_wide_interval() -> None:
    inner = np.where((SECONDS > 89) & (SECONDS < 99), 200.0, 100.0)
    one = of(2 * inner + 0.01 * np.sin(SECONDS), inner)
    assert one.slope == pytest.approx(2.0, abs=0.01)
    assert one.u95 > 2.0


def test_a_still_whole_has_no_correlation() -> None:
    found = of(np.full_like(SECONDS, 400.0), MOVING)
    assert found.correlation == 0
    assert slope(found) == "0"


def test_a_slope_is_shown_with_its_interval() -> None:
    shown = Motion(slope=1.0812, u95=0.0123, correlation=1, moved_w=9, lag_s=0, lag_u_s=0, steps=99)
    assert slope(shown) == "1.081 ± 0.012"


def test_mean_power_over_steps() -> None:
    edges = edges_between(at(0), at(4), 1.0, 100)
    assert len(edges) == 5
    ramp = curve_of(trace(counter(), [0, 1, 2, 4], [0.0, 1.0, 4.0, 8.0]))
    assert mean_power(ramp, edges).tolist() == [1.0, 3.0, 2.0, 2.0]
    nothing = curve_of(trace(counter(), [], []))
    assert np.isnan(mean_power(nothing, edges)).all()
    assert len(edges_between(at(0), at(4), 0.0, 7)) == 8
    assert powers(ramp, []).tolist() == []
    assert spread(np.array([3.0])) == 0.0
