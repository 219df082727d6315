from __future__ import annotations

import math

import numpy as np
import pytest

from joulemark.analysis.power import MOST, outlook
from joulemark.analysis.quantile import factor
from joulemark.analysis.scatter import Level, Scatter


def seen(u: float, count: int, *, paired: bool = False) -> Scatter:
    return Scatter(
        u=u,
        dof=2.0 * (count - 1),
        level=Level.WINDOWS,
        paired=paired,
        counts=(count, count),
        borrowed=False,
        seconds=120.0,
    )


@pytest.mark.parametrize("paired", [True, False])
def test_the_asked_repeats_do_tell_the_difference_four_times_of_five(*, paired: bool) -> None:
    """Draw repeats with the scatter that was assumed and count how often zero is excluded."""
    spread, difference, count = 0.02, 0.02, 3
    u = spread / math.sqrt(count) * (1 if paired else math.sqrt(2))
    found = outlook(seen(u, count, paired=paired), u, 0.0, difference)
    assert found.more is not None
    needed = count + found.more
    random, told = np.random.default_rng(7), 0
    for _ in range(2000):
        a, b = random.normal(0, spread, (2, needed))
        b += math.log1p(difference)
        if paired:
            error, dof = b.std(ddof=1) / math.sqrt(needed), needed - 1.0
            apart = b.mean()
        else:
            error = math.hypot(a.std(ddof=1), b.std(ddof=1)) / math.sqrt(needed)
            apart, dof = b.mean() - a.mean(), 2.0 * (needed - 1)
        told += abs(apart) > factor(0.95, dof) * error
    assert 0.78 <= told / 2000 <= 0.88


def test_more_scatter_needs_more_repeats_and_more_time() -> None:
    few, many = (outlook(seen(u, 5), u, 0.0, 0.02) for u in (0.01, 0.02))
    assert few.more is not None
    assert many.more is not None
    assert 0 < few.more < many.more
    assert many.seconds == many.more * 120.0


def test_enough_repeats_are_enough() -> None:
    assert outlook(seen(0.001, 5), 0.001, 0.0, 0.02).more == 0


def test_no_number_of_repeats_removes_what_does_not_cancel() -> None:
    found = outlook(seen(0.01, 5), 0.01, 0.05, 0.02)
    assert found.more is None
    assert found.seconds is None
    assert found.floor == pytest.approx(math.expm1(0.05 * (1.95996 + 0.84162)), rel=1e-4)
    assert not found.unknown


def test_a_hopeless_scatter_is_said_to_be_hopeless() -> None:
    found = outlook(seen(5.0, 2), 5.0, 0.0, 0.001)
    assert found.more is None
    assert found.floor == 0
    assert MOST >= 1000


def test_without_repeats_nothing_is_known() -> None:
    assert outlook(seen(math.inf, 1), math.inf, 0.0, 0.02).unknown
    assert not outlook(seen(math.inf, 1), math.inf, 0.1, 0.02).unknown
