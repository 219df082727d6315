"""Meters that are asked from afar: pace, rest after failures, the first and the last reading."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.trees import Ticks

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import Anchor
from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError
from joulemark.meters._feeds import Feeds, Troubles
from joulemark.meters._remote import LONGEST_REST_S, REFUSED_S, BusyError, Remote
from joulemark.meters._watching import Seen, fine_enough, watch
from joulemark.meters.sampling import SamplerProcess
from joulemark.virtual.redfish.instruments import RedfishBmc

CHANNEL = Channel(
    name="x/node/power", meter="x", part="node", domain=Domain.NODE, quantity=Quantity.POWER,
    unit="W",
)  # fmt: skip


class Told:
    """A device that answers with what a function gives."""

    def __init__(self, answer: Callable[[], Sequence[float | None]]) -> None:
        self.channels: tuple[Channel, ...] = (CHANNEL,)
        self.failures: list[MeterError] = []
        self.cautions: list[Caution] = []
        self.answer = answer
        self.asked = 0
        self.interrupted = threading.Event()
        self.closed = 0

    def ask(self) -> Sequence[float | None]:
        self.asked += 1
        return self.answer()

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed += 1


class Meter(Remote):
    name = "x"

    def __init__(self, device: Told | Exception, **more: Any) -> None:
        super().__init__(**more)
        self.device = device

    def _connect(self) -> Told:
        if isinstance(self.device, Exception):
            raise self.device
        return self.device


def fail(error: Exception) -> Callable[[], Sequence[float | None]]:
    def answer() -> Sequence[float | None]:
        raise error

    return answer


def test_what_cannot_be_reached_is_not_available() -> None:
    with pytest.raises(UnavailableError, match="silent"):
        Meter(MeterError("silent", where="there")).open(Ticks())


def test_a_failure_is_kept_and_the_meter_goes_on() -> None:
    device = Told(fail(UnavailableError("gone", where="there")))
    meter = Meter(device, background=False)
    meter.open(Ticks())
    assert meter.read().rows() == []
    assert [str(error) for error in meter.failures] == ["there: gone"]
    device.answer = lambda: [5.0]
    assert [value for _, value, _ in meter.read().rows()] == [5.0]
    meter.close()
    meter.close()
    assert device.closed == 1
    with pytest.raises(MeterError, match="closed"):
        meter.read()


@pytest.mark.parametrize(
    ("error", "count", "rest_s"),
    [
        (MeterError("silent"), 1, 1.0),
        (MeterError("silent"), 2, 2.0),
        (MeterError("silent"), 50, LONGEST_REST_S),
        (BusyError("busy", where="", rest_s=77.0), 1, 77.0),
        (BusyError("busy", where="", rest_s=0.0), 1, 1.0),
        (PermissionNeededError("refused"), 1, REFUSED_S),
    ],
)
def test_rest_after_failures(error: Exception, count: int, rest_s: float) -> None:
    meter = Meter(Told(fail(error)), background=False)
    meter.open(Ticks())
    rests = [meter._ask_once(Ticks()) for _ in range(count)]
    assert rests[-1] == rest_s
    meter.close()


def test_a_thread_that_has_ended_is_told() -> None:
    device = Told(lambda: [1.0])
    meter = Meter(device, pace_s=0.01)
    meter.open(time.time_ns)
    meter._end.set()
    meter._wake.set()
    meter._thread.join()
    with pytest.raises(MeterError, match="thread has ended"):
        meter.read()
    meter.close()


def test_there_is_a_first_reading_at_once_and_a_last_one_when_it_is_asked_for() -> None:
    device = Told(lambda: [float(device.asked)])
    meter = Meter(device, pace_s=1000.0)
    meter.open(time.time_ns)
    try:
        assert [value for _, value, _ in meter.read().rows()] == [1.0]
        assert meter.read().rows() == []
        began = time.time_ns()
        ((moment, value, _),) = meter.read_last().rows()
        assert (value, moment >= began) == (2.0, True)
    finally:
        meter.close()


COUNTER = Channel(
    name="x/node/energy", meter="x", part="node", domain=Domain.NODE, quantity=Quantity.ENERGY,
    unit="J",
)  # fmt: skip


def test_a_counter_gives_its_changes_and_its_last_one_is_waited_for() -> None:
    device = Told(lambda: [float(device.asked // 3), 7.0])
    device.channels = (COUNTER, CHANNEL)
    meter = Meter(device, background=False)
    meter.open(Ticks())
    told = [meter.read().rows() for _ in range(9)]
    assert [value for rows in told for _, value, place in rows if place == 0] == [1, 2, 3]
    assert [value for rows in told for _, value, place in rows if place == 1] == [7.0] * 9
    meter.close()

    device.asked = 0
    meter = Meter(device, pace_s=1000.0)
    meter.open(time.time_ns)
    try:
        rows = meter.read().rows()
        assert [value for _, value, place in rows if place == 0] == [1.0]
        rows = meter.read_last().rows()
        assert [value for _, value, place in rows if place == 0] == [2.0]
    finally:
        meter.close()


def test_a_question_that_hangs_is_broken_off_at_the_end() -> None:
    device = Told(lambda: [1.0])
    meter = Meter(device, pace_s=0.001)
    meter.open(time.time_ns)

    def hang() -> Sequence[float | None]:
        device.interrupted.wait(30)
        raise MeterError("broken off")

    device.answer = hang
    threading.Event().wait(0.05)
    meter.close()
    assert device.interrupted.is_set()
    assert device.closed == 1


def test_what_the_record_must_say_is_noted_once() -> None:
    device = Told(lambda: [1.0])
    device.cautions.append(Caution(Code.UNVERIFIED_DEVICE, "x: there"))
    feeds, notes = Feeds(), list[Any]()
    feeds.add(Meter(device, background=False), Ticks(), 1)
    for last in (False, False, True):
        feeds.feeds[0].take(Ticks(), Troubles(notes.append), last=last)
    feeds.close()
    assert [(note["code"], note["detail"]) for note in notes] == [("unverified-device", "x: there")]


# ------------------------------------------------------------------ watching


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def seen(value: Callable[[float], float | None], watch_s: float = 3.0) -> Seen:
    clock = Time()
    (found,) = watch(lambda: [value(clock.now)], clock=clock, wait=clock.wait, watch_s=watch_s)
    return found


def test_the_pace_of_a_sensor_and_the_step_of_a_counter_are_seen() -> None:
    counter = seen(lambda moment: 10 + 0.25 * int(moment + 1e-9), watch_s=6.0)
    assert counter.update_s == pytest.approx(1.0, abs=0.21)
    assert (counter.decimal, counter.step) == (0.01, 0.25)
    assert seen(lambda _: 7.0) == Seen((7.0,) * 16, None, 1.0, 1.0)
    assert seen(lambda _: None) == Seen((), None, 1.0, 1.0)


def test_a_sensor_that_falls_silent_has_been_seen() -> None:
    clock = Time()

    def ask() -> list[float | None]:
        if clock.now > 1:
            raise MeterError("silent")
        return [clock.now]

    (found,) = watch(ask, clock=clock, wait=clock.wait)
    assert len(found.values) == 6
    with pytest.raises(MeterError):
        watch(ask, clock=clock, wait=clock.wait)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_a_step_is_positive_and_at_least_the_last_decimal(told: list[float]) -> None:
    clock, left = Time(), list(told)
    (found,) = watch(
        lambda: [left.pop(0) if left else told[-1]], clock=clock, wait=clock.wait, watch_s=2.0
    )
    assert 0 < found.decimal <= found.step
    assert found.decimal <= 1


def test_which_counters_are_fine_enough() -> None:
    fine = Seen((1.0, 2.0, 3.0), 1.0, 1.0, 1.0)
    assert fine_enough(fine, 1.0, 300.0) == ""
    assert fine_enough(fine, 1.0, None) == ""
    assert "too coarse" in fine_enough(fine, 3600.0, 300.0)
    assert "no news" in fine_enough(Seen((1.0,), None, 1.0, 1.0), 1.0, 300.0)
    assert "went back" in fine_enough(Seen((9.0, 1.0, 2.0), 1.0, 1.0, 1.0), 1.0, 300.0)


# ------------------------------------------------------------------ in the sampling process


def test_a_sampling_process_that_is_told_to_end_ends_its_session_and_keeps_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "not-to-be-found-8472"
    bmc = RedfishBmc(password=secret, fault=("expired:after=1000",)).start()
    try:
        monkeypatch.setenv("JOULEMARK_BMC_USER", "joulemark")
        monkeypatch.setenv("JOULEMARK_BMC_PASSWORD", secret)
        at = {"host": "127.0.0.1", "port": bmc.server.port, "verify": False, "watch_s": 0.0}
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        specs = [{"name": "redfish", "settings": at}]
        sampler = SamplerProcess.start(specs, 0.1, anchor, tmp_path)
        assert len(bmc.service.sessions) == 1
        os.kill(sampler.pid, signal.SIGTERM)
        assert sampler.stop()
        assert bmc.service.sessions == {}
    finally:
        bmc.close()
    assert "unverified-device" in (tmp_path / "events" / "sampler.jsonl").read_text()
    held = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert held
    assert all(secret.encode() not in path.read_bytes() for path in held)
