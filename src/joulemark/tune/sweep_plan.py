"""What a sweep does, from its TOML file."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, UsageError
from joulemark.store.named import named_bytes
from joulemark.tune import sweep_fields as fields
from joulemark.tune.sweep_axes import RESULT, STORE, Axis, axes_of
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_goals import Goals, goals_of
from joulemark.tune.sweep_reads import Reads, reads_of
from joulemark.tune.sweep_serving import serving_command

MAX_FILE = 1 << 20
MOST = 100_000
"""Points times repeats."""
RUN, COMMAND = "run", "command"
_HOLE = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")
_FIELDS = ("title", "command", "serving", "axes", "repeats", "seed", "stop_after", "cool_down",
           "read", "measure", "search", "default")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoolDown:
    """What is waited for before a point.

    Attributes:
        seconds: at least so long.
        below_c: until the warmest sensor is below this, °C; None not to look.
        at_most_s: not longer than this, s.
    """

    seconds: float = 0.0
    below_c: float | None = None
    at_most_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sweep.

    Attributes:
        title: what is swept, in a few words.
        command: words with ``{axis}``, ``{result}`` and ``{store}`` in them.
        axes: in the order of the file.
        repeats: how often every point is measured.
        seed: of the order, and of a search.
        stop_after: so many failed points in a row end the sweep; 0 for never.
        cool_down: what is waited for before a point.
        reads: what is read of what the command writes.
        by: ``run`` if the whole command is measured, ``command`` if it measures itself.
        meters: as ``--meter`` writes them; None for the best of the machine.
        idle_s: idle windows around each point, s.
        period_s: time between two samples, s.
        limit_s: how long a command that measures itself may take, s; None for ever.
        goals: what is searched for; None to measure every point.
        default: values of what one has without choosing; may leave axes out.
        digest: SHA-256 of the file.
        text: the file.
    """

    title: str
    command: tuple[str, ...]
    axes: tuple[Axis, ...]
    repeats: int
    seed: int
    stop_after: int
    cool_down: CoolDown
    reads: Reads
    by: str
    meters: tuple[str, ...] | None
    idle_s: float
    period_s: float
    limit_s: float | None
    goals: Goals | None
    default: Mapping[str, Label]
    digest: str
    text: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many measurements there are, at most with a search."""
        sizes = [len(axis.values) for axis in self.axes]
        return self.repeats * (math.prod(sizes) if self.goals is None else self.goals.trials)

    def points(self) -> list[dict[str, Label]]:
        """Return every combination of the axes' values."""
        names = [axis.name for axis in self.axes]
        found = itertools.product(*(axis.values for axis in self.axes))
        return [dict(zip(names, values, strict=True)) for values in found]

    def words(
        self, point: Mapping[str, Label], result: str = "RESULT.json", store: str = "STORE"
    ) -> list[str]:
        """Return the command of a point.

        Args:
            point: value of each axis.
            result: path of the file that it may write.
            store: folder of the runs.
        """
        return filled(self.command, point, result, store)


def filled(
    command: Sequence[str], point: Mapping[str, Label], result: str, store: str = "STORE"
) -> list[str]:
    """Return a command with the values of a point in it; other braces stay as they are."""
    values = {name: told(value) for name, value in point.items()} | {RESULT: result, STORE: store}
    return [_HOLE.sub(lambda hole: values.get(hole[1], hole[0]), word) for word in command]


def told(value: Label) -> str:
    """Return a value as it stands in a command; truth as ``true`` and ``false``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_plan(path: Path) -> Plan:
    """Return the sweep that a file describes.

    Raises:
        FormatError: if it is no such file; names the field.
        UsageError: if what it asks for makes no sense.
        StoreError: if it cannot be read.
    """
    return parse_plan(named_bytes(path, MAX_FILE), str(path))


def parse_plan(data: bytes, where: str) -> Plan:
    """Return the sweep that the bytes of a file describe.

    Args:
        data: the file.
        where: its path, for messages.

    Raises:
        FormatError: if it is no such file; names the field.
        UsageError: if what it asks for makes no sense.
    """
    try:
        record = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        remedy = "mend the file; docs/sweep.md shows one"
        raise FormatError(f"not TOML ({error})", where=where, remedy=remedy) from error
    plan = _plan(record, fields.Place(where), data)
    _see(plan, fields.Place(where))
    return plan


def _plan(record: dict[str, Any], at: fields.Place, data: bytes) -> Plan:
    fields.only(record, _FIELDS, at)
    axes = axes_of(fields.table(record, "axes", at), at / "axes")
    measure = fields.table(record, "measure", at)
    by = _by(record, measure, at)
    reads = reads_of(fields.table(record, "read", at), axes, at / "read", own=by == COMMAND)
    goals = goals_of(fields.table(record, "search", at), reads, at / "search")
    return Plan(
        title=fields.text(record, "title", at) or Path(at.path).stem,
        command=_command(_words(record, axes, at), axes, at / "command"),
        axes=axes,
        repeats=fields.count(record, "repeats", at, least=1, otherwise=1 if goals else 3),
        seed=fields.count(record, "seed", at, least=0, otherwise=0),
        stop_after=fields.count(record, "stop_after", at, least=0, otherwise=3),
        cool_down=_cool_down(fields.table(record, "cool_down", at), at / "cool_down"),
        reads=reads,
        by=by,
        meters=fields.texts(measure, "meters", at / "measure"),
        idle_s=fields.seconds(measure, "idle", at / "measure", otherwise=0.0),
        period_s=fields.seconds(measure, "period", at / "measure", otherwise=0.1),
        limit_s=_limit(measure, at / "measure"),
        goals=goals,
        default=_default(fields.table(record, "default", at), axes, at / "default"),
        digest=hashlib.sha256(data).hexdigest(),
        text=data,
    )


def _see(plan: Plan, at: fields.Place) -> None:
    """Refuse what the parts of a plan do not say, but their sum does."""
    if plan.period_s < 1e-4:
        raise UsageError("a period below 0.1 ms cannot be kept", where=(at / "measure").path)
    told_of = f"{{{RESULT}}}" in " ".join(plan.command)
    if plan.reads.wanted and plan.reads.source == RESULT and not told_of:
        remedy = 'give the command {result}, or say source = "last-line"'
        raise UsageError("the command is told of no file to write", where=at.path, remedy=remedy)
    ranges = [axis.name for axis in plan.axes if axis.span is not None]
    if plan.goals is None and ranges:
        remedy = "give it a step, list its values, or search by a table [search]"
        raise UsageError(
            f"the range {ranges[0]} has no end of values", where=at.path, remedy=remedy
        )
    if plan.size > MOST:
        remedy = "sweep fewer values"
        raise UsageError(f"{plan.size} points are more than {MOST}", where=at.path, remedy=remedy)


def _by(record: Mapping[str, Any], measure: Mapping[str, Any], at: fields.Place) -> str:
    """Return what measures a point."""
    fields.only(measure, ("by", "limit", "meters", "idle", "period"), at / "measure")
    by = fields.text(measure, "by", at / "measure") or (COMMAND if "serving" in record else RUN)
    if by not in (RUN, COMMAND):
        raise (at / "measure").wrong(f"by is {by!r:.40}", f'give "{RUN}" or "{COMMAND}"')
    if by == RUN and "serving" in record:
        raise (at / "measure").wrong(
            "a sweep of serving is measured by its command", "leave by out"
        )
    if by == RUN and "limit" in measure:
        remedy = 'write command = ["timeout", "60", …]'
        raise (at / "measure").wrong("limit is for commands that measure themselves", remedy)
    if by == COMMAND and set(measure) - {"by", "limit"}:
        remedy = "give its command the meters, the idle time and the period"
        raise (at / "measure").wrong("a command that measures itself has its own meters", remedy)
    return by


def _limit(measure: Mapping[str, Any], at: fields.Place) -> float | None:
    limit = fields.seconds(measure, "limit", at, otherwise=0.0)
    if "limit" in measure and limit <= 0:
        raise at.wrong("limit is no time", 'write it like limit = "10min"')
    return limit or None


def _words(record: Mapping[str, Any], axes: Sequence[Axis], at: fields.Place) -> tuple[str, ...]:
    words = fields.texts(record, "command", at) or ()
    if "serving" not in record:
        return words
    if words:
        raise at.wrong("there are command and serving", "leave one of them out")
    return serving_command(fields.table(record, "serving", at), axes, at / "serving")


def _command(words: Sequence[str], axes: Sequence[Axis], at: fields.Place) -> tuple[str, ...]:
    if not words:
        raise at.wrong("there is no command", 'write it like command = ["python3", "work.py"]')
    holes = {hole for word in words for hole in _HOLE.findall(word)}
    names = {axis.name for axis in axes}
    for hole in sorted(holes - names - {RESULT, STORE}):
        known = ", ".join((*sorted(names), RESULT, STORE))
        raise at.wrong(f"{{{hole}}} is no axis", f"there is {known}")
    idle = [axis.name for axis in axes if axis.knob is None and axis.name not in holes]
    if idle:
        what = f"the axis {idle[0]} is neither a knob nor in the command"
        raise at.wrong(what, f"write {{{idle[0]}}} where it belongs")
    return tuple(words)


def _default(record: Mapping[str, Any], axes: Sequence[Axis], at: fields.Place) -> dict[str, Label]:
    """Return the values of what one has without choosing, each one that its axis takes."""
    known = {axis.name: axis for axis in axes}
    fields.only(record, tuple(known), at)
    for name, value in record.items():
        values = known[name].values
        if known[name].span is None and told(value) not in map(told, values):
            listed = ", ".join(map(told, values))
            raise at.wrong(f"{name} is never {value!r:.40}", f"it takes {listed}")
    return dict(record)


def _cool_down(record: Mapping[str, Any], at: fields.Place) -> CoolDown:
    fields.only(record, ("time", "below_c", "at_most"), at)
    below = record.get("below_c")
    if below is not None and not fields.is_number(below):
        raise at.wrong(f"below_c is {below!r:.40}", "give degrees Celsius")
    return CoolDown(
        seconds=fields.seconds(record, "time", at, otherwise=0.0),
        below_c=None if below is None else float(below),
        at_most_s=fields.seconds(record, "at_most", at, otherwise=300.0),
    )
