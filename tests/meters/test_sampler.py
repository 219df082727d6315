"""The sampling loop: deadlines, failures of meters, and what it says of itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.scripted import Scripted, World, power_channel

from joulemark.core.block import Block
from joulemark.core.channel import Channel, Quantity
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    StoreError,
    UnavailableError,
    UsageError,
)
from joulemark.core.interfaces import Meter
from joulemark.core.record import replace
from joulemark.core.run import Sampler
from joulemark.meters._feeds import MAX_KINDS, Feeds, open_all
from joulemark.meters._pace import Pace, check_period, every_ticks
from joulemark.meters.sampler import sample

SECOND = 1_000_000_000
START = 1_000_000_000


def feeds_of(world: World, *meters: Meter, every: int = 1) -> Feeds:
    return open_all([(meter, every) for meter in meters], world.clock)


def run(
    world: World,
    feeds: Feeds,
    *,
    period_s: float = 1.0,
    write: Callable[[bytes], None] | None = None,
) -> Sampler:
    used = itertools.count(0.0, 0.25)
    return sample(
        feeds,
        write or world.write,
        world.clock,
        world.wait,
        period_s=period_s,
        note=world.note,
        cpu_s=lambda: next(used),
    )


# -------------------------------------------------------------------- deadlines


def test_ticks_are_at_absolute_deadlines_and_one_more_sample_ends_the_loop() -> None:
    world, meter = World(ticks=4), Scripted("m")
    record = run(world, feeds_of(world, meter), period_s=0.1)
    deadlines = [START + n * SECOND // 10 for n in range(5)]
    assert world.deadlines == deadlines[1:]
    assert meter.reads == deadlines
    assert [time for time, _, _ in world.rows] == deadlines
    assert record == Sampler(mode="process", period_s=0.1, ticks=5, cpu_s=0.25)
    assert world.events == [
        {
            "event": "sampler",
            "mode": "process",
            "period_s": 0.1,
            "ticks": 5,
            "skipped": 0,
            "late_mean_s": 0.0,
            "late_max_s": 0.0,
            "cpu_s": 0.25,
        }
    ]


def test_a_sensor_of_moments_is_read_anywhere_in_each_period() -> None:
    """Else a load that repeats at the sampler's pace would always be seen at one moment of it."""
    world, meter = World(ticks=400), Scripted("m", update_s=None)
    record = run(world, feeds_of(world, meter), period_s=0.1)
    times = [(time - START) / SECOND * 10 for time in meter.reads[:-1]]
    assert times[0] == 0
    assert [int(time) for time in times] == list(range(400)), "one in each period"
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.6
    assert max(b - a for a, b in itertools.pairwise(times)) < 1.7
    for within in range(10):
        share = sum(int(time * 10) % 10 == within for time in times) / 400
        assert share == pytest.approx(0.1, abs=0.01), "each tenth of the period as often"
    assert record.skipped == 0
    assert record.late_max_s == 0


@pytest.mark.parametrize(
    ("channel", "moments"),
    [
        (power_channel("m", None), True),
        (power_channel("m", 0.02), True),
        (power_channel("m", 0.1), False),
        (replace(power_channel("m", None), window_s=1.0), False),
        (replace(power_channel("m", None), quantity=Quantity.ENERGY), False),
    ],
)
def test_which_sensors_show_moments(channel: Channel, moments: bool) -> None:
    feeds = Feeds()
    feeds.channels = [power_channel("other", 60.0), channel]
    assert feeds.sees_moments(0.1) is moments


def test_a_slow_tick_skips_what_has_wholly_passed_and_does_not_drift() -> None:
    # the second tick (at 2 s) takes 3.4 s: 3 and 4 have wholly passed, 5 is 0.4 s late
    world, meter = World(ticks=5, busy_s={1: 3.4}), Scripted("m")
    record = run(world, feeds_of(world, meter))
    assert [(time - START) / SECOND for time in meter.reads] == [0, 1, 4.4, 5, 6, 7]
    assert record.skipped == 2
    assert record.ticks == 6
    assert record.late_max_s == pytest.approx(0.4)
    assert record.late_mean_s == pytest.approx(0.4 / 5)
    assert world.cautions == [("sampler-late", "2 of 7 skipped")]


def test_a_tick_that_is_only_late_is_not_skipped() -> None:
    world, meter = World(ticks=3, busy_s={0: 1.9}), Scripted("m")
    record = run(world, feeds_of(world, meter))
    assert [(time - START) / SECOND for time in meter.reads] == [0, 1.9, 2, 3]
    assert record.skipped == 0


@given(
    period=st.integers(1, 10**9), spans=st.lists(st.integers(0, 5 * 10**9), min_size=1, max_size=30)
)
def test_deadlines_are_never_made_up_for(period: int, spans: list[int]) -> None:
    pace, now = Pace(0, period), 0
    deadline, numbers = 0, []
    for span in spans:
        now = max(now, deadline)
        numbers.append(pace.arrived(now))
        now += span
        deadline = pace.next_deadline(now)
        assert deadline % period == 0
        assert deadline > now - period  # what has wholly passed is left out
        assert deadline <= max(now, (numbers[-1] + 1) * period)
    assert all(b > a for a, b in itertools.pairwise(numbers))
    assert pace.ticks == len(spans)
    assert pace.ticks + pace.skipped == deadline // period
    assert 0 <= pace.late_mean_s <= pace.late_max_s


def test_nothing_was_late_before_anything_arrived() -> None:
    assert Pace(0, 1).late_mean_s == 0


def test_a_slower_meter_is_read_seldom_and_in_the_end() -> None:
    world, fast, slow = World(ticks=7), Scripted("fast"), Scripted("slow")
    feeds = open_all([(fast, 1), (slow, 3)], world.clock)
    run(world, feeds)
    assert [(time - START) // SECOND for time in slow.reads] == [0, 3, 6, 7]
    assert len(fast.reads) == 8


def test_a_skipped_tick_does_not_shift_a_slower_meter() -> None:
    world, slow = World(ticks=4, busy_s={0: 4.5}), Scripted("slow")
    run(world, feeds_of(world, slow, every=3))
    # after the long first tick 4, 5, 6 and 7 follow: 4 was due since 3, 6 is the next third one
    assert [(time - START) / SECOND for time in slow.reads] == [0, 4.5, 6, 7]


# -------------------------------------------------------------------- rows


def test_rows_carry_places_in_the_spool_in_one_block_a_tick() -> None:
    world = World(ticks=1)
    first, second = Scripted("a", channels=["a", "a/2"]), Scripted("b", [5.0])
    feeds = feeds_of(world, first, second)
    assert [channel.name for channel in feeds.channels] == ["a", "a/2", "b"]
    run(world, feeds)
    assert world.rows[:2] == [(START, 1.0, 0), (START, 5.0, 2)]
    assert world.blocks == 2


def test_the_last_sample_is_taken_though_the_meter_was_read_a_moment_ago() -> None:
    class Seldom(Scripted):
        def read(self) -> Block:
            block = super().read()
            return block if len(self.reads) == 1 else Block()

        def read_edges(self) -> Block:
            return Block.of([(self._clock(), 9.0, 0)])

    world = World(ticks=3)
    run(world, feeds_of(world, Seldom("m")))
    assert world.rows == [(START, 1.0, 0), (START + 3 * SECOND, 9.0, 0)]


def test_a_disk_that_is_full_ends_the_loop() -> None:
    def full(_: bytes) -> None:
        raise StoreError("no room", where="x.spool")

    world = World(ticks=3)
    with pytest.raises(StoreError, match="no room"):
        run(world, feeds_of(world, Scripted("m")), write=full)
    assert world.events == []


# -------------------------------------------------------------------- meters that fail


def test_a_failed_read_is_told_once_counted_and_costs_nobody_else() -> None:
    world = World(ticks=5)
    bad = Scripted("bad", [MeterError("no answer", where="bus 3")] * 3 + [7.0])
    good = Scripted("good")
    run(world, feeds_of(world, bad, good))
    assert len(good.reads) == 6
    assert [value for _, value, place in world.rows if place == 0] == [7.0, 7.0, 7.0]
    assert world.cautions == [
        ("meter-failed", "bad: bus 3: no answer"),
        ("meter-failed", "bad: 3 times in all, last bus 3: no answer"),
    ]
    assert world.events[0] == {
        "event": "caution",
        "code": "meter-failed",
        "detail": "bad: bus 3: no answer",
        "phase": "",
        "time": START,
    }


def test_a_meter_that_forgot_to_wrap_an_error_of_the_system_has_failed() -> None:
    world = World(ticks=1)
    run(world, feeds_of(world, Scripted("m", [OSError(5, "Input/output error")])))
    assert world.cautions[0] == ("meter-failed", "m: [Errno 5] Input/output error")


def test_failures_beside_rows_are_told_and_taken_out() -> None:
    world, meter = World(ticks=2), Scripted("m")
    feeds = feeds_of(world, meter)
    meter.failures.append(MeterError("one of four is silent", where="gpu 2"))
    meter.failures.append(MeterLostError("fell off the bus", where="gpu 3"))
    run(world, feeds)
    assert meter.failures == []
    assert len(world.rows) == 3
    assert world.cautions == [
        ("meter-failed", "m: gpu 2: one of four is silent"),
        ("meter-lost", "m: gpu 3: fell off the bus"),
    ]


def test_very_many_kinds_of_failure_are_bounded() -> None:
    world = World(ticks=1)
    meter = Scripted("m")
    feeds = feeds_of(world, meter)
    meter.failures += [MeterError("bad", where=f"part {n}") for n in range(3 * MAX_KINDS)]
    run(world, feeds)
    assert len(world.cautions) == MAX_KINDS + 2  # one for all others, and how many these were
    assert world.cautions[-1][1].startswith(f"other: {2 * MAX_KINDS} times in all")


def test_a_lost_meter_is_opened_again_ever_more_seldom() -> None:
    world = World(ticks=140)
    gone = [UnavailableError("no such device")] * 6
    meter = Scripted("m", [1.0, MeterLostError("gone"), 2.0], opens=[None, *gone])
    other = Scripted("other")
    run(world, feeds_of(world, meter, other))
    # lost at 1 s; tried after 1, 2, 4, 8, 16, 32 s in vain, then after 60 s
    assert meter.opened == 8
    assert len(other.reads) == 141
    assert [value for _, value, place in world.rows if place == 0][:2] == [1.0, 2.0]
    back = next(time for time, value, place in world.rows if place == 0 and value == 2.0)
    assert (back - START) // SECOND == 1 + 1 + 2 + 4 + 8 + 16 + 32 + 60
    assert world.cautions == [
        ("meter-lost", "m: gone"),
        ("meter-lost", "m: read again, it was away for 123.0 s"),
    ]


def test_a_meter_that_is_back_may_have_other_channels() -> None:
    world = World(ticks=5)
    meter = Scripted("m", [1.0, MeterLostError("gone"), 2.0], channels=["m/0", "m/1"])
    feeds = feeds_of(world, meter)
    meter.rename("m/1")
    run(world, feeds)
    assert {(value, place) for _, value, place in world.rows} == {(1.0, 0), (2.0, 1)}


def test_what_no_channel_was_promised_for_is_left_out() -> None:
    world = World(ticks=4)
    meter = Scripted("m", [1.0, MeterLostError("gone"), 2.0])
    feeds = feeds_of(world, meter)
    meter.rename("new")
    run(world, feeds)
    assert {value for _, value, _ in world.rows} == {1.0}


# -------------------------------------------------------------------- opening


def test_what_cannot_be_opened_is_listed_and_the_others_are_read() -> None:
    world = World(ticks=1)
    no = UnavailableError("no sensor", where="/x", remedy="buy one")
    part = UnavailableError("no second one")
    good = Scripted("good")
    good.missing.append(part)
    feeds = feeds_of(world, Scripted("bad", opens=[no]), good)
    assert feeds.unavailable == [("bad", no), ("good", part)]
    assert [channel.name for channel in feeds.channels] == ["good"]


def test_nothing_to_read_says_why() -> None:
    bad = Scripted("bad", opens=[UnavailableError("no sensor", where="/x")])
    with pytest.raises(UnavailableError, match="no meter can be read \\(bad: /x: no sensor\\)"):
        feeds_of(World(1), bad)


def test_two_channels_of_one_name_close_everything_again() -> None:
    meters = [Scripted("m"), Scripted("m")]
    with pytest.raises(UsageError, match="two channels are called 'm'"):
        feeds_of(World(1), *meters)
    assert [meter.closed for meter in meters] == [1, 1]


def test_closing_goes_on_after_an_error() -> None:
    class Stuck(Scripted):
        def close(self) -> None:
            super().close()
            raise OSError("stuck")

    meters: Sequence[Scripted] = [Stuck("a"), Scripted("b")]
    feeds_of(World(1), *meters).close()
    assert [meter.closed for meter in meters] == [1, 1]


# -------------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("period", "ticks"), [(None, 1), (0.1, 1), (1, 10), (0.25, 2), (86400, 864000)]
)
def test_a_meter_has_a_period_of_whole_ticks(period: object, ticks: int) -> None:
    assert every_ticks(period, 0.1, "bmc") == ticks


@pytest.mark.parametrize("period", [0.05, 0, -1, True, "1", float("nan"), float("inf"), 90_000])
def test_a_meter_is_never_faster_than_the_loop(period: object) -> None:
    with pytest.raises(UsageError, match="period_s") as caught:
        every_ticks(period, 0.1, "bmc")
    assert "bmc" in caught.value.where


@pytest.mark.parametrize("period", [0, -0.1, 0.00001, 3601, True, "0.1", None, float("nan")])
def test_a_period_that_makes_no_sense(period: object) -> None:
    with pytest.raises(UsageError, match="a sampling period"):
        check_period(period)


def test_a_period_may_be_a_whole_number() -> None:
    assert check_period(1) == 1.0
