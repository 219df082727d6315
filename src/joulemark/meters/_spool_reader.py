"""Reading a spool; its layout stands in :mod:`joulemark.meters.spool`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from stat import S_ISREG
from typing import Any, BinaryIO

from joulemark.core.block import ROW, Block, Row
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.errors import FormatError, StoreError
from joulemark.meters._channels import channel_from
from joulemark.meters._files import StrPath
from joulemark.meters._spool_writer import LENGTH, MAGIC, MAX_HEADER

_CHUNK = 4096 * ROW.size
_BEGIN = len(MAGIC) + LENGTH.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a spool says of itself.

    Attributes:
        writer: who wrote it.
        channels: what the rows' channel numbers mean.
        anchor: the clock of the writer's host.
        offset: where the rows begin, bytes.
    """

    writer: str
    channels: tuple[Channel, ...]
    anchor: Anchor
    offset: int


def read_header(path: StrPath) -> Header:
    """Return the header of a spool.

    Raises:
        FormatError: if the file is not a spool or ends within its header.
        StoreError: if it cannot be opened.
    """
    with _opened(path) as file:
        return _header(file, path)


def read_rows(path: StrPath, *, start: int = 0, count: int | None = None) -> Block:
    """Return rows of a spool, as they were written; a torn last row is left out.

    Nothing here looks into the rows: whoever uses a channel number checks it against the header.

    Args:
        path: the spool; it may still be growing.
        start: number of rows to leave out at the beginning.
        count: how many rows at most; all if None.

    Raises:
        FormatError: if the file is not a spool or ends within its header.
        StoreError: if it cannot be opened.
    """
    with _opened(path) as file:
        file.seek(_header(file, path).offset + start * ROW.size)
        raw = file.read(-1 if count is None else count * ROW.size)
    return Block(raw[: len(raw) - len(raw) % ROW.size])


def iter_rows(path: StrPath) -> Iterator[Row]:
    """Yield the rows of a spool one by one, whatever its size.

    Raises:
        FormatError: if the file is not a spool or ends within its header.
        StoreError: if it cannot be opened.
    """
    with _opened(path) as file:
        file.seek(_header(file, path).offset)
        while rows := Block(file.read(_CHUNK)).rows():
            yield from rows


def _opened(path: StrPath) -> BinaryIO:
    """Open a plain file; a pipe, which could make us wait for ever, is refused."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise StoreError(
            f"cannot be opened: {error.strerror}", where=os.fspath(path), remedy="check the path"
        ) from error
    if not S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _foreign(path, "not a plain file")
    return os.fdopen(file, "rb")


def _header(file: BinaryIO, path: StrPath) -> Header:
    begin = file.read(_BEGIN)
    if begin[: len(MAGIC)] != MAGIC[: len(begin)]:
        raise _foreign(path, "not a spool")
    if len(begin) < _BEGIN:
        raise _foreign(path, "ends within its header")
    (length,) = LENGTH.unpack(begin[len(MAGIC) :])
    if length > MAX_HEADER:
        raise _foreign(path, f"header of {length} bytes is longer than {MAX_HEADER}")
    text = file.read(length)
    if len(text) < length:
        raise _foreign(path, "ends within its header")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _foreign(path, f"header is not JSON ({error})") from None
    return _parsed(record, path, _BEGIN + length)


def _parsed(record: Any, path: StrPath, offset: int) -> Header:
    fields = record if isinstance(record, dict) else {}
    channels, anchor = fields.get("channels"), fields.get("anchor")
    if not isinstance(fields.get("writer"), str):
        raise _foreign(path, "header names no writer")
    if not isinstance(channels, list):
        raise _foreign(path, "header has no list of channels")
    if not isinstance(anchor, dict):
        raise _foreign(path, "header has no anchor")
    return Header(
        writer=fields["writer"],
        channels=tuple(
            channel_from(channel, where=f"{path}: channels[{place}]")
            for place, channel in enumerate(channels)
        ),
        anchor=Anchor(
            utc_ns=_time(anchor.get("utc_ns"), path),
            monotonic_ns=_time(anchor.get("monotonic_ns"), path),
        ),
        offset=offset,
    )


def _time(value: object, path: StrPath) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise _foreign(path, "header has no anchor of two times in ns")
    return value


def _foreign(path: StrPath, what: str) -> FormatError:
    return FormatError(what, where=os.fspath(path), remedy="give a spool that joulemark wrote")
