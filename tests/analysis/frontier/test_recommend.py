"""The configuration to choose, and what it is compared with."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.frontier.candidate import Group
from joulemark.analysis.frontier.recommend import FASTER, LEAST, NO_TARGET, Target, recommend
from tests.analysis.frontier.test_pareto import ENERGY, RATE, TIME, Point, made, numbers, points

CURVE = [(1.0, 100.0), (2.0, 60.0), (4.0, 50.0), (8.0, 45.0)]


def group(values: list[Point], u95: list[float | None] | None = None, **more: object) -> Group:
    """Return a group of candidates with these numbers."""
    return Group(
        source="s",
        task="",
        model="m",
        candidates=tuple(made(values, u95)),
        metrics={"t": TIME, "e": ENERGY, "r": RATE},
        time="t",
        energy="e",
        **more,  # type: ignore[arg-type]
    )


def within(bound: float) -> list[Target]:
    """Return a target on time."""
    return [Target("t", bound)]


def test_the_least_energy_that_meets_the_target() -> None:
    answer = recommend(group(CURVE, defaults={"": "c1"}), within(5.0))
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (4.0, 50.0)
    assert answer.fastest is not None
    assert numbers(answer.fastest) == (1.0, 100.0)
    assert answer.saving_vs_fastest == pytest.approx(0.5)
    assert answer.saving_vs_default == pytest.approx(1 / 6)
    assert (answer.rule, answer.reason, answer.confidence) == (LEAST, "", None)
    assert answer.group.name == "s/m"
    assert answer.group.held() == ("t", "e", "r")


def test_without_a_target_the_least_of_all() -> None:
    answer = recommend(group(CURVE))
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (8.0, 45.0)
    assert (answer.rule, answer.saving_vs_default) == (NO_TARGET, None)


def test_a_budget_alone_asks_for_the_fastest_within_it() -> None:
    answer = recommend(group(CURVE), [Target("e", 55.0)])
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (4.0, 50.0)
    assert answer.rule == FASTER
    both = recommend(group(CURVE), [Target("e", 55.0), Target("t", 5.0)])
    assert both.rule == LEAST
    neither = recommend(group(CURVE), [Target("e", 55.0), Target("t", 2.0)])
    assert neither.recommended is None
    assert neither.reason == "each target is met by some configuration, but not all by one"


def test_a_target_that_nobody_meets() -> None:
    answer = recommend(group(CURVE), within(0.5))
    assert answer.recommended is None
    assert answer.reason == "no configuration meets t 500.0 ms; the best has 1.000 s"
    assert (answer.saving_vs_fastest, answer.default, answer.tied) == (None, None, ())
    assert recommend(group([]), within(1.0)).reason == "no configuration states both numbers"
    assert recommend(group(CURVE), refused="no").reason == "no"
    bare = group(CURVE)
    bare.metrics["x"] = TIME  # type: ignore[index]
    assert recommend(bare, [Target("x", 1.0)]).reason == "no configuration states t"


def test_a_rate_is_to_be_at_least_its_target() -> None:
    answer = recommend(group(CURVE), [Target("r", 0.3)])
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (2.0, 60.0)


def test_confidence() -> None:
    tight = group(CURVE, [0.1])
    answer = recommend(tight, within(4.2))
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (2.0, 60.0)  # 4 ± 0.4 may well be above 4.2
    assert answer.confidence == pytest.approx(1.0)
    bold = recommend(tight, within(4.2), confidence=0.8)
    assert bold.recommended is not None
    assert numbers(bold.recommended) == (4.0, 50.0)
    assert bold.confidence == pytest.approx(0.836, abs=0.001)
    assert "with 95 % confidence" in recommend(tight, within(1.0)).reason


def test_what_cannot_be_told_from_it_is_tied() -> None:
    answer = recommend(group([(1.0, 50.0), (2.0, 49.5), (3.0, 40.0)], [0.02]), within(2.5))
    assert answer.recommended is not None
    assert numbers(answer.recommended) == (2.0, 49.5)
    assert [numbers(one) for one in answer.tied] == [(1.0, 50.0)]


def test_a_default_of_the_same_gpu() -> None:
    assert group(CURVE, defaults={"H100": "c0"}).default_for(made(CURVE)[0]) is None


@given(points, st.floats(0.5, 13), st.floats(0.5, 13))
def test_a_looser_target_never_costs_more(values: list[Point], one: float, other: float) -> None:
    tight, loose = sorted((one, other))
    strict, easy = recommend(group(values), within(tight)), recommend(group(values), within(loose))
    if strict.recommended is not None:
        assert easy.recommended is not None
        assert numbers(easy.recommended)[1] <= numbers(strict.recommended)[1]
        assert strict.saving_vs_fastest is not None
        assert strict.saving_vs_fastest >= 0


@given(points, st.floats(0.5, 13), st.randoms())
def test_the_order_does_not_matter(
    values: list[Point], bound: float, chance: random.Random
) -> None:
    answer = recommend(group(values), within(bound))
    mixed = values[:]
    chance.shuffle(mixed)
    again = recommend(group(mixed), within(bound))
    assert (answer.recommended is None) == (again.recommended is None)
    if answer.recommended is not None and again.recommended is not None:
        assert numbers(answer.recommended) == numbers(again.recommended)
        assert numbers(answer.recommended) in [numbers(c) for c in answer.frontier.points]


@given(points, st.floats(0.5, 13), st.floats(0, 0.3))
def test_more_confidence_never_saves_more(values: list[Point], bound: float, u95: float) -> None:
    bold = recommend(group(values, [u95]), within(bound), confidence=0.5)
    sure = recommend(group(values, [u95]), within(bound), confidence=0.99)
    if sure.recommended is not None:
        assert bold.recommended is not None
        assert numbers(bold.recommended)[1] <= numbers(sure.recommended)[1]
