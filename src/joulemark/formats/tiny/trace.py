"""EnergyRunner's binary trace and its stamps."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from joulemark.accounting.tiny_energy import StreamedSums
from joulemark.core.errors import FormatError
from joulemark.core.jsonlight import loads
from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.inference.text import content
from joulemark.formats.tiny.parsed import EnergyTrace, Singles, Stamps

MAGIC = 0xF1
HEAD = struct.Struct("<Bf")
SAMPLE = 4
"""Bytes of a sample, float32 little endian, µJ."""
MAX_TRACE = 512 << 20
"""Bytes of a trace that are read at once; larger ones are streamed."""
MAX_STAMPS_FILE = 1 << 20
MAX_STAMPS = 10_000
CHUNK = 1 << 20
DTYPE = "<f4"


def head(data: bytes, name: str) -> float:
    """Return the rate that a trace's first five bytes state, samples a second.

    Raises:
        FormatError: if it is no trace, or the rate makes no sense.
    """
    if len(data) < HEAD.size or data[0] != MAGIC:
        raise FormatError(
            "no energy trace: its first byte is not 0xF1", where=name, remedy="hand in the .bin"
        )
    rate = float(HEAD.unpack_from(data)[1])
    if not math.isfinite(rate) or not 0 < rate <= 1e9:
        raise FormatError(f"the trace states a rate of {rate} samples a second", where=name)
    return rate


def read_trace(source: Source) -> EnergyTrace:
    """Read a trace without copying its samples.

    Raises:
        FormatError: if it is none.
    """
    rate = head(source.data[: HEAD.size], source.name)
    over = (len(source.data) - HEAD.size) % SAMPLE
    count = (len(source.data) - HEAD.size) // SAMPLE
    samples: Singles = np.frombuffer(source.data, DTYPE, count, HEAD.size)
    problems = []
    if over:
        problems.append(Problem(1, f"{over} bytes after the last whole sample"))
    return EnergyTrace(source.name, rate, samples, tuple(problems))


def stream_sums(file: BinaryIO, name: str, stamps: Sequence[float]) -> StreamedSums:
    """Sum the samples between each two stamps of a trace too large to be held.

    Args:
        file: the open trace, at its begin.
        name: for messages.
        stamps: s since its begin, not falling.

    Raises:
        FormatError: if it is no trace.
    """
    sums = StreamedSums(stamps, 1.0 / head(file.read(HEAD.size), name))
    for samples in _pieces(file):
        sums.add(samples)
    return sums


def _pieces(file: BinaryIO) -> Iterator[Singles]:
    rest = b""
    while chunk := file.read(CHUNK):
        data = rest + chunk if rest else chunk
        whole = len(data) // SAMPLE
        rest = data[whole * SAMPLE :]
        yield np.frombuffer(data, DTYPE, whole)


def read_stamps(source: Source) -> Stamps:
    """Read the stamps of a trace.

    Raises:
        FormatError: if they are no array of numbers.
    """
    data = content(source)
    if len(data) > MAX_STAMPS_FILE:
        raise FormatError(f"{len(data)} bytes are too many", where=source.name)
    try:
        value = loads(data)
    except (ValueError, RecursionError):
        raise FormatError("no JSON array of stamps", where=source.name) from None
    if not isinstance(value, list) or len(value) > MAX_STAMPS:
        raise FormatError(f"no array of at most {MAX_STAMPS} stamps", where=source.name)
    stamps: list[float] = []
    problems: list[Problem] = []
    for at, item in enumerate(value):
        seconds = _seconds(item)
        if seconds is None:
            raise FormatError(f"stamp {at} is no time: {str(item)[:40]!r}", where=source.name)
        if stamps and seconds <= stamps[-1]:
            problems.append(
                Problem(at + 2, f"stamp {at}, {seconds} s, is not after the one before")
            )
        stamps.append(seconds)
    return Stamps(source.name, tuple(stamps), tuple(problems))


def _seconds(item: object) -> float | None:
    if isinstance(item, bool) or not isinstance(item, int | float):
        return None
    try:
        seconds = float(item)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= 1e9 else None
