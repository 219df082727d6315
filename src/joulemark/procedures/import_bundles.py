"""Folders that hold a log of power and the results of a serving benchmark beside each other."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, JoulemarkError, UsageError
from joulemark.formats.files import opened
from joulemark.formats.mlenergy.values import MAX_JSON, loaded, written
from joulemark.formats.telemetry.load import MOST, number, said, whole
from joulemark.formats.telemetry.log import tool_of
from joulemark.formats.telemetry.served import is_result
from joulemark.formats.telemetry.table import MAX_GPUS
from joulemark.formats.telemetry.zones import ahead_ns

LOG_NAME = re.compile(
    r"(gpu|nvidia|amd|rocm|dcgm|power|smi).*\.(csv|log|txt|prom)|gpu_telemetry_export\.jsonl",
    re.IGNORECASE,
)
BESIDE = re.compile(r"_(energy_start|energy_end|identity|context)\.")
TELEMETRY = "gpu_telemetry_export.jsonl"
VALIDATION = "power_validation"
MOST_TABLE = 1 << 20
MOST_FILES = 2000
"""Files of a folder that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOrder:
    """A log to be imported.

    Attributes:
        log: the file.
        result: of the benchmark beside it; None without one.
        zone: of times that name none; empty where nobody told.
        columns: names of the columns of a log without a head.
        gpus: numbers of the GPUs that served; empty for all.
        expected: how many GPUs something beside the result says that served; None if nothing.
        stated_j: what something beside the result says that they used, J; None if nothing.
        models: of GPUs, by number, as a file beside the log names them.
    """

    log: Path
    result: Path | None = None
    zone: str = ""
    columns: tuple[str, ...] = ()
    gpus: frozenset[int] = frozenset()
    expected: int | None = None
    stated_j: float | None = None
    models: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person tells of logs.

    Attributes:
        result: of the benchmark beside the one log; empty for none.
        zone: of times that name none.
        columns: names of the columns of a log without a head.
        gpus: numbers of the GPUs that served; empty for all.
    """

    result: str = ""
    zone: str = ""
    columns: tuple[str, ...] = ()
    gpus: frozenset[int] = frozenset()

    def of(self, told: LogOrder) -> LogOrder:
        """Return an order with it."""
        zone = self.zone or told.zone
        return replace(told, zone=zone, columns=self.columns, gpus=self.gpus)


def is_log(path: str, columns: Sequence[str] = ()) -> bool:
    """Say whether a path is a log of power, by its first lines and by being a file."""
    return Path(path).is_file() and bool(tool_of(Path(path), columns))


def bundles(path: Path) -> list[LogOrder]:
    """Return what is to be imported of a folder and those below it, one order for each result.

    Raises:
        FormatError: if a result could belong to several logs.
    """
    found: list[LogOrder] = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        logs = [Path(folder, name) for name in sorted(names)[:MOST_FILES] if _may_be_log(name)]
        logs = [log for log in logs if tool_of(log)]
        others = [log for log in logs if log.name != TELEMETRY]
        if logs:
            found += _orders(Path(folder), others or logs, sorted(names)[:MOST_FILES])
    return found


def _may_be_log(name: str) -> bool:
    return bool(LOG_NAME.fullmatch(name)) and not BESIDE.search(name)


def _orders(folder: Path, logs: Sequence[Path], names: Sequence[str]) -> Iterator[LogOrder]:
    jsons = [folder / name for name in names if name.endswith(".json")]
    for result in jsons:
        document = _document(result)
        if document is None or not is_result(document) or result.name.startswith(VALIDATION):
            continue
        named = [log for log in logs if result.stem in log.name] or list(logs)
        if len(named) > 1:
            listed = ", ".join(log.name for log in named[:3])
            raise FormatError(
                f"several logs could belong to it: {listed}",
                where=str(result),
                remedy="import one log with --result",
            )
        yield order(named[0], result)


def order(log: Path, result: Path | None) -> LogOrder:
    """Return a log and a result with what files of InferenceX beside them say."""
    expected, stated = None, None
    if result is not None:
        for name in (f"{VALIDATION}_{result.stem}.json", f"{VALIDATION}.json"):
            document = _document(result.with_name(name))
            if document is not None:
                expected = whole(document.get("expected_gpu_count"))
                metrics = document.get("metrics")
                energy = metrics.get("total_gpu_energy_j") if isinstance(metrics, dict) else None
                stated = number(energy)
                break
    return LogOrder(
        log=log,
        result=result,
        expected=expected or None,
        stated_j=float(stated) if stated and 0 < stated < MOST else None,
        zone=_zone(log.with_name(f"{log.stem}_context.json")),
        models=_models(log.with_name(f"{log.stem}_identity.csv")),
    )


def _zone(path: Path) -> str:
    """Return the time zone that the context of a log names; empty where it names none."""
    zone = said((_document(path) or {}).get("timestamp_timezone"))
    try:
        ahead_ns(zone, (0, 0))
    except UsageError:
        return ""
    return zone


def _models(path: Path) -> dict[int, str]:
    """Return the models of GPUs by number, from a table with ``index`` and ``name``."""
    try:
        with opened(path, most=MOST_TABLE) as file:
            lines = file.read().decode("utf-8-sig", "replace").splitlines()
    except JoulemarkError:
        return {}
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines[:MAX_GPUS])]
    head = [cell.partition(" [")[0] for cell in rows[0]] if rows else []
    if not {"index", "name"} <= set(head):
        return {}
    index, name = head.index("index"), head.index("name")
    whole_rows = [row for row in rows[1:] if len(row) == len(head) and row[index].isdecimal()]
    return {int(row[index][:4]): written(row[name]) for row in whole_rows}


def _document(path: Path) -> dict[str, Any] | None:
    """Return the object in a file; None where it holds none."""
    try:
        with opened(path) as file:
            return loaded(file.read(MAX_JSON + 1), str(path))
    except JoulemarkError:
        return None
