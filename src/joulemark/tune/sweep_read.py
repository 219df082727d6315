"""What a point came to: energy from its run, other numbers from what its command wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.core.window import Role
from joulemark.procedures.results import results_of
from joulemark.store.named import named_bytes
from joulemark.store.reader import StoredRun
from joulemark.tune.sweep_axes import RESULT
from joulemark.tune.sweep_reads import LAST_LINE, Reads
from joulemark.tune.sweep_told import number, value_at

MAX_OUTPUT = 64 << 20
MAX_LINE = 1 << 20


def energy_of(stored: StoredRun) -> dict[str, Any]:
    """Return energy, time and power of a run that measured one command.

    Returns:
        ``energy_j`` with ``energy_u95_j`` and its ``provenance``, ``net_j``, ``time_s`` and
        ``power_w``; what was not measured is None.
    """
    results = [result for result in results_of(stored) if result.role is Role.MEASURE]
    if not results:
        return {}
    result = results[0]
    joules = None if result.total is None else result.total.joules
    return {
        "energy_j": None if joules is None else joules.value,
        "energy_u95_j": None if joules is None else joules.u95,
        "provenance": None if result.total is None else result.total.provenance.value,
        "net_j": None if result.net is None else result.net.value,
        "time_s": result.duration_s,
        "power_w": None if result.power is None else result.power.value,
    }


def json_of(reads: Reads, result: Path, output: Path) -> tuple[Any, str]:
    """Return the JSON that a command wrote, and where it stands.

    Args:
        reads: what to read.
        result: the JSON file that it was to write.
        output: what it printed.

    Raises:
        FormatError: if it is no JSON.
        StoreError: if the file is not there.
    """
    path = result if reads.source == RESULT else output
    data = named_bytes(path, MAX_OUTPUT)
    if reads.source == LAST_LINE:
        lines = [line for line in data[-MAX_LINE:].splitlines() if line.strip()]
        data = lines[-1] if lines else b""
    try:
        return json.loads(data), str(path)
    except (ValueError, RecursionError) as error:
        remedy = "the command must write JSON there"
        raise FormatError(f"not JSON ({error})", where=str(path), remedy=remedy) from error


def written(reads: Reads, result: Path, output: Path) -> dict[str, float]:
    """Return the numbers that a command wrote, its work among them as ``work``.

    Args:
        reads: what to read.
        result: the JSON file that it was to write.
        output: what it printed.

    Raises:
        FormatError: if a number is not there.
        StoreError: if the file is not there.
    """
    if not reads.wanted:
        return {}
    value, where = json_of(reads, result, output)
    paths = {**reads.metrics, **({"work": reads.work} if reads.work else {})}
    found = {name: _number(value, key, where) for name, key in paths.items()}
    if found.get("work", 1.0) <= 0:
        what, remedy = "no work was done", "see its output"
        raise FormatError(what, where=f"{where}: {reads.work}", remedy=remedy)
    return found


def _number(value: Any, key: str, where: str) -> float:
    there = value_at(value, key) if key else None
    found = number(there)
    if found is None:
        what, remedy = f"no number but {there!r:.40}", "see what the command writes"
        raise FormatError(what, where=f"{where}: {key}", remedy=remedy)
    return found
