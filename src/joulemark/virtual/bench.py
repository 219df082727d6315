"""Draw every case some thousand times, on several processes."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from joulemark.analysis.coverage import Coverage, Held, coverage
from joulemark.virtual.cases import Case, cases
from joulemark.virtual.schedule import Stage

BATCH = 50
"""Draws that one process makes at a time."""

Tell = Callable[[str, int, int], None]
"""Told of a case that was drawn, how many draws of all cases are done, and of how many."""
Drawn = list[tuple[str, Held]]


@dataclass(frozen=True, slots=True)
class _Batch:
    case: str
    seed: int
    first: int
    count: int


def validate(
    asked: Sequence[Case], *, draws: int, seed: int, jobs: int, tell: Tell | None = None
) -> list[Coverage]:
    """Return how often the intervals held, by case and quantity.

    Every draw has a source of chance of its own, made from the seed, the case's name and the
    draw's number, so that neither the other cases nor the number of processes change it.

    Args:
        asked: what is drawn.
        draws: how often each.
        seed: of chance.
        jobs: processes.
        tell: told of progress.
    """
    batches = [
        _Batch(case.name, seed, first, min(BATCH, draws - first))
        for case in asked
        for first in range(0, draws, BATCH)
    ]
    kept: dict[str, dict[int, Drawn]] = {case.name: {} for case in asked}
    done = 0
    for batch, drawn in _made(batches, jobs):
        kept[batch.case][batch.first] = drawn
        done += batch.count
        if tell is not None:
            tell(batch.case, done, draws * len(asked))
    return [row for case in asked for row in _rows(case, kept[case.name])]


def _made(batches: Sequence[_Batch], jobs: int) -> Iterator[tuple[_Batch, Drawn]]:
    if jobs == 1:
        for batch in batches:
            yield batch, _draw(batch)
        return
    with ProcessPoolExecutor(min(jobs, len(batches)), initializer=_deaf) as pool:
        futures: dict[Future[Drawn], _Batch] = {pool.submit(_draw, one): one for one in batches}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _deaf() -> None:
    """Leave Ctrl-C to the process that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _draw(batch: _Batch) -> Drawn:
    """Make some draws of a case; runs in a process of its own."""
    (case,) = cases([batch.case])
    found: Drawn = []
    with tempfile.TemporaryDirectory(prefix="joulemark-virtual-") as folder:
        for number in range(batch.first, batch.first + batch.count):
            rng = np.random.default_rng([batch.seed, crc32(case.name.encode()), number])
            for one in case.draw(Stage(rng, Path(folder))):
                found.append((one.quantity, one.held))
    return found


def _rows(case: Case, drawn: dict[int, Drawn]) -> list[Coverage]:
    by_quantity: dict[str, list[Held]] = {}
    for first in sorted(drawn):
        for quantity, held in drawn[first]:
            by_quantity.setdefault(quantity, []).append(held)
    return [coverage(case.name, quantity, held) for quantity, held in by_quantity.items()]


def cores() -> int:
    """Return how many processors this machine has."""
    return os.cpu_count() or 1
