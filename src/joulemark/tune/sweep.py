"""Go through the points of a sweep: each measured, and a line recorded as it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.store.files import store_error
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_order import order
from joulemark.tune.sweep_plan import Plan
from joulemark.tune.sweep_point import INTERRUPTED, OUTPUT, Key, Setting, measured
from joulemark.tune.sweep_record import DONE, Record, last_of_each
from joulemark.tune.sweep_search import searched

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
    """Measure every point that is not done yet, or those that a search asks for.

    Args:
        plan: what to sweep.
        setting: where.
        resume: whether to go on with a record that is there.
        tell: told of each measurement.

    Raises:
        UnavailableError: if a knob may not be turned, or there is nothing to measure with, or a
            search needs a package that is missing.
        UsageError: if there is a record already and it is not to go on.
        StoreError: if something cannot be written.
    """
    with Record(setting.folder, plan, resume=resume) as record:
        _make(setting.folder / OUTPUT)
        walk = _Walk(plan, setting, record, tell)
        for key, point in _all(plan) if plan.goals is None else searched(plan, walk.lines):
            if not walk.visit(key, point):
                break
        return walk.outcome()


def _all(plan: Plan) -> Iterator[tuple[Key, dict[str, Label]]]:
    """Yield every point in the order of the sweep."""
    points = plan.points()
    for key in order(points, plan.repeats, plan.seed):
        yield key, points[key[1]]


class _Walk:
    """Measures points one after the other, and counts.

    Attributes:
        lines: the last line of each measurement, by block and number of the point.
    """

    def __init__(self, plan: Plan, setting: Setting, record: Record, tell: Tell | None) -> None:
        self.lines = last_of_each(record.lines)
        self._plan, self._setting, self._record, self._tell = plan, setting, record, tell
        self._turn = -1
        self._failed = self._in_a_row = 0
        self._stopped = self._interrupted = False

    def visit(self, key: Key, point: Mapping[str, Label]) -> bool:
        """Measure a point that is not done; return whether the sweep goes on."""
        self._turn += 1
        if key in self.lines and self.lines[key]["status"] == DONE:
            return True
        line = measured(self._plan, self._setting, point, key)
        self._record.add({"turn": self._turn, **line})
        if self._tell is not None:
            self._tell(self._done() + self._failed + 1, self._plan.size, line)
        self.lines[key] = line
        if line["status"] == INTERRUPTED:
            self._interrupted = True
            return False
        if line["status"] == DONE:
            self._in_a_row = 0
            return True
        self._failed, self._in_a_row = self._failed + 1, self._in_a_row + 1
        self._stopped = 0 < self._plan.stop_after <= self._in_a_row
        return not self._stopped

    def outcome(self) -> Outcome:
        """Return what became of it; a search that tried every point of its grid is done."""
        whole = self._stopped or self._interrupted or self._plan.goals is None
        size = self._plan.size if whole else self._turn + 1
        return Outcome(size, self._done(), self._failed, self._stopped, self._interrupted)

    def _done(self) -> int:
        return sum(line["status"] == DONE for line in self.lines.values())


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise store_error(error, folder) from error
