"""Finding sessions, and what their files come to."""

from __future__ import annotations

import json
import math
import tarfile
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.tiny.session import TinyPlace, TinySession
from joulemark.formats.tiny.sessions import place_of, sessions, wanted
from joulemark.formats.trees.folder import FolderTree
from joulemark.formats.trees.opening import open_tree
from tests.formats.tiny import sample


def _only(root: Path) -> TinySession:
    (session,) = sessions(FolderTree(str(root)))
    return session


def test_a_session_of_energyrunner(tmp_path: Path) -> None:
    sample.energy_runner(tmp_path)
    session = _only(tmp_path)
    assert session.place == TinyPlace("v1.2", "closed", "Nobody", "Board_A", "kws", "", "energy")
    figures = session.figures
    assert len(figures.windows) == 5
    assert figures.recomputed_uj == pytest.approx(sample.MEDIAN_UJ)
    assert figures.reported is not None
    assert figures.reported.value == sample.MEDIAN_UJ
    assert (figures.meter, figures.volts, figures.rate_hz) == ("lpm01a", 1.8, 1000.0)
    assert figures.iterations == sample.COUNT
    assert figures.throughput == pytest.approx([100 / 11.0] * 5)
    assert 0.0199 < figures.median.u95 / figures.median.value < 0.0205  # the monitor's 2 %
    assert figures.power is not None
    assert figures.power.value == pytest.approx(0.020)
    assert session.script.voltage_v == 3.0
    assert session.script.iterations == ((100, 1), (100, 10))
    assert session.script.inputs == ("tst_000000_On_5.bin",)
    assert session.log.runner == "EnergyRunner 3.0.10"
    assert session.log.finished
    assert session.log.inferences[4].file == "tst_000004_On_5.bin"


def test_a_session_of_the_python_runner(tmp_path: Path) -> None:
    sample.python_runner(tmp_path)
    session = _only(tmp_path)
    figures = session.figures
    assert figures.recomputed_uj == pytest.approx(sample.MEDIAN_UJ)
    assert (figures.meter, figures.volts, figures.rate_hz) == ("", 1.8, 1000.0)
    assert [window.seconds for window in figures.windows] == [11.0] * 5
    assert session.log.runner == "MLCommons runner"
    assert session.log.captured == ((12100, 2),)
    assert session.reported.energy[2].power_uw is not None
    assert session.reported.energy[2].power_uw.value == pytest.approx(20_000)
    assert session.reported.energy[2].power_uw.places == 1


@pytest.mark.parametrize("below", ["", "closed", "closed/Nobody/results/Board_A/kws/energy"])
def test_the_place_is_told_wherever_the_tree_begins(tmp_path: Path, below: str) -> None:
    sample.energy_runner(tmp_path)
    root = tmp_path / "tiny_results_v1.2" / below
    session = _only(root)
    assert session.place.submitter == "Nobody"
    assert session.place.round == "v1.2"
    assert session.place.benchmark == "kws"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (
            "tiny_results_v0.7/open/hls4ml/results/pynq-z2/ic/RN07/power",
            TinyPlace("v0.7", "open", "hls4ml", "pynq-z2", "ic", "RN07", "energy"),
        ),
        (
            "tiny_results_v1.3/closed/Krai/results/B/ad01/accuracy",
            TinyPlace("v1.3", "closed", "Krai", "B", "ad", "", "accuracy"),
        ),
        (
            "tiny_results_v1.0/closed/O/results/native/L4/anomaly_detection/enegy",
            TinyPlace("v1.0", "closed", "O", "native/L4", "ad", "", "energy"),
        ),
        ("closed/X/results/B/whatever", TinyPlace("", "closed", "X", "B")),
        ("sessions/20250726_102647", TinyPlace()),
        ("mine/vww/performance", TinyPlace(benchmark="vww", mode="performance")),
    ],
)
def test_places(path: str, place: TinyPlace) -> None:
    assert place_of(path.split("/")) == place


def test_what_is_no_session_is_not_taken_for_one(tmp_path: Path) -> None:
    for name in (
        "closed/X/results/B/resnet50/Offline/performance/results.txt",
        "closed/X/code/results.json",
        "notes/log.txt",
        "energy/log.txt",
        "closed/X/code/B/KWS01-Energy.bin",
        "closed/X/code/C/kws-energy.bin",
        "closed/X/code/D/mine.async",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("nothing")
    assert list(sessions(FolderTree(str(tmp_path)))) == []
    assert wanted("a/b/trace1-energy.bin")
    assert not wanted("a/b/model.tflite")


def test_a_trace_by_itself_is_a_session(tmp_path: Path) -> None:
    (tmp_path / "trace1-energy.bin").write_bytes(sample.trace(1, 100))
    with pytest.raises(FormatError, match="missing"):
        _ = _only(tmp_path).figures
    assert _only(tmp_path).trace.rate == 1000.0


def test_an_archive_holds_sessions_as_a_folder_does(tmp_path: Path) -> None:
    sample.energy_runner(tmp_path / "in")
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "in", "in")
    tree = open_tree(str(archive), keep=wanted)
    (session,) = sessions(tree)
    assert session.figures.recomputed_uj == pytest.approx(sample.MEDIAN_UJ)
    assert session.place.system == "Board_A"
    tree.close()


def test_without_a_trace_there_are_reported_figures_alone(tmp_path: Path) -> None:
    folder = sample.energy_runner(tmp_path)
    (folder / "trace1-energy.bin").unlink()
    (folder / "trace1-timestamps.json").unlink()
    figures = _only(tmp_path).figures
    assert figures.windows == ()
    assert math.isnan(figures.recomputed_uj)
    assert figures.power is None
    assert figures.reported is not None
    with pytest.raises(FormatError, match="missing"):
        _ = _only(tmp_path).trace


def test_mode_and_benchmark_are_told_by_the_files_where_the_path_does_not(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(sample.log())
    (tmp_path / "script.async").write_text(sample.SCRIPT)
    session = _only(tmp_path)
    assert (session.mode, session.benchmark) == ("energy", "kws")
    (tmp_path / "log.txt").write_text(
        "00001.000 parser: m-bmark-run-name[ML Performance 1.0.1]-code[x]\n"
        "00001.000 parser: m-bm-cfg-name[x]-key[runMode]-val[multi]\n"
    )
    assert _only(tmp_path).mode == "accuracy"
    (tmp_path / "log.txt").unlink()
    (tmp_path / "results.txt").write_text("nothing")
    assert (_only(tmp_path).mode, _only(tmp_path).benchmark) == ("", "")
    (tmp_path / "results.json").write_text(json.dumps([sample.trial(0)]))
    assert _only(tmp_path).mode == "energy"


def _performance(laps: list[int]) -> str:
    lines = ["00001.000 parser: m-version[3.0.10]", f"00001.000 dut: m-lap-us-{laps[0]}"]
    for at in range(1, len(laps) - 1, 2):
        lines += [
            f'00001.000 parser: Command "bload dut "D:\\kws01\\tst_00000{at}_Up_{at % 3}.bin""',
            "00001.000 dut: m-warmup-start-0",
            "00001.000 dut: m-infer-start-50",
            f"00001.000 dut: m-lap-us-{laps[at]}",
            f"00001.000 dut: m-lap-us-{laps[at + 1]}",
            "00001.000 dut: m-infer-done",
            "00001.000 dut: m-results-[0.1,0.8,0.1]",
        ]
    return "\n".join(lines)


def _folder(root: Path, name: str) -> Path:
    folder = root / "tiny_results_v1.1/closed/N/results/B" / name
    folder.mkdir(parents=True)
    return folder


def test_throughput_by_the_boards_own_stamps_which_may_wrap(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "kws/performance")
    start = (1 << 32) - 1_000_000
    laps = [5, 1_000_000, 11_000_000, start, 4_000_000]
    (folder / "log.txt").write_text(_performance(laps))
    figures = _only(tmp_path).figures
    assert figures.throughput == pytest.approx([5.0, 10.0])
    assert figures.accuracy is None


def test_accuracy_of_keywords_from_the_names_of_their_files(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "kws/accuracy")
    (folder / "log.txt").write_text(_performance([0, 1, 2, 3, 4, 5, 6]))
    accuracy = _only(tmp_path).figures.accuracy
    assert accuracy is not None  # classes 1, 0, 2; the board always says 1
    assert (accuracy.metric, accuracy.inputs) == ("top1", 3)
    assert accuracy.value == pytest.approx(1 / 3)


def test_accuracy_and_throughput_of_the_python_runner(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "ic/accuracy")
    trials = [
        {"file": "x.bin", "class": "1", "mode": "a",
         "infer": {"results": [0.1, 0.9], "iterations": 4, "elapsed_time": 2_000_000}},
        {"file": "y.bin", "class": "0", "mode": "a",
         "infer": {"results": [0.1, 0.9], "iterations": 4, "elapsed_time": 1_000_000}},
    ]  # fmt: skip
    (folder / "results.json").write_text(json.dumps(trials))
    figures = _only(tmp_path).figures
    assert figures.throughput == pytest.approx([2.0, 4.0])
    assert figures.accuracy is not None
    assert figures.accuracy.value == 0.5


def test_anomalies_are_scored_file_by_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "ad/accuracy")
    trials = [
        {"file": f"{kind}_id_0{at}.bin", "mode": "a", "infer": {"results": [score]}}
        for at, (kind, scores) in enumerate(
            [("normal", [1, 3]), ("normal", [9, 9]), ("anomaly", [4, 6]), ("anomaly", [20, 20])]
        )
        for score in scores
    ]
    (folder / "results.json").write_text(json.dumps([*trials, {"file": "z", "infer": {}}]))
    accuracy = _only(tmp_path).figures.accuracy
    assert accuracy is not None
    assert (accuracy.metric, accuracy.inputs, accuracy.value) == ("auc", 4, 0.75)


def test_the_streaming_wake_word(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "sww/energy")
    (folder / "results.json").write_text(
        json.dumps(
            [
                {
                    "infer": {
                        "wav_file": "long_wav.wav",
                        "detection_windows": [[1.0, 1.5], [3.0, 3.5]],
                        "detections": [86, 1386, 1418, 9086],
                        "iterations": 1,
                    },
                    "dutycycle": {"start_times_s": [0, 1, 2], "stop_times_s": [0.25, 1.25, 2.25]},
                    "power": {"samples": [5e-7] * 3000, "timestamps": [["1", 500], ["2", 2500]]},
                    "mode": "e",
                }
            ]
        )
    )
    figures = _only(tmp_path).figures
    assert figures.power is not None
    assert figures.power.value == pytest.approx(5e-4)
    assert figures.duty is not None
    assert (figures.duty.share, figures.duty.throughput) == (0.25, 4.0)
    assert figures.detected == (1, 1, 1)


def test_what_a_mac_leaves_beside_files_is_left_out(tmp_path: Path) -> None:
    folder = sample.energy_runner(tmp_path)
    for name in ("._script.async", "._trace1-energy.bin", "._log.txt"):
        (folder / name).write_bytes(b"\0\5\x16\7Mac OS X")
    assert _only(tmp_path).figures.recomputed_uj == pytest.approx(sample.MEDIAN_UJ)
    assert not wanted("closed/a/._log.txt")
