"""A sweep as a table: one row for each point, means over its repeats with their scatter."""

from __future__ import annotations

import csv
import io
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from joulemark.accounting.repeats import half_width
from joulemark.analysis.calibrating.tables import Row, Table
from joulemark.core.errors import FormatError
from joulemark.store.files import replace_file
from joulemark.tune.sweep_axes import OWN
from joulemark.tune.sweep_plan import COMMAND, filled, told
from joulemark.tune.sweep_record import DONE, FAILED, RECORD, last_of_each, read_record

FIRST = (
    *("energy_per_output_token_j", "energy_per_request_j", "energy_per_image_j"),
    *("energy_per_video_j", "energy_j", "tpot_p99_s", "tpot_mean_s", "ttft_p99_s"),
    *("batch_latency_mean_s", "batch_latency_p99_s", "output_tokens_per_s", "time_s", "power_w"),
)
"""Numbers that a command tells of itself which are shown first."""
POINTS, POINT = "points.csv", "point"
Line = Mapping[str, Any]


def sweep_table(folder: Path) -> Table:
    """Return a sweep's points as a table.

    ``NAME_u95`` is the half-width of the 95 % interval of the mean by the scatter of the repeats:
    it tells points of one sweep apart, as an error of the meter is the same in all of them. That
    error is in ``energy_j_meter_u95``. Where work was counted, ``energy_per_UNIT_j`` is energy for
    each unit of it.

    Raises:
        FormatError: if the record is damaged, or holds no point that was done.
        StoreError: if it cannot be read.
    """
    head, lines = read_record(folder)
    found: dict[int, list[Line]] = defaultdict(list)
    for (_, point), line in sorted(last_of_each(lines).items()):
        found[point].append(line)
    rows = [
        Row(place, cells)
        for place, (_, some) in enumerate(sorted(found.items()), 1)
        if (cells := _cells(head, some)) is not None
    ]
    if not rows:
        remedy = "see the reasons in the record, or go on with --resume"
        raise FormatError("no point was done", where=str(folder / RECORD), remedy=remedy)
    columns = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    return Table(str(folder), columns, rows, {})


def shown_first(head: Line, names: Iterable[str]) -> list[str]:
    """Return names of numbers in the order in which they are worth showing.

    Args:
        head: of the record.
        names: those that are there.
    """
    there = dict.fromkeys(names)
    unit = head.get("unit")
    wanted = [*_names(head, "objectives"), *([f"energy_per_{unit}_j"] if unit else [])]
    wanted += _names(head, "metrics") if head.get("by") == COMMAND else ["energy_j", "time_s"]
    return list(dict.fromkeys(name for name in (*wanted, *FIRST, *there) if name in there))


def write_points(folder: Path) -> Path:
    """Write the table beside the record as CSV, and return its path.

    Raises:
        FormatError: if the record is damaged, or holds no point that was done.
        StoreError: if it cannot be written.
    """
    table = sweep_table(folder)
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, table.columns, lineterminator="\n")
    lines.writeheader()
    lines.writerows(dict(row.cells) for row in table.rows)
    replace_file(folder / POINTS, text.getvalue().encode())
    return folder / POINTS


def _cells(head: Line, lines: Sequence[Line]) -> dict[str, Any] | None:
    """Return the cells of one point; None if none of its repeats was done."""
    done = [line for line in lines if line["status"] == DONE]
    if not done:
        return None
    values = done[0]["values"]
    cells: dict[str, Any] = {POINT: " ".join(f"{n}={told(v)}" for n, v in values.items()), **values}
    if head.get("by") == COMMAND:
        cells |= _told(head, done)
    else:
        cells |= _own(head, done)
        for name in _names(head, "metrics"):
            cells |= _mean(name, [_number(line["metrics"].get(name)) for line in done])
    provenance = sorted({str(line["provenance"]) for line in done if line.get("provenance")})
    cells |= {"repeats": len(done), "failed": sum(line["status"] == FAILED for line in lines)}
    cells |= {"provenance": " ".join(provenance) or "none"}
    cells["runs"] = " ".join(str(line["run"]) for line in done if line.get("run"))
    cells["store"] = next((str(line["store"]) for line in done if line.get("store")), None)
    cells["command"] = _shell(filled(_names(head, "command"), done[0]["values"], "RESULT.json"))
    return cells


def _own(head: Line, done: Sequence[Line]) -> dict[str, Any]:
    """Return what the runs of whole commands came to."""
    cells: dict[str, Any] = {}
    unit = head.get("unit")
    if unit:
        shares = [_share(line) for line in done]
        cells |= _mean(f"energy_per_{unit}_j", shares)
    for name in OWN:
        cells |= _mean(name, [_number(line.get(name)) for line in done])
        if name == "energy_j":
            meter = [_number(line.get("energy_u95_j")) for line in done]
            cells["energy_j_meter_u95"] = _mean("", meter)[""]
    return cells


def _told(head: Line, done: Sequence[Line]) -> dict[str, Any]:
    """Return what commands told that measured themselves; of one alone with its own interval."""
    told_of = [name for line in done for name in line["metrics"]]
    cells: dict[str, Any] = {}
    for name in dict.fromkeys([*_names(head, "metrics"), *told_of]):
        some = [line for line in done if _number(line["metrics"].get(name)) is not None]
        cells |= _mean(name, [_number(line["metrics"].get(name)) for line in some])
        if len(some) == 1:
            cells[f"{name}_u95"] = _half(some[0], "u95", name)
        whole = [_half(line, "meter_u95", name) for line in some]
        if any(half is not None for half in whole):
            cells[f"{name}_meter_u95"] = _mean("", whole)[""]
    for there, name in (("model", "served_model"), ("gpu", "gpu"), ("gpus", "gpus")):
        kinds = {line[there]: None for line in done if line.get(there)}
        if len(kinds) == 1 and name not in done[0]["values"]:
            cells |= {name: next(iter(kinds))}
    return cells


def _half(line: Line, kind: str, name: str) -> float | None:
    told_of = line.get(kind)
    return _number(told_of.get(name)) if isinstance(told_of, Mapping) else None


def _share(line: Line) -> float | None:
    joules, work = _number(line.get("energy_j")), _number(line["metrics"].get("work"))
    return joules / work if joules is not None and work else None


def _mean(name: str, values: Sequence[float | None]) -> dict[str, float | None]:
    """Return the mean of what is known, and its half-width where there are repeats."""
    known = [value for value in values if value is not None]
    if not known:
        return {name: None, f"{name}_u95": None}
    mean = statistics.fmean(known)
    several = len(known) > 1 and mean != 0
    return {name: mean, f"{name}_u95": half_width(known) * abs(mean) if several else None}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _names(head: Line, name: str) -> list[str]:
    found = head.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def _shell(words: Sequence[str]) -> str:
    from shlex import join

    return join(words)
