"""The interval of a ratio holds the true ratio, whatever gains, offsets and scatter are drawn.

The truths are drawn here and share no code with what is tested: a side's true energy, a meter's own
gain and offset, the scatter of runs and of windows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from joulemark.analysis.compare import Comparison, Question, compare
from joulemark.analysis.observed import Observation, observed
from joulemark.analysis.scatter import Pairs
from joulemark.core.channel import Accuracy, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.run import System
from joulemark.core.trace import Trace
from joulemark.core.window import Work
from tests.analysis.build import BOX, board, observation
from tests.report.build import START as RUN_START
from tests.report.build import channel as power_channel
from tests.report.build import made, run_of, window

DRAWS, DRAWS_WITHOUT_BOOTSTRAP = 250, 600
LEAST = 0.93
Case = Callable[[Generator], tuple[list[Observation], list[Observation], float]]

GAIN_U = 0.05 / 1.96


def windows(random: Generator, true: float, count: int, spread: float) -> list[float]:
    return [true * math.exp(spread * random.normal()) for _ in range(count)]


def one_meter(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    gain, ratio = 1 + GAIN_U * random.normal(), random.uniform(0.5, 2)
    a = observation([gain * e for e in windows(random, 1000, 5, 0.01)], "a")
    b = observation([gain * e for e in windows(random, 1000 * ratio, 5, 0.01)], "b")
    return [a], [b], ratio


def three_windows_against_seven(
    random: Generator,
) -> tuple[list[Observation], list[Observation], float]:
    a = observation(windows(random, 1000, 3, 0.03), "a")
    b = observation(windows(random, 900, 7, 0.01), "b")
    return [a], [b], 0.9


def two_meters(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    gains = 1 + GAIN_U * random.normal(size=2)
    other = System(host="other", cpu="Example CPU 3000")
    a = observation([gains[0] * e for e in windows(random, 1000, 4, 0.01)], "a")
    b = observation([gains[1] * e for e in windows(random, 1100, 4, 0.01)], "b", system=other)
    return [a], [b], 1.1


def two_boards(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """Two boards in turn in one slot of one machine: each has a gain of its own."""
    gains = 1 + GAIN_U * random.normal(size=2)
    accuracy = Accuracy(gain=0.05)
    a, b = (
        observation(
            [gain * e for e in windows(random, 1000, 4, 0.01)],
            name,
            channel=board(number, accuracy=accuracy),
        )
        for name, number, gain in zip("ab", "12", gains, strict=True)
    )
    return [a], [b], 1.0


def one_offset(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """One meter reads some watts too much; B draws half the power for twice as long."""
    gain, offset = 1 + GAIN_U * random.normal(), 5 / 1.96 * random.normal()
    a = [gain * e + offset * 60 for e in windows(random, 6000, 5, 0.005)]
    b = [gain * e + offset * 120 for e in windows(random, 6600, 5, 0.005)]
    more = {"offset_w": 5.0}
    return [observation(a, "a", **more)], [observation(b, "b", seconds=120.0, **more)], 1.1


def several_runs(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """Runs differ by more than the windows within them."""

    def side(name: str, true: float, start: float) -> list[Observation]:
        return [
            observation(
                windows(random, true * math.exp(0.03 * random.normal()), 3, 0.003),
                f"{name}{i}",
                start_s=start + 400 * i,
            )
            for i in range(5)
        ]

    return side("a", 1000, 0), side("b", 1050, 4000), 1.05


def in_turn(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """The machine drifts by far more than A and B differ; they are run in turn."""
    drift = np.repeat(np.cumsum(0.05 * random.normal(size=6)), 2) + 0.01 * random.normal(size=12)
    sides: tuple[list[Observation], list[Observation]] = ([], [])
    for i, level in enumerate(drift):
        side = (i % 2 + i // 2) % 2  # A B B A A B B A …
        true = 1000 * (1.02 if side else 1.0) * math.exp(level)
        name = f"{'ab'[side]}{i}"
        sides[side].append(observation(windows(random, true, 3, 0.002), name, start_s=400 * i))
    return *sides, 1.02


def one_model(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """A model's idle power and slope are both off, by as much; B keeps the machine busier."""
    idle, busy = 1 / (1 + 0.5 / 1.96 * np.clip(random.normal(size=2), -2.5, 2.5))
    true = [10 * idle * 60 + 8 * busy * 60, 10 * idle * 50 + 16 * busy * 50]
    said = [18 * 60, 26 * 50]
    a, b = (
        observation(windows(random, joules, 4, 0.005), name, model=0.5, seconds=seconds)
        for joules, name, seconds in zip(said, "ab", (60.0, 50.0), strict=True)
    )
    return [a], [b], true[1] / true[0]


def skewed(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """Now and then a window takes much longer: an exponential tail."""

    def side(name: str, true: float) -> list[Observation]:
        return [observation([true * (0.98 + 0.02 * random.exponential()) for _ in range(10)], name)]

    return side("a", 1000), side("b", 1100), 1.1


def through_traces(random: Generator) -> tuple[list[Observation], list[Observation], float]:
    """The whole way: a noisy power sensor with a gain and an offset of its own, read at 10 Hz."""
    gain, offset = 1 + GAIN_U * random.normal(), 2 / 1.96 * random.normal()
    accuracy = Accuracy(gain=0.05, offset_w=2.0)
    sensor = power_channel("gpu-0", Domain.GPU, Quantity.POWER, update_s=0.1, accuracy=accuracy)
    sides = []
    for name, watts in (("a", 100.0), ("b", 90.0)):
        levels = watts * np.exp(0.01 * random.normal(size=4))
        seconds = np.arange(0, 61, 0.1)
        true = levels[np.minimum(seconds / 15, 3).astype(int)]
        seen = gain * true + offset + random.normal(0, 3, len(true))
        times = RUN_START + np.round(seconds * NS).astype(np.int64)
        windows = [window("train", 15 * i + 1, 15 * i + 14, work=Work(10, "x")) for i in range(4)]
        run = made(run_of(windows, id=name), [Trace.of(sensor, times, seen)])
        sides.append([observed(run.run, run.results[0])])
    return sides[0], sides[1], 0.9


CASES: dict[Case, int] = {
    one_meter: DRAWS,
    three_windows_against_seven: DRAWS_WITHOUT_BOOTSTRAP,
    two_meters: DRAWS_WITHOUT_BOOTSTRAP,
    two_boards: DRAWS_WITHOUT_BOOTSTRAP,
    one_offset: DRAWS,
    several_runs: DRAWS,
    in_turn: DRAWS,
    one_model: DRAWS_WITHOUT_BOOTSTRAP,
    skewed: DRAWS,
    through_traces: DRAWS,
}
"""With fewer than five repeats a side there is no bootstrap, and a draw costs little."""


@functools.cache
def answers(case: Case, question: Question | None = None) -> list[tuple[Comparison, float]]:
    random = np.random.default_rng(20260807)
    found = []
    for _ in range(CASES[case]):
        a, b, ratio = case(random)
        found.append((compare(a, b, question), ratio))
    return found


def held(found: list[tuple[Comparison, float]]) -> float:
    inside = 0
    for comparison, ratio in found:
        limits = comparison.interval()
        assert limits is not None
        inside += limits[0] <= ratio <= limits[1]
    return inside / len(found)


def half_widths(found: list[tuple[Comparison, float]]) -> float:
    limits = [comparison.interval() or (0.0, math.inf) for comparison, _ in found]
    return float(np.median([(high - low) / 2 for low, high in limits]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_interval_holds_the_true_ratio(case: Case) -> None:
    assert held(answers(case)) >= LEAST


def test_a_gain_that_cancels_leaves_only_the_scatter() -> None:
    assert half_widths(answers(one_meter)) < 0.025
    assert half_widths(answers(two_meters)) > 0.05


def test_pairs_see_through_a_drift_that_hides_the_difference_otherwise() -> None:
    paired, unpaired = answers(in_turn), answers(in_turn, Question(pairs=Pairs.NONE))
    assert held(unpaired) >= LEAST
    assert half_widths(paired) < half_widths(unpaired) / 2


def test_the_same_board_cancels_by_its_number_on_any_host() -> None:
    moved = System(host="elsewhere", cpu="Another CPU")
    a = observation([100, 101, 99], "a", channel=board("1"), system=BOX)
    b = observation([100, 101, 99], "b", channel=board("1"), system=moved)
    limits = compare([a], [b]).interval()
    assert limits is not None
    assert limits[1] < 1.03
