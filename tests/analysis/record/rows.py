"""Statements of results, made for tests."""

from __future__ import annotations

from typing import Any

from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.index import Record, record_of
from joulemark.analysis.record.making import Maker
from joulemark.analysis.record.runs import RunFacts
from joulemark.formats.results.declared import DeclaredResult

PLACE = "closed/ACME/results/box_x8/bert-99/Offline"


def row(kind: str = "logs", identity: str = "", **more: Any) -> DeclaredResult:
    """Return a statement; of logs and lists at :data:`PLACE`, of a page with a number."""
    known: dict[str, Any] = {
        "round": "v4.0",
        "submitter": "ACME",
        "system_name": "Box (8x Thing, MaxQ)",
        "system_type": "datacenter",
        "benchmark": "bert-99",
        "scenario": "Offline",
        "performance": 1000.0,
        "performance_unit": "samples/s",
        "power": 501.2345678,
        "power_unit": "W",
    }
    if kind == "results-page":
        known |= {"public_id": "4.0-0001", "sources": ("page.csv:2", "page.csv:3")}
        known["system_name"] = "Box (8x Thing; MaxQ)"
    else:
        known |= {"location": PLACE, "system": "box_x8", "division": "closed"}
        known["sources"] = (f"{kind}:1",)
    if kind == "logs":
        known["run"] = "run-1"
    known |= more
    identity = identity or f"{known['round']}\0{known.get('location') or known.get('public_id')}"
    return DeclaredResult(kind=kind, identity=identity, **known)


def recorded(*rows: DeclaredResult, **facts: RunFacts) -> Record:
    """Return the record of statements; facts are of runs, with ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in facts.items()}
    return record_of(rows, Maker(named, {}, {}, definitions()))
