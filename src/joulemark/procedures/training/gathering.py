"""Merge the nodes of a training by clock, cut them to the run, write and score them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.accounting.boundary import PartEnergy
from joulemark.accounting.results import PhaseResult
from joulemark.accounting.training_energy import log_energy
from joulemark.accounting.training_official import Algorithm
from joulemark.accounting.training_record import PowerRecord
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import UnavailableError
from joulemark.core.finding import Finding, Severity
from joulemark.core.value import Value, total
from joulemark.formats.training.benchmarks import benchmarks
from joulemark.formats.training.directory import in_order
from joulemark.formats.training.writing import Layout
from joulemark.formats.trees.opening import open_tree
from joulemark.procedures.results import results_of
from joulemark.procedures.training.gathered import Gathered, Seen, Switch
from joulemark.procedures.training.lacking import lacking
from joulemark.procedures.training.layout import description, number_of, write_result
from joulemark.procedures.training.merge import PHASE, merged_traces, write_merged
from joulemark.procedures.training.nodes import NodeRun
from joulemark.procedures.training.parts import numbered
from joulemark.procedures.training.runlog import TrainingLog, benchmark_of, of_log, training_log
from joulemark.procedures.training.together import Placed, place
from joulemark.procedures.training.written import Written, written
from joulemark.rules.training.register import review
from joulemark.store.reader import open_run

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be made of the nodes.

    Attributes:
        root: of the submission that is written.
        store: directory for the merged run.
        submitter: who; part of the path.
        system: name of the system.
        benchmark: name of the benchmark; what the log of the run says if empty.
        expected: how many nodes there should be.
        switches: of the interconnect.
        factors: conversion efficiency by part (``node``, ``node_3``, ``sw``).
        run_log: the log of the run, if it lies here; else a node brings it.
        division: ``closed`` or ``open``.
        force: whether files of the submission may be replaced.
    """

    root: Path
    store: Path
    submitter: str
    system: str
    expected: int
    benchmark: str = ""
    switches: tuple[Switch, ...] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    run_log: Path | None = None
    division: str = "open"
    force: bool = False


def gather(nodes: Sequence[NodeRun], plan: Plan, before: Sequence[Finding] = ()) -> Gathered:
    """Return what the runs of agents come to together.

    Args:
        nodes: what came.
        plan: what to make of it.
        before: what is known to be wrong already.

    Raises:
        UnavailableError: if nothing came.
        FormatError: if the log of the run is none.
        UsageError: if a file is there that may not be replaced.
        StoreError: if something cannot be written.
    """
    if not nodes:
        raise UnavailableError("no node came", remedy="start joulemark agent --gather on each")
    parts, twice = numbered(nodes)
    log = training_log(parts, plan.run_log)
    run = None if log is None else log.bounds
    clock = None if log is None else log.node
    placed = [place(node, part, clock, run or _ends(node)) for part, node in parts.items()]
    layout = Layout(plan.submitter, plan.system, plan.benchmark or benchmark_of(log))
    made, folder = Written(), None
    if log is not None and run is not None:
        made = written(placed, plan.switches, plan.factors, run)
        folder = _submission(placed, plan, layout, log, made)
    merged = _merged(placed, plan, layout.benchmark, log, run)
    seen = list(_seen(placed, plan, made.records, run, _train(merged)))
    found = [*before, *twice, *of_log(log), *lacking(seen, placed, run)]
    found += [] if folder is None else _reviewed(plan.root, layout)
    return Gathered(
        expected=plan.expected,
        seen=tuple(seen),
        start=None if run is None else run[0],
        stop=None if run is None else run[1],
        merged=merged,
        folder=folder,
        findings=tuple(sorted(found, key=lambda one: _ORDER[one.severity])),
    )


def _ends(node: NodeRun) -> tuple[int, ...]:
    return node.span or (node.stored.run.anchor.utc_ns,)


def _submission(
    placed: Sequence[Placed], plan: Plan, layout: Layout, log: TrainingLog, made: Written
) -> Path:
    number = number_of(plan.root, layout, log.name, log.data)
    files = {layout.result(number): log.data, **dict(made.files(layout, number))}
    if not (plan.root / layout.description).exists():
        files[layout.description] = description(layout, placed, plan.expected, plan.division)
    return write_result(plan.root, layout, files, force=plan.force)


def _merged(
    placed: Sequence[Placed],
    plan: Plan,
    title: str,
    log: TrainingLog | None,
    run: tuple[int, int] | None,
) -> Path:
    traces = merged_traces(placed, plan.switches, plan.factors, run)
    told: dict[str, Any] = {
        "title": title,
        "expected": plan.expected,
        "nodes": {one.part: _told(one) for one in placed},
        "switches": {s.name: {"watts": s.watts, "share": s.share} for s in plan.switches},
        "conversion_efficiency": dict(plan.factors),
    }
    raw = {} if log is None else {"training.log": log.data}
    return write_merged(plan.store, placed, traces, run, told, raw)


def _reviewed(root: Path, layout: Layout) -> list[Finding]:
    """Return what the rules find in what was written."""
    wanted = str(layout.folder)
    trees = benchmarks(open_tree(str(root)))
    return [one for directory in trees if directory.path == wanted for one in review(directory)]


def _told(placed: Placed) -> dict[str, Any]:
    drift = placed.drift
    return {
        "run": placed.node.stored.run.id,
        "identity": placed.node.identity.as_json(),
        "clock": {
            "compared": placed.compared,
            "exchanges": len(placed.node.exchanges),
            "offset_s": placed.offset_s,
            "half_width_s": placed.half_s,
            "drift": None if drift is None else {"rate": drift.rate, "half": drift.half_width},
        },
    }


def _train(merged: Path) -> PhaseResult | None:
    results = results_of(open_run(merged))
    return next((result for result in results if result.phase == PHASE), None)


def _seen(
    placed: Sequence[Placed],
    plan: Plan,
    records: Mapping[str, PowerRecord],
    run: tuple[int, int] | None,
    train: PhaseResult | None,
) -> Iterator[Seen]:
    """Yield every node and switch, those that never came in their places."""
    came = {one.part: one for one in placed}
    wanted = [f"node_{number}" for number in range(plan.expected)]
    wanted += [switch.name for switch in plan.switches]
    parts = () if train is None else train.parts
    for part in sorted({*wanted, *came}, key=in_order):
        mine = [one for one in parts if one.channel.node == part and one.added]
        yield _one(part, came.get(part), records.get(part), run, mine)


def _one(
    part: str,
    placed: Placed | None,
    record: PowerRecord | None,
    run: tuple[int, int] | None,
    energies: Sequence[PartEnergy],
) -> Seen:
    known: dict[str, Any] = {}
    if placed is not None:
        known = {
            "host": placed.node.identity.host,
            "run": placed.node.stored.run.id,
            "offset_s": placed.offset_s if placed.compared else None,
            "offset_half_s": placed.half_s,
            "drift": placed.drift,
        }
    if energies:
        known |= {
            "provenance": Provenance.weakest([one.energy.provenance for one in energies]),
            "meters": tuple(sorted({one.channel.meter for one in energies})),
            "coverage": min(one.energy.coverage for one in energies),
            "in_run": total([one.energy.joules for one in energies], "J"),
        }
    if record is not None and run is not None:
        energy = log_energy(record, *run, Algorithm.PRESENT)
        known |= {
            "published": energy.published,
            "readings": len(record.time),
            "longest_gap_s": _longest_gap_s(record, run) if placed is not None else 0.0,
        }
    return Seen(part=part, **known)


def _longest_gap_s(record: PowerRecord, run: tuple[int, int]) -> float:
    """Return the longest time between two readings of a run, s; all of it with fewer than two."""
    inside = record.time[(record.time >= run[0]) & (record.time <= run[1])]
    return float(np.diff(inside if len(inside) > 1 else np.array(run)).max()) / NS


def compute(gathered: Gathered) -> Value | None:
    """Return the energy of all nodes in the run, J; None if one has none."""
    return _sum([one for one in gathered.seen if one.part.startswith("node")])


def interconnect(gathered: Gathered) -> Value | None:
    """Return the energy of all switches in the run, J; None if one has none."""
    return _sum([one for one in gathered.seen if one.part.startswith("sw")])


def whole(gathered: Gathered) -> Value | None:
    """Return the energy of all parts in the run, J; None if one has none."""
    return _sum(gathered.seen)


def _sum(seen: Sequence[Seen]) -> Value | None:
    values = [one.in_run for one in seen if one.in_run is not None]
    return total(values, "J") if len(values) == len(seen) else None
