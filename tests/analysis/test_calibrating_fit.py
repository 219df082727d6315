"""The fit finds the line that made the points, and predicts what it does not know."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.analysis.calibrating import check, fit, make
from joulemark.analysis.calibrating.points import Points
from joulemark.core.calibration import Kind, Side
from joulemark.core.errors import CalibrationError
from joulemark.core.student import student_975

ABOUT = make.About(target=Side(name="a"), reference=Side(name="b"), date="2026-11-25")


def drawn(
    seed: int,
    groups: int = 12,
    each: int = 2,
    *,
    gain: float = 1.2,
    offset: float = 40.0,
    between: float = 0.0,
    within: float = 0.0,
    step_j: float = 0.0,
    target_step_j: float = 0.0,
    slope: float | None = None,
    seconds: float = 120.0,
) -> Points:
    """Points of workloads from 50 to 350 W, each meter in steps."""
    noise = np.random.default_rng(seed)
    places = np.repeat(np.arange(groups), each)
    count = len(places)
    watts = np.linspace(50, 350, groups)[places] + noise.normal(0, 3, count)
    length = seconds * noise.uniform(0.9, 1.1, count)
    busy = noise.uniform(0, 1, count)
    truth = gain * watts + offset + between * noise.normal(size=groups)[places]
    truth = truth + within * noise.normal(size=count) + (slope or 0.0) * busy

    def stepped(joules: Any, step: float) -> Any:
        start = noise.uniform(0, step, count)
        return joules if step == 0 else np.floor((joules + start) / step) * step

    return Points(
        target_j=stepped(watts * length, target_step_j),
        reference_j=stepped(truth * length, step_j),
        seconds=length,
        target_u_j=np.full(count, target_step_j / math.sqrt(6)),
        reference_u_j=np.full(count, step_j / math.sqrt(6)),
        groups=tuple(f"model {place}" for place in places),
        labels=tuple(f"line {n}" for n in range(count)),
        utilisation=None if slope is None else busy,
    )


# ------------------------------------------------------------------ the line


@given(gain=st.floats(0.3, 3), offset=st.floats(-40, 200), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_an_exact_line_is_found_exactly(gain: float, offset: float, seed: int) -> None:
    found = fit.fit(drawn(seed, gain=gain, offset=offset))
    assert found.coefficients == pytest.approx([gain, offset], abs=1e-3)
    assert max(found.between_w, found.within_w, found.residual_w) < 1e-3


def test_utilisation_gets_its_own_slope() -> None:
    found = fit.fit(drawn(3, slope=25.0, within=0.5))
    assert found.coefficients == pytest.approx([1.2, 40.0, 25.0], rel=0.05)
    assert found.dof == 9


def test_scatter_is_told_from_the_step_of_the_meter() -> None:
    quiet = [fit.fit(drawn(seed, 30, step_j=3600.0)) for seed in range(6)]
    loud = [fit.fit(drawn(seed, 30, between=15.0, step_j=3600.0)) for seed in range(6)]
    assert max(f.between_w for f in quiet) < 6.0
    assert np.mean([f.residual_w for f in quiet]) == pytest.approx(3600 / 120 / 6**0.5, rel=0.2)
    assert np.mean([f.between_w for f in loud]) == pytest.approx(15.0, rel=0.25)


def test_scatter_within_a_workload_is_told_from_that_between_them() -> None:
    inner = fit.fit(drawn(1, 15, 6, within=6.0))
    outer = fit.fit(drawn(1, 15, 6, between=6.0))
    assert inner.within_w == pytest.approx(6.0, rel=0.25)
    assert inner.between_w < 3.0
    assert outer.between_w == pytest.approx(6.0, rel=0.5)
    assert outer.within_w < 0.1


def test_single_points_give_all_scatter_to_the_workloads() -> None:
    found = fit.fit(drawn(1, 20, 1, between=5.0))
    assert found.within_w == 0.0
    assert found.between_w == pytest.approx(5.0, rel=0.4)


def test_a_coarse_target_does_not_flatten_the_line() -> None:
    def gains(*, known: bool) -> float:
        found = []
        for seed in range(30):
            points = drawn(seed, 15, 2, target_step_j=7200.0, within=1.0)
            if not known:
                points = replace(points, target_u_j=np.zeros(len(points)))
            found.append(float(fit.fit(points).coefficients[0]))
        return float(np.mean(found))

    assert gains(known=False) < 1.15
    assert gains(known=True) == pytest.approx(1.2, abs=0.03)


def test_errors_of_the_target_that_exceed_its_range_change_nothing() -> None:
    points = drawn(0, 6, 2, within=1.0)
    coarse = replace(points, target_u_j=np.full(len(points), 400.0 * 120))
    assert float(fit.fit(coarse).coefficients[0]) == pytest.approx(1.2, abs=0.1)


@pytest.mark.parametrize(
    ("groups", "each", "between", "within", "step_j"),
    [(6, 2, 5.0, 2.0, 3600.0), (12, 1, 8.0, 0.0, 0.0), (20, 2, 4.0, 4.0, 3600.0)],
)
def test_the_interval_of_a_new_workload_holds(
    groups: int, each: int, between: float, within: float, step_j: float
) -> None:
    held, draws = 0, 150
    for seed in range(draws):
        points = drawn(seed, groups + 1, each, between=between, within=within, step_j=step_j)
        new = seed % (groups + 1)
        known = fit.fit(points.at(np.flatnonzero(points.places != new)))
        mine = points.at(np.flatnonzero(points.places == new))
        off = float((mine.reference_j - known.predicted_j(mine)).sum())
        held += abs(off) <= student_975(known.dof) * math.sqrt(known.variance_of_sum_j2(mine))
    assert held / draws > 0.91


def test_the_variance_of_one_stretch_is_that_of_its_sum() -> None:
    points = drawn(2, between=3.0, within=2.0)
    found, one = fit.fit(points), points.at([4])
    assert found.variance_of_sum_j2(one) == pytest.approx(float(found.variance_j2(one)[0]))


# ------------------------------------------------------------------ leaving out


def test_each_workload_is_left_out_as_a_whole() -> None:
    points = drawn(5, between=2.0, step_j=3600.0)
    left = check.leave_out(points)
    assert [each.group for each in left] == points.names
    assert all(len(each.after) == 2 for each in left)
    line = fit.fit(points)
    found = check.check_of(left, line, student_975(line.dof))
    assert 0.15 < found.before < 0.6
    assert found.after < 0.06
    assert found.worst_before > found.before
    assert found.inside >= 0.9


def test_of_very_many_workloads_not_all_are_left_out() -> None:
    assert len(check.leave_out(drawn(5, 12), most=4)) == 4


def test_an_outlier_is_named_and_stays_in_the_fit() -> None:
    points = drawn(5, 16, 2, between=1.0)
    joules = points.reference_j.copy()
    joules[9] += 60.0 * points.seconds[9]
    made = make.make(replace(points, reference_j=joules), ABOUT)
    assert len(made.calibration.outliers) == 1
    assert made.calibration.outliers[0].startswith("line 9: +")
    assert made.calibration.points == 32
    assert made.calibration.check is not None
    assert made.calibration.check.inside < 1


def test_the_interval_is_widened_where_it_held_too_few_of_those_left_out() -> None:
    points = drawn(5, 20, 1, between=1.0)
    joules = points.reference_j.copy()
    for place, off in ((3, 40.0), (9, -40.0), (15, 40.0)):
        joules[place] += off * points.seconds[place]
    odd = replace(points, reference_j=joules)
    made = make.make(odd, ABOUT).calibration
    assert made.check is not None
    assert made.check.inside_student < 0.93 <= made.check.inside
    assert made.factor > student_975(made.dof)
    far = made.factor * math.hypot(made.between_w, made.within_w)
    assert 35 < far < 60
    even = make.make(points, ABOUT).calibration
    assert even.check is not None
    assert even.factor == student_975(even.dof)
    assert even.check.inside == even.check.inside_student


# ------------------------------------------------------------------ what it becomes


def test_a_calibration_says_what_it_was_made_of() -> None:
    points = drawn(5, between=2.0, slope=10.0)
    made = make.make(points, replace(ABOUT, utilisation="busy", stratum={"task": "vision"}))
    found = made.calibration
    assert found.kind is Kind.UTILISATION
    assert (found.points, found.groups, found.dof) == (24, 12, 9)
    assert found.power_w.low == float(points.target_w.min())
    assert found.duration_s.high == float(points.seconds.max())
    assert found.utilisation_range is not None
    assert found.stratum == {"task": "vision"}
    assert np.array(found.covariance).shape == (3, 3)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (drawn(1, 3), "3 workloads; at least 4 are needed"),
        (drawn(1, 4, slope=5.0), "4 workloads; at least 5 are needed"),
        (
            replace(drawn(1), target_j=drawn(1).seconds * np.linspace(200, 201, 24)),
            "the power of the target spans only 200.0 to 201.0",
        ),
        (
            replace(drawn(1), reference_j=drawn(1).seconds * 300),
            "the power of the reference spans only 300.0 to 300.0",
        ),
        (
            replace(drawn(1, slope=5.0), utilisation=np.full(24, 0.5)),
            "the utilisation spans only 0.5000 to 0.5000",
        ),
        (
            replace(drawn(1, slope=5.0), utilisation=drawn(1).target_w / 400),
            "utilisation says the same as power",
        ),
        (drawn(1, gain=-0.1, offset=90), "do not rise together"),
        (drawn(1, gain=0.02, offset=300, between=80.0), "do not rise together"),
        (drawn(8, 5, 1, gain=0.3, offset=300, between=35.0), "the gain is"),
    ],
)
def test_points_that_tell_no_line_are_refused(points: Points, words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        make.make(points, ABOUT)
