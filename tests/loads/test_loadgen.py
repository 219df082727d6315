"""Real LoadGen on a small workload; tests of a fraction of a second."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

import pytest

from joulemark.core.errors import JoulemarkError, MissingExtraError, StoreError, UsageError
from joulemark.core.interfaces import Queries
from joulemark.loads.calibrate import calibrated
from joulemark.loads.library import load_library
from joulemark.loads.loadgen import LoadGenSettings, LoadResult, run_loadgen
from joulemark.loads.logs import read_logs
from joulemark.loads.scenario import Scenario

LATE_S = 5.0
"""A bound on latency that also a busy machine keeps."""
INTERRUPTED = {
    Scenario.SINGLE_STREAM: {"expected_latency_s": 1e-3},
    Scenario.MULTI_STREAM: {"expected_latency_s": 1e-3},
    Scenario.SERVER: {"target_qps": 2000.0, "target_latency_s": 1e-3},
    Scenario.OFFLINE: {"target_qps": 1e4},
}
"""Tests of 30 s that would take far longer than the time limit if nothing ended them."""


class Busy:
    """Hashes some bytes for each sample, and notes what it was asked."""

    sample_count = 50

    def __init__(self, at: int = -1, then: Callable[[], None] | None = None) -> None:
        self.answered = 0
        self.largest = 0
        self.seen: set[int] = set()
        self.threads: set[threading.Thread] = set()
        self._at = at
        self._then = then
        self._calls = 0
        self._data = b"joule" * 8000

    def answer(self, indices: Sequence[int]) -> None:
        self._calls += 1
        if self._calls == self._at and self._then is not None:
            self._then()
        for _ in indices:
            hashlib.sha256(self._data).digest()
        self.answered += len(indices)
        self.largest = max(self.largest, len(indices))
        self.seen.update(indices)
        self.threads.add(threading.current_thread())


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., LoadResult]:
    pytest.importorskip("mlperf_loadgen", reason="the extra loadgen is not installed")

    def make(
        queries: Queries,
        scenario: Scenario,
        duration: float = 0.3,
        folder: str = "loadgen",
        **given: object,
    ) -> LoadResult:
        given.setdefault("min_query_count", 1)
        settings = LoadGenSettings(scenario=scenario, min_duration_s=duration, **given)  # type: ignore[arg-type]
        return run_loadgen(queries, settings, tmp_path / "raw" / folder, time.monotonic_ns)

    return make


@pytest.mark.parametrize(
    ("scenario", "given"),
    [
        (Scenario.SINGLE_STREAM, {"expected_latency_s": 1e-5}),
        (Scenario.MULTI_STREAM, {"expected_latency_s": 1e-4, "min_query_count": 662}),
        (Scenario.SERVER, {"target_qps": 2500.0, "target_latency_s": LATE_S}),
        (Scenario.OFFLINE, {"target_qps": 1e5}),
    ],
)
def test_each_scenario_gives_a_consistent_result(
    run: Callable[..., LoadResult],
    capfd: pytest.CaptureFixture[str],
    scenario: Scenario,
    given: dict[str, float],
) -> None:
    queries = Busy()
    before, started = time.time_ns(), time.monotonic_ns()
    result = run(queries, scenario, **given)
    after, ended = time.time_ns(), time.monotonic_ns()
    log = result.log

    assert result.valid, result.invalid_reasons
    assert result.invalid_reasons == ()
    assert log.scenario is scenario
    assert result.work.count == queries.answered == log.samples
    assert result.work.unit == "sample"
    per_query = {Scenario.MULTI_STREAM: 8, Scenario.OFFLINE: log.samples}.get(scenario, 1)
    assert log.samples == log.queries * per_query

    # both ends are cut off to the millisecond by LoadGen, and stand for its middle
    assert before - 500_000 <= result.begin_utc_ns < result.end_utc_ns <= after + 500_000
    window_s = (result.end_utc_ns - result.begin_utc_ns) / 1e9
    assert window_s >= 0.299
    assert result.edge_u_s == pytest.approx(2.9e-4, rel=0.01)
    assert started < result.first_issue < result.last_answer < ended
    ours_s = (result.last_answer - result.first_issue) / 1e9
    assert ours_s <= window_s + 0.002

    latency = result.latencies
    shares = (latency.p50, latency.p90, latency.p95, latency.p97, latency.p99, latency.p99_9)
    assert [latency.shortest, *shares, latency.longest] == sorted(
        [latency.shortest, *shares, latency.longest]
    )
    assert 0 < latency.shortest <= latency.mean <= latency.longest <= window_s + 0.002
    if result.samples_per_s is not None:
        # SingleStream and Server leave the last answer out of the time
        assert 0.9 < result.samples_per_s / (result.work.count / window_s) < 3
    assert (result.samples_per_s is None) is (scenario is Scenario.MULTI_STREAM)

    assert queries.seen == set(range(50))
    assert queries.largest <= 64
    assert queries.threads == {threading.current_thread()}
    seeds = {key: value for key, value in log.settings.items() if key.endswith("rng_seed")}
    assert len(seeds) == 4
    assert set(seeds.values()) == {0}
    assert log.settings["performance_sample_count"] == 50
    assert "MLPerf Results Summary" in result.summary
    assert all(path.is_file() for path in result.paths)
    assert len(result.paths) == 4
    assert capfd.readouterr() == ("", "")


def test_calibration_makes_a_valid_test(run: Callable[..., LoadResult]) -> None:
    queries = Busy()
    asked = LoadGenSettings(scenario=Scenario.SINGLE_STREAM, min_duration_s=0.3)
    told = calibrated(asked, queries, 0.1, time.monotonic_ns)
    assert told.expected_latency_s is not None
    result = run(Busy(), Scenario.SINGLE_STREAM, expected_latency_s=told.expected_latency_s / 2)
    assert result.valid, result.invalid_reasons


def test_too_few_generated_queries_end_invalid(run: Callable[..., LoadResult]) -> None:
    result = run(Busy(), Scenario.SINGLE_STREAM, expected_latency_s=0.1)
    assert not result.valid
    assert result.work.count == 7
    reasons = " / ".join(result.invalid_reasons)
    assert "shorter than the shortest duration" in reasons
    assert "Only processed 7 queries" in reasons
    assert "Decrease the expected latency" in reasons
    assert "Ran out of generated queries" in reasons


def test_a_bound_on_latency_that_is_not_kept_ends_invalid(run: Callable[..., LoadResult]) -> None:
    given = {"target_qps": 500.0, "target_latency_s": 1e-6, "batch": 1, "min_query_count": None}
    result = run(Busy(), Scenario.SERVER, **given)
    assert not result.valid
    assert result.log.settings["min_query_count"] == 100  # LoadGen's own
    assert "the bound on latency was not kept" in result.invalid_reasons
    assert result.work.count == result.log.samples


def test_a_hopeless_rate_ends_early(run: Callable[..., LoadResult]) -> None:
    queries = Busy()
    result = run(queries, Scenario.SERVER, 2.0, target_qps=2e5, target_latency_s=0.01, batch=1)
    assert not result.valid
    assert any("Ending early" in reason for reason in result.invalid_reasons)
    assert result.work.count == queries.answered == result.log.samples < 4e5


def test_a_longest_duration_is_kept(run: Callable[..., LoadResult]) -> None:
    given = {"expected_latency_s": 1e-5, "min_query_count": 500_000, "max_duration_s": 0.2}
    result = run(Busy(), Scenario.SINGLE_STREAM, 0.1, **given)
    assert not result.valid
    assert any("Max test duration reached" in reason for reason in result.invalid_reasons)
    assert 0.199 <= (result.end_utc_ns - result.begin_utc_ns) / 1e9 < 5


def test_offline_is_answered_in_batches(run: Callable[..., LoadResult]) -> None:
    queries = Busy()
    given = {"target_qps": 1000.0, "batch": 7, "performance_sample_count": 20}
    result = run(queries, Scenario.OFFLINE, 0.2, **given)
    assert queries.largest == 7
    assert len(queries.seen) == 20
    assert result.work.count == 220
    assert result.samples_per_s is not None


@pytest.mark.parametrize("scenario", Scenario)
def test_a_failing_workload_ends_the_test(
    run: Callable[..., LoadResult], scenario: Scenario, tmp_path: Path
) -> None:
    def fail() -> None:
        raise ValueError("no such tensor")

    queries = Busy(3, fail)
    with pytest.raises(JoulemarkError, match="ValueError: no such tensor") as caught:
        run(queries, scenario, **INTERRUPTED[scenario], min_query_count=2000)
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.where == f"LoadGen {scenario}"
    assert f"after {queries.answered} samples" in str(caught.value)
    assert (tmp_path / "raw/loadgen/mlperf_log_summary.txt").read_text().count("Result is") == 1
    assert not read_logs(tmp_path / "raw/loadgen").valid


def test_our_own_errors_come_through_unchanged(run: Callable[..., LoadResult]) -> None:
    def fail() -> None:
        raise UsageError("trained, not inferred")

    with pytest.raises(UsageError, match=r"^trained, not inferred$"):
        run(Busy(2, fail), Scenario.OFFLINE, target_qps=1e4)


def test_an_exit_of_the_workload_comes_through(run: Callable[..., LoadResult]) -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(Busy(2, leave), Scenario.SERVER, target_qps=2000.0)


def test_a_test_follows_a_failed_one(run: Callable[..., LoadResult]) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    for scenario in (Scenario.SERVER, Scenario.OFFLINE):
        with pytest.raises(JoulemarkError, match="ZeroDivisionError"):
            run(Busy(1, fail), scenario, 0.05, target_qps=1000.0, folder=f"bad {scenario}")
        result = run(Busy(), scenario, 0.05, target_qps=1000.0, folder=f"good {scenario}")
        assert result.work.count == result.log.samples


@pytest.fixture
def restored() -> Iterator[None]:
    """Leave the handlers as they were found."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        assert signal.getsignal(number) is handler or signal.signal(number, handler)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.usefixtures("restored")
def test_ctrl_c_ends_the_test_in_order(
    run: Callable[..., LoadResult], scenario: Scenario, tmp_path: Path
) -> None:
    queries = Busy(5, lambda: signal.raise_signal(signal.SIGINT))
    handler = signal.getsignal(signal.SIGINT)
    start = time.monotonic()
    duration = 1.0 if scenario in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM) else 30.0
    with pytest.raises(KeyboardInterrupt):
        run(queries, scenario, duration, **INTERRUPTED[scenario])
    assert time.monotonic() - start < 20
    assert signal.getsignal(signal.SIGINT) is handler
    log = read_logs(tmp_path / "raw/loadgen")
    assert not log.valid
    assert log.invalid_reasons[0].startswith(f"stopped by SIGINT after {queries.answered} samples")


@pytest.mark.usefixtures("restored")
def test_a_handler_that_does_not_raise_gets_the_result(run: Callable[..., LoadResult]) -> None:
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)

    signal.signal(signal.SIGTERM, note)
    queries = Busy(2, lambda: signal.raise_signal(signal.SIGTERM))
    result = run(queries, Scenario.OFFLINE, target_qps=1e5)
    assert seen == [signal.SIGTERM]
    assert not result.valid
    why = "stopped by SIGTERM after 128 samples; the rest was completed without work"
    assert result.invalid_reasons[0] == why
    assert result.work.count == queries.answered == 128 < result.log.samples


def test_a_note_that_cannot_be_written_is_an_error(
    run: Callable[..., LoadResult], tmp_path: Path
) -> None:
    def fail() -> None:
        (tmp_path / "raw" / "loadgen" / "stopped.txt").mkdir()
        raise ValueError

    with pytest.raises(StoreError, match=r"stopped\.txt: cannot be written: Is a directory"):
        run(Busy(1, fail), Scenario.OFFLINE, 0.05, target_qps=1000.0)


@pytest.mark.usefixtures("restored")
def test_an_ignored_signal_stays_ignored(run: Callable[..., LoadResult]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    queries = Busy(2, lambda: signal.raise_signal(signal.SIGINT))
    result = run(queries, Scenario.OFFLINE, 0.1, target_qps=1e4)
    assert result.work.count == result.log.samples


def test_it_also_runs_outside_the_main_thread(run: Callable[..., LoadResult]) -> None:
    results: list[LoadResult] = []
    queries = Busy()

    def work() -> None:
        results.append(run(queries, Scenario.SERVER, 0.1, target_qps=500.0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results[0].work.count == queries.answered
    assert queries.threads == {thread}


@pytest.mark.parametrize(
    ("scenario", "missing"),
    [(Scenario.SERVER, "target_qps"), (Scenario.MULTI_STREAM, "expected_latency_s")],
)
def test_what_a_scenario_needs(
    run: Callable[..., LoadResult], scenario: Scenario, missing: str
) -> None:
    with pytest.raises(UsageError, match=f"{missing}: {scenario} needs a value"):
        run(Busy(), scenario)


def test_a_data_set_that_is_too_small(run: Callable[..., LoadResult]) -> None:
    with pytest.raises(UsageError, match="the data set has 50"):
        run(Busy(), Scenario.OFFLINE, target_qps=1.0, performance_sample_count=51)
    empty = Busy()
    empty.sample_count = 0
    with pytest.raises(UsageError, match="the data set has 0"):
        run(empty, Scenario.OFFLINE, target_qps=1.0)


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"joulemark\[loadgen\]"):
        load_library("mlperf_loadgen_absent")


def test_older_logs_are_not_written_over(run: Callable[..., LoadResult], tmp_path: Path) -> None:
    path = tmp_path / "raw" / "loadgen" / "mlperf_log_detail.txt"
    path.parent.mkdir(parents=True)
    path.write_text("kept")
    with pytest.raises(StoreError, match="holds a LoadGen log already"):
        run(Busy(), Scenario.OFFLINE, target_qps=1.0)
    assert path.read_text() == "kept"


def test_a_folder_that_cannot_be_made(run: Callable[..., LoadResult], tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        run(Busy(), Scenario.OFFLINE, target_qps=1.0)


ALONE = """
import json, pathlib, sys, time
from joulemark.loads.loadgen import LoadGenSettings, run_loadgen
from joulemark.loads.logs import read_logs
from joulemark.loads.scenario import Scenario

class Queries:
    sample_count = 4
    def answer(self, indices):
        pass

for name in ("Server", "Offline", "Server"):
    settings = LoadGenSettings(
        scenario=Scenario(name), min_duration_s=0.1, target_qps=3000.0, min_query_count=1
    )
    folder = pathlib.Path(sys.argv[1]) / str(time.monotonic_ns())
    result = run_loadgen(Queries(), settings, folder, time.monotonic_ns)
    assert result.log.settings["sample_index_rng_seed"] == 0, "audit.config was heeded"
(pathlib.Path(sys.argv[1]) / "done.json").write_text(json.dumps(result.work.count))
"""


def test_a_process_of_its_own_ends_in_silence(tmp_path: Path) -> None:
    """No audit.config of the working directory is read, and nothing is printed at exit."""
    pytest.importorskip("mlperf_loadgen", reason="the extra loadgen is not installed")
    (tmp_path / "audit.config").write_text("*.Server.sample_index_rng_seed = 42\n")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((tmp_path / "done.json").read_text()) > 100
