"""The two forms in which one writer's samples lie in a run directory: spool and Parquet.

Both open alike. The spool is what a run writes as it goes; Parquet is what closing makes of it,
with the spool's header as the file's metadata ``joulemark``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from joulemark.core.block import ROW
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel
from joulemark.core.errors import FormatError
from joulemark.meters.spool import MAGIC, MAX_HEADER, channel_from, read_header
from joulemark.store import duck
from joulemark.store.files import TRACES, listing, reading
from joulemark.store.jsontext import DAMAGED, decode

Samples = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Times (ns UTC) and values of one channel, both of shape (n,)."""

Columns = dict[str, NDArray[Any]]
"""``time`` (int64), ``value`` (float64) and ``channel`` (uint32), all of shape (n,)."""

CHUNK = 1 << 20
"""Rows that are held in memory at once."""

ROWS = np.dtype([("time", "<i8"), ("value", "<f8"), ("channel", "<u4")])
"""A row of the spool as NumPy sees it, the same bytes as ``core.block.ROW``."""

_FIXED = 12
"""Bytes before a spool's header: magic and length."""

_TAIL = 1 << 12
"""Rows at the end of a spool among which the newest is: writers keep nearly to time order."""

_TYPES = {"time": "BIGINT", "value": "DOUBLE", "channel": "UINTEGER"}


class TraceFile(Protocol):
    """The samples of one writer. Reading raises FormatError or StoreError, naming the file."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the rows' channel numbers mean."""
        ...

    def columns(self) -> Columns:
        """Return all rows, as recorded."""
        ...

    def read(self, name: str) -> Samples:
        """Return the samples of one channel, as recorded."""
        ...

    def last(self) -> int | None:
        """Return the time of the last sample, ns UTC; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Spool:
    """A spool; it may still be growing.

    Attributes:
        path: the file.
        channels: what the rows' channel numbers mean.
        offset: where the rows begin, bytes.
    """

    path: Path
    channels: tuple[Channel, ...]
    offset: int

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the header.

        Raises:
            FormatError: if the file is not a spool.
            StoreError: if it cannot be opened.
        """
        header = read_header(path)
        return cls(path, header.channels, header.offset)

    def header(self) -> bytes:
        """Return the header as it was written, JSON."""
        with reading(self.path) as file:
            return file.read(self.offset)[_FIXED:]

    def rows(self) -> int:
        """Return the number of whole rows; one that is torn at the end does not count."""
        with reading(self.path) as file:
            return max(file.seek(0, 2) - self.offset, 0) // ROW.size

    def chunks(self, *, start: int = 0) -> Iterator[Columns]:
        """Return the rows from ``start`` on, at most ``CHUNK`` rows at once.

        Raises:
            FormatError: if a row belongs to no channel.
            StoreError: if the file cannot be read.
        """
        left = self.rows() - start
        with reading(self.path) as file:
            file.seek(self.offset + start * ROW.size)
            while left > 0 and (raw := file.read(min(left, CHUNK) * ROW.size)):
                rows = np.frombuffer(raw, dtype=ROWS)
                _check(int(rows["channel"].max()), self)
                yield {name: np.ascontiguousarray(rows[name]) for name in _TYPES}
                left -= CHUNK

    def columns(self) -> Columns:
        """Return all rows, as recorded."""
        none = {name: np.empty(0, ROWS[name]) for name in _TYPES}
        chunks = [none, *self.chunks()]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in _TYPES}

    def read(self, name: str) -> Samples:
        """Return the samples of one channel; holds no more of the others than a chunk."""
        mine = places(self.channels, name)
        times, values = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
        for chunk in self.chunks():
            of_it = np.isin(chunk["channel"], mine)
            times.append(chunk["time"][of_it])
            values.append(chunk["value"][of_it])
        return np.concatenate(times), np.concatenate(values)

    def last(self) -> int | None:
        """Return the time of the last sample, ns UTC; None if there is none."""
        tail = self.chunks(start=max(self.rows() - _TAIL, 0))
        return max((int(chunk["time"].max()) for chunk in tail), default=None)


@dataclass(frozen=True, slots=True)
class Parquet:
    """A spool after it was compacted.

    Attributes:
        path: the file.
        channels: what the rows' channel numbers mean.
    """

    path: Path
    channels: tuple[Channel, ...]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read metadata and schema.

        Raises:
            FormatError: if the file is not a compacted spool.
            StoreError: if it cannot be opened.
        """
        with duck.failures(path), duck.reader() as database:
            found = database.execute(f"DESCRIBE FROM {duck.parquet(path)}").fetchall()
            metadata = database.execute(
                "SELECT value FROM parquet_kv_metadata(?) WHERE decode(key) = 'joulemark'",
                [str(path)],
            ).fetchall()
        if {row[0]: row[1] for row in found} != _TYPES or not metadata:
            raise _foreign(path, "Parquet, but not the samples of a run")
        return cls(path, _channels(bytes(metadata[0][0]), path))

    def columns(self) -> Columns:
        """Return all rows, as recorded."""
        return self._fetch("")

    def read(self, name: str) -> Samples:
        """Return the samples of one channel, as recorded."""
        numbers = ", ".join(str(place) for place in places(self.channels, name))
        found = self._fetch(f"WHERE channel IN ({numbers})" if numbers else "WHERE false")
        return found["time"], found["value"]

    def last(self) -> int | None:
        """Return the time of the last sample, ns UTC; None if there is none."""
        last: int | None = self._largest()[0]
        return last

    def _fetch(self, where: str) -> Columns:
        _check(self._largest()[1], self)
        query = f"FROM {duck.parquet(self.path)} SELECT time, value, channel {where}"
        with duck.failures(self.path), duck.reader() as database:
            found = database.execute(query).fetchnumpy()
        if np.ma.is_masked(found["time"]) or np.ma.is_masked(found["channel"]):
            raise _foreign(self.path, "a sample without time or channel")
        found["value"] = np.ma.filled(found["value"], np.nan)
        return {name: np.asarray(column) for name, column in found.items()}

    def _largest(self) -> tuple[Any, ...]:
        """Return the largest time and channel number; None where there is no row."""
        query = f"FROM {duck.parquet(self.path)} SELECT max(time), max(channel)"
        with duck.failures(self.path), duck.reader() as database:
            return tuple(database.execute(query).fetchall()[0])


def open_traces(directory: Path) -> tuple[tuple[TraceFile, ...], tuple[Caution, ...]]:
    """Open the traces of all writers of a run, each as Parquet or, if not compacted, as spool.

    Returns:
        The files by name, and a caution for each writer that was stopped before its first sample.

    Raises:
        FormatError: if a file is a link, or not what its name says.
        StoreError: if a file cannot be read.
    """
    compacted = listing(directory / TRACES, ".parquet")
    done = {path.stem for path in compacted}
    files: list[TraceFile] = [Parquet.open(path) for path in compacted]
    cautions = []
    for path in listing(directory / TRACES, ".spool"):
        if path.stem in done:  # stopped between making the one and removing the other
            continue
        if is_torn(path):
            what = f"{TRACES}/{path.name}: stopped before its first sample"
            cautions.append(Caution(Code.INCOMPLETE, what))
        else:
            files.append(Spool.open(path))
    files.sort(key=lambda file: file.path.name)
    return tuple(files), tuple(cautions)


def is_torn(path: Path) -> bool:
    """Whether a spool ends within its header."""
    with reading(path) as file:
        begin = file.read(_FIXED)
        size = file.seek(0, 2)
    if begin[: len(MAGIC)] != MAGIC[: len(begin)]:
        return False
    return len(begin) < _FIXED or size < _FIXED + int.from_bytes(begin[len(MAGIC) :], "little")


def places(channels: tuple[Channel, ...], name: str) -> list[int]:
    """Return the channel numbers that stand for a channel."""
    return [place for place, channel in enumerate(channels) if channel.name == name]


def by_channel(file: TraceFile) -> Iterator[tuple[str, Samples]]:
    """Return all samples of a file channel by channel, as recorded; the file is read once."""
    columns = file.columns()
    order = np.argsort(columns["channel"], kind="stable")
    numbers = columns["channel"][order]
    for place, channel in enumerate(file.channels):
        first, end = np.searchsorted(numbers, [place, place + 1])
        mine = order[first:end]
        yield channel.name, (columns["time"][mine], columns["value"][mine])


def _channels(metadata: bytes, path: Path) -> tuple[Channel, ...]:
    """Return the channels that a spool's header, kept as metadata, lists."""
    if len(metadata) > MAX_HEADER:
        raise _foreign(path, f"a header of {len(metadata)} bytes")
    record = decode(metadata, str(path))
    listed = record.get("channels") if isinstance(record, dict) else None
    if not isinstance(listed, list):
        raise _foreign(path, "its header has no list of channels")
    return tuple(
        channel_from(item, where=f"{path}: channels[{place}]") for place, item in enumerate(listed)
    )


def _check(largest: int | None, file: TraceFile) -> None:
    """Refuse samples that belong to no channel, given the largest channel number."""
    if largest is not None and largest >= len(file.channels):
        what = f"a sample of channel {largest}, its header lists {len(file.channels)}"
        raise _foreign(file.path, what)


def _foreign(path: Path, what: str) -> FormatError:
    return FormatError(what, where=str(path), remedy=DAMAGED)
