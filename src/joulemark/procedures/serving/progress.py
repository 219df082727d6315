"""How far a load is: by its requests, or by its time where that is bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from joulemark.procedures.live import LiveWatts, ticking
from joulemark.procedures.serving.keeping import Keeping
from joulemark.workloads.openai.client import Load


class Tell(Protocol):
    """Told of progress."""

    def __call__(
        self, phase: str, done_s: float, total_s: float, watts: float | None, note: str = ""
    ) -> None:
        """Take the phase, seconds done and in all (0: unknown), watts, and a few words."""
        ...


@contextmanager
def waiting(phase: str, tell: Tell | None) -> Iterator[None]:
    """Tell how long the block has taken so far, from a thread: nobody knows how long it will.

    Args:
        phase: what goes on.
        tell: who is told; nobody if None.
    """
    if tell is None:
        yield
        return
    began = time.monotonic()

    def beat(last: bool) -> None:  # noqa: FBT001 # as ticking hands it over
        if not last:
            tell(phase, time.monotonic() - began, 0.0, None)

    tell(phase, 0.0, 0.0, None)
    with ticking(beat):
        yield


@contextmanager
def following(
    path: Path, phase: str, load: Load, keeping: Keeping, tell: Tell | None
) -> Iterator[None]:
    """Tell of the progress of a load from a thread while the block runs.

    Args:
        path: run directory.
        phase: what goes on.
        load: what is done.
        keeping: what became of it so far.
        tell: who is told; nobody if None.
    """
    if tell is None:
        yield
        return
    began, watts, total = time.monotonic(), LiveWatts(path), len(load.prompts)

    def beat(last: bool) -> None:  # noqa: FBT001 # as ticking hands it over
        power, seconds, ended = watts(), time.monotonic() - began, keeping.ended
        whole = seconds if last else max(expected_s(load, ended, seconds), 0.0)
        note = f"{ended} of {total} requests, {keeping.tokens / seconds:.0f} tokens/s"
        tell(phase, min(seconds, whole) if whole else seconds, whole, power, note)

    with ticking(beat):
        yield


def expected_s(load: Load, ended: int, seconds: float) -> float:
    """Return how long a load will have taken, s; 0 where nobody knows yet.

    Args:
        load: what is done.
        ended: requests of it that are over.
        seconds: since it began.
    """
    if load.lasting_s is not None:
        return load.lasting_s
    if not ended:
        return 0.0
    last = float(load.due_s[-1]) if len(load.due_s) else 0.0
    return max(last, seconds * len(load.prompts) / ended)
