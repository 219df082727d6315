"""Go through the points of a sweep: each measured, and a line recorded as it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.store.files import store_error
from joulemark.tune.sweep_order import order
from joulemark.tune.sweep_plan import Plan
from joulemark.tune.sweep_point import INTERRUPTED, OUTPUT, Setting, measured
from joulemark.tune.sweep_record import DONE, Record, last_of_each

Tell = Callable[[int, int, Mapping[str, Any]], None]
"""Told of each measurement: how many were done, of how many, and its line of the record."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sweep.

    Attributes:
        points: measurements in all.
        done: that are there now.
        failed: that failed.
        stopped: whether failures ended it before all were tried.
        interrupted: whether a signal did.
    """

    points: int
    done: int
    failed: int
    stopped: bool = False
    interrupted: bool = False


def sweep(
    plan: Plan, setting: Setting, *, resume: bool = False, tell: Tell | None = None
) -> Outcome:
    """Measure every point that is not done yet.

    Args:
        plan: what to sweep.
        setting: where.
        resume: whether to go on with a record that is there.
        tell: told of each measurement.

    Raises:
        UnavailableError: if a knob may not be turned, or there is nothing to measure with.
        UsageError: if there is a record already and it is not to go on.
        StoreError: if something cannot be written.
    """
    points = plan.points()
    turns = order(points, plan.repeats, plan.seed)
    with Record(setting.folder, plan, resume=resume) as record:
        _make(setting.folder / OUTPUT)
        before = last_of_each(record.lines)
        done = {key for key, line in before.items() if line["status"] == DONE}
        failed = in_a_row = 0
        for turn, key in enumerate(turns):
            if key in done:
                continue
            line = measured(plan, setting, points[key[1]], key)
            record.add({"turn": turn, **line})
            if tell is not None:
                tell(len(done) + failed + 1, len(turns), line)
            if line["status"] == INTERRUPTED:
                return Outcome(len(turns), len(done), failed, interrupted=True)
            if line["status"] == DONE:
                done.add(key)
                in_a_row = 0
                continue
            failed, in_a_row = failed + 1, in_a_row + 1
            if plan.stop_after and in_a_row >= plan.stop_after:
                return Outcome(len(turns), len(done), failed, stopped=True)
    return Outcome(len(turns), len(done), failed)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise store_error(error, folder) from error
