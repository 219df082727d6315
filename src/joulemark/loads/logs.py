"""What the logs of a LoadGen test say: ``mlperf_log_detail.txt`` and ``mlperf_log_summary.txt``.

The format is that of LoadGen 6.0 (key names in ``results.cc`` and ``loadgen.cc`` of
github.com/mlcommons/inference), performance mode. Logs of older rounds are not read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.loads.records import Records, read_lines, read_records
from joulemark.loads.scenario import Scenario

DETAIL = "mlperf_log_detail.txt"
SUMMARY = "mlperf_log_summary.txt"
STOPPED = "stopped.txt"
"""Our own note beside the logs of a test that was stopped: why. LoadGen knows nothing of that, and
may call a test VALID whose last queries were completed without work."""
STAMP_U_S = 1e-3 / 12**0.5
"""Standard uncertainty of a stamp, s: LoadGen cuts UTC off after the millisecond."""
_HALF_MS = 500_000
_STAMP = re.compile(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}):(\d{2}):(\d{2})\.(\d{3})", re.ASCII)
_VERDICT = re.compile(rb"Result is : (\w+)\s*")
_CHECKS = {
    "result_perf_constraints_met": "the bound on latency was not kept",
    "result_min_duration_met": "shorter than the shortest duration",
    "result_min_queries_met": "fewer queries than the fewest",
    "early_stopping_met": "early stopping was not satisfied",
}
_RATES = {
    Scenario.SINGLE_STREAM: "result_qps_with_loadgen_overhead",
    Scenario.SERVER: "result_completed_samples_per_sec",
    Scenario.OFFLINE: "result_samples_per_second",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Latencies of the samples, in MultiStream of the queries; s."""

    p50: float
    p90: float
    p95: float
    p97: float
    p99: float
    p99_9: float
    mean: float
    shortest: float
    longest: float

    def facts(self) -> dict[str, float]:
        """Return them by name, for a window ("latency_p50_s")."""
        return {f"latency_{name}_s": getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLog:
    """What LoadGen says of one performance test.

    Attributes:
        version: of LoadGen.
        scenario: how queries arrived.
        valid: whether LoadGen calls the result VALID, and the test was not stopped.
        invalid_reasons: why not, one text each.
        begin_utc_ns: ``power_begin``, just before the first query; ns UTC by the system clock. The
            stamp is cut off after the millisecond, so half a millisecond is added: its uncertainty
            is then ``STAMP_U_S``, without a bias.
        end_utc_ns: ``power_end``, the last completion; likewise. LoadGen adds the length by a
            monotonic clock to the begin, so a step of the system clock does not change the length.
        queries: queries issued and completed.
        samples: samples in them.
        latencies: from the moment at which a query was due to its completion.
        samples_per_s: as LoadGen reports it, six digits; None in MultiStream, where it does not.
        early_stopping: text of its estimate; empty in Offline.
        errors: what it logged as errors; a VALID result can have some.
        warnings: what it logged as warnings.
        settings: the effective settings and seeds, JSON values by LoadGen's names.
        summary: text of the summary.
    """

    version: str
    scenario: Scenario
    valid: bool
    invalid_reasons: tuple[str, ...]
    begin_utc_ns: int
    end_utc_ns: int
    queries: int
    samples: int
    latencies: Latencies
    samples_per_s: float | None
    early_stopping: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    settings: Mapping[str, Any]
    summary: str


def read_logs(folder: Path) -> LoadLog:
    """Return what the logs in a folder say.

    Raises:
        FormatError: with file and line, if they are cut off, damaged, of another version or mode,
            or contradict each other.
    """
    records = read_records(folder / DETAIL)
    try:
        scenario = Scenario(records.text("effective_scenario"))
    except ValueError as error:
        raise records.wrong("effective_scenario", f"unknown scenario: {error}") from error
    verdict, stopped = _verdict(records), _stopped(folder / STOPPED)
    begin, end = _stamp(records, "power_begin"), _stamp(records, "power_end")
    if end < begin:
        raise records.wrong("power_end", "power_end lies before power_begin")
    queries = records.count("result_query_count")
    rate = _RATES.get(scenario)
    return LoadLog(
        version=records.text("loadgen_version"),
        scenario=scenario,
        valid=verdict and not stopped,
        invalid_reasons=(*stopped, *(() if verdict else _reasons(records))),
        begin_utc_ns=begin,
        end_utc_ns=end,
        queries=queries,
        samples=queries * records.count("generated_samples_per_query"),
        latencies=_latencies(records, per_query=scenario is Scenario.MULTI_STREAM),
        samples_per_s=records.number(rate) if rate else None,
        early_stopping=_one_line(records.text("early_stopping_result")),
        errors=records.errors,
        warnings=records.warnings,
        settings=_effective(records),
        summary=_summary(folder / SUMMARY, valid=verdict),
    )


def _verdict(records: Records) -> bool:
    verdict = records.text("result_validity")
    if verdict not in ("VALID", "INVALID"):
        raise records.wrong("result_validity", f"{verdict[:40]!r} is neither VALID nor INVALID")
    return verdict == "VALID"


def _reasons(records: Records) -> tuple[str, ...]:
    failed = [key for key in _CHECKS if key in records.values and not records.flag(key)]
    reasons = [_CHECKS[key] for key in failed]
    if "early_stopping_met" in failed:
        reasons[-1] += f": {_one_line(records.text('early_stopping_result'))}"
    advice = _one_line(records.text("result_invalid_reason"))
    return tuple(filter(None, [*reasons, advice, *records.errors]))


def _latencies(records: Records, *, per_query: bool) -> Latencies:
    kind = "query_" if per_query else ""
    tail = "percentile_per_query_latency_ns" if per_query else "percentile_latency_ns"

    def share(percent: str) -> float:
        return records.number(f"result_{percent}_{tail}") / NS

    def whole(name: str) -> float:
        return records.number(f"result_{name}_{kind}latency_ns") / NS

    return Latencies(
        p50=share("50.00"),
        p90=share("90.00"),
        p95=share("95.00"),
        p97=share("97.00"),
        p99=share("99.00"),
        p99_9=share("99.90"),
        mean=whole("mean"),
        shortest=whole("min"),
        longest=whole("max"),
    )


def _stamp(records: Records, key: str) -> int:
    text = records.text(key)
    found = _STAMP.fullmatch(text)
    try:
        month, day, year, hour, minute, second, ms = map(int, found.groups() if found else ())
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise records.wrong(key, f"{text[:40]!r} is not a time (MM-DD-YYYY h:m:s.ms)") from error
    return int(whole.timestamp()) * NS + ms * 1_000_000 + _HALF_MS


def _effective(records: Records) -> dict[str, Any]:
    found = records.values.items()
    return {k.removeprefix("effective_"): v for k, v in found if k.startswith("effective_")}


def _one_line(text: str) -> str:
    return " ".join(text.replace("*", " ").split())


def _stopped(path: Path) -> tuple[str, ...]:
    if not path.exists():
        return ()
    text = b" ".join(line for _, line in read_lines(path)).decode("utf-8", "replace")
    return (" ".join(text.split()) or "the test was stopped",)


def _summary(path: Path, *, valid: bool) -> str:
    lines = list(read_lines(path))
    verdicts = [(n, m[1]) for n, line in lines if (m := _VERDICT.fullmatch(line))]
    if [verdict for _, verdict in verdicts] != [b"VALID" if valid else b"INVALID"]:
        number = verdicts[0][0] if verdicts else len(lines)
        raise FormatError(
            "the summary does not give the verdict of the detail log",
            where=f"{path}:{number}",
            remedy="both must come from one test",
        )
    try:
        return b"".join(line for _, line in lines).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"not UTF-8 at byte {error.start}", where=str(path)) from error
