"""Each rule passes on a session without fault, and finds the fault that is made for it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.core.finding import Severity
from joulemark.formats.tiny.session import TinySession
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.trees.folder import FolderTree
from joulemark.rules.tiny.register import all_rules, review
from joulemark.rules.tiny.review import TinyReview
from tests.formats.tiny import sample

Spoil = Callable[[Path], None]


def _text(name: str, old: str, new: str, count: int = -1) -> Spoil:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, count))

    return spoil


def _write(name: str, data: bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return spoil


def _gone(*names: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return spoil


def _samples(change: Callable[[np.ndarray], np.ndarray], rate: float = 1000.0) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / "trace1-energy.bin"
        samples = change(np.frombuffer(file.read_bytes(), "<f4", -1, 5).copy())
        file.write_bytes(struct.pack("<Bf", 0xF1, rate) + samples.astype("<f4").tobytes())

    return spoil


def _set(place: slice, value: Any) -> Spoil:
    def change(samples: np.ndarray) -> np.ndarray:
        samples[place] = value
        return samples

    return _samples(change)


def _copy(samples: np.ndarray) -> np.ndarray:
    samples[15_000:26_000] = samples[2_000:13_000]
    return samples


def _again(length_ms: int, windows: int = 5) -> Spoil:
    """Return what makes the session anew, with other windows."""

    def spoil(folder: Path) -> None:
        (folder / "trace1-energy.bin").write_bytes(sample.trace(windows, length_ms))
        stamps = json.dumps(sample.stamps(windows, length_ms))
        (folder / "trace1-timestamps.json").write_text(stamps)
        (folder / "log.txt").write_text(sample.log(windows, length_ms))
        (folder / "results.txt").write_text(sample.results(windows, length_ms))

    return spoil


def _trials(change: Callable[[list[dict[str, Any]]], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / "results.json"
        trials = json.loads(file.read_text())
        change(trials)
        file.write_text(json.dumps(trials))

    return spoil


def _log(more: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / "log.txt").open("a") as file:
            file.write(more)

    return spoil


OF_ENERGYRUNNER: dict[str, list[tuple[Spoil, str]]] = {
    "tiny/missing-file": [
        (_gone("log.txt"), "log.txt is missing"),
        (_gone("results.txt"), "results.txt is missing"),
        (_gone("script.async"), "neither"),
    ],
    "tiny/no-trace": [
        (_gone("trace1-energy.bin"), "no energy.bin beside the stamps"),
        (_gone("trace1-timestamps.json"), "no timestamps.json beside the trace"),
    ],
    "tiny/unreadable-file": [
        (_write("trace1-energy.bin", b"\xf0"), "0xF1"),
        (_write("log.txt", b""), "empty"),
        (_write("trace1-timestamps.json", b"{"), "JSON"),
    ],
    "tiny/malformed": [
        (_text("trace1-timestamps.json", "14.9995", "1.5"), "not after"),
        (_text("log.txt", "session: m-session-stop", "\0session: m-session-stop"), "NUL"),
    ],
    "tiny/unfinished": [(_text("log.txt", "m-session-stop-id", "m-"), "does not say")],
    "tiny/runner-errors": [
        (_again(5_000), "window 2 is too short"),
        (_log("00300.000 emon: e-[Acquisition overflow]\n"), "overflow"),
    ],
    "tiny/virtual": [
        (
            _text("log.txt", "parser: m-version[3.0.10]", "session: VIRTUAL: simulated"),
            "nothing was measured",
        )
    ],
    "tiny/firmware-mode": [
        (_text("log.txt", "timestamp-mode-energy", "timestamp-mode-performance"), "performance"),
    ],
    "tiny/model": [(_text("log.txt", "m-model-[kws01]", "m-model-[ic01]"), "'ic01'")],
    "tiny/window-count": [
        (_again(11_000, 4), "4 windows, not 5"),
        (_write("trace1-timestamps.json", b"[]"), "no window"),
    ],
    "tiny/short-window": [(_again(9_990), "window 1 lasts 9.990 s, less than 10 s")],
    "tiny/few-iterations": [(_text("log.txt", "m-infer-start-100", "m-infer-start-9"), "has 9")],
    "tiny/unequal-iterations": [
        (_text("log.txt", "m-infer-start-100", "m-infer-start-90", 1), "of 90, 100"),
        (_text("script.async", "infer 100", "infer 200"), "the script says 200"),
    ],
    "tiny/repeated-input": [(_text("log.txt", "tst_000003", "tst_000002"), "2 windows")],
    "tiny/reported-median": [
        (_text("results.txt", "cost is 2200.000", "cost is 2199.998"), "2200.000 µJ recomputed"),
        (_text("results.txt", "Energy/Inf.  :     2200", "Energy/Inf.  :     2300"), "2300 µJ is"),
    ],
    "tiny/reported-window": [
        (_text("results.txt", "220000.000 uJ", "220000.010 uJ", 1), "window 2"),
        (_text("results.txt", "for 11.00 sec", "for 11.20 sec", 1), "11.20 s reported"),
    ],
    "tiny/uneven-windows": [(_set(slice(2_000, 13_000), 25.0), "2750")],
    "tiny/lost-packets": [
        (_log("1.0 emon: m-[Dropped 30 packets out of 20000, 0%]\n"), "30 of 20000"),
        (_log("1.0 emon: m-[Dropped 30 packets out of 0, 0%]\n"), "100 %"),
        (_log("1.0 emon: m-dropthresh[5]\n"), "threshold"),
    ],
    "tiny/missing-samples": [
        (_set(slice(3_000, 3_010), 0.0), "10 of 11000"),
        (_set(slice(3_000, 3_003), np.nan), "3 of 11000"),
    ],
    "tiny/short-trace": [(_samples(lambda samples: samples[:60_000]), "window 5")],
    "tiny/rate": [(_samples(lambda samples: samples, 500.0), "500 samples a second")],
    "tiny/stretched-trace": [
        (_samples(lambda samples: np.append(samples, np.zeros(20_000))), "87.0 s of trace, 67.0 s"),
    ],
    "tiny/stretched-window": [(_text("trace1-timestamps.json", "12.9995", "14.0"), "window 1: 12")],
    "tiny/copied-samples": [(_samples(_copy), "windows 1 and 2")],
    "tiny/constant-samples": [(_set(slice(1_990, 13_010), 20.0), "11000 samples of 20")],
    "tiny/over-range": [(_text("log.txt", "m-voltage-mv[1800]", "m-voltage-mv[300]"), "66.7 mA")],
    "tiny/instrument": [(_text("log.txt", "-type[emon]-name[lpm01a]", ""), "nothing names")],
}


def _of_trial(at: int, part: str, **values: object) -> Spoil:
    return _trials(lambda trials: trials[at][part].update(values))


OF_PYTHON: dict[str, list[tuple[Spoil, str]]] = {
    "tiny/missing-file": [(_gone("log.txt"), "log.txt")],
    "tiny/unreadable-file": [(_text("results.json", '"infer"', '"x"'), "no trial")],
    "tiny/malformed": [
        (_trials(lambda trials: trials.append({"error": "error 1"})), "error 1"),
    ],
    "tiny/window-count": [(_trials(lambda trials: trials.pop()), "4 windows")],
    "tiny/short-window": [
        (_of_trial(1, "power", timestamps=[["02", 1000], ["03", 9000]]), "window 2 lasts 8.000"),
    ],
    "tiny/few-iterations": [(_of_trial(4, "infer", iterations=3), "window 5 has 3")],
    "tiny/repeated-input": [(_trials(lambda t: t[1].update(file=t[0]["file"])), "2 windows")],
    "tiny/missing-samples": [(_of_trial(0, "power", samples=[0.0] * 12_100), "11000 of 11000")],
    "tiny/short-trace": [(_of_trial(0, "power", samples=[1e-6] * 9_000), "window 1 has 8000")],
    "tiny/copied-samples": [
        (_trials(lambda t: t[1]["power"].update(samples=t[0]["power"]["samples"])), "1 and 2"),
    ],
    "tiny/reported-median": [
        (_text("results.txt", "cost is 2200.0000", "cost is 2200.0100"), "2200.0000 µJ recomputed"),
    ],
    "tiny/lost-edges": [
        (_of_trial(1, "power", timestamps=[["02", 1000], ["04", 12_000]]), "edge 4 follows edge 2"),
    ],
    "tiny/captured": [
        (
            _text("log.txt", "Session logged", "Captured samples:12101 timestamps:2\n" * 4 + "S"),
            "the log says 12101 and 2",
        )
    ],
    "tiny/runner-errors": [(_log("ERROR: Incomplete time data\n"), "Incomplete")],
}


def _session(root: Path) -> TinySession:
    (session,) = sessions(FolderTree(str(root)))
    return session


def _found(root: Path, rule: str) -> list[str]:
    return [one.message for one in review(_session(root)) if one.rule == rule]


@pytest.mark.parametrize(
    ("rule", "spoil", "words"),
    [(rule, *case) for rule, cases in OF_ENERGYRUNNER.items() for case in cases],
)
def test_energyrunner(tmp_path: Path, rule: str, spoil: Spoil, words: str) -> None:
    folder = sample.energy_runner(tmp_path)
    assert review(_session(tmp_path)) == []
    spoil(folder)
    assert words in " | ".join(_found(tmp_path, rule))


@pytest.mark.parametrize(
    ("rule", "spoil", "words"),
    [(rule, *case) for rule, cases in OF_PYTHON.items() for case in cases],
)
def test_the_python_runner(tmp_path: Path, rule: str, spoil: Spoil, words: str) -> None:
    folder = sample.python_runner(tmp_path)
    assert {one.rule for one in review(_session(tmp_path))} == {"tiny/instrument"}
    spoil(folder)
    assert words in " | ".join(_found(tmp_path, rule))


def _of(root: Path, place: str, **files: str) -> Path:
    folder = root / place
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


STREAMED = (
    "Energy data for trial 0\n  Elapsed time  : {seconds}\n  Inferences    : 1\n"
    "  Power         : 25.6220 mW.\nMedian energy cost is 30746401.8100 uJ/inf.\n"
    "Accuracy: {words} False positives\n"
)


def test_the_streaming_wake_word_has_rules_of_its_own(tmp_path: Path) -> None:
    place = "closed/N/results/B/sww/energy"
    good = STREAMED.format(seconds=1200.002, words="44 True positives, 6 False negatives, 4")
    folder = _of(tmp_path, place, results_txt=good, log_txt=sample.RUNNER_LOG)
    found = {one.rule for one in review(_session(tmp_path))}
    assert not found & {"tiny/window-count", "tiny/short-window", "tiny/few-iterations"}
    assert "tiny/accuracy-target" not in found
    bad = STREAMED.format(seconds=600.0, words="30 True positives, 20 False negatives, 9")
    (folder / "results.txt").write_text(bad)
    assert "600.000 s, less than 1190 s" in _found(tmp_path, "tiny/short-window")[0]
    assert "20 words missed and 9" in _found(tmp_path, "tiny/accuracy-target")[0]


@pytest.mark.parametrize(
    ("division", "benchmark", "good", "bad"),
    [
        ("closed", "kws", "Top-1: 90.0%", "Top-1: 89.9%"),
        ("closed", "ad", "AUC: 0.85", "AUC: 0.84"),
        ("closed", "ic", "Top 1% = 85.0", "Top 1% = 84.5"),
    ],
)
def test_targets_of_accuracy(
    tmp_path: Path, division: str, benchmark: str, good: str, bad: str
) -> None:
    place = f"{division}/N/results/B/{benchmark}/accuracy"
    log = "00001.000 session: m-session-stop-id[1]\n"
    folder = _of(tmp_path, place, results_txt=f"1.0 ulp-mlperf: {good}\n", log_txt=log)
    assert review(_session(tmp_path)) == []
    (folder / "results.txt").write_text(f"1.0 ulp-mlperf: {bad}\n")
    assert _found(tmp_path, "tiny/accuracy-target")
    folder.rename(tmp_path / "moved")
    (tmp_path / "open/N/results/B" / benchmark).mkdir(parents=True)
    (tmp_path / "moved").rename(tmp_path / "open/N/results/B" / benchmark / "accuracy")
    assert not _found(tmp_path, "tiny/accuracy-target")


def test_reported_accuracy_is_that_of_the_answers(tmp_path: Path) -> None:
    trials = [
        {"file": f"{at}.bin", "class": "1", "infer": {"results": [0.1, 0.9]}, "mode": "a"}
        for at in range(20)
    ]
    folder = _of(
        tmp_path,
        "closed/N/results/B/ic/accuracy",
        results_json=json.dumps(trials),
        results_txt="Top 1% = 100.0\n",
        log_txt="Session logged in file x\n",
    )
    assert review(_session(tmp_path)) == []
    (folder / "results.txt").write_text("Top 1% = 95.0\n")
    assert "100.00 % of 20" in _found(tmp_path, "tiny/reported-accuracy")[0]


def test_performance_is_looked_at_as_well(tmp_path: Path) -> None:
    infer = {"results": [1], "iterations": 9, "elapsed_time": 9_000_000}
    trials = [{"file": f"{at}", "infer": infer, "mode": "p"} for at in range(5)]
    _of(tmp_path, "closed/N/results/B/ic/performance", results_json=json.dumps(trials))
    assert "trial 1 lasts 9.000 s" in _found(tmp_path, "tiny/short-window")[0]
    assert len(_found(tmp_path, "tiny/few-iterations")) == 5


def test_reported_windows_stand_in_for_a_trace_that_is_not_there(tmp_path: Path) -> None:
    folder = sample.energy_runner(tmp_path)
    _again(9_000)(folder)
    _gone("trace1-energy.bin", "trace1-timestamps.json", "log.txt")(folder)
    assert "window 2 lasts 9.000 s" in _found(tmp_path, "tiny/short-window")[0]


def test_rules_are_documented() -> None:
    ids = [known.id for known in all_rules()]
    assert len(ids) == len(set(ids))
    seen = set(OF_ENERGYRUNNER) | set(OF_PYTHON)
    assert set(ids) - seen == {"tiny/accuracy-target", "tiny/reported-accuracy"}
    for known in all_rules():
        assert re.fullmatch(r"tiny/[a-z0-9-]+", known.id)
        assert known.demands.endswith(".")
        assert known.advice.endswith(".")
        assert known.source
        assert known.severity in Severity


def test_a_review_may_be_handed_in(tmp_path: Path) -> None:
    sample.energy_runner(tmp_path)
    about = TinyReview(_session(tmp_path))
    assert review(about, all_rules()[:3]) == []


REAL = pytest.mark.skipif(
    not (sample.SHARED / "mlcommons").is_dir(),
    reason="the published results do not lie beside this checkout",
)


@REAL
def test_of_published_traces_only_known_faults_are_found() -> None:
    short = set()
    for session in sessions(FolderTree(str(sample.SHARED / "mlcommons"))):
        rules = {one.rule for one in review(session)}
        if "tiny/short-window" in rules:
            short.add((session.place.round, session.place.system, session.benchmark))
        rules -= {"tiny/short-window", "tiny/window-count", "tiny/runner-errors"}
        rules -= {"tiny/no-trace", "tiny/missing-file", "tiny/instrument", "tiny/over-range"}
        assert rules == set(), session.path
    assert short >= {
        ("v1.1", "NUCLEO_H7A3ZI_Q", "vww"),
        ("v1.1", "NUCLEO_L4R5ZI", "ic"),
        ("v1.1", "NUCLEO_L4R5ZI", "vww"),
    }
