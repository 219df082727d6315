"""Results of AIPerf: ``profile_export_aiperf.json`` and ``profile_export.jsonl``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.finding import Severity
from joulemark.formats.files import numbered_lines
from joulemark.formats.telemetry.load import (
    MOST,
    Served,
    epoch_ns,
    finding,
    judged,
    length_s,
    number,
    said,
    whole,
)
from joulemark.formats.telemetry.stamps import stamp

AIPERF_JSON, AIPERF_RECORDS = "profile_export_aiperf.json", "profile_export.jsonl"


def read_aiperf(document: Mapping[str, Any], path: Path) -> Served:
    """Return what ``profile_export_aiperf.json`` says of its load.

    Raises:
        FormatError: if it does not say when the load ran, or nothing was answered.
    """

    def told(name: str) -> Any:
        value = document.get(name)
        return value.get("avg") if isinstance(value, dict) else None

    requests = whole(told("request_count")) or 0
    served = Served(
        tool="AIPerf",
        version=said(document.get("aiperf_version")),
        start=0,
        stop=0,
        utc=True,
        requests=requests,
        failed=whole(told("error_request_count")),
        input_tokens=_tokens(told, "total_isl", "input_sequence_length", requests),
        output_tokens=_tokens(told, "total_osl", "output_sequence_length", requests),
        model=_model(document.get("input_config")),
    )
    first, last = epoch_ns(told("min_request_timestamp")), epoch_ns(told("max_response_timestamp"))
    beside = path.with_name(AIPERF_RECORDS)
    if first is None or last is None:
        if beside.is_file():
            records = read_records(beside, path.name)
            served = replace(served, findings=records.findings)
            first, last = records.start, records.stop
        else:
            return judged(_spanned(served, document, told("benchmark_duration"), path), path)
    return judged(replace(served, start=first, stop=last), path)


def _tokens(told: Any, total: str, mean: str, requests: int) -> int | None:
    """Return a number of tokens: their sum, or their mean by the requests."""
    count = whole(told(total))
    if count is None:
        each = told(mean)
        mean_of = number(each)
        count = None if mean_of is None or not 0 <= mean_of < MOST else round(mean_of * requests)
    return count


def _spanned(served: Served, document: Mapping[str, Any], duration: object, path: Path) -> Served:
    """Return a load from when the whole benchmark began to when it ended."""
    start, stop = (stamp(str(document.get(name, ""))) for name in ("start_time", "end_time"))
    if start is None or stop is None:
        raise FormatError("nothing says when the load ran", where=str(path))
    span = (stop[0] - start[0]) / NS
    seconds = length_s(duration, "benchmark_duration", path)
    longer = max(span - seconds, 0.0)
    what = f"start_time and end_time are {longer:.3g} s further apart than benchmark_duration"
    found = finding("window-wide", Severity.NOTE, what, path.name)
    return replace(
        served,
        start=start[0],
        stop=stop[0],
        utc=start[1] and stop[1],
        edge_u_s=longer / math.sqrt(12),
        findings=(found,) if longer > 0.01 * seconds else (),
    )


def read_records(path: Path, source: str) -> Served:
    """Return a load from the records of its requests."""
    first, last, counts, failed, bad = MOST * 10**6, 0, [0, 0], 0, 0
    requests = 0
    for _, line in numbered_lines(path):
        record = _record(line)
        if record is None:
            bad += 1
            continue
        begin, end, tokens = record
        first, last = min(first, begin), max(last, end)
        if tokens is None:
            failed += 1
            continue
        requests += 1
        counts = [sum(pair) for pair in zip(counts, tokens, strict=True)]
    if last <= first:
        raise FormatError("no record of a request", where=str(path))
    what = f"{bad} lines of {path.name} are no records of requests"
    found = (finding("records", Severity.WARNING, what, source),) if bad else ()
    return Served(
        tool="AIPerf",
        start=first,
        stop=last,
        utc=True,
        requests=requests,
        failed=failed,
        input_tokens=counts[0] or None,
        output_tokens=counts[1] or None,
        findings=found,
    )


def _record(line: str) -> tuple[int, int, Sequence[int] | None] | None:
    """Return begin, end and tokens of a request; None instead of tokens where it failed."""
    try:
        record = json.loads(line)
        about, metrics = record["metadata"], record["metrics"]
        begin, end = epoch_ns(about["request_start_ns"]), epoch_ns(about["request_end_ns"])
        if begin is None or end is None or about.get("benchmark_phase", "") == "warmup":
            return None
        if record.get("error") is not None or about.get("was_cancelled"):
            return begin, end, None
        names = ("input_sequence_length", "output_sequence_length")
        tokens = [whole(metrics.get(name, {}).get("value")) or 0 for name in names]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return begin, end, tokens


def _model(config: object) -> str:
    """Return the first model that an input configuration of AIPerf names."""
    endpoint = config.get("endpoint") if isinstance(config, dict) else None
    names = endpoint.get("model_names") if isinstance(endpoint, dict) else None
    return said(names[0]) if isinstance(names, list) and names else ""
