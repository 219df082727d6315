"""Logs of ``nvidia-smi --query-gpu=… --format=csv -lms N``, with and without ``nounits``.

The first line names the columns, with their units in brackets. Which columns there are depends on
the query and the driver: ``power.draw`` alone, or ``power.draw.average`` and ``power.draw.instant``
beside it. A cell that holds no number (``[N/A]``, ``[Not Supported]``, ``ERR!``) is a reading that
the driver did not give. Several boards are told apart by ``uuid``, ``pci.bus_id`` or ``index``.

The time stamps are local and name no zone; whoever knows the zone says how far it is ahead of UTC.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.files import LATEST_US, numbered_lines, wrong

MAX_GPUS = 256
BACK_S = 1.0
"""Stamps that go back further were not written by one log in one zone."""

_HEAD = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)(?:\s*\[([^\]]*)\])?")
_STAMP = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_CELL = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*([A-Za-z%]*)")
_NOTHING = re.compile(r"\[.*\]|N/A|ERR!|Unknown Error|Not Supported|", re.IGNORECASE)
_SCALES: Mapping[str, float] = {
    "W": 1.0,
    "mW": 1e-3,
    "kW": 1e3,
    "%": 0.01,
    "MHz": 1e6,
    "MiB": 1048576.0,
    "C": 1.0,
}
_UNITS: Mapping[Quantity, str] = {
    Quantity.POWER: "W",
    Quantity.UTILISATION: "%",
    Quantity.TEMPERATURE: "C",
    Quantity.FREQUENCY: "MHz",
    Quantity.MEMORY: "MiB",
}
_OTHERS: Mapping[str, Quantity] = {
    "utilization.gpu": Quantity.UTILISATION,
    "temperature.gpu": Quantity.TEMPERATURE,
    "clocks.current.sm": Quantity.FREQUENCY,
    "clocks.sm": Quantity.FREQUENCY,
    "memory.used": Quantity.MEMORY,
}
_NAMES = ("uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "index")
"""Columns that tell boards apart, the most lasting first."""


@dataclass(slots=True)
class _Board:
    part: str
    time: array[int] = field(default_factory=lambda: array("q"))
    values: list[array[float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things are in a line.

    Attributes:
        columns: names of all columns.
        units: their units, empty where none is said.
        read: places of the columns that become traces, with what they are.
    """

    columns: tuple[str, ...]
    units: tuple[str, ...]
    read: tuple[tuple[int, Quantity], ...]

    def place(self, *names: str) -> int | None:
        """Return the place of the first of these columns that is there."""
        return next((self.columns.index(n) for n in names if n in self.columns), None)


def smi_traces(path: Path, *, ahead_s: float = 0.0) -> list[Trace]:
    """Return the traces of a log: for each board one for each column that is known.

    Args:
        path: the log.
        ahead_s: how far its local time is ahead of UTC, s.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: naming file and line of what is wrong.
    """
    layout: _Layout | None = None
    boards: dict[str, _Board] = {}
    head, broken = "", None
    for number, line in numbered_lines(path):
        if broken is not None:
            raise broken
        if layout is None:
            layout, head = _layout(line, path, number), line
        elif line != head:
            cells = [cell.strip() for cell in line.split(",")]
            if len(cells) != len(layout.columns):
                what = f"{len(cells)} fields under {len(layout.columns)} columns"
                broken = wrong(what, path, number)
            else:
                _take(cells, layout, boards, path, number)
    if layout is None or not boards:
        raise FormatError("a log without a reading", where=str(path))
    return [trace for board in boards.values() for trace in _traces(board, layout, path, ahead_s)]


def _layout(line: str, path: Path, number: int) -> _Layout:
    columns, units = [], []
    for cell in line.split(","):
        match = _HEAD.fullmatch(cell.strip())
        if match is None:
            remedy = "log with --format=csv, not with noheader"
            raise wrong(f"{cell.strip()[:40]!r} names no column", path, number, remedy)
        columns.append(match[1].lower())
        units.append(match[2] or "")
    if "timestamp" not in columns:
        raise wrong("there is no column timestamp", path, number, "add it to --query-gpu")
    read = [
        (place, Quantity.POWER if "power.draw" in name else _OTHERS[name])
        for place, name in enumerate(columns)
        if "power.draw" in name or name in _OTHERS
    ]
    if all(quantity is not Quantity.POWER for _, quantity in read):
        raise wrong("there is no column power.draw", path, number, "add it to --query-gpu")
    if len(set(columns)) != len(columns):
        raise wrong("two columns have one name", path, number)
    return _Layout(tuple(columns), tuple(units), tuple(read))


def _take(
    cells: Sequence[str], layout: _Layout, boards: dict[str, _Board], path: Path, number: int
) -> None:
    """Add one line to the board that it is of."""
    named, index = layout.place(*_NAMES), layout.place("index")
    key = "" if named is None else cells[named]
    if key not in boards:
        if len(boards) == MAX_GPUS:
            raise wrong(f"more than {MAX_GPUS} boards", path, number)
        part = f"gpu-{len(boards) if index is None else cells[index]}"
        boards[key] = _Board(part, values=[array("d") for _ in layout.read])
    board = boards[key]
    time = _stamp(cells[layout.columns.index("timestamp")], path, number)
    if board.time and time < board.time[-1] - BACK_S * NS:
        raise wrong("time goes back", path, number, "cut the log where the clock was set")
    board.time.append(time)
    for (place, quantity), values in zip(layout.read, board.values, strict=True):
        unit = layout.units[place] or _UNITS[quantity]
        values.append(_number(cells[place], unit, quantity, path, number))


def _stamp(text: str, path: Path, number: int) -> int:
    match = _STAMP.fullmatch(text)
    if match is None:
        raise wrong(f"{text[:40]!r} is no time", path, number)
    try:
        day, clock = "-".join(match.group(1, 2, 3)), ":".join(match.group(4, 5, 6))
        whole = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        raise wrong(f"{text[:40]!r} is no time", path, number) from None
    if not 0 <= whole.timestamp() * 1e6 <= LATEST_US:
        raise wrong(f"{text[:40]!r} is no time", path, number)
    return int(whole.timestamp()) * NS + int((match[7] or "").ljust(9, "0"))


def _number(text: str, unit: str, quantity: Quantity, path: Path, number: int) -> float:
    """Return a cell in SI units; NaN where the driver gave none."""
    match = _CELL.fullmatch(text)
    if match is None:
        if _NOTHING.fullmatch(text):
            return float("nan")
        raise wrong(f"{text[:40]!r} is no number", path, number)
    said = match[2] or unit
    if said not in _SCALES:
        raise wrong(f"{said[:20]!r} is no unit of {quantity}", path, number)
    return float(match[1]) * _SCALES[said]


def _traces(board: _Board, layout: _Layout, path: Path, ahead_s: float) -> list[Trace]:
    ahead = round(ahead_s * NS)
    times = [time - ahead for time in board.time]
    return [
        Trace.of(
            Channel(
                name=f"nvidia-smi/{board.part}/{layout.columns[place]}",
                meter="nvidia-smi",
                part=board.part,
                domain=Domain.GPU,
                quantity=quantity,
                unit=_SI[quantity],
                resolution=0.01 if quantity is Quantity.POWER else 0.0,
                instrument=Instrument.ON_CHIP,
                source=f"{path.name}: {layout.columns[place]}",
            ),
            times,
            values,
        )
        for (place, quantity), values in zip(layout.read, board.values, strict=True)
    ]


_SI: Mapping[Quantity, str] = {
    Quantity.POWER: "W",
    Quantity.UTILISATION: "1",
    Quantity.TEMPERATURE: "degC",
    Quantity.FREQUENCY: "Hz",
    Quantity.MEMORY: "B",
}
