"""One load in several processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import UsageError
from joulemark.core.request import Outcome, Prompt, Request
from joulemark.virtual.serving.instrument import Serving
from joulemark.workloads.openai.client import Load
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.workers import drive_apart, parts


def load(count: int, concurrency: int | None = None) -> Load:
    asked = [Prompt(id=str(i), text=f"{i}") for i in range(count)]
    return Load(prompts=asked, due_s=[0.001 * i for i in range(count)], concurrency=concurrency)


@given(st.integers(1, 40), st.integers(1, 8), st.none() | st.integers(1, 20))
def test_parts_are_the_whole(count: int, processes: int, concurrency: int | None) -> None:
    whole = load(count, concurrency)
    shares = parts(whole, processes)
    numbers = [part.first + i * part.stride for part in shares for i in range(len(part.prompts))]
    assert sorted(numbers) == list(range(count))
    for part in shares:
        for i, prompt in enumerate(part.prompts):
            assert prompt.id == str(part.first + i * part.stride)
    if concurrency is not None:
        assert sum(part.concurrency or 0 for part in shares) == concurrency
        assert all(part.concurrency for part in shares)


def test_two_processes_serve_one_load() -> None:
    made = Serving(first=0.0, step=0.001, least=4, most=4).start()
    kept: list[tuple[Request, str]] = []
    try:
        lag = drive_apart(
            Target(url=made.server.url, model="m"),
            load(9, 4),
            lambda request, text: kept.append((request, text)),
            shift=5,
        )
    finally:
        made.close()
    assert sorted(int(one.id) for one, _ in kept) == list(range(9))
    assert {one.outcome for one, _ in kept} == {Outcome.OK}
    assert {text for _, text in kept} == {" tok" * 4}
    assert lag.events == 36


def test_a_process_that_dies_costs_what_it_had_not_told() -> None:
    made = Serving(first=0.0, step=0.02, least=30, most=30).start()
    kept: list[Request] = []
    before = _children()

    def keep(request: Request, _: str) -> None:
        if not kept:
            os.kill(next(one for one in _children() if one not in before), signal.SIGKILL)
        kept.append(request)

    try:
        drive_apart(Target(url=made.server.url, model="m"), load(4, 2), keep)
    finally:
        made.close()
    assert sorted(int(one.id) for one in kept) == [0, 1, 2, 3]
    lost = [one for one in kept if one.outcome is Outcome.CANCELLED]
    assert 1 <= len(lost) <= 2
    assert "code -9" in lost[0].error


def test_an_exception_ends_it_and_keeps_what_came() -> None:
    made = Serving(first=0.0, step=0.01, least=1, most=40).start()
    kept: list[Request] = []

    def keep(request: Request, _: str) -> None:
        kept.append(request)
        if len(kept) == 1:
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            drive_apart(Target(url=made.server.url, model="m"), load(8, 2), keep)
    finally:
        made.close()
    assert sorted(int(one.id) for one in kept) == list(range(8))
    assert any(one.outcome is Outcome.CANCELLED for one in kept)


def test_senseless_targets_start_no_process() -> None:
    with pytest.raises(UsageError):
        drive_apart(Target(url="none", model="m"), load(1), lambda *_: None)


def _children() -> list[int]:
    """Return the processes that this one started."""
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(one) for one in text.split()]
