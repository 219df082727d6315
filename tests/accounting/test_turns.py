"""Blocks summed up across come to what each series comes to by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.stream import Stream
from joulemark.accounting.stretches import Sum
from joulemark.accounting.turns import across
from tests.accounting.tables import channel, fed, table

MANY = 18


def series(rng: np.random.Generator, ticks: int = 40) -> list[tuple[Any, Any]]:
    """Return many series that are read in turn, with jitter; some hold a reading."""
    every = np.arange(ticks, dtype=np.int64) * 100_000_000
    found = []
    for number in range(MANY):
        time = every + rng.integers(-5_000_000, 5_000_000, ticks)
        value = rng.uniform(10, 90, ticks).astype(np.float32).astype(np.float64)
        if number % 5 == 0:
            value = np.repeat(value[::4], 4)
        found.append((time, value))
    return found


def both(traces: list[tuple[Any, Any]], labels: list[int] | None, cuts: list[int]) -> list[Stream]:
    """Return streams of one table, in turns and cut into blocks, and series by series."""
    rng, streams = np.random.default_rng(0), []
    for layout, cut in (("turns", cuts), ("series", [])):
        streams.append(fed(Stream(channel()), table(traces, layout, rng, labels).rows, cut))
    return streams


def columns(stream: Stream) -> dict[tuple[int, ...], list[float]]:
    keys = [key[stream.ledger.series].tolist() for key in stream.register.codes(2)]
    names = zip(*keys, stream.ledger.label.tolist(), strict=True)
    return dict(zip(names, stream.ledger.table.T.tolist(), strict=True))


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.integers(0, 40 * MANY), max_size=4),
    labelled=st.booleans(),
    odd=st.sampled_from(["nothing", "gap", "invalid", "repeated"]),
)
def test_across_and_along_are_the_same(
    seed: int, cuts: list[int], odd: str, *, labelled: bool
) -> None:
    rng = np.random.default_rng(seed)
    traces = series(rng)
    time, value = traces[3]
    if odd == "gap":
        time[25:] += 10**9
    elif odd == "invalid":
        value[7] = 0.0
    elif odd == "repeated":
        time[12] = time[11]
    labels = np.repeat(rng.integers(0, 3, 8), 5).tolist() if labelled else None
    turns, plain = (columns(stream) for stream in both(traces, labels, cuts))
    assert turns.keys() == plain.keys()
    for name, sums in plain.items():
        for row in Sum:
            if odd == "repeated" and row in (Sum.JOULES, Sum.SQUARES, Sum.CHANGES, Sum.SAMPLES):
                continue  # two samples of one time may lie in two blocks
            if odd == "repeated" and row in (Sum.EDGES, Sum.HIGHEST):
                continue
            assert turns[name][row] == pytest.approx(sums[row], rel=1e-5, abs=1e-9), row


def test_a_gap_in_a_block_of_few_ticks_is_one_by_the_pace_before_it() -> None:
    """Three ticks, the last after a second: their own median would take that for the pace."""
    traces = series(np.random.default_rng(0))
    traces[3][0][25:] += 10**9
    turns, plain = (columns(stream) for stream in both(traces, None, [400, 454]))
    for name, sums in plain.items():
        assert turns[name][Sum.JOULES] == pytest.approx(sums[Sum.JOULES])
        assert turns[name][Sum.GAPS] == sums[Sum.GAPS]


def test_a_whole_block_is_summed_across_with_the_step_before_it() -> None:
    made = table(series(np.random.default_rng(1)), "turns", np.random.default_rng(0))
    first, second = (made.rows.picked(slice(a * MANY, b * MANY)) for a, b in ((0, 10), (10, 40)))
    found = across(first, MANY, channel(), None)
    assert found is not None
    sums, steady = found
    assert steady.all()
    assert sums.table[Sum.SAMPLES].tolist() == [10] * MANY
    again = across(second, MANY, channel(), None, first.picked(slice(9 * MANY, None)))
    assert again is not None
    joules = sums.table[Sum.JOULES] + again[0].table[Sum.JOULES]
    assert joules.tolist() == pytest.approx([c.joules[-1] for c in made.curves(channel())])
    assert (again[0].table[Sum.CHANGES][::5] < 29).all()


def test_milliwatts_across_are_watts() -> None:
    rows = table(series(np.random.default_rng(1)), "turns", np.random.default_rng(0)).rows
    plain, small = (across(rows, MANY, channel(scale=scale), None) for scale in (1.0, 1e-3))
    assert plain is not None
    assert small is not None
    joules = [found[0].table[Sum.JOULES] for found in (plain, small)]
    assert joules[1].tolist() == pytest.approx((joules[0] / 1000).tolist())


def test_a_new_series_between_known_ones_is_taken_the_general_way() -> None:
    traces = series(np.random.default_rng(2), 20)
    rows = table(traces, "turns", np.random.default_rng(0)).rows
    known = rows.picked(rows.keys[0] < 0)
    late = [(time + 20 * 100_000_000, value) for time, value in traces]
    more = table(late, "turns", np.random.default_rng(0)).rows
    stream = fed(fed(Stream(channel()), known), more)
    assert len(stream.register) == MANY
    assert stream.ledger.table[Sum.SAMPLES].sum() == len(known) + len(more)
