"""What a sweep does, from its TOML file."""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, UsageError
from joulemark.store.named import named_bytes
from joulemark.tune import sweep_fields as fields
from joulemark.tune.knobs import make
from joulemark.tune.sweep_fields import Label

MAX_FILE = 1 << 20
MOST = 100_000
"""Points times repeats."""
RESULT = "result"
_HOLE = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_TAKEN = (
    RESULT,
    "point",
    "energy_j",
    "net_j",
    "time_s",
    "power_w",
    "command",
    "repeats",
    "runs",
    "failed",
)


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that differs among points.

    Attributes:
        name: of the axis; ``{name}`` in the command is its value.
        values: that it takes.
        knob: name and settings of the knob that is set to them; None for a parameter alone.
    """

    name: str
    values: tuple[Label, ...]
    knob: tuple[str, Mapping[str, Any]] | None = None


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


@dataclass(frozen=True, slots=True)
class Reads:
    """What is read of what a command writes.

    Attributes:
        source: ``result``, the JSON file that the command writes to ``{result}``, or
            ``last-line`` of its output.
        metrics: key path of each number, by its name.
        work: key path of the work that was done; empty for none.
        unit: singular of its unit.
    """

    source: str = RESULT
    metrics: Mapping[str, str] = field(default_factory=dict)
    work: str = ""
    unit: str = ""

    @property
    def wanted(self) -> bool:
        """Whether anything is to be read."""
        return bool(self.metrics or self.work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sweep.

    Attributes:
        title: what is swept, in a few words.
        command: words with ``{axis}`` and ``{result}`` in them.
        axes: in the order of the file.
        repeats: how often every point is measured.
        seed: of the order.
        stop_after: so many failed points in a row end the sweep; 0 for never.
        cool_down: what is waited for before a point.
        reads: what is read of what the command writes.
        meters: as ``--meter`` writes them; None for the best of the machine.
        idle_s: idle windows around each point, s.
        period_s: time between two samples, s.
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
    meters: tuple[str, ...] | None
    idle_s: float
    period_s: float
    digest: str
    text: bytes = field(repr=False)

    def points(self) -> list[dict[str, Label]]:
        """Return every combination of the axes' values."""
        names = [axis.name for axis in self.axes]
        found = itertools.product(*(axis.values for axis in self.axes))
        return [dict(zip(names, values, strict=True)) for values in found]

    def words(self, point: Mapping[str, Label], result: str = "RESULT.json") -> list[str]:
        """Return the command of a point.

        Args:
            point: value of each axis.
            result: path of the file that it may write.
        """
        return filled(self.command, point, result)


def filled(command: Sequence[str], point: Mapping[str, Label], result: str) -> list[str]:
    """Return a command with the values of a point in it; other braces stay as they are."""
    values = {**{name: told(value) for name, value in point.items()}, RESULT: result}
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
    data = named_bytes(path, MAX_FILE)
    try:
        record = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        remedy = "mend the file; docs/sweep.md shows one"
        raise FormatError(f"not TOML ({error})", where=str(path), remedy=remedy) from error
    return _plan(record, fields.Place(str(path)), data)


def _plan(record: dict[str, Any], at: fields.Place, data: bytes) -> Plan:
    known = ("title", "command", "axes", "repeats", "seed", "stop_after", "cool_down", "read",
             "measure")  # fmt: skip
    fields.only(record, known, at)
    axes = _axes(fields.table(record, "axes", at), at / "axes")
    measure = fields.table(record, "measure", at)
    fields.only(measure, ("meters", "idle", "period"), at / "measure")
    meters = fields.texts(measure, "meters", at / "measure")
    plan = Plan(
        title=fields.text(record, "title", at) or Path(at.path).stem,
        command=_command(fields.texts(record, "command", at) or (), axes, at / "command"),
        axes=axes,
        repeats=fields.count(record, "repeats", at, least=1, otherwise=3),
        seed=fields.count(record, "seed", at, least=0, otherwise=0),
        stop_after=fields.count(record, "stop_after", at, least=0, otherwise=3),
        cool_down=_cool_down(fields.table(record, "cool_down", at), at / "cool_down"),
        reads=_reads(fields.table(record, "read", at), axes, at / "read"),
        meters=meters,
        idle_s=fields.seconds(measure, "idle", at / "measure", otherwise=0.0),
        period_s=fields.seconds(measure, "period", at / "measure", otherwise=0.1),
        digest=hashlib.sha256(data).hexdigest(),
        text=data,
    )
    if plan.period_s < 1e-4:
        raise UsageError("a period below 0.1 ms cannot be kept", where=(at / "measure").path)
    if (
        plan.reads.wanted
        and plan.reads.source == RESULT
        and "{result}" not in " ".join(plan.command)
    ):
        remedy = 'give the command {result}, or say source = "last-line"'
        raise UsageError("the command is told of no file to write", where=at.path, remedy=remedy)
    size = plan.repeats
    for axis in axes:
        size *= len(axis.values)
    if size > MOST:
        remedy = "sweep fewer values"
        raise UsageError(f"{size} points are more than {MOST}", where=at.path, remedy=remedy)
    return plan


def _axes(record: Mapping[str, Any], at: fields.Place) -> tuple[Axis, ...]:
    if not record:
        raise at.wrong("there are no axes", "write one like threads = [1, 2, 4]")
    return tuple(_axis(name, value, at / name) for name, value in record.items())


def _axis(name: str, value: Any, at: fields.Place) -> Axis:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise at.wrong(f"an axis cannot be called {name!r:.40}", "use letters, digits and _")
    if not isinstance(value, dict):
        return Axis(name, fields.labels(value, at))
    settings = {key: one for key, one in value.items() if key not in ("knob", "values")}
    knob = fields.text(value, "knob", at)
    values = fields.labels(value.get("values"), at / "values")
    if not knob:
        raise at.wrong("an axis with settings needs a knob", 'write knob = "gpu-power-limit"')
    make(knob, settings)  # refuses what it does not know
    return Axis(name, values, (knob, settings))


def _command(words: Sequence[str], axes: Sequence[Axis], at: fields.Place) -> tuple[str, ...]:
    if not words:
        raise at.wrong("there is no command", 'write it like command = ["python3", "work.py"]')
    holes = {hole for word in words for hole in _HOLE.findall(word)}
    names = {axis.name for axis in axes}
    for hole in sorted(holes - names - {RESULT}):
        raise at.wrong(f"{{{hole}}} is no axis", f"there is {', '.join(sorted(names))}, {RESULT}")
    idle = [axis.name for axis in axes if axis.knob is None and axis.name not in holes]
    if idle:
        what = f"the axis {idle[0]} is neither a knob nor in the command"
        raise at.wrong(what, f"write {{{idle[0]}}} where it belongs")
    return tuple(words)


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


def _reads(record: Mapping[str, Any], axes: Sequence[Axis], at: fields.Place) -> Reads:
    fields.only(record, ("source", "metrics", "work", "unit"), at)
    source = fields.text(record, "source", at) or RESULT
    if source not in (RESULT, "last-line"):
        raise at.wrong(f"source is {source!r:.40}", 'give "result" or "last-line"')
    metrics = fields.table(record, "metrics", at)
    names = {axis.name for axis in axes}
    for name in metrics:
        if not _NAME.fullmatch(name) or name in _TAKEN or name in names or name.endswith("_u95"):
            raise at.wrong(f"a metric cannot be called {name!r:.40}", "give it another name")
    paths = {name: fields.text(metrics, name, at / "metrics") for name in metrics}
    work, unit = fields.text(record, "work", at), fields.text(record, "unit", at)
    if bool(work) != bool(unit) or (unit and not _NAME.fullmatch(unit)):
        raise at.wrong("work and its unit go together", 'write work = "items", unit = "item"')
    return Reads(source, paths, work, unit)
