from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError
from joulemark.loads.logs import DETAIL, STAMP_U_S, STOPPED, SUMMARY, read_logs
from joulemark.loads.records import LARGEST_FILE, LONGEST_LINE, read_records
from joulemark.loads.scenario import Scenario

PERCENTILES = {"50.00": 1, "90.00": 2, "95.00": 3, "97.00": 4, "99.00": 5, "99.90": 6}
VALUES: dict[str, Any] = {
    "loadgen_version": "6.0.17 @ d6147c7eb7",
    "effective_scenario": "Server",
    "effective_min_duration_ms": 1000,
    "effective_schedule_rng_seed": 0,
    "generated_samples_per_query": 1,
    "power_begin": "11-22-2026 01:12:27.452",
    "power_end": "11-22-2026 01:12:28.453",
    "result_validity": "VALID",
    "result_perf_constraints_met": True,
    "result_min_duration_met": True,
    "result_min_queries_met": True,
    "early_stopping_met": True,
    "early_stopping_result": " * Run successful.",
    "result_query_count": 1982,
    "result_completed_samples_per_sec": 1980.81,
    "result_min_latency_ns": 500_000,
    "result_max_latency_ns": 7_000_000,
    "result_mean_latency_ns": 1_500_000,
    **{f"result_{p}_percentile_latency_ns": ms * 1_000_000 for p, ms in PERCENTILES.items()},
    "num_errors": 0,
}


def line(key: str, value: object, *, error: bool = False, warning: bool = False) -> bytes:
    record = {
        "key": key,
        "value": value,
        "time_ms": 0.1,
        "namespace": "mlperf::logging",
        "event_type": "POINT_IN_TIME",
        "metadata": {"is_error": error, "is_warning": warning, "file": "a.cc", "line_no": 1},
    }
    return b":::MLLOG " + json.dumps(record).encode() + b"\n"


def detail(changes: Mapping[str, object] | None = None) -> bytes:
    values = {**VALUES, **(changes or {})}
    return b"".join(line(key, value) for key, value in values.items() if value is not None)


class Folder:
    """A folder of logs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write(detail())

    def write(self, text: bytes, verdict: str = "VALID") -> Path:
        (self.path / DETAIL).write_bytes(text)
        (self.path / SUMMARY).write_bytes(f"Head\nResult is : {verdict}\nTail\n".encode())
        return self.path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_valid_test(folder: Folder) -> None:
    log = read_logs(folder.path)
    assert log.version.startswith("6.0.17")
    assert log.scenario is Scenario.SERVER
    assert log.valid
    assert log.invalid_reasons == ()
    # date -u -d '2026-11-22 01:12:27' +%s, and the middle of the millisecond
    assert log.begin_utc_ns == 1795309947_452_500_000
    assert log.end_utc_ns - log.begin_utc_ns == 1_001_000_000
    assert log.queries == log.samples == 1982
    assert log.samples_per_s == 1980.81
    assert log.early_stopping == "Run successful."
    assert log.settings == {"scenario": "Server", "min_duration_ms": 1000, "schedule_rng_seed": 0}
    assert log.summary.startswith("Head\nResult is : VALID")
    assert pytest.approx(2.887e-4, rel=1e-3) == STAMP_U_S


def test_latencies_are_in_seconds(folder: Folder) -> None:
    facts = read_logs(folder.path).latencies.facts()
    assert facts == pytest.approx(
        {
            "latency_p50_s": 0.001,
            "latency_p90_s": 0.002,
            "latency_p95_s": 0.003,
            "latency_p97_s": 0.004,
            "latency_p99_s": 0.005,
            "latency_p99_9_s": 0.006,
            "latency_mean_s": 0.0015,
            "latency_shortest_s": 0.0005,
            "latency_longest_s": 0.007,
        }
    )


def test_multi_stream_gives_latencies_of_queries(folder: Folder) -> None:
    per_query = {
        f"result_{p}_percentile_per_query_latency_ns": ms * 8_000_000
        for p, ms in PERCENTILES.items()
    }
    whole = {f"result_{name}_query_latency_ns": 9_000_000 for name in ("min", "max", "mean")}
    changes = {"effective_scenario": "MultiStream", "generated_samples_per_query": 8}
    log = read_logs(folder.write(detail({**changes, **per_query, **whole})))
    assert log.latencies.p99 == pytest.approx(0.04)
    assert log.latencies.mean == pytest.approx(0.009)
    assert log.samples == 8 * 1982
    assert log.samples_per_s is None


def test_an_invalid_test_says_why(folder: Folder) -> None:
    text = detail(
        {
            "result_validity": "INVALID",
            "result_min_duration_met": False,
            "early_stopping_met": False,
            "early_stopping_result": " * Only processed 3 queries.  * Need more.",
            "result_invalid_reason": "Increase the target QPS. ",
        }
    )
    text += line("error_runtime", "Ending early: a", error=True)
    text += line("error_runtime", "Ending early: b", error=True)
    text += line("warning_generic_message", "Logging allocation", warning=True)
    log = read_logs(folder.write(text, "INVALID"))
    assert not log.valid
    assert log.invalid_reasons == (
        "shorter than the shortest duration",
        "early stopping was not satisfied: Only processed 3 queries. Need more.",
        "Increase the target QPS.",
        "Ending early: a",
        "Ending early: b",
    )
    assert log.warnings == ("Logging allocation",)


NEEDED = [
    *("loadgen_version", "effective_scenario", "generated_samples_per_query"),
    *("power_begin", "power_end", "result_validity", "early_stopping_result"),
    *("result_query_count", "result_completed_samples_per_sec", "result_mean_latency_ns"),
    *("result_min_latency_ns", "result_max_latency_ns", "result_99.90_percentile_latency_ns"),
]


@pytest.mark.parametrize("key", NEEDED)
def test_each_figure_is_needed(folder: Folder, key: str) -> None:
    with pytest.raises(FormatError, match=f"no record '{key}'"):
        read_logs(folder.write(detail({key: None})))


def test_an_invalid_test_without_a_reason_is_refused(folder: Folder) -> None:
    with pytest.raises(FormatError, match="no record 'result_invalid_reason'"):
        read_logs(folder.write(detail({"result_validity": "INVALID"}), "INVALID"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("effective_scenario", "Burst"),
        ("effective_scenario", 3),
        ("generated_samples_per_query", 0),
        ("generated_samples_per_query", 1.5),
        ("generated_samples_per_query", True),
        ("power_begin", "22-11-2026 01:12:27.452"),
        ("power_begin", "11-22-2026 01:12:27"),
        ("power_begin", "11-22-2026 01:12:61.452"),
        ("power_end", "11-22-2026 01:12:27.451"),
        ("power_end", None),
        ("result_validity", "PERHAPS"),
        ("result_query_count", "1982"),
        ("result_query_count", -1),
        ("result_mean_latency_ns", float("nan")),
        ("result_mean_latency_ns", float("inf")),
        ("result_completed_samples_per_sec", -0.5),
        ("early_stopping_result", ["x"]),
    ],
)
def test_a_wrong_value_is_named_with_its_line(folder: Folder, key: str, value: object) -> None:
    values = {**VALUES, key: value}
    text = b"".join(line(k, v) for k, v in values.items())
    where = f"{DETAIL}:{list(values).index(key) + 1}: "
    with pytest.raises(FormatError, match=where):
        read_logs(folder.write(text))


def test_a_flag_that_is_none(folder: Folder) -> None:
    text = detail({"result_validity": "INVALID", "result_min_duration_met": "no"})
    with pytest.raises(FormatError, match="not true or false"):
        read_logs(folder.write(text, "INVALID"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"hello\n", "is not a record"),
        (b"\xff\xfe\x00\n", "is not a record"),
        (b":::MLLOG \xff\n", "not JSON"),
        (b":::MLLOG {\n", "not JSON"),
        (b":::MLLOG " + b"[" * 500_000 + b"\n", "not JSON"),
        (b':::MLLOG {"key": "a", "value": ' + b"9" * 10_000 + b"}\n", "not JSON"),
        (b":::MLLOG []\n", "lacks its key"),
        (b':::MLLOG {"key": "a", "metadata": 3}\n', "lacks its key"),
        (b':::MLLOG {"key": 3, "metadata": {}}\n', "lacks its key"),
        (line("power_begin", "again"), "stands here again"),
        (b"x" * (LONGEST_LINE + 1), "longer than"),
        (b"x" * 10_000_000, "longer than"),
        (b"\n", "is not a record"),
    ],
    ids=range(13),
)
def test_junk_is_named_with_its_line(folder: Folder, text: bytes, what: str) -> None:
    where = f"{DETAIL}:{len(VALUES) + 1}: .*{what}"
    with pytest.raises(FormatError, match=where):
        read_logs(folder.write(detail() + text))


def test_messages_may_repeat(folder: Folder) -> None:
    text = line("generic_message", "a") + line("generic_message", "b") + detail()
    assert read_logs(folder.write(text)).valid


def test_a_huge_file_is_refused(folder: Folder) -> None:
    os.truncate(folder.path / DETAIL, LARGEST_FILE + 1)
    with pytest.raises(FormatError, match="larger than"):
        read_records(folder.path / DETAIL)


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Path]:
    """A file that has no size and never ends."""
    path = tmp_path / "endless"
    path.symlink_to("/dev/zero")
    yield path
    path.unlink()


def test_a_file_without_end_is_left(endless: Path) -> None:
    with pytest.raises(FormatError, match="longer than"):
        read_records(endless)


def test_missing_logs(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read: No such file"):
        read_logs(tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [("stopped by SIGINT\n", "stopped by SIGINT"), ("", "the test was stopped")],
)
def test_a_stopped_test_is_not_valid(folder: Folder, text: str, why: str) -> None:
    (folder.path / STOPPED).write_text(text)
    log = read_logs(folder.path)
    assert not log.valid
    assert log.invalid_reasons == (why,)


@pytest.mark.parametrize("verdict", ["INVALID", "PERHAPS", ""])
def test_the_summary_must_agree(folder: Folder, verdict: str) -> None:
    with pytest.raises(FormatError, match=f"{SUMMARY}:[23]: the summary does not give"):
        read_logs(folder.write(detail(), verdict))


def test_a_summary_that_is_no_text(folder: Folder) -> None:
    (folder.path / SUMMARY).write_bytes(b"Result is : VALID\n\xff")
    with pytest.raises(FormatError, match="not UTF-8 at byte 18"):
        read_logs(folder.path)


WHOLE = detail()


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(WHOLE)))
def test_a_log_cut_off_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = Folder(tmp_path_factory.mktemp("cut"))
    last = len(WHOLE) - len(line("num_errors", 0))
    whole = cut == last or cut >= len(WHOLE) - 1
    try:
        log = read_logs(folder.write(WHOLE[:cut]))
    except FormatError:
        assert not whole
    else:
        assert whole
        assert log.samples == 1982
