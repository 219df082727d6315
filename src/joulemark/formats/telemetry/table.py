"""Rows of a log with a head: ``nvidia-smi --query-gpu=… --format=csv`` and ``amd-smi … --csv``.

The first line names the columns, with their units in brackets where the tool writes them; it may
come again. A cell that holds no number (``[N/A]``, ``[Not Supported]``, ``ERR!``) is a reading that
the driver did not give. Several boards are told apart by a column that names them.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.formats.files import wrong
from joulemark.formats.telemetry.dialects import SCALES, SI, UNITS, Dialect, dialect_of
from joulemark.formats.telemetry.stamps import stamp

MAX_GPUS = 256
BACK_S = 1.0
"""Stamps that go back further were not written by one log in one zone."""
NAME = "name"
"""The column with the model of a board."""

_HEAD = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)(?:\s*\[([^\]]*)\])?")
_CELL = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*([A-Za-z%]*)")
_NOTHING = re.compile(r"\[.*\]|N/A|ERR!|Unknown Error|Not Supported|", re.IGNORECASE)
_INDEX = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a row.

    Attributes:
        columns: names of all columns.
        units: their units, empty where none is said.
        read: places of the columns that become traces, with what they are.
        dialect: whose columns they are.
    """

    columns: tuple[str, ...]
    units: tuple[str, ...]
    read: tuple[tuple[int, Quantity], ...]
    dialect: Dialect

    def place(self, *names: str) -> int | None:
        """Return the place of the first of these columns that is there."""
        return next((self.columns.index(n) for n in names if n in self.columns), None)


@dataclass(slots=True)
class Board:
    """What is known of one board.

    Attributes:
        part: its name in a run.
        identity: what the log calls it.
        model: its model; empty where the log does not say.
        time: ns, of each row.
        values: SI, of each row of each column that is read.
        last: time of its last row, also of one that was not kept.
    """

    part: str
    identity: str = ""
    model: str = ""
    time: array[int] = field(default_factory=lambda: array("q"))
    values: list[array[float]] = field(default_factory=list)
    last: int = -(10**18)


class Table:
    """Takes a log line by line.

    Args:
        path: of the log, for messages.
        columns: names of the columns of a log without a head; empty where it has one.
        keep: ns; rows outside are looked at and left out.

    Attributes:
        boards: by what tells them apart.
        first: time of the first row, ns; None before there is one.
        last: time of the last.
        utc: whether its times name their zone.
    """

    def __init__(
        self, path: Path, columns: Sequence[str] = (), keep: tuple[int, int] | None = None
    ) -> None:
        """Keep the arguments."""
        self._path, self._keep = path, keep
        self._head = ""
        self._layout = layout_of(",".join(columns), path, 1) if columns else None
        self.boards: dict[str, Board] = {}
        self.first: int | None = None
        self.last: int | None = None
        self.utc = True

    @property
    def layout(self) -> Layout | None:
        """Where things are; None before the head."""
        return self._layout

    def take(self, line: str, number: int) -> None:
        """Take one line.

        Raises:
            FormatError: naming the line; what it holds is left out then.
        """
        if self._layout is None:
            self._layout, self._head = layout_of(line, self._path, number), line
        elif line != self._head:
            cells = _cells(line)
            if len(cells) != len(self._layout.columns):
                what = f"{len(cells)} fields under {len(self._layout.columns)} columns"
                raise wrong(what, self._path, number)
            self._row(cells, self._layout, number)

    def _row(self, cells: Sequence[str], layout: Layout, number: int) -> None:
        single = layout.place(layout.dialect.single)
        if single is not None and cells[single] not in ("0", "N/A"):
            return
        key, board = self._board(cells, layout, number)
        time = self._time(cells[layout.columns.index("timestamp")], number)
        if time < board.last - BACK_S * NS:
            remedy = "cut the log where the clock was set"
            raise wrong("time goes back", self._path, number, remedy)
        values = [
            _number(cells[place], layout.units[place] or UNITS[kind], kind, self._path, number)
            for place, kind in layout.read
        ]
        self.boards[key], board.last = board, time
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        if self._keep is None or self._keep[0] <= time <= self._keep[1]:
            board.time.append(time)
            for value, held in zip(values, board.values, strict=True):
                held.append(value)

    def _board(self, cells: Sequence[str], layout: Layout, number: int) -> tuple[str, Board]:
        named, index = layout.place(*layout.dialect.names), layout.place(layout.dialect.index)
        key = "" if named is None else cells[named]
        board = self.boards.get(key)
        if board is None:
            if len(self.boards) == MAX_GPUS:
                raise wrong(f"more than {MAX_GPUS} boards", self._path, number)
            said = "" if index is None else cells[index]
            model = layout.place(NAME)
            board = Board(
                part=part_named(said, {each.part for each in self.boards.values()}),
                identity=key[:80],
                model="" if model is None else cells[model][:80],
                values=[array("d") for _ in layout.read],
            )
        return key, board

    def _time(self, text: str, number: int) -> int:
        found = stamp(text)
        if found is None:
            raise wrong(f"{text[:40]!r} is no time", self._path, number)
        self.utc = self.utc and found[1]
        return found[0]

    def traces(self, ahead_ns: int = 0) -> list[Trace]:
        """Return one trace for each column of each board.

        Args:
            ahead_ns: how far the times of the log are ahead of UTC.
        """
        if self._layout is None:
            return []
        found = []
        for board in self.boards.values():
            times = [time - ahead_ns for time in board.time] if ahead_ns else board.time
            for (place, quantity), values in zip(self._layout.read, board.values, strict=True):
                name = self._layout.columns[place]
                channel = channel_of(self._layout.dialect.meter, board.part, name, quantity)
                said = f"{self._path.name}: {name}"
                found.append(Trace.of(_sourced(channel, said), times, values))
        return found


def part_named(index: str, taken: Collection[str]) -> str:
    """Return the part of a new board, ``gpu-3``; of another one with that number ``gpu-3-2``.

    Args:
        index: its number as it is logged; others than numbers are passed over.
        taken: parts of the boards before it.
    """
    name = f"gpu-{index if _INDEX.fullmatch(index) else len(taken)}"
    names = (name if again == 1 else f"{name}-{again}" for again in count(1))
    return next(each for each in names if each not in taken)


def channel_of(meter: str, part: str, column: str, quantity: Quantity) -> Channel:
    """Return what a column of a log means."""
    return Channel(
        name=f"{meter}/{part}/{column}",
        meter=meter,
        part=part,
        domain=Domain.GPU,
        quantity=quantity,
        unit=SI[quantity],
        resolution=0.01 if quantity is Quantity.POWER else 0.0,
        instrument=Instrument.ON_CHIP,
    )


def _sourced(channel: Channel, source: str) -> Channel:
    return replace(channel, source=source)


def layout_of(line: str, path: Path, number: int) -> Layout:
    """Return where things are, from the line that names the columns.

    Raises:
        FormatError: if it names no columns, no time or no power.
    """
    columns, units = [], []
    for cell in line.split(","):
        match = _HEAD.fullmatch(cell.strip())
        if match is None:
            remedy = "log with --format=csv, not with noheader, or tell its --columns"
            raise wrong(f"{cell.strip()[:40]!r} names no column", path, number, remedy)
        columns.append(match[1].lower())
        units.append(match[2] or "")
    dialect = dialect_of(tuple(columns))
    if "timestamp" not in columns:
        remedy = "add it to --query-gpu" if dialect.meter == "nvidia-smi" else "log with -w SECONDS"
        raise wrong("there is no column timestamp", path, number, remedy)
    kinds = [(place, dialect.quantity(name)) for place, name in enumerate(columns)]
    read = tuple((place, kind) for place, kind in kinds if kind is not None)
    if not {kind for _, kind in read} & {Quantity.POWER, Quantity.ENERGY}:
        what = f"there is no column {dialect.power_name}"
        raise wrong(what, path, number, "add it to what is logged")
    if len(set(columns)) != len(columns):
        raise wrong("two columns have one name", path, number)
    return Layout(tuple(columns), tuple(units), read, dialect)


def _cells(line: str) -> list[str]:
    """Return the cells of a row; lists among them are quoted."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]
    except csv.Error:
        return []


def _number(text: str, unit: str, quantity: Quantity, path: Path, number: int) -> float:
    """Return a cell in SI units; NaN where the driver gave none."""
    match = _CELL.fullmatch(text)
    if match is None:
        if _NOTHING.fullmatch(text):
            return math.nan
        raise wrong(f"{text[:40]!r} is no number", path, number)
    said = match[2] or unit
    if said not in SCALES[quantity]:
        raise wrong(f"{said[:20]!r} is no unit of {quantity}", path, number)
    value = float(match[1]) * SCALES[quantity][said]
    return value if math.isfinite(value) else math.nan
