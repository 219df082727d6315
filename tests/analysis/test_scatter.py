from __future__ import annotations

import math

import numpy as np
import pytest

from joulemark.analysis.bootstrap import FEWEST, bootstrap
from joulemark.analysis.quantile import factor
from joulemark.analysis.scatter import Level, Pairs, Replicate, are_paired, scatter


def side(*values: float, at: tuple[int, ...] = ()) -> list[Replicate]:
    starts = at or tuple(range(len(values)))
    return [
        Replicate(start, value, (value,), 1.0) for start, value in zip(starts, values, strict=True)
    ]


def test_welch_of_a_worked_example() -> None:
    """Variances 1 and 4 of 3 and 3: u² = 1/3 + 4/3, dof = (5/3)² / ((1/9 + 16/9) / 2)."""
    seen = scatter(side(-1, 0, 1), side(3, 5, 7), Level.WINDOWS, Pairs.NONE)
    assert seen.u == pytest.approx(math.sqrt(5 / 3))
    assert seen.dof == pytest.approx((25 / 9) / (17 / 18))
    assert not seen.paired
    assert not seen.borrowed
    assert seen.seconds == 2.0


def test_pairs_leave_only_the_scatter_of_differences() -> None:
    a, b = side(0, 1, 2, 3, at=(0, 2, 4, 6)), side(0.1, 1.1, 2.1, 3.1, at=(1, 3, 5, 7))
    seen = scatter(a, b, Level.RUNS)
    assert seen.paired
    assert seen.u == pytest.approx(0, abs=1e-12)
    assert seen.dof == 3
    assert scatter(a, b, Level.RUNS, Pairs.NONE).u > 0.5


@pytest.mark.parametrize(
    ("a", "b", "paired"),
    [
        ((0, 2, 4), (1, 3, 5), True),
        ((0, 3, 4), (1, 2, 5), True),
        ((0, 1, 2), (3, 4, 5), False),
        ((0, 1, 4), (2, 3, 5), False),
        ((0, 2), (1, 3), False),
        ((0, 2, 4), (1, 3), False),
    ],
)
def test_repeats_that_alternate_are_pairs(
    a: tuple[int, ...], b: tuple[int, ...], *, paired: bool
) -> None:
    first, second = side(*map(float, a), at=a), side(*map(float, b), at=b)
    assert are_paired(first, second, Pairs.AUTO) is paired
    assert not are_paired(first, second, Pairs.NONE)
    assert are_paired(first, second, Pairs.ORDER) is (len(a) == len(b))


def test_a_single_repeat_scatters_like_the_other_side() -> None:
    for a, b in ((side(0), side(1, 2, 3)), (side(1, 2, 3), side(0))):
        seen = scatter(a, b, Level.WINDOWS)
        assert seen.borrowed
        assert seen.u == pytest.approx(math.sqrt(1 + 1 / 3))
        assert seen.dof == 2


def test_nothing_is_known_where_nothing_repeats() -> None:
    seen = scatter(side(0), side(1), Level.WINDOWS)
    assert seen.u == math.inf
    assert not seen.borrowed


def test_equal_repeats_do_not_scatter() -> None:
    assert scatter(side(1, 1, 1), side(2, 2), Level.WINDOWS).u == 0
    drawn = bootstrap(side(*[1.0] * 5), side(*[1.0] * 5), paired=False)
    assert drawn is not None
    assert drawn.factor(0.95) == 0


def test_the_bootstrap_needs_some_repeats() -> None:
    few, enough = side(*range(FEWEST - 1)), side(*range(FEWEST))
    assert bootstrap(few, enough, paired=False) is None
    assert bootstrap(enough, enough, paired=True) is not None


def test_the_bootstrap_of_normal_repeats_is_near_students_t() -> None:
    random = np.random.default_rng(1)
    factors, students = [], []
    for _ in range(40):
        a, b = side(*random.normal(0, 1, 12)), side(*random.normal(0, 1, 12))
        drawn = bootstrap(a, b, paired=False)
        assert drawn is not None
        factors.append(drawn.factor(0.95))
        students.append(factor(0.95, scatter(a, b, Level.WINDOWS).dof))
    assert np.mean(factors) == pytest.approx(np.mean(students), rel=0.06)


@pytest.mark.parametrize("paired", [True, False])
def test_the_bootstrap_does_not_care_which_side_is_called_a(*, paired: bool) -> None:
    random = np.random.default_rng(2)
    a, b = side(*random.normal(0, 1, 6)), side(*random.normal(0, 2, 6))
    one, other = bootstrap(a, b, paired=paired), bootstrap(b, a, paired=paired)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.distances, other.distances)


def test_runs_are_drawn_before_their_windows() -> None:
    """Windows of equal runs scatter; runs that differ by far more decide."""
    random = np.random.default_rng(3)
    runs = [
        Replicate(i, float(i), tuple(i + random.normal(0, 0.01, 2 + i % 3)), 1.0) for i in range(6)
    ]
    shifted = [Replicate(r.start, r.value, tuple(v + 0.5 for v in r.inner), 1.0) for r in runs]
    unpaired = bootstrap(runs, shifted, paired=False)
    paired = bootstrap(runs, shifted, paired=True)
    assert unpaired is not None
    assert paired is not None
    assert 1.5 < unpaired.factor(0.95) < 4
    assert 1.5 < paired.factor(0.95) < 4
