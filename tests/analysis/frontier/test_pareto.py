"""The Pareto set: nobody beats a point of it, and who is not of it is beaten."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.frontier.candidate import Candidate, Measure, Metric, assuming
from joulemark.analysis.frontier.pareto import Frontier, frontier

TIME, ENERGY = Metric("t", "s"), Metric("e", "J")
RATE = Metric("r", "1/s", more=True)

Point = tuple[float, float]
few = st.integers(1, 12).map(float)
points = st.lists(st.tuples(few, few), max_size=25)
relative = st.none() | st.floats(0, 0.5)


def made(values: list[Point], u95: list[float | None] | None = None) -> list[Candidate]:
    """Return candidates with these numbers, each with its interval, relative."""
    found = []
    for number, (t, e) in enumerate(values):
        share = None if u95 is None else u95[number % len(u95)]
        measures = {
            name: Measure(value, None if share is None else share * value)
            for name, value in (("t", t), ("e", e), ("r", 1 / t))
        }
        found.append(Candidate(name=f"c{number}", measures=measures))
    return found


def numbers(one: Candidate) -> Point:
    """Return time and energy."""
    return one.measures["t"].value, one.measures["e"].value


def beats(a: Point, b: Point) -> bool:
    """Return whether one point is as good in both and better in one."""
    return a[0] <= b[0] and a[1] <= b[1] and a != b


@given(points)
def test_it_is_not_beaten_and_complete(values: list[Point]) -> None:
    found = frontier(made(values), TIME, ENERGY)
    on = [numbers(one) for one in found.points]
    assert not any(beats(a, b) for a in values for b in on)
    off = [value for value in values if value not in on]
    assert all(any(beats(a, b) for a in on) for b in off)
    assert len(on) == sum(value in on for value in values)  # equal points are all of it
    assert on == sorted(on)


@given(points, st.lists(relative, min_size=1, max_size=5), st.randoms())
def test_the_order_does_not_matter(
    values: list[Point], u95: list[float | None], chance: random.Random
) -> None:
    candidates = made(values, u95)
    mixed = candidates[:]
    chance.shuffle(mixed)
    assert frontier(candidates, TIME, ENERGY) == frontier(mixed, TIME, ENERGY)


@given(points, st.lists(relative, min_size=1, max_size=5))
def test_intervals_change_no_frontier_and_tie_only_others(
    values: list[Point], u95: list[float | None]
) -> None:
    plain, doubtful = (
        frontier(made(values), TIME, ENERGY),
        frontier(made(values, u95), TIME, ENERGY),
    )
    assert [c.name for c in plain.points] == [c.name for c in doubtful.points]
    assert plain.tied == ()
    assert plain.exact
    on = {c.name for c in doubtful.points}
    for tie in doubtful.tied:
        assert tie.candidate.name not in on
        assert set(tie.by) <= on
        assert tie.by


@given(points, st.floats(0, 0.2), st.floats(0, 0.2))
def test_wider_intervals_tie_more(values: list[Point], one: float, other: float) -> None:
    narrow, wide = sorted((one, other))

    def tied(share: float) -> set[str]:
        found: Frontier = frontier(made(values, [share]), TIME, ENERGY)
        return {tie.candidate.name for tie in found.tied}

    assert tied(narrow) <= tied(wide)


def test_who_is_clearly_worse_in_one_metric_is_not_tied() -> None:
    candidates = made([(1.0, 10.0), (1.01, 17.0)], [0.02])
    assert frontier(candidates, TIME, ENERGY).tied == ()


def test_who_is_beaten_by_a_hair_is_tied() -> None:
    candidates = made([(1.0, 10.0), (1.01, 10.1), (1.5, 11.0)], [0.02])
    found = frontier(candidates, TIME, ENERGY)
    assert [c.name for c in found.points] == ["c0"]
    ((tie),) = found.tied
    assert (tie.candidate.name, tie.by) == ("c1", ("c0",))
    assert not found.exact


def test_more_may_be_better() -> None:
    found = frontier(made([(1.0, 3.0), (2.0, 2.0), (3.0, 2.5)]), RATE, ENERGY)
    assert [c.name for c in found.points] == ["c0", "c1"]


def test_a_candidate_without_a_number_is_left_out() -> None:
    lame = Candidate(name="lame", measures={"t": Measure(0.1)})
    endless = Candidate(name="endless", measures={"t": Measure(0.1), "e": Measure(float("nan"))})
    found = frontier([lame, endless, *made([(1.0, 1.0)])], TIME, ENERGY)
    assert [c.name for c in found.points] == ["c0"]


def test_an_interval_is_assumed_only_where_there_is_none() -> None:
    assert assuming(Measure(5.0), None) == Measure(5.0)
    assert assuming(Measure(5.0), 0.1) == Measure(5.0, 0.5, assumed=True)
    assert assuming(Measure(5.0, 0.2), 0.1) == Measure(5.0, 0.2)
