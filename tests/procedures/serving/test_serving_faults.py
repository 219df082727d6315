"""A server that goes wrong: the run says what happened, and keeps what it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.core.finding import Severity
from joulemark.core.request import Outcome
from joulemark.core.run import Status
from joulemark.core.window import Role
from joulemark.procedures.serving.figures import metrics_of
from joulemark.procedures.serving.findings import failed, findings_of_run
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.store.checksums import verify
from joulemark.store.reader import open_run
from joulemark.store.requests import read_requests
from joulemark.virtual.serving.wrongs import Wrongs
from tests.procedures.serving.helpers import REQUESTS, When, measured, serving


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("hangs-up:5", Outcome.DROPPED),
        ("stalls:20", Outcome.STALLED),
        ("drops:5", Outcome.DROPPED),
        ("cut:5", Outcome.DROPPED),
        ("bad-chunk:5", Outcome.MALFORMED),
        ("bad-event:5", Outcome.MALFORMED),
        ("error-event:5", Outcome.FAILED),
        ("throttles:5", Outcome.THROTTLED),
        ("fails:5", Outcome.FAILED),
        ("rejects:5", Outcome.REJECTED),
    ],
)
def test_some_requests_fail(fault: str, outcome: Outcome, tmp_path: Path) -> None:
    with serving(Wrongs([fault])) as server:
        result = measured(server, tmp_path)
    (path,) = tmp_path.iterdir()
    assert [len(one.requests) for one in result.repeats] == [REQUESTS, REQUESTS]
    assert len(read_requests(path)) == 2 * REQUESTS
    assert result.status is Status.COMPLETE
    assert verify(path) == []
    bad = [one for repeat in result.repeats for one in repeat.requests if not one.ok]
    assert bad
    assert {one.outcome for one in bad} == {outcome}
    found = findings_of_run(result)
    assert failed(found)
    assert found[0].finding.rule == f"request-{outcome}"
    assert metrics_of(result)["failed"] == len(bad)
    assert metrics_of(result)["energy_per_output_token_j"] > 0


@pytest.mark.parametrize("name", ["throttles", "fails", "rejects", "hangs-up"])
def test_a_storm_ends_after_one_load(name: str, tmp_path: Path) -> None:
    with serving(When(name, lambda number: number > 1)) as server:
        result = measured(server, tmp_path)
    assert len(result.repeats) == 1
    rules = {one.finding.rule for one in findings_of_run(result)}
    assert "nothing-answered" in rules
    assert failed(findings_of_run(result))
    assert metrics_of(result) == {"requests": REQUESTS, "failed": REQUESTS}


def test_what_passes_may_be_sent_again(tmp_path: Path) -> None:
    with serving(Wrongs(["throttles:7"])) as server:
        result = measured(server, tmp_path, retries=3)
    found = findings_of_run(result)
    assert not failed(found)
    assert "request-again" in {one.finding.rule for one in found}


def test_the_server_dies(tmp_path: Path) -> None:
    with serving(Wrongs(["dies:12"])) as server:
        result = measured(server, tmp_path)
    (path,) = tmp_path.iterdir()
    (repeat,) = result.repeats
    assert len(repeat.requests) == REQUESTS
    seen = {one.outcome for one in repeat.requests}
    assert seen == {Outcome.OK, Outcome.DROPPED, Outcome.REFUSED}
    assert failed(findings_of_run(result))
    stored = open_run(path)
    assert stored.run.status is Status.COMPLETE
    idle = [w for w in stored.run.windows if w.role is Role.IDLE]
    assert len(idle) == 1  # a machine whose server is gone does not idle as it did
    assert metrics_of(result)["energy_per_output_token_j"] > 0


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("no-usage", "tokens-uncounted"),
        ("odd-usage", "tokens-uncounted"),
        ("wrong-usage", "usage-events"),
        ("no-done", "server-note"),
        ("pairs", "usage-events"),
    ],
)
def test_what_spoils_no_request_is_told(fault: str, rule: str, tmp_path: Path) -> None:
    with serving(Wrongs([fault])) as server:
        result = measured(server, tmp_path)
    found = findings_of_run(result)
    assert rule in {one.finding.rule for one in found}
    assert not failed(found)


def test_a_share_of_failures_may_be_allowed(tmp_path: Path) -> None:
    with serving(Wrongs(["drops:10"])) as server:
        result = measured(server, tmp_path, allow_failed=0.2)
    found = findings_of_run(result)
    assert not failed(found)
    told = next(one.finding for one in found if one.finding.rule == "request-dropped")
    assert told.severity is Severity.WARNING
    assert "allowed: up to 0.2 of all" in told.message
    with serving(Wrongs(["drops:3"])) as server:
        result = measured(server, tmp_path / "more", allow_failed=0.2)
    assert failed(findings_of_run(result))


def test_a_bound_of_time_cuts_without_blame(tmp_path: Path) -> None:
    plan = LoadPlan(kind="closed", requests=5000, concurrency=4, tokens_in="20", lasting_s=0.4)
    with serving() as server:
        result = measured(server, tmp_path, plan)
    found = findings_of_run(result)
    assert not failed(found)
    assert {one.finding.rule for one in found} >= {"load-cut"}
    metrics = metrics_of(result)
    assert metrics["failed"] == 0
    assert 0 < metrics["requests"] < 5000


def test_a_load_that_runs_out_of_requests(tmp_path: Path) -> None:
    plan = LoadPlan(kind="closed", requests=8, concurrency=4, tokens_in="20", lasting_s=9.0)
    with serving() as server:
        found = findings_of_run(measured(server, tmp_path, plan))
    told = next(one.finding for one in found if one.finding.rule == "load-short")
    assert "of 9 s (--requests N)" in told.message


def test_a_load_that_never_has_its_concurrency(tmp_path: Path) -> None:
    plan = LoadPlan(kind="closed", requests=4, concurrency=9, tokens_in="20")
    with serving() as server:
        result = measured(server, tmp_path, plan, rule="steady/1")
    rules = {one.finding.rule: one.finding.message for one in findings_of_run(result)}
    assert "9 were asked for" in rules["below-concurrency"]
    assert "(--requests N)" in rules["below-concurrency"]
    assert "no window counts" in rules["no-window"]


def test_progress_counts_requests(tmp_path: Path) -> None:
    said: list[tuple[str, float, float, str]] = []

    def tell(
        phase: str, done_s: float, total_s: float, watts: float | None, note: str = ""
    ) -> None:
        said.append((phase, done_s, total_s, note))

    with serving() as server:
        measured(server, tmp_path, tell=tell)
    assert said[0][0] == "getting ready"
    ends = [one for one in said if one[0] == "load 2"]
    assert f"{REQUESTS} of {REQUESTS} requests" in ends[-1][3]
    assert all(done <= total for _, done, total, _ in ends)
