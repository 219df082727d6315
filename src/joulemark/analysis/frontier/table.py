"""Rows of any table as groups of candidates: two columns are the metrics, others tell groups.

A column ``NAME_u95`` is the half-width of the 95 % interval of ``NAME``. The ending of a column's
name is its unit where it is one (``p99_s``, ``energy_j``); nothing is converted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joulemark.analysis.calibrating.tables import Row, Table
from joulemark.analysis.frontier.candidate import Candidate, Group, Label, Measure, Metric, assuming
from joulemark.core.errors import FormatError, UsageError

_UNITS: Mapping[str, str] = {
    "s": "s", "ms": "ms", "us": "µs", "j": "J", "mj": "mJ", "kj": "kJ", "wh": "Wh", "kwh": "kWh",
    "w": "W", "kw": "kW", "hz": "Hz", "mhz": "MHz",
}  # fmt: skip
_U95 = "_u95"
_DEFAULT = "what --default names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a table are.

    Attributes:
        x: the metric that stands for time.
        y: the metric that stands for energy.
        by: columns that tell groups apart.
        name: column with the names of rows; empty: they are named by what differs among them.
        more: metrics of which more is better.
        default: name of the row that is what one gets without choosing; empty for none.
        assume: half-width of the 95 % interval, relative, that is assumed where there is none.
    """

    x: str
    y: str
    by: Sequence[str] = ()
    name: str = ""
    more: Collection[str] = field(default_factory=frozenset)
    default: str = ""
    assume: float | None = None


def table_groups(table: Table, columns: Columns) -> list[Group]:
    """Return the groups of a table, in the order of first mention.

    Raises:
        UsageError: if there is no such column, or two rows have one name.
        FormatError: if a cell of a metric is no number.
    """
    for name in (columns.x, columns.y, *columns.by, *columns.more, *filter(None, [columns.name])):
        table.need(name)
    metrics = _metrics(table, columns)
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows:
        key = tuple(str(row.cells.get(name, "")) for name in columns.by)
        found.setdefault(key, []).append(row)
    return [_group(table, columns, metrics, key, rows) for key, rows in found.items()]


def _metrics(table: Table, columns: Columns) -> dict[str, Metric]:
    """Return the columns that are numbers in every row that has them."""
    found = {}
    for name in table.columns:
        asked = name in (columns.x, columns.y)
        other = name in columns.by or name == columns.name or name.endswith(_U95)
        if asked or (not other and _is_numeric(table, name)):
            what, _, end = name.lower().rpartition("_")
            unit = "" if what.endswith("_per") else _UNITS.get(end, "")  # items_per_s: no time
            title = name.replace("_", " ")
            found[name] = Metric(name, unit, title, more=name in columns.more)
    return found


def _is_numeric(table: Table, name: str) -> bool:
    values = [row.cells.get(name) for row in table.rows]
    stated = [value for value in values if value not in (None, "")]
    return bool(stated) and all(_number(value) is not None for value in stated)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _group(
    table: Table,
    columns: Columns,
    metrics: Mapping[str, Metric],
    key: tuple[str, ...],
    rows: Sequence[Row],
) -> Group:
    names = _names(table, columns, metrics, rows)
    candidates = tuple(
        _candidate(table, columns, metrics, row, name)
        for row, name in zip(rows, names, strict=True)
    )
    labels = dict(zip(columns.by, key, strict=True))
    known = any(one.measures[m].u95 is not None for one in candidates for m in one.measures)
    return Group(
        source=table.name,
        task=labels.pop("task", ""),
        model=labels.pop("model", "") or "/".join(labels.values()),
        candidates=candidates,
        metrics=metrics,
        time=columns.x,
        energy=columns.y,
        defaults={"": columns.default} if columns.default in names else {},
        default_rule=_DEFAULT if columns.default else "",
        labels=labels,
        notes=() if known else ("The table gives no uncertainty: numbers are taken as exact.",),
    )


def _names(
    table: Table, columns: Columns, metrics: Mapping[str, Metric], rows: Sequence[Row]
) -> list[str]:
    """Return a name for each row; what differs, where no column has them.

    Raises:
        UsageError: if a column has one name twice.
    """
    if columns.name:
        names = [str(row.cells.get(columns.name, "")) for row in rows]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            remedy = "name another column, or tell groups apart by --by"
            raise UsageError(f"two rows are called {twice!r:.40}", where=table.name, remedy=remedy)
        return names
    apart = (columns.x, columns.y, *columns.by, "command")
    told = [n for n in table.columns if n not in apart and not n.endswith(_U95)]
    told.sort(key=lambda name: name in metrics)  # words first, then numbers until they suffice
    differing = [n for n in told if len({str(row.cells.get(n)) for row in rows}) > 1]
    for count in range(1, len(differing) + 1):
        names = [" ".join(f"{n} {row.cells.get(n)}" for n in differing[:count]) for row in rows]
        if len(set(names)) == len(names):
            return names
    return [f"row {row.place}" for row in rows]


def _candidate(
    table: Table, columns: Columns, metrics: Mapping[str, Metric], row: Row, name: str
) -> Candidate:
    measures = {}
    for metric in metrics:
        cell = row.cells.get(metric)
        value = _number(cell)
        if value is None and cell not in (None, ""):
            raise FormatError(f"{metric} is no number: {cell!r:.40}", where=table.where(row))
        if value is not None:
            half = _number(row.cells.get(metric + _U95))
            own = Measure(value, None if half is None else abs(half))
            measures[metric] = assuming(own, columns.assume)
    told = (columns.x, columns.y, *columns.by, columns.name, "command")
    labels: dict[str, Label] = {
        column: value if isinstance(value, str | int | float | bool | None) else str(value)
        for column, value in row.cells.items()
        if column not in told and not column.endswith(_U95)
    }
    command = row.cells.get("command")
    return Candidate(
        name=name,
        measures=measures,
        labels=labels,
        source=table.where(row),
        command=command if isinstance(command, str) else "",
    )
