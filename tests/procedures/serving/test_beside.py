"""The server's own metrics and the state of the machine, beside a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.accounting.serving_counters import ServerCounters
from joulemark.accounting.throttling import POWER_CAP, HeldDown
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.finding import Severity
from joulemark.core.request import Request
from joulemark.procedures.marker import Mark
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.procedures.serving.findings_beside import beside
from joulemark.procedures.serving.keeping import Keeping, Metrics
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.serving_aside import aside_json, aside_rows, server_metrics
from joulemark.report.serving_json import serving_json
from joulemark.store.requests import read_scraped
from joulemark.virtual.serving.wrongs import Wrongs
from tests.procedures.serving.helpers import measured, serving


def rules(result: ServingResult) -> dict[str, str]:
    return {one.finding.rule: one.finding.message for one in findings_of_run(result)}


def test_what_the_server_counts_is_what_the_client_counts(tmp_path: Path) -> None:
    with serving() as server:
        result = measured(server, tmp_path)
    (path,) = tmp_path.iterdir()
    assert {one.repeat for one in read_scraped(path)} == {0, 1}
    for repeat, aside in zip(result.repeats, result.asides, strict=True):
        assert isinstance(aside.whole, ServerCounters)
        tokens = sum(one.tokens_out or 0 for one in repeat.requests)
        assert aside.whole.counts["generated_tokens"] == tokens
        assert isinstance(aside.server, ServerCounters)
        assert aside.server.levels["running"].mean >= 0
    assert "server-tokens" not in rules(result)
    assert set(server_metrics(result)) == {"server_running", "server_waiting"}
    told = serving_json(result)
    assert told["metrics"]["server_waiting"] == 0
    assert told["repeats"][0]["server"]["name"] == "vLLM"
    assert any("running" in text for _, text in aside_rows(result))


def test_counts_that_do_not_agree_are_told(tmp_path: Path) -> None:
    with serving(Wrongs(["wrong-usage"])) as server:
        result = measured(server, tmp_path)
    assert "by its own counters" in rules(result)["server-tokens"]


def test_requests_that_failed_are_not_compared(tmp_path: Path) -> None:
    with serving(Wrongs(["wrong-usage", "drops:7"])) as server:
        result = measured(server, tmp_path)
    assert "server-tokens" not in rules(result)


@pytest.fixture
def result(tmp_path: Path) -> ServingResult:
    with serving() as server:
        return measured(server, tmp_path, repeats=1, max_repeats=1)


def counters(result: ServingResult, counts: Mapping[str, float], **more: object) -> ServerCounters:
    (aside,) = result.asides
    assert isinstance(aside.whole, ServerCounters)
    return replace(aside.whole, counts={**aside.whole.counts, **counts}, **more)  # type: ignore[arg-type]


def test_preemption_and_a_server_that_was_started_again(result: ServingResult) -> None:
    told = counters(result, {"preemptions": 3}, restarts=1, remarks=("its counters began anew",))
    aside = replace(result.asides[0], server=told, whole=told)
    found = {one.rule: one for one in beside(result.repeats[0], aside)}
    assert set(found) == {"server-restarted", "preempted"}
    assert "put 3 requests back" in found["preempted"].message
    told = counters(result, {}, remarks=("the server did not tell anything for 9 s",))
    found = {one.rule: one for one in beside(result.repeats[0], replace(aside, server=told))}
    assert found["server-metrics"].severity is Severity.NOTE
    shown = replace(result, asides=(replace(aside, server=counters(result, {"preemptions": 3})),))
    assert any("3 preempted" in text for _, text in aside_rows(shown))


def test_throttling_by_heat_is_worse_than_by_the_power_limit(result: ServingResult) -> None:
    held = (HeldDown("host/gpu-0", POWER_CAP, 1.0), HeldDown("host/gpu-0", "heat", 0.5))
    machine = {"nvml/gpu-0/temperature": 66.0, "nvml/gpu-0/sm_clock": 1.98e9, "host/cpu": 1.0}
    machine["nvml/gpu-0/utilisation"] = 0.97
    aside = replace(result.asides[0], held=held, machine=machine)
    found = [one for one in beside(result.repeats[0], aside) if one.rule == "throttled"]
    assert [one.severity for one in found] == [Severity.NOTE, Severity.WARNING]
    assert "held down by heat in 50% of readings" in found[1].message
    shown = dict(aside_rows(replace(result, asides=(aside,))))
    assert shown["gpu-0"] == "66.00 °C, 1.98 GHz, 97.0 % busy".replace("66.00", "66.0")
    assert aside_json(aside)["held_down"][1]["share"] == 0.5


def test_requests_that_cannot_be_written_fail_the_run_not_the_load() -> None:
    class Full:
        def add(self, line: bytes) -> None:
            raise StoreError("No space left on device")

    mark = Mark()
    keeping = Keeping(0, Full(), mark, keep_text=False)  # type: ignore[arg-type]
    for name in ("1", "2"):
        keeping.keep(Request(id=name, planned=0, tokens_out=3), "")
    assert (keeping.ended, keeping.tokens) == (2, 6)
    assert "No space" in str(keeping.failure)


def test_roles_of_parts_that_are_not_read_are_told_at_once(tmp_path: Path) -> None:
    with serving() as server:
        with pytest.raises(UsageError, match="no part that is read is called 'gpu-7'") as caught:
            measured(server, tmp_path, roles={"decode": ("gpu-7",)})
        assert caught.value.remedy == "there are package-0"
        result = measured(server, tmp_path / "good", roles={"decode": ("package0",)})
    told = serving_json(result)
    assert "decode" in str(told)


def test_a_calibration_is_not_silently_left_out(result: ServingResult) -> None:
    assert "not-calibrated" not in rules(result)
    assert "not-calibrated" in rules(replace(result, calibration_left=True))


def test_metrics_that_cannot_be_written_end_nothing(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "nowhere", 0)
    metrics.keep(1, "text")
    metrics.keep(2, "text")
    metrics.close()
    assert metrics.failure is not None
