"""``joulemark bench tiny``: a rehearsal from the command line, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.virtual.served_board import TinyBoardSettings


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["bench", "tiny", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOULEMARK_STORE", raising=False)


def test_all_four_benchmarks_are_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--virtual", "--output", "out", "--json")
    found: list[dict[str, Any]] = json.loads(out)
    assert code == 0
    assert [one["model"] for one in found] == ["ad01", "ic01", "kws01", "vww01"]
    per_mac = []
    for one in found:
        assert one["virtual"] is True
        assert one["energy_j"]["value"] == pytest.approx(one["true_energy_j"], rel=1e-3)
        assert abs(one["energy_j"]["value"] - one["true_energy_j"]) < one["energy_j"]["u95"]
        assert len(one["windows"]) == 5
        assert all(window["seconds"] >= 10 for window in one["windows"])
        per_mac.append(round(1e12 * one["energy_per_mac_j"]["value"]))
    assert per_mac == [770, 553, 685, 520]
    results = sorted(str(path) for path in Path("out").rglob("results.txt"))
    assert [path.split("/")[1:3] for path in results] == [
        [layout, model] for layout in ("energyrunner", "python-runner")
        for model in ("ad", "ic", "kws", "vww")
    ]  # fmt: skip


def test_the_table_shows_the_truth_and_microwatts(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "--virtual", "--model", "kws", "--duty", "6/min", "--battery", "220mAh",
        "--budget", "50uW", "--sleep", "3uW",
    )  # fmt: skip
    assert code == 0
    assert out.startswith("VIRTUAL: a simulated board and monitor")
    assert "true 3.000 µW" in out
    assert "asleep, measured        3.00 ± " in out
    assert "6.000 inferences a minute" in out
    assert "(declared) lasts" in out
    assert "within 50.00 µW at most" in out
    assert "not verified by MLCommons" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_refused_result_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--virtual", "--model", "kws", "--fault", "parasitic")
    assert code == 1
    assert "✗ kws01 bench/parasitic" in out
    assert "refused" in out


def test_performance_and_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--virtual", "--model", "ic", "--mode", "performance")
    assert code == 0
    assert "6.069" in out
    words = ("--virtual", "--model", "kws01", "--mode", "accuracy", "--most-inputs", "3")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "100.0 %" in out


def test_a_board_at_a_port_is_measured_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    served = TinyBoardSettings(model="ad01").start()
    try:
        code, out, _ = run(capsys, "--dut", served.path, "--mode", "performance", "--json")
    finally:
        served.close()
    (found,) = json.loads(out)
    assert code == 0
    assert found["virtual"] is True
    assert found["model"] == "ad01"
    assert found["throughput"][0] == pytest.approx(190.3, rel=5e-3)


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        ((), 2, "one port is needed"),
        (("--dut", "/dev/null/x", "--io", "/dev/null/y"), 2, "one port is needed"),
        (("--dut", "no-such-port", "--mode", "performance"), 3, "cannot be opened"),
        (("--dut", "x", "--fault", "hangs"), 2, "--fault goes with --virtual"),
        (("--dut", "x", "--monitor", "rapl"), 2, "neither feeds a board"),
        (("--virtual", "--dut", "x"), 2, "brings a board"),
        (("--virtual", "--model", "sww"), 2, "a recording has to be played"),
        (("--virtual", "--model", "gpt3"), 2, "no board in software"),
        (("--virtual", "--fault", "tired"), 2, "no fault is called"),
        (("--virtual", "--monitor-fault", "tired"), 2, "no fault is called"),
        (("--virtual", "--mode", "speed"), 2, "no mode"),
        (("--virtual", "--budget", "1mW"), 2, "go with --duty"),
    ],
)
def test_what_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, what: str
) -> None:
    done, _, said = run(capsys, *words)
    assert done == code
    assert what in said
    assert not Path("joulemark-runs").exists()


@pytest.mark.parametrize("rate", ["often", "0/s", "1/fortnight"])
def test_a_rate_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], rate: str) -> None:
    with pytest.raises(SystemExit):
        run(capsys, "--virtual", "--duty", rate)
    assert "is no rate" in capsys.readouterr().err


def test_the_help_says_what_has_not_met_hardware(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(capsys, "--help")
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "has not met hardware" in said.replace("\n", " ")
    assert "--monitor lpm01a:port=" in said
