"""Groups of a stream: what adds up, what adds in squares, and what a gap may have held."""

from __future__ import annotations

import math

import numpy as np
import pytest

from joulemark.accounting.ledger import Ledger
from joulemark.accounting.stream import Stream
from joulemark.accounting.stretches import Sum, Windows
from joulemark.accounting.tally import tally
from joulemark.core.channel import Accuracy, Quantity
from joulemark.core.clock import NS
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Term
from tests.accounting.tables import channel, fed, table


def ledger(columns: int, **rows: float) -> Ledger:
    made = Ledger()
    sums = np.zeros((len(Sum), columns))
    for name, value in rows.items():
        sums[Sum[name]] = value
    made.add(np.arange(columns), np.zeros(columns, np.int64), sums)
    return made


def test_independent_errors_add_in_squares_and_a_common_one_adds_up() -> None:
    what = channel(accuracy=Accuracy(gain=0.03, model=0.04, offset_w=2.0))
    kept = ledger(4, JOULES=100.0, COVERED=10 * NS, EDGES=9.0, SQUARES=200.0, CHANGES=99)
    one = tally(kept, what, np.arange(4))
    all_of_it = tally(kept, what, np.zeros(4, np.int64))
    for term in (Term.SAMPLING, Term.EDGES, Term.OFFSET):
        assert all_of_it.u[term][0] == pytest.approx(2 * one.u[term][0])
    assert all_of_it.u[Term.GAIN][0] == pytest.approx(4 * one.u[Term.GAIN][0])
    assert one.u[Term.GAIN][0] == pytest.approx(0.05 * 100 / NORMAL_975)
    assert one.u[Term.OFFSET][0] == pytest.approx(20 / NORMAL_975)
    assert one.u[Term.SAMPLING][0] == pytest.approx(math.sqrt(200 / 198) * 10 / 10)
    squares = sum(u[0] ** 2 for u in one.u.values())
    assert one.u95[0] == pytest.approx(NORMAL_975 * math.sqrt(squares))


def test_the_offset_of_a_series_is_one_error_for_all_its_phases() -> None:
    kept = Ledger()
    sums = np.zeros((len(Sum), 2))
    sums[Sum.COVERED] = 5 * NS
    kept.add(np.array([0, 0]), np.array([0, 1]), sums)
    what = channel(accuracy=Accuracy(offset_w=1.0))
    both = tally(kept, what, np.zeros(2, np.int64))
    assert both.u[Term.OFFSET][0] == pytest.approx(10 / NORMAL_975)


def test_lost_time_may_have_held_the_highest_power() -> None:
    kept = ledger(1, JOULES=90.0, COVERED=9 * NS, LOST=NS, HIGHEST=30.0)
    result = tally(kept, channel(), np.zeros(1, np.int64))
    assert result.coverage.tolist() == [0.9]
    assert result.watts.tolist() == [10.0]
    assert result.u[Term.COVERAGE][0] == pytest.approx(30 / math.sqrt(3))


def test_nothing_counted_has_no_mean_power_and_no_coverage() -> None:
    result = tally(ledger(1), channel(), np.zeros(1, np.int64))
    assert result.coverage.tolist() == [0.0]
    assert math.isnan(result.watts[0])
    empty = tally(Ledger(), channel(), np.empty(0, np.int64))
    assert len(empty.joules) == len(empty.u95) == 0


@pytest.mark.parametrize(
    ("quantity", "wanted"),
    [(Quantity.POWER, 6 / 12), (Quantity.ENERGY, 2 / 12), (Quantity.INTERVAL, 100 / 12)],
)
def test_the_step_of_the_reading_counts_as_it_enters_the_energy(
    quantity: Quantity, wanted: float
) -> None:
    kept = ledger(1, COVERED=10 * NS, SAMPLES=100, CHANGES=100 / 6 - 1)
    what = channel(quantity, resolution=1000.0, scale=1e-3)
    result = tally(kept, what, np.zeros(1, np.int64))
    assert result.u[Term.RESOLUTION][0] == pytest.approx(math.sqrt(wanted), rel=1e-9)


@pytest.mark.parametrize("update_s", [None, 0.2])
def test_a_window_over_a_counter_is_unsure_of_its_edges(update_s: float | None) -> None:
    time = np.arange(0, 40) * 500_000_000
    made = table(
        [(np.asarray(time, np.int64), np.linspace(0, 195, 40))], "series", np.random.default_rng(0)
    )
    what = channel(Quantity.ENERGY, update_s=update_s)
    windows = Windows(np.array([5 * NS + 250_000_000]), np.array([10 * NS + 250_000_000]))
    stream = fed(Stream(what, windows=windows), made.rows)
    result = tally(stream.ledger, what, np.zeros(1, np.int64), length_ns=np.array([5 * NS]))
    between, behind = 0.25 * 0.5 * 10 / math.sqrt(3), (update_s or 0.5) * 10 / math.sqrt(12)
    assert result.joules[0] == pytest.approx(50.0)
    assert result.u[Term.EDGES][0] == pytest.approx(2 * math.hypot(between, behind))


def test_a_reading_that_holds_its_value_has_fewer_updates() -> None:
    rng = np.random.default_rng(5)
    held = np.repeat(rng.normal(100, 5, 60), 10).astype(np.float64)
    time = np.arange(600, dtype=np.int64) * 100_000_000
    fresh = table([(time[::10], held[::10])], "series", rng).rows
    often = table([(time, held)], "series", rng).rows
    u = [
        tally(fed(Stream(channel(), gap_s=2.0), rows).ledger, channel(), np.zeros(1, np.int64)).u
        for rows in (fresh, often)
    ]
    assert u[1][Term.SAMPLING][0] == pytest.approx(u[0][Term.SAMPLING][0], rel=0.03)
