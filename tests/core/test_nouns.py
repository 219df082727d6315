"""Channels, traces, windows, energies, runs: small values with few rules."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.block import ROW, Block, Row
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Domain, Instrument, Provenance, Quantity, as_it_is
from joulemark.core.clock import NS, Anchor
from joulemark.core.energy import Energy
from joulemark.core.errors import FormatError
from joulemark.core.run import SCHEMA, Run, Status, System
from joulemark.core.trace import Trace
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Role, Window, Work

T0 = 1_784_000_000_123_456_789
GAIN = Source(Term.GAIN, "m")


def channel(quantity: Quantity = Quantity.POWER, scale: float = 1.0) -> Channel:
    return Channel(
        name="m/part",
        meter="m",
        part="part",
        domain=Domain.PACKAGE,
        quantity=quantity,
        unit="W",
        scale=scale,
    )


# blocks

rows = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.integers(0, 2**32 - 1)
    )
)


@given(rows, st.binary(max_size=ROW.size - 1))
def test_rows_come_back_and_a_torn_one_is_left_out(
    samples: list[tuple[int, float, int]], torn: bytes
) -> None:
    assert Block.of(samples).rows() == samples
    assert Block(Block.of(samples) + torn).rows() == samples


@given(rows)
def test_rows_are_packed_in_one_piece_as_one_by_one(samples: list[Row]) -> None:
    assert Block.flat([field for row in samples for field in row]) == Block.of(samples)


def test_rows_lie_in_memory_as_numpy_reads_them() -> None:
    layout = np.dtype([("time", "<i8"), ("value", "<f8"), ("channel", "<u4")])
    table = np.frombuffer(Block.of([(T0, 1.5, 7)]), layout)
    assert layout.itemsize == ROW.size == 20
    assert table[0].tolist() == (T0, 1.5, 7)


# channels and warnings


@pytest.mark.parametrize("quantity", Quantity)
def test_three_quantities_carry_energy(quantity: Quantity) -> None:
    named = quantity in {"energy", "power", "interval"}
    assert channel(quantity).carries_energy is named


def test_a_sum_is_as_good_as_its_weakest_part() -> None:
    measured, estimated, declared = Provenance
    assert Provenance.weakest([measured, measured]) is measured
    assert Provenance.weakest([measured, estimated]) is estimated
    assert Provenance.weakest([declared, estimated, measured]) is declared
    assert Provenance.weakest([]) is measured


def test_every_warning_has_a_text_and_a_code_of_its_own() -> None:
    assert len({code.value for code in Code}) == len({code.text for code in Code}) == len(Code)
    assert Code._value2member_map_["gap"] is Code.GAP
    for code in Code:
        assert code.value == code.name.lower().replace("_", "-")
        assert code.text.strip() == code.text != ""


def test_a_warning_reads_as_one_line() -> None:
    assert str(Caution(Code.NO_WORK)) == Code.NO_WORK.text
    full = Caution(Code.GAP, "m/part: 3 times", "train")
    assert str(full) == f"train: {Code.GAP.text} (m/part: 3 times)"
    assert len({full, Caution(Code.GAP, "m/part: 3 times", "train")}) == 1


# clocks and windows


def test_the_runs_clock_counts_by_the_monotonic_clock() -> None:
    anchor = Anchor(utc_ns=T0, monotonic_ns=5 * NS)
    ticks = iter([5 * NS, 7 * NS])
    clock = anchor.clock(lambda: next(ticks))
    assert [clock(), clock()] == [T0, T0 + 2 * NS]
    assert anchor.offset_ns(T0 + 3 * NS, 7 * NS) == NS
    assert anchor.offset_ns(T0 + 2 * NS, 7 * NS) == 0


def test_windows_have_a_length_once_closed() -> None:
    window = Window(phase="train", start=T0, work=Work(3, "sample"))
    assert window.duration_s == 0
    assert dataclasses.replace(window, stop=T0 + 1).duration_s == 1e-9
    assert window.role is Role.MEASURE


# traces


def test_a_trace_is_sorted_by_time_and_keeps_the_order_of_equal_times() -> None:
    trace = Trace.of(channel(scale=1e-3), [3, 1, 2, 1], [30, 10, 20, 11])
    assert trace.time.tolist() == [1, 1, 2, 3]
    assert trace.value.tolist() == [10, 11, 20, 30]
    assert trace.si().tolist() == [0.010, 0.011, 0.020, 0.030]
    assert len(trace) == 4
    assert trace.time.dtype == np.int64
    assert trace.value.dtype == np.float64


def test_times_keep_their_nanoseconds() -> None:
    assert Trace.of(channel(), [T0, T0 + 1], [1, 2]).time.tolist() == [T0, T0 + 1]


@pytest.mark.parametrize(
    ("time", "value"), [([1, 2], [1.0]), ([], [1.0]), ([[1], [2]], [[1.0], [2.0]]), (1, 2.0)]
)
def test_arrays_that_do_not_belong_together_are_refused(time: object, value: object) -> None:
    with pytest.raises(FormatError, match=r"trace m/part: .* give one value per time"):
        Trace.of(channel(), time, value)


def test_slices_take_what_lies_in_them_and_a_margin() -> None:
    trace = Trace.of(channel(), range(10), range(10))
    assert trace.between(3, 5).value.tolist() == [3, 4, 5]
    assert trace.between(3, 5, margin=2).value.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert trace.between(0, 9, margin=5).value.tolist() == list(range(10))
    assert trace.between(20, 30).value.tolist() == []
    assert trace.between(20, 30, margin=1).value.tolist() == [9]
    assert Trace.of(channel(), [], []).between(0, 5).value.tolist() == []


# energies


def energy(joules: float, **more: Any) -> Energy:
    plain: dict[str, Any] = {"provenance": Provenance.MEASURED, "method": "counter"}
    return Energy(joules=Value(joules, "J", {GAIN: 1.0}), **{**plain, **more})


def test_energies_of_parts_add() -> None:
    gap, held = Caution(Code.GAP), Caution(Code.HELD_SENSOR)
    whole = Energy.sum_of(
        [
            energy(10, coverage=0.9, cautions=(gap,)),
            energy(20, method="trapezoid", provenance=Provenance.ESTIMATED, cautions=(gap, held)),
            energy(30),
        ]
    )
    assert whole.joules.value == 60
    assert whole.joules.u == 3
    assert whole.coverage == 0.9
    assert whole.provenance is Provenance.ESTIMATED
    assert whole.method == "counter + trapezoid"
    assert whole.cautions == (gap, held)


@pytest.mark.parametrize(("coverage", "more"), [(1.0, ""), (0.9, ", 90.0 % covered")])
def test_an_energy_reads_as_one_line(coverage: float, more: str) -> None:
    shown = str(energy(1234.0, coverage=coverage))
    assert shown == f"1.2340 ± 0.0020 kJ (measured{more})"


def test_no_energy_is_not_zero_energy() -> None:
    with pytest.raises(ValueError, match="no energy to add"):
        Energy.sum_of([])


def test_a_run_starts_empty_and_running() -> None:
    run = Run(id="r", procedure="run", anchor=Anchor(T0, 0), system=System(host="h"))
    assert run.status is Status.RUNNING
    assert run.schema == SCHEMA
    assert (*run.channels, *run.windows, *run.cautions) == ()


def test_what_calls_itself_virtual_is_no_measurement() -> None:
    real = channel()
    assert as_it_is(real) is real
    soft = as_it_is(dataclasses.replace(real, note="Joulemark Virtual strip; outlet 1"))
    assert (soft.provenance, soft.instrument) == (Provenance.ESTIMATED, Instrument.MODEL)
    declared = dataclasses.replace(soft, provenance=Provenance.DECLARED)
    assert as_it_is(declared) is declared
