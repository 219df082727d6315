from __future__ import annotations

import numpy as np
import pytest
from tests.report.build import START, channel, counter, killed, unread
from tests.report.demo import demo

from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.report.series import power_line, power_lines, state_lines

POWER = channel("node", Domain.NODE, Quantity.POWER)


def trace(of: Channel, seconds: list[float], values: list[float]) -> Trace:
    return Trace.of(of, [START + round(s * NS) for s in seconds], values)


def test_a_counter_becomes_mean_power_of_five_updates() -> None:
    of = channel("gpu-0", Domain.GPU, update_s=0.1)
    line = power_line(counter(of, 10.0, watts=50.0, period=0.01))
    assert np.allclose(line.value, 50.0)
    edges = np.unique(line.time)
    assert np.diff(edges).min() >= 0.5 * NS
    assert line.time[0] == START
    assert line.time[-1] == START + 10 * NS


def test_reads_close_together_make_no_spikes() -> None:
    of = channel("package-0", Domain.PACKAGE, update_s=0.001)
    line = power_line(trace(of, [0, 0.1, 0.1001, 0.2, 0.3], [0, 10, 10.9, 20, 30]))
    assert line.value.max() == pytest.approx(100.0, rel=1e-3)


def test_without_a_nominal_update_the_one_seen_is_taken() -> None:
    of = channel("gpu-0", Domain.GPU)
    seconds = np.arange(0, 20, 0.05)
    line = power_line(trace(of, seconds.tolist(), (np.floor(seconds / 0.5) * 30).tolist()))
    assert np.diff(np.unique(line.time)).min() >= 2.5 * NS
    assert line.value.mean() == pytest.approx(60.0, rel=0.1)


def test_a_counter_that_was_reset_leaves_a_gap() -> None:
    of = channel("package-0", Domain.PACKAGE, update_s=0.001)
    line = power_line(trace(of, [0, 1, 2, 3, 4], [0, 10, 20, 0, 10]))
    assert np.isnan(line.value).sum() == 2
    assert np.nanmax(line.value) == pytest.approx(10.0)


def test_power_readings_are_joined_and_break_at_gaps() -> None:
    seconds = [0, 0.1, 0.2, 0.3, 10.0, 10.1, 10.2]
    line = power_line(trace(POWER, seconds, [5, 6, 7, 8, 9, 10, 11]))
    assert np.isnan(line.value).sum() == 1
    assert line.value[np.isfinite(line.value)].tolist() == [5, 6, 7, 8, 9, 10, 11]


def test_readings_that_cannot_be_true_are_not_drawn() -> None:
    line = power_line(trace(POWER, [0, 0.1, 0.2, 0.3, 0.4], [5, 6, 0, 8, 9]))
    assert 0 not in line.value
    assert set(line.value[np.isfinite(line.value)]) == {5, 6, 8, 9}


def test_one_sample_is_no_line() -> None:
    assert len(power_line(trace(POWER, [0], [5])).time) == 0
    assert power_lines({"x": trace(POWER, [0], [5])}, []) == []


def test_one_line_for_each_part_in_the_order_of_all_tables() -> None:
    made = demo()
    lines = power_lines(made.traces, made.results)
    assert [line.channel.part for line in lines] == [
        "package-0", "core-0", "dram-0", "gpu-0", "gpu-1",
    ]  # fmt: skip
    train = (lines[3].time > START + 50 * NS) & (lines[3].time < START + 100 * NS)
    assert np.nanmean(lines[3].value[train]) == pytest.approx(312, rel=0.03)
    wrapped = lines[0].value
    assert np.nanmin(wrapped) > 0
    assert np.nanmax(wrapped) < 200


def test_without_results_the_best_channel_of_each_part_speaks() -> None:
    counts = counter(channel("gpu-0", Domain.GPU, name="a"), 5)
    reads = Trace(channel("gpu-0", Domain.GPU, Quantity.POWER, name="b"), counts.time, counts.value)
    lines = power_lines({"b": reads, "a": counts}, [])
    assert [line.channel.name for line in lines] == ["a"]
    made = killed()
    assert len(power_lines(made.traces, [])) == 1


def test_states_are_shown_in_units_that_people_read() -> None:
    states = state_lines(demo().traces)
    assert set(states) == {
        Quantity.UTILISATION, Quantity.MEMORY, Quantity.TEMPERATURE, Quantity.CPU_TIME,
    }  # fmt: skip
    assert 95 < states[Quantity.UTILISATION][0].value.max() <= 101
    assert 60 < states[Quantity.TEMPERATURE][0].value.max() < 80
    busy = states[Quantity.CPU_TIME][0].value
    assert 3.5 < np.nanmax(busy) < 5
    kelvin = channel("host", Domain.HOST, Quantity.TEMPERATURE, unit="K")
    shown = state_lines({"t": trace(kelvin, [0, 1], [300.0, 310.0])})
    assert shown[Quantity.TEMPERATURE][0].value.tolist() == pytest.approx([26.85, 36.85])


def test_states_without_values_are_left_out() -> None:
    nothing = channel("host", Domain.HOST, Quantity.MEMORY, unit="B")
    assert state_lines({"m": trace(nothing, [0, 1], [float("nan")] * 2)}) == {}
    assert state_lines({"m": trace(nothing, [0], [1.0])}) == {}
    assert Quantity.UTILISATION in state_lines(unread().traces)
    flags = channel("gpu-0", Domain.GPU, Quantity.FLAGS)
    assert state_lines({"f": trace(flags, [0, 1], [1.0, 2.0])}) == {}
