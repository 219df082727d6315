"""``cm-result.json`` of mlcommons/cm4mlperf-results: results of MLPerf Inference, a list a file.

One result stands in several files (all rounds together and each round by itself), and in v4.0 and
v4.1 its power in a row of its own, whose ``Result`` is null. Round and path tell results apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results import names
from joulemark.formats.results.declared import RATES, DeclaredResult, together

NAME = "cm-result.json"
KIND = "cm-result"

MAX_ROWS = 1_000_000
MAX_TEXT = 1000
"""Longer texts are cut."""
_IN_QUERIES = ("v4.0", "Server")
"""Where this list has queries a second of a language model, though the round counts tokens."""
_NEEDED = ("version", "Location", "Result_Units", "Scenario")


def read_cm_results(source: Source) -> list[DeclaredResult] | None:
    """Return the results of one file, each once; None of a list of other results (Training, Tiny).

    Raises:
        FormatError: if it is not JSON, or no list of such results.
    """
    try:
        document = json.loads(source.data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON ({error})", where=source.name) from None
    first = document[0] if isinstance(document, list) and document else None
    if not isinstance(first, dict):
        raise FormatError("no list of results", where=source.name)
    if not all(name in first for name in _NEEDED):
        return None
    if len(document) > MAX_ROWS:
        raise FormatError(f"{len(document)} results are too many", where=source.name)
    return together(_rows(document, source.name))


def _rows(document: list[Any], name: str) -> list[DeclaredResult]:
    found = []
    for place, row in enumerate(document, 1):
        where = f"{name}:{place}"
        if not isinstance(row, dict):
            raise FormatError("an entry of the list is no object", where=where)
        found.append(_result(row, where))
    return found


def _result(row: Mapping[str, Any], where: str) -> DeclaredResult:
    round_, location = _text(row, "version"), _text(row, "Location")
    bench = names.benchmark(_text(row, "Model")) or names.benchmark(_text(row, "MlperfModel"))
    remarks = [] if bench else [f"benchmark {_text(row, 'Model')!r:.60} is not known"]
    rate, rate_unit = _performance(row, bench, round_, remarks)
    power, power_unit = _power(row, remarks)
    each = names.number(row.get("accelerators_per_node"))
    nodes = names.number(row.get("number_of_nodes"))
    return DeclaredResult(
        kind=KIND,
        identity=f"{round_}\0{location}",
        sources=(where,),
        round=round_,
        division=_text(row, "Division"),
        submitter=_text(row, "Organization"),
        system=_text(row, "Platform"),
        system_name=_text(row, "SystemName"),
        system_type=_text(row, "SystemType"),
        location=location,
        benchmark=bench,
        scenario=names.scenario(_text(row, "Scenario")),
        accelerator=_text(row, "accelerator_model_name"),
        accelerators=None if each is None else each * (nodes or 1.0),
        processor=_text(row, "host_processor_model_name"),
        nodes=nodes,
        software=_text(row, "framework"),
        performance=rate,
        performance_unit=rate_unit,
        power=power,
        power_unit=power_unit,
        inferred=bool(row["inferred"]) if row.get("inferred") in (0, 1) else None,
        remarks=tuple(remarks),
    )


def _performance(
    row: Mapping[str, Any], bench: str, round_: str, remarks: list[str]
) -> tuple[float | None, str]:
    stated, unit = row.get("Result"), _text(row, "Result_Units")
    if stated is None:
        return None, ""
    value = names.number(stated)
    if value is None:
        remarks.append(f"Result is no number: {stated!r:.60}")
    known = names.performance(value, unit)
    if known is None:
        remarks.append(f"Result is in {unit!r:.40}")
        return None, ""
    queries = (round_, _text(row, "Scenario")) == _IN_QUERIES
    if known[1] not in RATES or queries:
        return known
    right, remark = names.rate_unit(known[1], bench, round_)
    remarks += [remark] if remark else []
    return known[0], right


def _power(row: Mapping[str, Any], remarks: list[str]) -> tuple[float | None, str]:
    stated = row.get("Result_Power")
    if stated is None:
        return None, ""
    unit = row.get("Result_Power_Units") or row.get("Result_Units")
    value = names.number(stated)
    if value is None:
        remarks.append(f"Result_Power is no number: {stated!r:.60}")
    known = names.power(value, unit if isinstance(unit, str) else "")
    if known is None:
        remarks.append(f"Result_Power is in {unit!r:.40}")
        return None, ""
    return known


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else ""
