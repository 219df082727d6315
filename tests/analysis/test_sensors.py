"""Clocks and sensors found from recordings of simulated boards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from joulemark.analysis.clocks import ahead_s, fitted
from joulemark.analysis.sensors import Sensor, period_of, read_s, sensor_of
from joulemark.analysis.sources import Power, Work
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from joulemark.formats.gpu_benchmark import Recording, recording
from tests.accounting.build import power as channel
from tests.formats.recordings import Board, square

SQUARE = square(60, 0.11)


def made(board: Board, folder: Path) -> Recording:
    return recording(board.write(folder))


def utc(one: Recording) -> Trace:
    readings = one.readings[0]
    ahead = round(ahead_s(readings, one.kernels) * NS)
    return Trace(readings.channel, readings.time - ahead, readings.value)


def both(board: Board, folder: Path) -> tuple[Sensor, Sensor]:
    """What is found from the kernels, and from the shunt meter."""
    one = made(board, folder)
    work = Work(one.kernels)
    power = Power(fitted(one.reference, one.kernels)[0], work.span)
    return sensor_of(utc(one), work), sensor_of(utc(one), power)


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -12600.0, 20700.0, 50400.0])
def test_the_time_zone_is_found(tmp_path: Path, ahead: float) -> None:
    one = made(Board(ahead=ahead), tmp_path)
    assert ahead_s(one.readings[0], one.kernels) == ahead


def test_of_several_possible_zones_the_power_decides(tmp_path: Path) -> None:
    """An hour of readings reaches over the kernels in several zones."""
    one = made(Board(ahead=1800.0), tmp_path)
    idle = np.arange(-3600, 3600, 2.0)
    own = one.readings[0]
    far = own.time[0] + np.round(idle * NS).astype(np.int64)
    beside = far[(far < own.time[0]) | (far > own.time[-1])]
    long = Trace.of(
        own.channel,
        np.append(beside, own.time),
        np.append(np.full(len(beside), own.value[0]), own.value),
    )
    assert ahead_s(long, one.kernels) == 1800.0


def test_a_log_of_another_time_is_refused(tmp_path: Path) -> None:
    one = made(Board(ahead=100.0), tmp_path)
    with pytest.raises(FormatError, match="in any time zone"):
        ahead_s(one.readings[0], one.kernels)


@pytest.mark.parametrize(("late", "rate"), [(0.0, 0.0), (0.06, 5e-4), (-0.04, -8e-4)])
def test_the_clock_of_a_shunt_meter_is_fitted(tmp_path: Path, late: float, rate: float) -> None:
    board = Board(kernels=SQUARE, late=late, rate=rate)
    one = made(board, tmp_path)
    trace, fit = fitted(one.reference, one.kernels)
    assert fit.r > 0.95
    assert fit.rate == pytest.approx(rate, abs=1e-4)
    assert fit.u_s < 2e-3
    edges = np.array([k.start for k in one.kernels], dtype=np.int64)
    rises = trace.time[np.flatnonzero(np.diff((trace.value > 130).astype(int)) == 1) + 1]
    assert np.abs(rises - edges).max() < 1.5e-3 * NS


def test_a_meter_that_watched_something_else_is_refused(tmp_path: Path) -> None:
    one = made(Board(), tmp_path)
    noise = np.random.default_rng(2).random(len(one.reference))
    with pytest.raises(FormatError, match="does not follow the kernels"):
        fitted(Trace(one.reference.channel, one.reference.time, noise), one.kernels)
    flat = np.full(len(one.reference), 5.0)
    with pytest.raises(FormatError, match="does not follow the kernels"):
        fitted(Trace(one.reference.channel, one.reference.time, flat), one.kernels)


@pytest.mark.parametrize(
    ("period", "window", "poll"),
    [(0.1, 0.1, 0.007), (0.1, 0.025, 0.007), (0.1, 1.0, 0.02), (0.02, 0.01, 0.004)],
)
def test_period_and_window_of_a_square_wave(
    tmp_path: Path, period: float, window: float, poll: float
) -> None:
    board = Board(kernels=SQUARE, period=period, window=window, poll=poll)
    for found in both(board, tmp_path):
        assert found.period is not None
        assert found.period.seconds == pytest.approx(period, rel=0.02)
        assert found.window is not None
        assert found.window.seconds == pytest.approx(window, rel=0.15)
        assert found.nominal_s == pytest.approx(window, rel=0.02)
        assert found.lag is None
        assert found.delay is not None
        assert -0.004 < found.delay.seconds < poll + 0.005
        assert found.misfit < 0.2


def test_the_window_of_a_step(tmp_path: Path) -> None:
    for found in both(Board(window=1.0), tmp_path):
        assert found.nominal_s == 1.0


def test_a_sensor_that_lags(tmp_path: Path) -> None:
    for found in both(Board(period=0.02, lag=0.05, poll=0.005), tmp_path):
        assert found.window is None
        assert found.nominal_s is None
        assert found.lag is not None
        assert found.lag.seconds == pytest.approx(0.05, rel=0.1)
        assert found.lag.u_s < 0.02


def test_read_too_seldom_nothing_is_known_of_the_period(tmp_path: Path) -> None:
    one = made(Board(kernels=SQUARE, poll=0.09), tmp_path)
    found = sensor_of(utc(one), Work(one.kernels))
    assert found.period is None
    assert found.window is not None


def test_a_reading_that_stands_still_shows_nothing(tmp_path: Path) -> None:
    one = made(Board(gain=0.0, offset=50.0, noise=0.0), tmp_path)
    assert period_of(one.readings[0]) is None
    assert sensor_of(utc(one), Work(one.kernels)).window is None


def test_too_few_updates_fit_nothing(tmp_path: Path) -> None:
    one = made(Board(kernels=[(1.0, 1.2)], poll=0.5), tmp_path)
    found = sensor_of(utc(one), Work(one.kernels))
    assert (found.period, found.window, found.lag, found.delay) == (None, None, None, None)
    assert read_s(one.readings[0].between(0, 1)) == np.inf


def test_kernels_lag_and_average_like_the_power_they_draw() -> None:
    board = Board(kernels=SQUARE, low=0.0, high=1.0)
    fine = np.arange(0.0, board.stop, 5e-4)
    watts = np.diff(board.joules(fine)) / 5e-4
    work = Work([Window(phase="k", start=round(a * NS), stop=round(b * NS)) for a, b in SQUARE])
    power = Power(Trace.of(channel(), np.round(fine[1:] * NS), watts), work.span)
    ends = np.arange(0.5, 5.0, 0.013)
    assert power.mean(ends, 0.04) == pytest.approx(work.mean(ends, 0.04), abs=0.03)
    assert power.lagged(ends, 0.05) == pytest.approx(work.lagged(ends, 0.05), abs=0.03)
