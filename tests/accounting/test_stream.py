"""A table in any order and in any blocks has the joules of its series' curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting import ledger as ledger_module
from joulemark.accounting import stream as stream_module
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.rows import NARROW, Rows, series_of
from joulemark.accounting.stream import Stream
from joulemark.accounting.stretches import Sum, Windows
from joulemark.accounting.tally import tally
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from tests.accounting.tables import channel, fed, table

LAYOUTS = ("series", "turns", "mixed")
QUANTITIES = (Quantity.POWER, Quantity.ENERGY, Quantity.INTERVAL)
GAP_S = 0.5
WRAP = 700.0


def traces(
    rng: np.random.Generator, quantity: Quantity, count: int, length: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return series with jitter, gaps, missing readings, wraps and repeated times."""
    made = []
    for _ in range(count):
        steps = rng.integers(50, 150, length) * 1_000_000
        steps[rng.random(length) < 0.03] = 900_000_000
        steps[rng.random(length) < 0.03] = 0
        time = 10**18 + np.cumsum(steps)
        value = rng.uniform(0, 200, length)
        if quantity is Quantity.ENERGY:
            value = np.cumsum(rng.uniform(0, 20, length)) % WRAP
        value[rng.random(length) < 0.05] = np.nan
        if quantity is not Quantity.ENERGY:
            value[rng.random(length) < 0.05] = -1.0
        made.append((time, value))
    return made


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    quantity=st.sampled_from(QUANTITIES),
    layout=st.sampled_from(LAYOUTS),
    count=st.integers(1, 6),
    length=st.integers(1, 60),
)
def test_whole_series_have_the_energy_and_the_covered_time_of_their_curves(
    seed: int, quantity: Quantity, layout: str, count: int, length: int
) -> None:
    rng = np.random.default_rng(seed)
    what = channel(quantity, wrap=WRAP if quantity is Quantity.ENERGY else None)
    made = table(traces(rng, quantity, count, length), layout, rng)
    stream = fed(Stream(what, gap_s=GAP_S), made.rows)
    curves = made.curves(what, GAP_S)
    names = list(zip(*(key.tolist() for key in stream.register.codes(2)), strict=True))
    for place, series in enumerate(stream.ledger.series.tolist()):
        node, device = names[series]
        curve = curves[2 * (node + 3) + device]
        last = curve.joules[-1] if len(curve.joules) else 0.0
        covered = curve.covered_ns[-1] if len(curve.covered_ns) else 0
        assert stream.ledger.table[Sum.JOULES, place] == pytest.approx(last, rel=1e-12, abs=1e-9)
        assert stream.ledger.table[Sum.COVERED, place] == covered


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    layout=st.sampled_from(LAYOUTS),
    cuts=st.lists(st.integers(0, 300), max_size=5),
    piece=st.sampled_from([1, 30, 10_000]),
    labelled=st.booleans(),
)
def test_where_blocks_and_pieces_end_changes_nothing(
    seed: int, layout: str, cuts: list[int], piece: int, *, labelled: bool
) -> None:
    rng = np.random.default_rng(seed)
    some = [
        (np.cumsum(rng.integers(50, 150, 60)) * 10**6, rng.uniform(1, 99, 60)) for _ in range(4)
    ]
    labels = np.repeat(rng.integers(0, 3, 6), 10).tolist() if labelled else None
    rows = table(some, layout, rng, labels).rows
    whole = fed(Stream(channel(), gap_s=GAP_S), rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_module, "PIECE", piece)
        parts = fed(Stream(channel(), gap_s=GAP_S), rows, cuts)
    for row in Sum:
        kept = [sorted(one.ledger.table[row].tolist()) for one in (whole, parts)]
        assert kept[0] == pytest.approx(kept[1], rel=1e-6, abs=1e-9), row


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    quantity=st.sampled_from(QUANTITIES),
    layout=st.sampled_from(LAYOUTS),
    cuts=st.lists(st.integers(0, 300), max_size=4),
)
def test_windows_have_the_energy_and_coverage_of_the_curve_between_their_edges(
    seed: int, quantity: Quantity, layout: str, cuts: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    what = channel(quantity, wrap=WRAP if quantity is Quantity.ENERGY else None)
    some = [(time + at, value) for at, (time, value) in enumerate(traces(rng, quantity, 3, 80))]
    some = [(time[keep], value[keep]) for time, value in some if len(keep := _once(time))]
    if quantity is Quantity.INTERVAL:
        some = [(time, np.nan_to_num(value, nan=1.0)) for time, value in some]
    made = table(some, layout, rng)
    first, last = 10**18 - NS, 10**18 + 12 * NS
    edges = np.sort(rng.integers(first, last, (5, 2)), axis=1)
    edges[0] = some[0][0][[2, 9]]  # edges at samples
    windows = Windows(edges[:, 0].copy(), edges[:, 1] + 1)
    stream = fed(Stream(what, gap_s=GAP_S, windows=windows), made.rows, cuts)
    length = (windows.stop - windows.start)[stream.ledger.label]
    each = np.arange(len(stream.ledger.series))
    result = tally(stream.ledger, what, each, length_ns=length)
    names = list(zip(*(key.tolist() for key in stream.register.codes(2)), strict=True))
    curves = made.curves(what, GAP_S)
    for place, series in enumerate(stream.ledger.series.tolist()):
        node, device = names[series]
        window = int(stream.ledger.label[place])
        start, stop = int(windows.start[window]), int(windows.stop[window])
        energy = energy_between(curves[2 * (node + 3) + device], start, stop)
        wanted = energy.joules.value
        assert result.joules[place] == pytest.approx(wanted, rel=1e-9, abs=1e-6)
        assert result.coverage[place] == pytest.approx(energy.coverage, abs=1e-12)
        assert result.u95[place] >= 0


def _once(time: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.append(np.diff(time) > 0, True))


def test_windows_belong_to_the_series_whose_key_they_name() -> None:
    rng = np.random.default_rng(1)
    time = np.arange(0, 100) * 100_000_000
    rows = table([(time, np.full(100, 10.0 * (i + 1))) for i in range(4)], "turns", rng).rows
    windows = Windows(
        start=np.array([NS, 2 * NS]),
        stop=np.array([3 * NS, 4 * NS]),
        key=0,
        code=np.array([-3, -2]),
    )
    stream = fed(Stream(channel(), windows=windows), rows, [57])
    keys = stream.register.codes(2)
    found = {
        (int(keys[0][s]), int(keys[1][s]), int(w)): joules
        for s, w, joules in zip(
            stream.ledger.series, stream.ledger.label, stream.ledger.table[Sum.JOULES], strict=True
        )
    }
    assert found == pytest.approx(
        {(-3, 0, 0): 20.0, (-3, 1, 0): 40.0, (-2, 0, 1): 60.0, (-2, 1, 1): 80.0}
    )


def test_a_label_holds_until_the_next_sample_and_its_edge_is_unsure() -> None:
    time = np.arange(0, 50) * 100_000_000
    labels = [0] * 20 + [1] * 30
    made = table([(time, np.full(50, 30.0))], "series", np.random.default_rng(0), labels)
    stream = fed(Stream(channel()), made.rows)
    assert stream.ledger.label.tolist() == [0, 1]
    assert stream.ledger.table[Sum.JOULES].tolist() == pytest.approx([60.0, 87.0])
    assert stream.ledger.table[Sum.SAMPLES].tolist() == [20, 30]
    assert stream.ledger.table[Sum.EDGES].tolist() == pytest.approx([3.0, 3.0])  # (3 J)²/3


def test_labels_may_be_any_whole_numbers() -> None:
    time = np.arange(30) * 100_000_000
    label = np.repeat(np.array([-7, 2**62, 0]), 10)
    stream = fed(Stream(channel()), Rows(time, np.full(30, 2.0), (), label), [13])
    found = dict(zip(stream.ledger.label.tolist(), stream.ledger.table[Sum.SAMPLES], strict=True))
    assert found == {-7: 10, 2**62: 10, 0: 10}


def test_more_sums_than_may_wait_are_taken_in_on_the_way() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_module, "_MANY", 3)
        rows = Rows(np.arange(40) * 10**8, np.ones(40), (), np.arange(40) // 2)
        stream = fed(Stream(channel()), rows, range(0, 40, 5))
    assert stream.ledger.table[Sum.SAMPLES].tolist() == [2] * 20


def test_gaps_and_invalid_readings_are_counted_and_lower_what_is_covered() -> None:
    time = np.arange(0, 40) * 100_000_000
    time[20:] += 2 * NS
    value = np.full(40, 5.0)
    value[10] = 0.0
    stream = fed(Stream(channel()), table([(time, value)], "series", np.random.default_rng(0)).rows)
    column = stream.ledger.table[:, 0]
    assert column[Sum.GAPS] == 1
    assert column[Sum.INVALID] == 1
    assert column[Sum.LOST] == 2.3 * NS
    assert column[Sum.COVERED] == 3.6 * NS
    assert column[Sum.JOULES] == pytest.approx(18.0)


def test_the_bound_of_a_gap_follows_how_often_a_series_is_read() -> None:
    slow = np.cumsum(np.full(30, 15 * NS))
    slow[20:] += 60 * NS
    uneven = np.cumsum(np.tile([2 * NS, 6 * NS], 15))
    traces = [(slow, np.full(30, 2.0)), (uneven, np.full(30, 2.0))]
    stream = fed(Stream(channel()), table(traces, "turns", np.random.default_rng(0)).rows, [13, 31])
    assert stream.ledger.table[Sum.GAPS].tolist() == [0, 0]
    slow[20:] += 60 * NS
    stream = fed(Stream(channel()), table(traces, "turns", np.random.default_rng(0)).rows, [13, 31])
    assert stream.ledger.table[Sum.GAPS].tolist() == [1, 0]


def test_a_gap_between_two_blocks_is_seen_though_each_holds_one_sample() -> None:
    time = np.arange(0, 10) * 100_000_000
    time[9] += 50 * NS
    rows = table([(time, np.ones(10))], "series", np.random.default_rng(0)).rows
    stream = fed(Stream(channel()), rows, range(1, 10))
    assert stream.ledger.table[Sum.GAPS].tolist() == [1]
    assert stream.ledger.table[Sum.COVERED].tolist() == [0.8 * NS]


def test_of_samples_with_one_time_the_last_is_taken() -> None:
    time = np.array([0, 1, 1, 2]) * 100_000_000
    rows = table([(time, np.array([1.0, 9.0, 1.0, 1.0]))], "series", np.random.default_rng(0)).rows
    for cuts in ([], [2]):
        stream = fed(Stream(channel()), rows, cuts)
        assert stream.repeated == 1
    assert fed(Stream(channel()), rows).ledger.table[Sum.JOULES].tolist() == pytest.approx([0.2])


@pytest.mark.parametrize("cut", [[], [2]])
def test_time_that_goes_back_is_refused(cut: list[int]) -> None:
    rows = Rows(np.array([0, 2, 1]), np.ones(3), (np.zeros(3, np.int8),), None, "file 7")
    with pytest.raises(FormatError, match=r"file 7: time goes back within a series; .*--sort"):
        fed(Stream(channel()), rows, cut)


def test_a_table_without_keys_is_one_series_and_an_empty_one_is_none() -> None:
    assert series_of(Rows(np.empty(0, np.int64), np.empty(0), ())) == []
    rows = Rows(np.arange(5) * 100_000_000, np.full(5, 2.0), ())
    stream = fed(Stream(channel()), rows, [2])
    assert stream.ledger.table[Sum.JOULES].tolist() == pytest.approx([0.8])
    assert stream.register.codes(0) == []


def test_a_series_that_comes_back_after_another_is_still_one_series() -> None:
    key = np.repeat(np.array([0, 1, 0], np.int8), 20)
    time = np.concatenate([np.arange(20), np.arange(20), np.arange(20, 40)]) * 100_000_000
    stream = fed(Stream(channel()), Rows(time, np.full(60, 10.0), (key,)))
    assert stream.ledger.table[Sum.JOULES].tolist() == pytest.approx([39.0, 19.0])


def test_a_scale_turns_readings_into_watts() -> None:
    rows = Rows(np.arange(11) * 100_000_000, np.full(11, 2500, np.int32), ())
    stream = fed(Stream(channel(unit="mW", scale=1e-3)), rows)
    assert stream.ledger.table[Sum.JOULES].tolist() == pytest.approx([2.5])


def test_a_counter_without_any_reading_adds_nothing() -> None:
    rows = Rows(np.arange(3), np.full(3, np.nan), (np.zeros(3, np.int8),))
    assert fed(Stream(channel(Quantity.ENERGY)), rows).ledger.table.shape[1] == 0


def test_intervals_may_be_negative_where_the_channel_lets_noise_through() -> None:
    rows = Rows(np.arange(3) * NS, np.array([5.0, -1.0, np.nan]), (np.zeros(3, np.int8),))
    stream = fed(Stream(channel(Quantity.INTERVAL, floor=None)), rows)
    assert stream.ledger.table[Sum.JOULES].tolist() == [-1.0]
    assert stream.ledger.table[Sum.COVERED].tolist() == [NS]


def test_readings_may_be_negative_where_the_channel_lets_noise_through_but_not_absurd() -> None:
    rows = Rows(np.arange(4) * NS, np.array([-1.0, -3.0, 1e16, 2.0]), (np.zeros(4, np.int8),))
    stream = fed(Stream(channel(floor=None), gap_s=2.0), rows)
    assert stream.ledger.table[Sum.JOULES].tolist() == [-2.0]
    assert stream.ledger.table[Sum.INVALID].tolist() == [1]


def test_more_keys_than_can_be_counted_are_sorted_another_way() -> None:
    rng = np.random.default_rng(3)
    keys = rng.integers(0, NARROW * 4, 60)
    of_rows = np.concatenate([keys, rng.permutation(keys)])
    time = np.concatenate([np.zeros(60, np.int64), np.full(60, 100_000_000)])
    stream = fed(Stream(channel()), Rows(time, np.full(120, 7.0), (of_rows,)))
    assert stream.ledger.table[Sum.JOULES].tolist() == pytest.approx([0.7] * len(set(keys)))


def test_many_sets_of_series_are_remembered_only_for_a_while() -> None:
    stream = Stream(channel())
    for step in range(150):
        key = np.arange(1 + step % 75, dtype=np.int16)
        rows = Rows(np.full(len(key), step * 100_000_000), np.ones(len(key)), (key,))
        stream.add(rows)
    assert len(stream.register) == 75
    assert stream.ledger.table[Sum.SAMPLES].sum() == sum(1 + step % 75 for step in range(150))
