"""Run an event loop that SIGTERM and SIGHUP end as Ctrl-C does: by cancelling what it runs."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

from joulemark.procedures.stopping import handled

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, as ``asyncio.run`` does.

    An exception that a signal raises wherever the loop happens to be would end some task of it, and
    leave the others; so the coroutine is cancelled instead, and cleans up.

    Args:
        work: what is to be done.

    Raises:
        KeyboardInterrupt: after a signal, when everything is cleaned up.
    """
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work)
    with asyncio.Runner() as runner:
        loop, signalled = runner.get_loop(), False
        task = loop.create_task(work)

        def cancel(number: int, frame: FrameType | None) -> None:
            nonlocal signalled
            signalled = True
            loop.call_soon_threadsafe(task.cancel)

        with handled((signal.SIGTERM, signal.SIGHUP), cancel):
            try:
                return runner.run(_ended(task))
            except asyncio.CancelledError:
                if signalled:
                    raise KeyboardInterrupt from None
                raise


async def _ended(task: asyncio.Task[Result]) -> Result:
    return await task
