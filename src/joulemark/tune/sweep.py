"""Go through the points of a sweep: knobs, cool-down, the command measured, a line recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, MeterError, StoreError, UsageError
from joulemark.core.interfaces import Knob
from joulemark.core.run import Status
from joulemark.meters import parse_spec
from joulemark.procedures.command import run_command
from joulemark.procedures.session import Options
from joulemark.store.files import iso_utc, store_error
from joulemark.store.reader import open_run
from joulemark.tune.cooling import cool_down
from joulemark.tune.keeper import Keeper
from joulemark.tune.knobs import make
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_order import order
from joulemark.tune.sweep_output import last_words, printed_into
from joulemark.tune.sweep_plan import Plan, told
from joulemark.tune.sweep_read import energy_of, written
from joulemark.tune.sweep_record import DONE, FAILED, Record, last_of_each

OUTPUT = "output"
INTERRUPTED = "interrupted"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a sweep is made.

    Attributes:
        folder: of its record and of what commands print.
        store: of the run directories.
        keeper: turns knobs, in a ``with`` block of the caller's.
        make_knob: makes a knob of its name and settings.
        cool: waits before a point.
    """

    folder: Path
    store: Path
    keeper: Keeper
    make_knob: Callable[[str, Mapping[str, Any]], Knob] = make
    cool: Callable[..., float | None] = cool_down


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
            line = _measured(plan, setting, points[key[1]], key)
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


def _measured(
    plan: Plan, setting: Setting, point: Mapping[str, Label], key: tuple[int, int]
) -> dict[str, Any]:
    """Measure one point and return its line of the record."""
    line: dict[str, Any] = {"kind": "point", "block": key[0], "point": key[1]}
    line |= {"values": dict(point), "started": iso_utc(time.time_ns()), "metrics": {}, "why": ""}
    try:
        line["knobs"] = _turned(plan, setting, point)
        line["warmest_c"] = setting.cool(plan.cool_down)
        line |= _run(plan, setting, point, key)
    except (UsageError, FormatError, MeterError) as error:
        line |= {"status": FAILED, "why": str(error)}
    return line


def _turned(plan: Plan, setting: Setting, point: Mapping[str, Label]) -> dict[str, Any]:
    """Turn the knobs of a point; return what they show then."""
    return {
        axis.name: setting.keeper.set(setting.make_knob(*axis.knob), point[axis.name])
        for axis in plan.axes
        if axis.knob is not None
    }


def _run(
    plan: Plan, setting: Setting, point: Mapping[str, Label], key: tuple[int, int]
) -> dict[str, Any]:
    name = f"{key[1]:04d}-{key[0]:02d}"
    base = (setting.folder / OUTPUT).resolve() / name
    result, output, errors = (base.with_suffix(s) for s in (".json", ".out", ".err"))
    result.unlink(missing_ok=True)  # of a try that was interrupted
    options = Options(
        store=setting.store,
        meters=None if plan.meters is None else [parse_spec(text) for text in plan.meters],
        period_s=plan.period_s,
        idle_s=plan.idle_s,
    )
    words = plan.words(point, str(result))
    with printed_into(output, errors):
        path, code = run_command(words, options, title=_title(plan, point, key[0]))
    stored = open_run(path)
    line: dict[str, Any] = {"run": path.name, "code": code, "status": DONE}
    if stored.run.status is Status.INTERRUPTED:
        return {**line, "status": INTERRUPTED}
    line |= energy_of(stored)
    if code != 0:
        said = last_words(errors)
        return {**line, "status": FAILED, "why": f"exit code {code}" + (said and f": {said}")}
    try:
        line["metrics"] = written(plan.reads, result, output)
    except (FormatError, StoreError) as error:
        line |= {"status": FAILED, "why": str(error)}
    return line


def _title(plan: Plan, point: Mapping[str, Label], block: int) -> str:
    values = " ".join(f"{name}={told(value)}" for name, value in point.items())
    return f"{plan.title}: {values} #{block + 1}"
