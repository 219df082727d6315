"""Results of serving benchmarks: when the load ran, and what was served in it.

* ``vllm bench serve`` (``--save-result``; vllm/benchmarks/serve.py at 009e6d4): ``duration``, the
  counts, and ``date``, the local second in which the result was written; nothing says when the
  load began, so it is taken to have ended then.
* InferenceX (utils/bench_serving/benchmark_serving.py at 843c625): the same counts, with
  ``benchmark_start_time_unix`` and ``benchmark_end_time_unix``.
* AIPerf (``profile_export_aiperf.json`` of schema 1; ``profile_export.jsonl``): first request and
  last answer in ns, or else ``start_time`` and ``end_time``, local and without a zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.finding import Finding, Severity
from joulemark.formats.files import opened
from joulemark.formats.mlenergy.values import MAX_JSON, loaded
from joulemark.formats.telemetry.aiperf import read_aiperf, read_records
from joulemark.formats.telemetry.load import Served, finding, judged, length_s, said, unix_ns, whole
from joulemark.formats.telemetry.stamps import stamp

WRITTEN_U_S = 1.0
"""Standard uncertainty of the edges of a load whose end is when its result was written, s: what
was served is counted in between, which takes a second or two."""
_PARALLEL = (("tp", "tensor_parallel_size"), ("pp", "pipeline_parallel_size"))


def read_served(path: Path) -> Served:
    """Read the result of a serving benchmark.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: if it is none that is known, or does not say when the load ran.
    """
    if path.name.endswith(".jsonl"):
        return judged(read_records(path, path.name), path)
    with opened(path) as file:
        document = loaded(file.read(MAX_JSON + 1), str(path))
    if _is_aiperf(document):
        return read_aiperf(document, path)
    if "duration" in document and "completed" in document:
        return _vllm(document, path)
    raise FormatError(
        "no result of a serving benchmark that is known",
        where=str(path),
        remedy="name that of vllm bench serve, InferenceX, or AIPerf (not its CSV, which has no "
        "times)",
    )


def is_result(document: Mapping[str, Any]) -> bool:
    """Say whether an object is the result of a serving benchmark."""
    summary = isinstance(document.get("request_count"), dict)
    return summary or ("duration" in document and "completed" in document)


def _is_aiperf(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("request_count"), dict) or "aiperf_version" in document


def _vllm(document: Mapping[str, Any], path: Path) -> Served:
    seconds, findings = length_s(document.get("duration"), "duration", path), list[Finding]()
    start = unix_ns(document.get("benchmark_start_time_unix"))
    stop = unix_ns(document.get("benchmark_end_time_unix"))
    known = start is not None and stop is not None
    edge_u_s = 0.0
    if start is None or stop is None:
        date = stamp(_dated(str(document.get("date", ""))))
        if date is None:
            raise FormatError("nothing says when the load ran", where=str(path))
        stop, edge_u_s = date[0] + NS // 2, WRITTEN_U_S
        start = stop - round(seconds * NS)
        what = "only the second in which the result was written is known: the load is taken to "
        findings.append(finding("window-inferred", Severity.WARNING, f"{what}have ended then"))
    elif abs((stop - start) / NS - seconds) > max(1.0, 0.01 * seconds):
        what = f"the clock counts {(stop - start) / NS:.6g} s, duration says {seconds:.6g} s"
        findings.append(finding("duration", Severity.WARNING, what, path.name))
    served = Served(
        tool="InferenceX" if known else "vllm bench serve",
        start=start,
        stop=stop,
        utc=known,
        edge_u_s=edge_u_s,
        requests=whole(document.get("completed")) or 0,
        failed=whole(document.get("failed")),
        input_tokens=whole(document.get("total_input_tokens")),
        output_tokens=whole(document.get("total_output_tokens")),
        gpus=gpus_of(document),
        model=said(document.get("model_id")),
        findings=tuple(findings),
    )
    return judged(served, path)


def gpus_of(document: Mapping[str, Any]) -> int | None:
    """Return how many GPUs a result says that served: what is told, or tensor by pipeline ranks."""
    for name in ("expected_gpu_count", "num_gpus", "num_gpu", "gpus"):
        told = whole(document.get(name))
        if told:
            return told
    ranks = [
        next((n for n in map(whole, map(document.get, names)) if n), None) for names in _PARALLEL
    ]
    return ranks[0] * (ranks[1] or 1) if ranks[0] else None


def _dated(text: str) -> str:
    """Return ``20260911-041941`` as a stamp."""
    if len(text) != 15 or text[8] != "-":
        return text
    day, clock = text[:8], text[9:]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}"
