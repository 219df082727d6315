"""Recordings of when requests came: Mooncake's and Azure's public layouts, or plain numbers.

Mooncake (github.com/kvcache-ai/Mooncake, FAST'25 traces): lines of JSON with ``timestamp`` in ms,
``input_length`` and ``output_length`` in tokens. Azure (github.com/Azure/AzurePublicDataset, LLM
inference traces of 2023 and 2024): a table with ``TIMESTAMP`` (UTC), ``ContextTokens`` and
``GeneratedTokens``. Otherwise one time in seconds a line.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import FormatError
from joulemark.loads.serving.text import read_text

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z|\+00:00)?")

Row = tuple[float, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """When requests came, and how long they were.

    Attributes:
        stamps_s: times, s, as recorded (any origin), shape ``(count,)``.
        tokens_in: tokens of the prompts, same shape; None where the recording has none.
        tokens_out: tokens of the answers, likewise.
    """

    stamps_s: NDArray[np.float64]
    tokens_in: NDArray[np.int64] | None
    tokens_out: NDArray[np.int64] | None


def read_trace(path: Path) -> Recorded:
    """Read a recording.

    Raises:
        FormatError: if it cannot be read, or is of no known layout; names the line.
    """
    text = read_text(path)
    lines = text.splitlines()
    if text.lstrip()[:1] == "{":
        rows = list(_mooncake(lines, path))
    elif lines and lines[0].casefold().startswith("timestamp"):
        rows = list(_azure(lines, path))
    else:
        rows = list(_plain(lines, path))
    if not rows:
        raise FormatError("there is no time in it", where=str(path))
    stamps = np.array([row[0] for row in rows], dtype=np.float64)
    return Recorded(stamps, _column(rows, 1), _column(rows, 2))


def _column(rows: list[Row], place: int) -> NDArray[np.int64] | None:
    values = [row[place] for row in rows]
    if any(value is None for value in values):
        return None
    return np.array(values, dtype=np.float64).astype(np.int64)


def _mooncake(lines: list[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            raise FormatError("it is no JSON", where=where) from None
        if not isinstance(entry, dict) or "timestamp" not in entry:
            raise FormatError("a line needs 'timestamp'", where=where)
        stamp = _number(entry["timestamp"], where)
        lengths = (entry.get("input_length"), entry.get("output_length"))
        into, out = (None if one is None else _number(one, where) for one in lengths)
        yield stamp / 1e3, into, out


def _azure(lines: list[str], path: Path) -> Iterator[Row]:
    reader = csv.DictReader(lines)
    try:
        for entry in reader:
            where = f"{path}:{reader.line_num}"
            into, out = (
                None if entry.get(name) is None else _number(entry[name], where)
                for name in ("ContextTokens", "GeneratedTokens")
            )
            yield _utc(entry.get("TIMESTAMP") or "", where), into, out
    except csv.Error as error:
        raise FormatError(f"it is no table: {error}", where=str(path)) from None


def _plain(lines: list[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _number(line, f"{path}:{number}"), None, None


def _utc(text: str, where: str) -> float:
    match = _STAMP.fullmatch(text.strip())
    try:
        whole = datetime.fromisoformat(match[1] if match else "").replace(tzinfo=UTC)
    except ValueError:
        raise FormatError(f"{text[:40]!r} is no time", where=where) from None
    return whole.timestamp() + float((match[2] if match else None) or 0)


def _number(value: object, where: str) -> float:
    try:
        found = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not (math.isfinite(found) and 0 <= found <= 1e15):
        raise FormatError(f"{str(value)[:40]!r} is no number from 0 on", where=where)
    return found
