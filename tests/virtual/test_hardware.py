"""What virtual sensors show of a truth."""

from __future__ import annotations

import numpy as np
import pytest

from joulemark.core.channel import Accuracy
from joulemark.virtual.hardware import (
    Board,
    Register,
    UnreadableError,
    counter,
    lagging,
    power,
    spans,
)
from joulemark.virtual.truth import Steady, Steps, spent

STEP = Steps(np.array([-9.0, 2.0, 20.0]), np.array([20.0, 200.0]))
FLAWLESS = Board()


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_register_shows_its_last_update() -> None:
    shown = Register(-0.05, 0.1, [1.0, 2.0, 3.0])
    assert [shown.at(t) for t in (-1.0, 0.0, 0.049, 0.051, 0.2, 9.0)] == [1, 1, 1, 2, 3, 3]


def test_a_register_hangs_and_fails() -> None:
    shown = Register(0.0, 0.1, list(range(100)), broken=[(1.0, 1.5)], stuck=[(3.05, 4.0)])
    assert shown.at(3.55) == shown.at(3.05) == 30
    assert shown.at(4.05) == 40
    with pytest.raises(UnreadableError):
        shown.at(1.2)


def test_a_counter_is_behind_by_at_most_an_update_and_a_step() -> None:
    shown = counter(rng(), STEP, FLAWLESS, 10.0, period=0.1, unit=1e-3, start=500.0)
    for moment in np.linspace(0, 10, 777):
        behind = 500 + spent(STEP, -9.0, float(moment)) - shown.at(float(moment))
        assert -1e-6 <= behind <= 0.1 * 200 + 1e-3 + 1e-6


def test_a_counter_wraps() -> None:
    shown = counter(rng(), Steady(10.0), FLAWLESS, 10.0, period=1e-3, unit=0.01, wrap=50.0)
    assert max(shown.values) < 50
    assert shown.at(4.9) == pytest.approx(49, abs=0.03)
    assert shown.at(5.1) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("window", [0.025, 0.1, 1.0])
def test_a_power_sensor_shows_the_mean_of_its_window(window: float) -> None:
    shown = power(rng(), STEP, FLAWLESS, 10.0, period=0.1, window=window)
    times = shown.first + shown.period * np.arange(len(shown.values))
    for moment, value in zip(times[5:90], shown.values[5:90], strict=True):
        assert value == pytest.approx(spent(STEP, moment - window, moment) / window)


def test_a_sensor_behind_a_filter_follows_a_step() -> None:
    shown = lagging(rng(), STEP, FLAWLESS, 10.0, period=0.1, lag=0.3)
    times = shown.first + shown.period * np.arange(len(shown.values))
    expected = np.where(times < 2, 20, 200 - 180 * np.exp(-np.maximum(times - 2, 0) / 0.3))
    assert np.abs(np.array(shown.values) - expected)[2:90].max() < 2.5


def test_readings_are_noisy_and_rounded() -> None:
    shown = power(rng(), Steady(50.0), FLAWLESS, 400.0, period=0.1, window=0.1, unit=0.5, noise=2.0)
    values = np.array(shown.values)
    assert values.std() == pytest.approx(2.0, rel=0.1)
    assert (values % 0.5 == 0).all()


def test_boards_are_drawn_within_their_class() -> None:
    source, accuracy = rng(), Accuracy(gain=0.05, offset_w=3.0)
    drawn = [Board.drawn(source, accuracy) for _ in range(4000)]
    gains, offsets = np.array([(b.gain, b.offset_w) for b in drawn]).T
    assert (np.abs(gains) <= 0.05).mean() == pytest.approx(0.95, abs=0.015)
    assert (np.abs(offsets) <= 3.0).mean() == pytest.approx(0.95, abs=0.015)
    shown = power(rng(), Steady(100.0), Board(0.02, 3.0), 1.0, period=0.1, window=0.1)
    assert shown.at(0.5) == pytest.approx(105.0)


def test_failures_come_at_random() -> None:
    source = rng()
    found = [span for _ in range(500) for span in spans(source, 10.0, 2, 0.5)]
    lengths = [stop - start for start, stop in found]
    assert np.mean(lengths) == pytest.approx(0.5, rel=0.1)
    assert min(start for start, _ in found) >= 0
    assert max(start for start, _ in found) <= 10
