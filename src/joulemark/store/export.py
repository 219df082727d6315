"""Hand a run to other tools: JSON, CSV or Parquet.

JSON     one object: ``run`` (the record, as in run.json), ``phases`` (results, as ``show --json``
         gives them, where they are handed in) and ``traces``, by channel ``unit``, ``scale`` (to
         SI), ``time`` (ns UTC) and ``value`` (null for NaN and infinities).
CSV      one line a sample: time_utc, time_ns, channel, quantity, unit, value (empty for
         NaN and infinities); and beside it ``NAME.windows.csv``.
Parquet  time (int64, ns UTC), channel, quantity, unit, value (in ``unit``), si (in SI units); the
         record is the file's metadata ``joulemark``.

All are sorted by channel and time. A file appears under its name only when it is whole.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import UsageError
from joulemark.core.window import Window
from joulemark.store import duck, views
from joulemark.store.files import iso_utc, refuse_existing, store_error
from joulemark.store.jsontext import encode
from joulemark.store.reader import StoredRun

CHUNK = 1 << 16
"""Samples that are turned into text at once."""

MEMORY = "512MB"
"""Bound on what DuckDB takes; what is above it goes to the disk beside the output."""

FORMATS = ("json", "csv", "parquet")

_SAMPLE_COLUMNS = ("time_utc", "time_ns", "channel", "quantity", "unit", "value")
_WINDOW_COLUMNS = (
    *("phase", "role", "start_utc", "start_ns", "stop_utc", "stop_ns", "duration_s"),
    *("work", "unit", "process", "facts"),
)


class _Writer(Protocol):
    def writerow(self, row: Iterable[object], /) -> object: ...

    def writerows(self, rows: Iterable[Iterable[object]], /) -> object: ...


def export_run(
    stored: StoredRun,
    form: str,
    out: Path,
    *,
    force: bool = False,
    phases: Sequence[Mapping[str, Any]] | None = None,
) -> list[Path]:
    """Write a run as one file (CSV: two), one channel in memory at a time.

    Args:
        stored: the run.
        form: ``json``, ``csv`` or ``parquet``.
        out: the file to write.
        force: replace files that exist.
        phases: results as JSON values, for ``json``; left out if None.

    Returns:
        The files written.

    Raises:
        UsageError: if the format is unknown or a file exists.
        StoreError: if a file cannot be written; nothing is left under its name.
        FormatError: if a trace file of the run is damaged.
    """
    writers: dict[str, Callable[[StoredRun, Path], None]] = {
        "json": partial(_json, phases=phases),
        "csv": _csv,
        "parquet": _parquet,
    }
    if form not in writers:
        remedy = f"choose from {', '.join(FORMATS)}"
        raise UsageError(f"cannot export to {form!r}", remedy=remedy)
    tasks = [(out, writers[form])]
    if form == "csv":
        tasks.append((out.with_name(f"{out.stem}.windows.csv"), _windows_csv))
    for target, _ in tasks:
        refuse_existing(target, force=force)
    for target, write in tasks:
        _write(stored, target, write)
    return [target for target, _ in tasks]


def _write(stored: StoredRun, target: Path, write: Callable[[StoredRun, Path], None]) -> None:
    """Write to a file beside the target and rename it."""
    try:
        with (
            duck.failures(target),
            tempfile.TemporaryDirectory(prefix=".joulemark-", dir=target.parent) as directory,
        ):
            temporary = Path(directory) / target.name
            write(stored, temporary)
            temporary.replace(target)
    except OSError as error:
        raise store_error(error, target) from error


def _json(
    stored: StoredRun, path: Path, *, phases: Sequence[Mapping[str, Any]] | None = None
) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"run": ' + encode(stored.run).decode())
        if phases is not None:
            file.write(',\n"phases": ' + json.dumps(phases, ensure_ascii=False, allow_nan=False))
        file.write(',\n"traces": {')
        for number, channel in enumerate(stored.channels):
            head = {"unit": channel.unit, "scale": channel.scale}
            start = encode(channel.name) + b": " + encode(head)
            file.write((",\n" if number else "\n") + start.decode().removesuffix("}"))
            trace = stored.trace(channel.name)
            _json_column(file, "time", trace.time)
            _json_column(file, "value", trace.value)
            file.write("}")
        file.write("\n}}\n")


def _json_column(file: TextIO, name: str, column: NDArray[Any]) -> None:
    file.write(f', "{name}": [')
    for start in range(0, len(column), CHUNK):
        items = json.dumps(_finite(column[start : start + CHUNK]))
        file.write((", " if start else "") + items[1:-1])
    file.write("]")


def _csv(stored: StoredRun, path: Path) -> None:
    with _csv_file(path, _SAMPLE_COLUMNS) as writer:
        for channel in stored.channels:
            meaning = (channel.name, channel.quantity.value, channel.unit)
            trace = stored.trace(channel.name)
            for start in range(0, len(trace), CHUNK):
                time = trace.time[start : start + CHUNK]
                stamps = np.datetime_as_string(time.view("datetime64[ns]"), unit="ns")
                values = _finite(trace.value[start : start + CHUNK])
                writer.writerows(
                    (f"{stamp}Z", at, *meaning, value)
                    for stamp, at, value in zip(stamps, time.tolist(), values, strict=True)
                )


def _windows_csv(stored: StoredRun, path: Path) -> None:
    with _csv_file(path, _WINDOW_COLUMNS) as writer:
        for window in stored.run.windows:
            writer.writerow(_window_row(window))


def _window_row(window: Window) -> list[object]:
    stop = window.stop
    return [
        *(window.phase, window.role.value),
        *(iso_utc(window.start), window.start),
        *(("", "", "") if stop is None else (iso_utc(stop), stop, window.duration_s)),
        *((window.work.count, window.work.unit) if window.work else ("", "")),
        *(window.process, encode(window.facts).decode()),
    ]


def _parquet(stored: StoredRun, path: Path) -> None:
    with views.connect([stored], spill=path.parent, memory=MEMORY) as database:
        database.execute(
            "COPY (FROM samples JOIN channels USING (run, channel) "
            "SELECT time, channel, quantity, unit, value, si ORDER BY channel, time) "
            f"TO {duck.text(str(path))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, "
            f"KV_METADATA {{joulemark: {duck.text(encode(stored.run).decode())}}})"
        )


@contextlib.contextmanager
def _csv_file(path: Path, columns: tuple[str, ...]) -> Iterator[_Writer]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer


def _finite(column: NDArray[Any]) -> list[Any]:
    """Return a column as Python numbers, None for NaN and infinities."""
    return [item if math.isfinite(item) else None for item in column.tolist()]
