"""What is written in the runners' layouts is what their readers read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joulemark.core.finding import Severity
from joulemark.formats.tiny.session import TinySession
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.tiny.write_energyrunner import energyrunner_files
from joulemark.formats.tiny.write_runner import runner_files
from joulemark.formats.tiny.written import LogLine, Written, WrittenTrial, resampled
from joulemark.formats.trees.opening import open_tree
from joulemark.rules.tiny.register import review

MEDIAN = r"Median energy cost is ([\d\.]+) uJ/inf"
THROUGHPUT = r".* Median throughput is\s+([\d\.]+) inf\./sec\..*"
TOP1 = r".* Top[- ]1%?\s?[:=] ([\d\.]+).*"
AUC = r".* AUC\s?[:=] ([\d\.]+).*"
"""As ``tools/submission/submission_checker.py`` of mlcommons/tiny has them (1afd2c9)."""


def lines(stamps: list[float], count: int, files: list[str]) -> list[LogLine]:
    """Return a log whose times agree with the stamps."""
    begun = 100.0
    said = [
        LogLine(begun, "io", "[dut]: m-timestamp-mode-energy"),
        LogLine(begun, "io", "[dut]: m-model-[kws01]"),
        LogLine(begun, "emon", "m-trace[on]"),
    ]
    for at, file in enumerate(files):
        begin, end = begun + stamps[2 * at + 1], begun + stamps[2 * at + 2]
        said += [
            LogLine(begin, "parser", f'Command "bloadp "{file}""'),
            LogLine(begin, "io", "[dut]: m-warmup-start-1"),
            LogLine(begin, "io", f"[dut]: m-infer-start-{count}"),
            LogLine(end, "io", "[dut]: m-infer-done"),
            LogLine(end, "io", "[dut]: m-results-[0.1,0.9]"),
        ]
    end = begun + stamps[-1] + 1.0
    return [
        *said,
        LogLine(end, "parser", 'Command "emon trace off"'),
        LogLine(end, "emon", "m-regfile-fn[trace1-energy.bin]-type[emon]-name[lpm01a]"),
        LogLine(end, "emon", "m-voltage-mv[1800]"),
        LogLine(end, "session", "m-session-stop-id[20261126120000]"),
    ]


def written(busy: list[float], length_ms: int = 10_500, count: int = 100, **more: Any) -> Written:
    """Return an energy session of windows of so many µJ a ms."""
    rng = np.random.default_rng(1)
    samples, stamps = [np.full(500, 2.0)], [0.1]
    at = 500
    for level in busy:
        stamps += [at / 1000, (at + length_ms) / 1000]
        samples += [level * (1 + 0.01 * rng.standard_normal(length_ms)), np.full(1000, 2.0)]
        at += length_ms + 1000
    files = [f"tst_{at:06d}_Up_8.bin" for at in range(len(busy))]
    return Written(
        by="joulemark 0.1.0",
        session="20261126120000",
        mode="energy",
        model="kws01",
        monitor="lpm01a",
        volts=1.8,
        relayed=True,
        trials=[
            WrittenTrial(
                file=file,
                label=8,
                classes=12,
                iterations=count,
                warmups=1,
                results=(0.1, 0.9),
                stamps=(2 * place + 1, 2 * place + 2),
                when="1126.120000",
            )
            for place, file in enumerate(files)
        ],
        lines=lines(stamps, count, files),
        samples_uj=np.concatenate(samples).astype(np.float32),
        stamps_s=stamps,
        **more,
    )


def performed(mode: str = "performance", **more: Any) -> Written:
    """Return a session without a monitor."""
    laps = [(at * 20_000_000, at * 20_000_000 + 10_400_000) for at in range(5)]
    return Written(
        by="joulemark 0.1.0",
        session="20261126120000",
        mode=mode,
        model="kws01",
        trials=[
            WrittenTrial(
                file=f"tst_{at:06d}_Up_{at}.bin",
                label=at,
                classes=12,
                iterations=200,
                results=tuple(float(at == place) for place in range(12)),
                laps_us=pair,
            )
            for at, pair in enumerate(laps)
        ],
        lines=[LogLine(1.0, "dut", "m-model-[kws01]")],
        **more,
    )


def read(folder: Path, files: dict[str, bytes], mode: str = "energy") -> TinySession:
    place = folder / "board" / "kws" / mode
    place.mkdir(parents=True)
    for name, data in files.items():
        (place / name).write_bytes(data)
    (found,) = sessions(open_tree(str(folder)))
    return found


@pytest.mark.parametrize("write", [energyrunner_files, runner_files])
def test_our_checker_and_the_official_pattern_take_it(tmp_path: Path, write: Any) -> None:
    session = written([20.0, 20.1, 20.2, 20.3, 20.4])
    files = write(session)
    found = read(tmp_path, files)
    assert [str(f) for f in review(found) if f.severity is Severity.ERROR] == []
    assert found.known_log is not None
    assert found.known_log.runner == "joulemark 0.1.0"
    assert found.known_log.finished
    text = files["results.txt"].decode()
    told = re.search(MEDIAN, text)
    assert told is not None
    assert float(told[1]) == pytest.approx(found.figures.recomputed_uj, abs=6e-4)
    assert found.figures.volts == 1.8
    assert "did not run" in text
    assert "VIRTUAL" not in text


@pytest.mark.parametrize("write", [energyrunner_files, runner_files])
def test_a_rehearsal_says_so_in_every_text(write: Any) -> None:
    files = write(written([20.0] * 5, virtual=True))
    for name, data in files.items():
        if not name.startswith("trace1"):
            assert b"irtual" in data or b"VIRTUAL" in data


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.floats(1.0, 4.0), min_size=1, max_size=5),
    st.integers(20, 900),
    st.integers(1, 5000),
)
def test_both_readers_give_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, busy: list[float], length: int, count: int
) -> None:
    session = written(busy, length, count)
    median = np.median([window.per_inference_uj for window in session.windows()])
    for write, within in ((energyrunner_files, 1e-6), (runner_files, 3 / length)):
        found = read(tmp_path_factory.mktemp("tree"), write(session))
        figures = found.figures  # the first runner's axis is a sum of roundings, the other counts
        assert figures.recomputed_uj == pytest.approx(median, rel=within)
        assert [w.seconds for w in figures.windows] == pytest.approx([length / 1000] * len(busy))
        assert figures.iterations == count
    assert np.array_equal(
        read(tmp_path_factory.mktemp("tree"), energyrunner_files(session)).trace.samples,
        session.samples_uj,
    )


@pytest.mark.parametrize("write", [energyrunner_files, runner_files])
def test_throughput_and_accuracy_are_found_by_the_official_patterns(
    tmp_path: Path, write: Any
) -> None:
    (rate,) = _told(write(performed()), THROUGHPUT)
    assert float(rate) == pytest.approx(200 / 10.4, abs=1e-3)
    top1 = performed("accuracy", metrics=(("top1", 91.25),))
    assert _told(write(top1), TOP1) == ["91.2"]
    auc = performed("accuracy", metrics=(("auc", 0.8634),))
    assert _told(write(auc), AUC) == ["0.863"]


def test_our_checker_takes_a_performance_session_of_the_python_runner(tmp_path: Path) -> None:
    found = read(tmp_path, runner_files(performed()), "performance")
    assert [str(f) for f in review(found) if f.severity is Severity.ERROR] == []
    assert found.figures.throughput == pytest.approx([200 / 10.4] * 5)


def _told(files: dict[str, bytes], pattern: str) -> list[str]:
    lines = files["results.txt"].decode().splitlines()
    return [found[1] for line in lines if (found := re.match(pattern, line))]


def test_a_window_that_is_too_short_is_called_so() -> None:
    short = written([20.0] * 5, 5_000)
    assert b"The run must take at least" in energyrunner_files(short)["results.txt"]
    assert b"below minimum duration" in runner_files(short)["results.txt"]


def test_the_counter_of_a_board_may_start_again() -> None:
    trial = WrittenTrial(file="a", laps_us=((1 << 32) - 100, 900))
    assert trial.elapsed_us == 1000


@given(st.lists(st.floats(1e-6, 1), min_size=0, max_size=60), st.sampled_from([1, 2, 5, 10]))
def test_energy_is_kept_in_whole_milliseconds(watts: list[float], times: int) -> None:
    samples = resampled(np.array(watts), 1000.0 * times)
    assert len(samples) == len(watts) // times
    whole = sum(watts[: len(samples) * times])
    assert float(samples.sum(dtype=np.float64)) == pytest.approx(1000 * whole / times, rel=1e-5)
