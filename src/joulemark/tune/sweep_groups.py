"""Points of a sweep as groups of candidates, to recommend one of them and to draw frontiers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from joulemark.analysis.calibrating.tables import Row, Table
from joulemark.analysis.frontier.candidate import Candidate, Group, Label, Measure, Metric, assuming
from joulemark.analysis.frontier.served import metric_of, name_of, usual
from joulemark.core.errors import UsageError
from joulemark.core.units import count_of
from joulemark.tune.sweep_axes import OWN
from joulemark.tune.sweep_plan import COMMAND, Plan, parse_plan, told
from joulemark.tune.sweep_record import FAILED, RECORD, last_of_each, read_record
from joulemark.tune.sweep_setup import setting_up
from joulemark.tune.sweep_table import POINT, shown_first, sweep_table

SERVING = "serving"
MODEL, SERVED, STORE = "model", "served_model", "store"
_U95 = "_u95"
_NAMED = 5
Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a sweep is to be looked at.

    Attributes:
        x: metric or column that stands for time; empty for the usual one.
        y: likewise for energy.
        by: axes that tell groups apart; the model, if it differs, where none are named.
        more: metrics of which more is better, beside those that are known to be so.
        default: the point that one has without choosing, ``batch=8 rate=2``; may leave axes out;
            empty: as the sweep's file says.
        assume: half-width of the 95 % interval, relative, that is assumed where there is none.
    """

    x: str = ""
    y: str = ""
    by: Sequence[str] = ()
    more: Sequence[str] = ()
    default: str = ""
    assume: float | None = None


def sweep_groups(folder: Path, asked: Asked) -> list[Group]:
    """Return the groups of a sweep's points, in the order of the points.

    Raises:
        UsageError: if it has no such metric or axis, or no such default.
        FormatError: if the record is damaged, or holds no point that was done.
        StoreError: if it cannot be read.
    """
    head, lines = read_record(folder)
    table = sweep_table(folder)
    plan = parse_plan(str(head.get("plan", "")).encode(), str(folder / RECORD))
    metrics = _metrics(head, table, plan, asked)
    time, energy = _chosen(head, table, plan, asked, metrics)
    by = _by(table, plan, asked)
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows:
        found.setdefault(tuple(told(row.cells.get(name, "")) for name in by), []).append(row)
    failed = _failed(last_of_each(lines).values())
    groups = []
    for key, rows in found.items():
        candidates = tuple(_candidate(folder, plan, metrics, row, asked) for row in rows)
        labels: dict[str, Label] = dict(zip(by, key, strict=True))
        model = str(labels.pop(MODEL, "") or labels.pop(SERVED, "") or _model(table))
        labels["provenance"] = " ".join(sorted({str(row.cells["provenance"]) for row in rows}))
        default, remark = _default(plan, asked, rows)
        groups.append(
            Group(
                source=table.name,
                task=_task(head, plan, metrics),
                model=model or "/".join(key),
                candidates=candidates,
                metrics=metrics,
                time=time,
                energy=energy,
                defaults={"": default} if default else {},
                default_rule=remark if default else "",
                labels=labels,
                notes=(
                    *_notes(plan, rows, failed, "" if default else remark),
                    *_lacking(candidates, metrics[time], metrics[energy]),
                ),
            )
        )
    return groups


def _metrics(head: Cells, table: Table, plan: Plan, asked: Asked) -> dict[str, Metric]:
    columns = [name for name in table.columns if f"{name}{_U95}" in table.columns]
    more = (*asked.more, *(plan.goals.more if plan.goals is not None else ()))
    served = plan.by == COMMAND
    some = [metric_of(name, more=more, served=served) for name in shown_first(head, columns)]
    return {metric.name: metric for metric in some}


def _chosen(
    head: Cells, table: Table, plan: Plan, asked: Asked, metrics: Mapping[str, Metric]
) -> tuple[str, str]:
    """Return the metrics that stand for time and energy."""
    time, energy = usual(metrics)
    goals = [name_of(name) for name in (plan.goals.objectives if plan.goals is not None else ())]
    if len(goals) == 2:
        energy, time = sorted(goals, key=lambda name: not name.startswith(("energy", "net")))
    if not (time and energy) and plan.by != COMMAND:
        share = f"energy_per_{plan.reads.unit}_j" if plan.reads.unit else OWN[0]
        time, energy = time or "time_s", name_of(share)
    time, energy = name_of(asked.x) or time, name_of(asked.y) or energy
    for name, flag in ((time, "--x"), (energy, "--y")):
        if name not in metrics:
            what = f"no metric {name!r:.40}" if name else "what stands for time and energy?"
            remedy = f"name one by {flag}: there is {', '.join(metrics)}"
            raise UsageError(what, where=table.name, remedy=remedy)
    return time, energy


def _task(head: Cells, plan: Plan, metrics: Mapping[str, Metric]) -> str:
    served = plan.by == COMMAND and usual(metrics)[0] and "latency" not in metrics
    return SERVING if served else str(head.get("title", ""))


def _by(table: Table, plan: Plan, asked: Asked) -> list[str]:
    axes = [axis.name for axis in plan.axes]
    for name in asked.by:
        if name not in axes:
            remedy = f"there is {', '.join(axes)}"
            raise UsageError(f"no axis {name!r:.40}", where=table.name, remedy=remedy)
    if asked.by:
        return list(asked.by)
    if MODEL in axes:
        return [MODEL]
    models = {str(row.cells.get(SERVED)) for row in table.rows}
    return [SERVED] if len(models) > 1 else []


def _model(table: Table) -> str:
    return str(table.rows[0].cells.get(SERVED) or "")


def _candidate(
    folder: Path, plan: Plan, metrics: Mapping[str, Metric], row: Row, asked: Asked
) -> Candidate:
    cells = row.cells
    measures = {}
    for column, value in cells.items():
        name = name_of(column)
        if name in metrics and isinstance(value, int | float):
            half = cells.get(f"{column}{_U95}")
            own = Measure(float(value), float(half) if isinstance(half, int | float) else None)
            measures[name] = assuming(own, asked.assume)
    values = {axis.name: cells[axis.name] for axis in plan.axes}
    known = {name: cells[name] for name in ("gpu", "gpus") if cells.get(name) is not None}
    stores = str(cells.get(STORE) or "")
    runs = tuple(str(PurePath(stores, name)) for name in str(cells["runs"]).split())
    return Candidate(
        name=str(cells[POINT]),
        measures=measures,
        labels={**known, **values},
        source=f"{folder}: {' '.join(PurePath(run).name for run in runs)}",
        command="\n".join(setting_up(plan, values)),
        runs=tuple(os.path.normpath(folder / run) for run in runs),
    )


def _default(plan: Plan, asked: Asked, rows: Sequence[Row]) -> tuple[str, str]:
    """Return the point that is the default and how it was found; or none, and why."""
    stated = {name: told(value) for name, value in plan.default.items()}
    wanted = _pairs(asked.default) if asked.default else stated
    names = {axis.name for axis in plan.axes}
    if not wanted:
        return "", ""
    if not wanted.keys() <= names:
        remedy = f"write it like {rows[0].cells[POINT]}"
        raise UsageError(f"no point is {asked.default!r:.60}", where="--default", remedy=remedy)
    said = " ".join(f"{name}={value}" for name, value in wanted.items())
    fitting = [
        str(row.cells[POINT])
        for row in rows
        if all(told(row.cells[name]) == value for name, value in wanted.items())
    ]
    if len(fitting) == 1:
        return fitting[0], f"{said}, as {'--default' if asked.default else 'the sweep'} says"
    many = f"fits {len(fitting)} points" if fitting else "was not measured, or failed"
    return "", f"The default {said} {many}, so no saving against it is said."


def _pairs(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (one.partition("=") for one in text.split())}


def _failed(lines: Any) -> list[str]:
    some = [line["values"] for line in lines if line["status"] == FAILED]
    return [" ".join(f"{n}={told(v)}" for n, v in values.items()) for values in some]


def _lacking(candidates: Sequence[Candidate], *metrics: Metric) -> Iterator[str]:
    """Yield which points are left out, and for want of what."""
    for metric in metrics:
        lacking = [one.name for one in candidates if not one.has(metric.name)]
        if lacking:
            named = ", ".join(lacking[:_NAMED])
            more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
            yield f"Left out, as they tell no {metric.title}: {named}{more}."


def _notes(plan: Plan, rows: Sequence[Row], failed: Sequence[str], remark: str) -> Iterator[str]:
    sources = sorted({str(row.cells["provenance"]) for row in rows})
    yield f"Energy is {', '.join(sources)}."
    alone = any(row.cells["repeats"] == 1 for row in rows)
    if not alone:
        yield "± is the scatter of the repeats (95 %)."
    elif plan.by == COMMAND:
        yield "± is what a point's one run tells of itself; numbers without it are taken as exact."
    else:
        yield "Points were measured once: numbers are taken as exact."
    if failed:
        named = ", ".join(dict.fromkeys(failed[:_NAMED]))
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        yield f"{count_of(len(failed), 'measurement')} failed and count for nothing: {named}{more}."
    if remark:
        yield remark
