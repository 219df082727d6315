"""Traces as CSV files, read line by line.

The first line names the columns: ``time_s``, then ``NAME[:DOMAIN[:QUANTITY[:UNIT]]]`` for each
channel (``node``, ``power`` and the SI unit if not said), for example::

    time_s,wall:wall,cpu:package:energy:mJ,load:host:utilisation:%
    0.0,101.5,12000,35
    0.1,102.0,,36

Times are seconds from anywhere and never go back. An empty field is a reading that the sensor did
not give. Empty lines and lines that begin with ``#`` are left out. There are no quotes.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, TypeVar

from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.units import parse

MAX_BYTES = 1 << 30
MAX_LINE = 65536
MAX_TIME_S = 10**11
"""Beyond this (3000 years) a time cannot be meant."""

_SI = {
    Quantity.ENERGY: "J",
    Quantity.POWER: "W",
    Quantity.INTERVAL: "J",
    Quantity.UTILISATION: "1",
    Quantity.MEMORY: "B",
    Quantity.FREQUENCY: "Hz",
    Quantity.TEMPERATURE: "K",
    Quantity.VOLTAGE: "V",
    Quantity.CURRENT: "A",
    Quantity.POWER_FACTOR: "1",
    Quantity.FLAGS: "1",
    Quantity.CPU_TIME: "s",
    Quantity.CLOCK_OFFSET: "s",
}
_OTHER_UNITS = {"1": 1.0, "%": 0.01, "Wh": 3600.0, "kWh": 3.6e6, "degC": 1.0}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./+-]{0,99}")
_DECIMAL = re.compile(r"([+-]?)(\d{1,12})(?:\.(\d{1,30}))?")

Values = tuple[float, ...]
Kind = TypeVar("Kind", bound=StrEnum)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file of at most 1 GiB; a pipe, which could make us wait for ever, is refused.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: if it is not a plain file, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UnavailableError(
            f"cannot be opened: {error.strerror}", where=str(path), remedy="check the path"
        ) from error
    state = os.fstat(descriptor)
    if not S_ISREG(state.st_mode):
        os.close(descriptor)
        raise FormatError("not a plain file", where=str(path), remedy="name a trace")
    with os.fdopen(descriptor, "rb") as file:
        if state.st_size > MAX_BYTES:
            raise FormatError(
                f"{state.st_size} bytes are too many",
                where=str(path),
                remedy="cut it into files of at most 1 GiB",
            )
        yield file


def csv_channels(path: Path) -> tuple[Channel, ...]:
    """Return the channels that the first line names.

    Raises:
        UnavailableError: if the file cannot be opened.
        FormatError: naming file, line and column of what is wrong.
    """
    with opened(path) as file:
        number, fields = next(_lines(file, path), (1, [""]))
    if fields[0].strip() != "time_s":
        raise _wrong("the first column is not time_s", path, number, 1)
    if len(fields) < 2:
        raise _wrong("there is no column but time_s", path, number, 1)
    channels: list[Channel] = []
    for place, field in enumerate(fields[1:], start=1):
        column = _column(fields, place)
        channel = _channel(field.strip(), path, number, column)
        if any(channel.name == other.name for other in channels):
            raise _wrong(f"{channel.part!r} names two columns", path, number, column)
        channels.append(channel)
    return tuple(channels)


def csv_rows(path: Path, channels: int) -> Iterator[tuple[int, Values]]:
    """Yield time (ns) and values of each line, NaN where a field is empty.

    Args:
        path: the file.
        channels: how many columns there are beside the time.

    Raises:
        UnavailableError: if the file cannot be opened.
        FormatError: naming file, line and column of what is wrong.
    """
    last = None
    with opened(path) as file:
        lines = _lines(file, path)
        next(lines, None)
        for number, fields in lines:
            if len(fields) != channels + 1:
                what = f"{len(fields)} fields under {channels + 1} columns"
                raise _wrong(what, path, number, _column(fields, len(fields) - 1))
            time = _time(fields[0].strip(), path, number)
            if last is not None and time < last:
                raise _wrong("time goes back", path, number, 1)
            last = time
            yield time, tuple([_value(fields, n, path, number) for n in range(1, len(fields))])


Fields = Sequence[str]


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, Fields]]:
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise _wrong(f"longer than {MAX_LINE} bytes", path, number, MAX_LINE)
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise _wrong("not UTF-8 text", path, number, error.start + 1) from None
        if line.strip() and not line.startswith("#"):
            yield number, line.split(",")


def _column(fields: Fields, place: int) -> int:
    """Return where a field begins, from 1."""
    return 1 + sum(len(field) + 1 for field in fields[:place])


def _channel(field: str, path: Path, line: int, column: int) -> Channel:
    name, domain, quantity, unit, *rest = [*field.split(":"), *[""] * (3 - field.count(":"))]
    if rest or not _NAME.fullmatch(name):
        raise _wrong(f"{field[:80]!r} is no NAME:DOMAIN:QUANTITY:UNIT", path, line, column)
    kind = _one_of(Quantity, quantity or "power", path, line, column)
    return Channel(
        name=f"replay/{name}",
        meter="replay",
        part=name,
        domain=_one_of(Domain, domain or "node", path, line, column),
        quantity=kind,
        unit=unit or _SI[kind],
        scale=_scale(unit or _SI[kind], _SI[kind], path, line, column),
    )


def _one_of(kind: type[Kind], text: str, path: Path, line: int, column: int) -> Kind:
    for member in kind:
        if member.value == text:
            return member
    choice = ", ".join(member.value for member in kind)
    what = f"{text[:40]!r} is no {kind.__name__.lower()}; choose from {choice}"
    raise _wrong(what, path, line, column)


def _scale(unit: str, si: str, path: Path, line: int, column: int) -> float:
    if unit in _OTHER_UNITS:
        return _OTHER_UNITS[unit]
    try:
        return parse(f"1 {unit}", si)
    except UsageError:
        raise _wrong(f"{unit[:40]!r} is no unit of {si}", path, line, column) from None


def _time(text: str, path: Path, line: int) -> int:
    """Return seconds in ns; decimals are taken digit by digit, as float64 is too short for UTC."""
    match = _DECIMAL.fullmatch(text)
    if match is not None:
        whole = int(match[2]) * NS + int((match[3] or "")[:9].ljust(9, "0"))
        time = -whole if match[1] == "-" else whole
    else:
        seconds = _value([text], 0, path, line)
        time = round(seconds * NS) if abs(seconds) <= MAX_TIME_S else NS * (MAX_TIME_S + 1)
    if abs(time) > MAX_TIME_S * NS:
        raise _wrong(f"{text[:40]!r} is no time in seconds", path, line, 1)
    return time


def _value(fields: Fields, place: int, path: Path, line: int) -> float:
    text = fields[place]
    try:
        value = float(text)
    except ValueError:
        value = math.inf
        if not text.strip():
            return math.nan
    if math.isinf(value) or "_" in text:
        raise _wrong(f"{text.strip()[:40]!r} is not a number", path, line, _column(fields, place))
    return value


def _wrong(what: str, path: Path, line: int, column: int) -> FormatError:
    return FormatError(what, where=f"{path}:{line}:{column}")
