"""Measure one point of a sweep: knobs, cool-down, its command; what came of it as a line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, MeterError, StoreError, UsageError
from joulemark.core.interfaces import Knob
from joulemark.core.run import Status
from joulemark.core.units import duration
from joulemark.meters import parse_spec
from joulemark.procedures.alone import LATE, run_alone
from joulemark.procedures.command import run_command
from joulemark.procedures.session import Options
from joulemark.store.files import RUN, iso_utc
from joulemark.store.reader import open_run
from joulemark.tune.cooling import cool_down
from joulemark.tune.keeper import Keeper
from joulemark.tune.knobs import make
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_output import last_words, printed_into
from joulemark.tune.sweep_plan import COMMAND, Plan, told
from joulemark.tune.sweep_read import energy_of, json_of, written
from joulemark.tune.sweep_record import DONE, FAILED
from joulemark.tune.sweep_search import lacks
from joulemark.tune.sweep_serving import PROGRAM
from joulemark.tune.sweep_told import error_of, lack_of, run_of, told_by

OUTPUT = "output"
INTERRUPTED = "interrupted"
Key = tuple[int, int]
"""Block and number of a point."""


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


@dataclass(frozen=True, slots=True)
class Files:
    """Where a point's command writes and prints."""

    result: Path
    output: Path
    errors: Path


def measured(plan: Plan, setting: Setting, point: Mapping[str, Label], key: Key) -> dict[str, Any]:
    """Measure one point and return its line of the record.

    Raises:
        UnavailableError: if a knob may not be turned, or there is nothing to measure with.
        StoreError: if something cannot be written.
    """
    line: dict[str, Any] = {"kind": "point", "block": key[0], "point": key[1]}
    line |= {"values": dict(point), "started": iso_utc(time.time_ns()), "metrics": {}, "why": ""}
    line["store"] = os.path.relpath(setting.store, setting.folder)
    measure = _told if plan.by == COMMAND else _run
    try:
        line["knobs"] = _turned(plan, setting, point)
        line["warmest_c"] = setting.cool(plan.cool_down)
        line |= measure(plan, setting, point, key)
    except (UsageError, FormatError, MeterError) as error:
        line |= {"status": FAILED, "why": str(error)}
    if plan.goals is not None and line["status"] == DONE:
        why = lacks(plan.goals, plan.reads.unit, line)
        line |= {"status": FAILED, "why": why} if why else {}
    return line


def _turned(plan: Plan, setting: Setting, point: Mapping[str, Label]) -> dict[str, Any]:
    """Turn the knobs of a point; return what they show then."""
    return {
        axis.name: setting.keeper.set(setting.make_knob(*axis.knob), point[axis.name])
        for axis in plan.axes
        if axis.knob is not None
    }


def _files(setting: Setting, key: Key) -> Files:
    base = (setting.folder / OUTPUT).resolve() / f"{key[1]:04d}-{key[0]:02d}"
    files = Files(*(base.with_suffix(suffix) for suffix in (".json", ".out", ".err")))
    files.result.unlink(missing_ok=True)  # of a try before
    return files


def _run(plan: Plan, setting: Setting, point: Mapping[str, Label], key: Key) -> dict[str, Any]:
    """Measure the whole command."""
    files = _files(setting, key)
    options = Options(
        store=setting.store,
        meters=None if plan.meters is None else [parse_spec(text) for text in plan.meters],
        period_s=plan.period_s,
        idle_s=plan.idle_s,
    )
    words = plan.words(point, str(files.result), str(setting.store.resolve()))
    with printed_into(files.output, files.errors):
        path, code = run_command(words, options, title=_title(plan, point, key[0]))
    stored = open_run(path)
    line: dict[str, Any] = {"run": path.name, "code": code, "status": DONE}
    if stored.run.status is Status.INTERRUPTED:
        return {**line, "status": INTERRUPTED}
    line |= energy_of(stored)
    if code != 0:
        return {**line, "status": FAILED, "why": _ended(code, files)}
    try:
        line["metrics"] = written(plan.reads, files.result, files.output)
    except (FormatError, StoreError) as error:
        line |= {"status": FAILED, "why": str(error)}
    return line


def _told(plan: Plan, setting: Setting, point: Mapping[str, Label], key: Key) -> dict[str, Any]:
    """Let the command measure itself, and read what it tells.

    What a command told that ended with an error is kept too, and is no result.
    """
    files, store = _files(setting, key), setting.store.resolve()
    words = plan.words(point, str(files.result), str(store))
    if words[0] == PROGRAM:
        words = [sys.executable, "-P", "-m", "joulemark", *words[1:]]
    before = set(_runs(store))
    with printed_into(files.output, files.errors):
        code, interrupted = run_alone(words, {"JOULEMARK_STORE": str(store)}, plan.limit_s)
    line: dict[str, Any] = {"run": None, "code": code, "status": DONE}
    said = ""
    try:
        value, where = json_of(plan.reads, files.result, files.output)
        line["run"], said = run_of(value) or None, error_of(value)
        found = told_by(value, plan.reads, where)
        line |= {"metrics": dict(found.metrics), "u95": dict(found.u95)}
        line["meter_u95"] = dict(found.meter_u95)
        line["note"] = lack_of(value)
        line |= {"model": found.model, "gpu": found.gpu, "gpus": found.gpus}
        line["provenance"] = found.provenance or None
    except (FormatError, StoreError) as error:
        line |= {"status": FAILED, "why": str(error)}
    if line["run"] is None:
        new = [name for name in _runs(store) if name not in before]
        line["run"] = new[0] if len(new) == 1 else None
    if interrupted:
        return {**line, "status": INTERRUPTED, "why": ""}
    if code == LATE and plan.limit_s is not None:
        said = said or f"it took longer than {duration(plan.limit_s)}"
    if code != 0:
        line |= {"status": FAILED, "why": _ended(code, files, said)}
    return line


def _runs(store: Path) -> Sequence[str]:
    """Return the names of the runs of a store; none if it is not there yet."""
    return sorted(path.parent.name for path in store.glob(f"*/{RUN}"))


def _ended(code: int, files: Files, said: str = "") -> str:
    """Return why a command is said to have failed: what it told, or its last words."""
    said = said or last_words(files.errors)
    return f"exit code {code}" + (said and f": {said}")


def _title(plan: Plan, point: Mapping[str, Label], block: int) -> str:
    values = " ".join(f"{name}={told(value)}" for name, value in point.items())
    return f"{plan.title}: {values} #{block + 1}"
