"""Signals cancel what a loop runs, and nothing else of it."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from joulemark.procedures.serving.looping import run


async def told(cleaned: list[str], number: int | None) -> str:
    try:
        if number is not None:
            signal.raise_signal(number)
            await asyncio.Event().wait()
        return "done"
    finally:
        await asyncio.sleep(0)
        cleaned.append("cleaned")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_cancels_and_what_it_cancels_cleans_up(number: int) -> None:
    cleaned: list[str] = []
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        run(told(cleaned, number))
    assert cleaned == ["cleaned"]
    assert signal.getsignal(number) is before


def test_results_and_errors_come_through() -> None:
    async def fails() -> None:
        raise ValueError("no")

    async def cancelled() -> None:
        raise asyncio.CancelledError

    assert run(told([], None)) == "done"
    with pytest.raises(ValueError, match="no"):
        run(fails())
    with pytest.raises(asyncio.CancelledError):
        run(cancelled())


def test_in_another_thread_there_are_no_signals() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(run(told([], None))))
    thread.start()
    thread.join(10)
    assert found == ["done"]
