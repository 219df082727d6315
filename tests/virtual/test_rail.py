"""The supply line of a rehearsal: its energy is exact, whoever asks for whichever part."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.virtual.rail import BEGINS_NS, Rail


def _powered(parasitic_w: float = 0.0) -> Rail:
    rail = Rail(parasitic_w=parasitic_w)
    rail.switch(1.8)
    return rail


def test_a_board_without_supply_draws_nothing() -> None:
    rail = Rail()
    rail.draw(0.5)
    rail.advance(1)
    assert rail.joules(BEGINS_NS, rail.clock()) == 0.0
    before = rail.alive
    rail.switch(1.8)
    rail.advance(1)
    assert (before, rail.alive) == (False, True)
    assert rail.joules(BEGINS_NS, rail.clock()) == 0.5


def test_a_mean_over_an_edge_is_weighted_by_time() -> None:
    rail = _powered()
    rail.draw(1.0)
    rail.advance(0.25)
    rail.draw(5.0)
    rail.advance(0.75)
    assert rail.mean(BEGINS_NS, BEGINS_NS + NS) == 4.0
    assert rail.mean(BEGINS_NS, BEGINS_NS + NS // 4) == 1.0
    assert rail.mean(BEGINS_NS + NS // 4, BEGINS_NS + NS) == 5.0


steps = st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 50)), min_size=1, max_size=30)


@given(steps, st.integers(1, 10**8))
def test_parts_add_up_to_the_whole(history: list[tuple[int, int]], period: int) -> None:
    rail = _powered()
    for length, watts in history:
        rail.draw(watts)
        rail.advance(length / NS)
    truth = sum(length * watts for length, watts in history) / NS
    stop = rail.clock()
    assert rail.joules(BEGINS_NS, stop) == pytest.approx(truth, rel=1e-12)
    cuts = [*range(BEGINS_NS, stop, max(period, (stop - BEGINS_NS) // 200)), stop]
    parts = [rail.joules(a, b) for a, b in pairwise(cuts)]
    assert sum(parts) == pytest.approx(truth, rel=1e-11, abs=1e-15)


def test_what_comes_through_the_pins_is_not_seen_and_keeps_the_board_alive() -> None:
    rail = _powered(parasitic_w=0.002)
    rail.draw(0.010)
    rail.advance(1)
    rail.switch(0)
    rail.advance(1)
    assert rail.alive
    assert rail.joules(BEGINS_NS, rail.clock()) == pytest.approx(0.008)


def test_edges_of_the_pin_are_kept_once_each() -> None:
    rail = _powered()
    rail.pin(True)  # it is high already
    rail.advance(1)
    rail.pin(False)
    rail.pin(False)
    rail.advance(1e-6)
    rail.pin(True)
    fall, rise = BEGINS_NS + NS, BEGINS_NS + NS + 1000
    assert rail.level
    assert rail.edges(BEGINS_NS, rail.clock() + 1) == [(fall, False), (rise, True)]
    assert rail.edges(fall + 1, rise) == []


def test_watchers_are_told_after_each_change() -> None:
    rail, seen = Rail(), []
    rail.watch(lambda: seen.append((rail.clock() - BEGINS_NS, rail.volts, rail.level)))
    rail.switch(3.0)
    rail.advance(1e-3)
    rail.pin(False)
    rail.draw(1.0)
    assert seen == [(0, 3.0, True), (10**6, 3.0, True), (10**6, 3.0, False), (10**6, 3.0, False)]


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        Rail().advance(-1)
