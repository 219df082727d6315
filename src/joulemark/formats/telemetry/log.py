"""A log of power, whatever tool wrote it: told apart by its first lines, read as it streams by.

Of a log whose window is known only what lies about it is kept, so its length costs time but no
memory. Damaged rows are left out and counted; a last row without its end is always left out, since
a number that was cut is still a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.files import MAX_LINE, opened
from joulemark.formats.telemetry.dialects import dialect_of
from joulemark.formats.telemetry.points import Device, Exposition, Records
from joulemark.formats.telemetry.table import Board, Table

MAX_LOG = 1 << 36
"""64 GiB: a week of eight GPUs at 100 Hz."""
MOST_DAMAGED = 0.01
"""More damaged rows than this share, and the log is refused."""
PREAMBLE = 20
"""So many lines may stand before the head."""
EDGE = 1 << 20
"""Bytes at both ends that tell from when to when a log goes."""


class Reader(Protocol):
    """Takes a log line by line."""

    first: int | None
    last: int | None
    utc: bool

    @property
    def boards(self) -> dict[str, Board] | dict[str, Device]:
        """What the log is of."""

    def take(self, line: str, number: int) -> None:
        """Take one line; raises FormatError where it is damaged."""

    def traces(self, ahead_ns: int = 0) -> list[Trace]:
        """Return what was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read of a log.

    Attributes:
        path: the file.
        tool: that wrote it.
        reader: holds the readings.
        rows: lines that were taken.
        damaged: lines that were left out; what was wrong with the first.
        cut: whether the last row had no end.
    """

    path: Path
    tool: str
    reader: Reader
    rows: int
    damaged: int
    damage: str
    cut: bool


def tool_of(path: Path, columns: Sequence[str] = ()) -> str:
    """Return which tool wrote a file: ``nvidia-smi``, ``amd-smi``, ``dcgm`` or ``aiperf``.

    Empty where it is no log of power that is known, or cannot be read.

    Args:
        path: the file.
        columns: names of its columns, of a log without a head.
    """
    if columns:
        return dialect_of(tuple(name.strip().lower() for name in columns)).meter
    try:
        with opened(path, most=MAX_LOG) as file:
            lines = file.read(EDGE // 16).decode("utf-8-sig", "replace").splitlines()
    except Exception:  # noqa: BLE001 # whoever opens it next says why
        return ""
    return next((tool for tool in map(_tool, lines) if tool), "")


def _tool(line: str) -> str:
    """Return which tool a line tells of."""
    if line.startswith("DCGM_"):
        return Exposition.meter
    if line.startswith("{"):
        return Records.meter if '"telemetry_data"' in line and '"timestamp_ns"' in line else ""
    return dialect_of(_columns(line)).meter if is_head(line) else ""


def is_head(line: str) -> bool:
    """Say whether a line names the columns of a log of power."""
    columns = _columns(line)
    dialect = dialect_of(columns)
    return "timestamp" in columns and any(dialect.quantity(name) for name in columns)


def _columns(line: str) -> tuple[str, ...]:
    return tuple(cell.partition("[")[0].strip().lower() for cell in line.split(","))


def read_log(path: Path, columns: Sequence[str] = (), keep: tuple[int, int] | None = None) -> Log:
    """Read a log.

    Args:
        path: the file.
        columns: names of its columns, of a log without a head.
        keep: ns as the log counts them; what lies outside is not kept.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: if it is no log that is known, or more than one row in a hundred is damaged.
    """
    tool = _known(path, columns)
    reader = _reader(tool, path, columns, keep)
    log = _taken(path, tool, reader, _lines(path, tool, columns))
    if not log.reader.boards:
        raise FormatError("a log without a reading", where=str(path))
    if log.damaged > max(MOST_DAMAGED * log.rows, 1):
        raise FormatError(f"{log.damaged} of {log.rows} rows are damaged: {log.damage}")
    return log


def extent(path: Path, columns: Sequence[str] = ()) -> tuple[int, int, bool]:
    """Return from when to when a log goes, ns, and whether its times are UTC.

    Its first and its last megabyte are read.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: if it is no log that is known.
    """
    tool = _known(path, columns)
    reader = _reader(tool, path, columns, None)
    _taken(path, tool, reader, _lines(path, tool, columns, edges=True))
    if reader.first is None or reader.last is None:
        raise FormatError("a log without a reading", where=str(path))
    return reader.first, reader.last, reader.utc


def _known(path: Path, columns: Sequence[str]) -> str:
    with opened(path, most=MAX_LOG):  # says why it cannot be
        tool = tool_of(path, columns)
    if not tool:
        raise FormatError(
            "no log of power that is known",
            where=str(path),
            remedy="name a CSV of nvidia-smi or amd-smi (of one without a head its --columns), "
            "text of DCGM's exporter, or gpu_telemetry_export.jsonl",
        )
    return tool


def _reader(tool: str, path: Path, columns: Sequence[str], keep: tuple[int, int] | None) -> Reader:
    points: dict[str, type[Exposition | Records]] = {"dcgm": Exposition, "aiperf": Records}
    return points[tool](path, keep) if tool in points else Table(path, columns, keep)


def _taken(path: Path, tool: str, reader: Reader, lines: Iterator[tuple[int, bytes]]) -> Log:
    rows = damaged = 0
    damage, cut = "", False
    for number, raw in lines:
        if not raw.endswith(b"\n"):
            cut = True
            break
        line = raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip("\r\n\0 \t")
        if not line:
            continue
        rows += 1
        try:
            reader.take(line, number)
        except FormatError as error:
            damaged += 1
            damage = damage or str(error)
    return Log(
        path=path, tool=tool, reader=reader, rows=rows, damaged=damaged, damage=damage, cut=cut
    )


def _lines(
    path: Path, tool: str, columns: Sequence[str], *, edges: bool = False
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a log from its head on, or those at its edges."""
    headed = tool in ("dcgm", "aiperf") or bool(columns)
    with opened(path, most=MAX_LOG) as file:
        size = file.seek(0, 2)
        file.seek(0)
        number, done = 0, 0
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            done += len(raw)
            if not headed:
                headed = is_head(raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace"))
                if not headed:
                    continue
            yield number, raw
            if edges and done > EDGE and size - done > EDGE:
                done = file.seek(size - EDGE)
                done += len(file.readline())
