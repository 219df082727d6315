from __future__ import annotations

import itertools

import pytest

from joulemark.analysis.observed import Observation
from joulemark.analysis.rank import groups_of, rank
from joulemark.core.errors import UsageError
from tests.analysis.build import observation


def sides(**levels: tuple[float, float]) -> dict[str, list[Observation]]:
    """Sides of four windows with a mean and a spread, J."""
    return {
        name: [observation([mean - spread, mean + spread, mean, mean], name)]
        for name, (mean, spread) in levels.items()
    }


def test_the_lowest_is_named_where_it_can_be_told_from_all_others() -> None:
    found = rank(sides(c=(300, 1), a=(100, 1), b=(200, 1)))
    assert found.best == "a"
    assert found.refused == ""
    assert [place.name for place in found.places] == ["a", "b", "c"]
    assert [place.groups for place in found.places] == [(1,), (2,), (3,)]
    assert found.places[0].over_first is None
    low, high = found.places[1].over_first or (0, 0)
    assert low < 2 < high


def test_no_best_is_named_where_intervals_overlap() -> None:
    found = rank(sides(a=(100, 1), b=(100.5, 1), c=(300, 1)))
    assert found.best is None
    assert found.refused == "a cannot be told from b"
    assert [place.groups for place in found.places] == [(1,), (1,), (2,)]


def test_each_pair_gets_a_wider_interval_than_a_pair_alone() -> None:
    found = rank(sides(a=(100, 1), b=(103, 1), c=(300, 1), d=(400, 1)))
    assert found.level == pytest.approx(1 - 0.05 / 6)
    alone = rank(sides(a=(100, 1), b=(103, 1)))
    (wide, narrow) = (one.places[1].over_first or (0.0, 0.0) for one in (found, alone))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_what_cannot_be_compared_is_not_ranked() -> None:
    found = rank({**sides(b=(100, 1)), "a": [observation([1, 1], "a", unit="token")]})
    assert found.best is None
    assert "units of work differ" in found.refused
    assert [place.name for place in found.places] == ["b", "a"]
    assert all(not place.groups for place in found.places)


def test_an_unread_side_stays_in_the_list() -> None:
    found = rank({**sides(b=(100, 1)), "a": [observation([1, 1], "a", energy=None)]})
    assert found.places[1].figure is None
    assert "was not measured" in found.refused


def test_one_side_is_no_ranking() -> None:
    with pytest.raises(UsageError, match="at least two"):
        rank(sides(a=(1, 0)))


def test_groups_are_the_largest_sets_that_share_no_difference() -> None:
    """A noisy third is like the first, though the second is not."""
    alike = {"a": {"c"}, "b": {"c"}, "c": {"a", "b"}}
    assert groups_of("abc", alike) == [{"a", "c"}, {"b", "c"}]


def test_groups_of_every_small_graph_cover_exactly_its_likenesses() -> None:
    names = "abcd"
    pairs = list(itertools.combinations(names, 2))
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        edges = {pair for pair, one in zip(pairs, chosen, strict=True) if one}
        alike = {n: {m for m in names if (n, m) in edges or (m, n) in edges} for n in names}
        groups = groups_of(names, alike)
        together = {pair for pair in pairs for group in groups if set(pair) <= group}
        assert together == edges
        assert {name for group in groups for name in group} == set(names)
        assert not any(one < other for one in groups for other in groups)
