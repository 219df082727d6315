"""Trends as JSON: one object a line, each with its kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.against import Beside
from joulemark.analysis.trends.best import Best
from joulemark.analysis.trends.changes import Change, Changes
from joulemark.analysis.trends.hardware import Generations
from joulemark.analysis.trends.lines import Line
from joulemark.analysis.trends.macs import PerMac
from joulemark.analysis.trends.own import Laid, Refused
from joulemark.analysis.trends.scaling import Scaling

Object = dict[str, Any]


def write_lines(objects: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write one JSON object a line."""
    for one in objects:
        file.write(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n")


def best_json(found: Sequence[Best]) -> Iterator[Object]:
    """Yield an object for each round of each line."""
    for best in found:
        for step in best.steps:
            yield {
                "kind": "best",
                **_line(best.line),
                "round": step.round,
                "move": step.move.value,
                "times": step.times,
                "best": result(step.best),
                "here": result(step.here),
                "level": [entry.key for entry in step.level],
                "count": step.count,
                "trend": best.is_trend,
            }


def changes_json(found: Changes, of: str) -> Iterator[Object]:
    """Yield an object for each change, and one for what they come to.

    Args:
        found: changes of one kind.
        of: the kind: ``software``.
    """
    for change in found.changes:
        yield change_json(change, of)
    yield {
        "kind": f"{of} summary",
        "count": len(found.changes),
        "distinct": found.distinct,
        "apart": found.apart,
        "unsure": found.unsure,
        "summary": None if found.summary is None else asdict(found.summary),
    }


def change_json(change: Change, of: str) -> Object:
    """Return a change as JSON values."""
    return {
        "kind": of,
        **asdict(change.subject),
        "name": change.subject.name,
        "change": change.relative,
        "u95": change.u95,
        "apart": change.apart,
        "before": result(change.before),
        "after": result(change.after),
        "note": change.note,
    }


def generations_json(found: Sequence[Generations]) -> Iterator[Object]:
    """Yield an object for each change, and one for each step of a family."""
    for of in found:
        names = {"family": of.family.name, "older": of.older, "newer": of.newer}
        for one in changes_json(of.changes, "hardware"):
            yield {**one, **names}


def against_json(found: Sequence[Beside]) -> Iterator[Object]:
    """Yield an object for each line."""
    for beside in found:
        yield {
            "kind": "against",
            "against": beside.what.value,
            **_line(beside.line),
            "count": len(beside.line.entries),
            "correlation": None if beside.correlation is None else asdict(beside.correlation),
            "low": None if beside.low is None else asdict(beside.low),
            "high": None if beside.high is None else asdict(beside.high),
        }


def macs_json(found: Sequence[PerMac]) -> Iterator[Object]:
    """Yield an object for each line."""
    for one in found:
        yield {
            "kind": "mac",
            **_line(one.line),
            "macs": one.macs.macs,
            "of": one.macs.of,
            "check": one.macs.check,
            "least_j": one.least,
            "median_j": one.median,
            "best": result(one.best),
            "count": len(one.line.entries),
        }


def scaling_json(found: Sequence[Scaling]) -> Iterator[Object]:
    """Yield an object for each size of each benchmark."""
    for of in found:
        for size in of.sizes:
            yield {
                "kind": "scaling",
                "benchmark": of.benchmark,
                "submitter": of.submitter,
                "round": of.round,
                "accelerators": size.accelerators,
                "energy": size.energy,
                "energy_efficiency": size.energy_efficiency,
                "faster": size.faster,
                "parallel_efficiency": size.parallel_efficiency,
                "power": size.power,
                "u95": size.u95,
                "trend": of.is_trend,
                "result": result(size.entry),
            }


def own_json(laid: Sequence[Laid], refused: Sequence[Refused]) -> Iterator[Object]:
    """Yield an object for each run of one's own."""
    for one in laid:
        yield {
            "kind": "own",
            **_line(one.line),
            "times": one.times,
            "place": one.place,
            "count": one.count,
            "apart": one.apart,
            "own": {**result(one.entry), "remarks": list(one.entry.remarks)},
            "best": result(one.best),
        }
    for no in refused:
        yield {"kind": "refused", "own": result(no.entry), "why": no.why}


def result(entry: Entry) -> Object:
    """Return what a trend needs of a result."""
    return {
        "key": entry.key,
        "round": entry.round,
        "submitter": entry.submitter,
        "system": entry.system_name or entry.system,
        "public_id": entry.public_id,
        "accelerator": entry.accelerator,
        "accelerators": entry.accelerators,
        "software": entry.software,
        "work": entry.work,
        "per_joule": entry.per_joule,
        "energy_j": entry.energy_j,
        "performance": entry.performance,
        "power_w": entry.power_w,
        "u95": entry.u95,
        "evidence": entry.evidence.value,
        "doubts": list(entry.doubts),
        "sources": list(entry.sources),
    }


def _line(line: Line) -> Object:
    return {
        **asdict(line.subject),
        "name": line.subject.name,
        "part": line.part,
        "opened_by": [change.what for change in line.opened_by],
        "work": line.work,
        "left_out": dict(line.left_out),
    }
