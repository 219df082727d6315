"""Results of serving benchmarks: the load in them, what is odd, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.formats.telemetry.served import WRITTEN_U_S, read_served
from tests.formats.telemetry import bundles

START = int((bundles.BEGAN + bundles.LOAD[0]) * NS)


def written(folder: Path, document: object, name: str = "result.json") -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_inferencex_says_when_its_load_ran(tmp_path: Path) -> None:
    served = read_served(written(tmp_path, bundles.inferencex(tp=4, pp="2")))
    assert (served.tool, served.utc, served.start, served.seconds) == (
        "InferenceX",
        True,
        START,
        40,
    )
    assert (served.requests, served.input_tokens, served.output_tokens) == (80, 8000, 16000)
    assert (served.gpus, served.model, served.findings) == (8, "meta-llama/Llama-3.1-8B", ())


def test_vllm_says_when_its_result_was_written(tmp_path: Path) -> None:
    served = read_served(written(tmp_path, bundles.vllm(failed=3)))
    assert (served.tool, served.utc, served.edge_u_s) == ("vllm bench serve", False, WRITTEN_U_S)
    assert served.start == START + NS // 2
    assert {each.rule for each in served.findings} == {"log/window-inferred", "log/failed-requests"}


def test_aiperf_says_when_its_benchmark_ran(tmp_path: Path) -> None:
    served = read_served(written(tmp_path, bundles.aiperf(), "profile_export_aiperf.json"))
    assert (served.tool, served.version, served.model) == ("AIPerf", "0.3.0", "Qwen/Qwen3-0.6B")
    assert served.seconds == 41
    assert served.edge_u_s == pytest.approx(1 / 12**0.5)
    assert not served.utc
    assert [each.rule for each in served.findings] == ["log/window-wide"]


def test_first_request_and_last_answer_are_better(tmp_path: Path) -> None:
    span = {"min_request_timestamp": START, "max_response_timestamp": START + 40 * NS}
    more: dict[str, Any] = {name: {"unit": "ns", "avg": value} for name, value in span.items()}
    served = read_served(written(tmp_path, bundles.aiperf(**more)))
    assert (served.start, served.seconds, served.utc) == (START, 40, True)
    path = written(tmp_path, bundles.aiperf(total_isl=None, input_sequence_length={"avg": 100}))
    written(tmp_path, bundles.requests(failed=5), "profile_export.jsonl")
    beside = read_served(path)
    assert beside.start == pytest.approx(START, abs=1000)
    assert beside.seconds == pytest.approx(40, abs=1e-6)
    assert beside.input_tokens == 8000


def test_records_of_requests_are_a_result_too(tmp_path: Path) -> None:
    text = bundles.requests(failed=5) + "{}\n[]\nx\n"
    served = read_served(written(tmp_path, text, "profile_export.jsonl"))
    assert (served.requests, served.failed) == (80, 5)
    assert (served.input_tokens, served.output_tokens) == (8000, 16000)
    assert {each.rule for each in served.findings} == {"log/records", "log/failed-requests"}


def test_a_clock_and_a_length_that_differ_are_told(tmp_path: Path) -> None:
    served = read_served(written(tmp_path, bundles.inferencex(duration=30)))
    assert [each.rule for each in served.findings] == ["log/duration"]


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("", "no JSON"),
        ("[]", "not a JSON object"),
        ({"a": 1}, "no result of a serving benchmark"),
        (bundles.vllm(date="soon"), "nothing says when the load ran"),
        (bundles.vllm(duration=float("nan")), "duration is no length of time"),
        (bundles.vllm(duration=True), "duration is no length of time"),
        (bundles.vllm(duration=10**400), "duration is no length of time"),
        (bundles.vllm(completed="many"), "no request was answered"),
        (bundles.inferencex(benchmark_end_time_unix=2e9), "has no length that can be"),
        (bundles.aiperf(start_time=5), "nothing says when the load ran"),
        (bundles.aiperf(benchmark_duration={"avg": [1]}), "no length of time"),
        (bundles.aiperf(request_count={"avg": -1}), "no request was answered"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, document: Any, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read_served(written(tmp_path, document))


def test_records_without_a_request_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no record of a request"):
        read_served(written(tmp_path, "{}\n", "profile_export.jsonl"))


@pytest.mark.parametrize(
    "wrong", [None, "x", [], {}, True, -1, float("nan"), float("inf"), 10**400, "9" * 50]
)
@pytest.mark.parametrize("make", [bundles.inferencex, bundles.vllm, bundles.aiperf])
def test_any_value_of_any_field_is_read_or_refused(tmp_path: Path, make: Any, wrong: Any) -> None:
    for name, value in make().items():
        for put in (wrong, {"avg": wrong}) if isinstance(value, dict) else (wrong,):
            path = written(tmp_path, make(**{name: put}))
            try:
                assert read_served(path).requests > 0
            except FormatError:
                continue
