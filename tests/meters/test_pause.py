"""A sampling loop that is told to rest reads nothing, is not late for it, and always ends."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.meters.scripted import Scripted, World
from tests.meters.test_sampler import SECOND, START, feeds_of

from joulemark.core.clock import Anchor
from joulemark.meters import _child
from joulemark.meters._child import Leash
from joulemark.meters.sampler import sample
from joulemark.meters.sampling import SamplerProcess


@pytest.fixture
def pipe() -> Iterator[tuple[Leash, int]]:
    """Return a leash, and the end of a pipe by which it is spoken to."""
    reading, writing = os.pipe()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    handler = signal.getsignal(signal.SIGIO)
    yield Leash(reading, time.monotonic_ns), writing
    signal.pthread_sigmask(signal.SIG_SETMASK, held)  # one that is ignored vanishes here
    signal.signal(signal.SIGIO, handler)
    os.close(reading)


def test_deadlines_are_put_off_by_a_rest_and_nothing_counts_as_skipped() -> None:
    world, meter, rests = World(ticks=4), Scripted("m"), iter([0, 7 * SECOND, 0])

    def wait(until: int) -> int | None:
        if world.wait(until) is None:
            return None
        rest = next(rests)
        world.now += rest
        return rest

    record = sample(
        feeds_of(world, meter),
        world.write,
        world.clock,
        wait,
        period_s=1.0,
        note=world.note,
        cpu_s=lambda: 0.0,
    )
    assert [(time - START) / SECOND for time in meter.reads] == [0, 1, 9, 10, 11]
    assert record.skipped == 0
    assert record.late_max_s == 0
    assert world.cautions == []


@pytest.mark.parametrize(
    ("said", "ended"),
    [
        (b"pause\nresume\n", False),
        (b"pause\nstop\n", True),
        (b"stop\n", True),
        (b"resume\n", True),
        (b"pau", True),
    ],
)
def test_only_a_pause_that_is_resumed_does_not_end_the_loop(
    pipe: tuple[Leash, int], said: bytes, *, ended: bool
) -> None:
    leash, writing = pipe
    os.write(writing, said)
    if b"\n" not in said:
        os.close(writing)
    rested = leash.wait(0)
    assert rested is None if ended else rested
    if b"\n" in said:
        os.close(writing)
    else:
        assert leash.wait(0) is None


def test_what_was_said_at_once_is_heard_in_turn(pipe: tuple[Leash, int]) -> None:
    leash, writing = pipe
    os.write(writing, b"pause\nresume\npause\nresume\nstop\n")
    assert [leash.wait(0) is None for _ in range(3)] == [False, False, True]
    os.close(writing)


def test_a_rest_ends_with_the_pipe_with_a_signal_and_with_the_parent(
    pipe: tuple[Leash, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    leash, writing = pipe
    os.write(writing, b"pause\n")
    signal.raise_signal(signal.SIGTERM)
    assert leash.wait(0) is None
    monkeypatch.setattr(_child, "LOOK_S", 0.001)
    leash = Leash(leash._descriptor, time.monotonic_ns)
    os.write(writing, b"pause\n")
    leash._parent = -1  # whoever said so is gone, the pipe is still held by somebody
    assert leash.wait(0) is None
    os.write(writing, b"pause\n")
    os.close(writing)
    leash._parent = os.getppid()
    assert leash.wait(0) is None


def _rows(path: Path, more_than: int) -> int:
    """Return the size of a spool once it is larger than it was."""
    deadline = time.monotonic() + 20
    while (size := path.stat().st_size) <= more_than and time.monotonic() < deadline:
        select.select([], [], [], 0.005)
    return size


def test_a_real_sampler_reads_nothing_while_it_rests(tmp_path: Path) -> None:
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    sampler = SamplerProcess.launch(0.005, anchor)
    try:
        sampler.open("host", {})
        sampler.begin(tmp_path)
        spool = tmp_path / "traces" / "sampler.spool"
        before = _rows(spool, _rows(spool, 0))
        sampler.pause()
        state = _resting(sampler.pid)
        quiet = spool.stat().st_size
        select.select([], [], [], 0.5)
        assert state
        assert spool.stat().st_size == quiet >= before
        sampler.resume()
        assert _rows(spool, quiet) > quiet
        sampler.pause()
    finally:
        assert sampler.stop(), "one that rests ends in order"
    last = (tmp_path / "events" / "sampler.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["late_max_s"] < 0.5, "rest is not lateness"


def _resting(pid: int) -> bool:
    """Wait until a process uses no more processor time than one that looks up now and then."""
    for _ in range(200):
        before = Path(f"/proc/{pid}/schedstat").read_text().split()[2]
        select.select([], [], [], 0.05)
        if int(Path(f"/proc/{pid}/schedstat").read_text().split()[2]) - int(before) <= 1:
            return True
    return False
