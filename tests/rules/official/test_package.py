"""The package checker's verdicts on power; all were compared with the official program's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.formats.training.benchmarks import benchmarks
from joulemark.formats.trees.folder import FolderTree
from joulemark.rules.official.package import CHECKS, package_verdicts

BASE = "WHO/results/BOX"
COMPLETE = ["node_0.txt", "node_1.txt", "sw_0.txt"]


def _verdicts(root: Path, runs: list[list[str]], benchmark: str = "bert") -> dict[str, str]:
    """Return what is said of runs with files of these names; no file: no folder."""
    folder = root / BASE / benchmark
    for number, files in enumerate(runs):
        power = folder / "power" / f"result_{number}"
        power.mkdir(parents=True, exist_ok=True)
        (folder / f"result_{number}.txt").touch()
        for file in files:
            (power / file).touch()
        if not files:
            power.rmdir()
    (one,) = benchmarks(FolderTree(str(root)))
    found = package_verdicts(one)
    assert list(found) == list(CHECKS)
    return {name: str(outcome.verdict) for name, outcome in found.items()}


def _odd(said: dict[str, str]) -> dict[str, str]:
    return {name: verdict for name, verdict in said.items() if verdict != "OK"}


@pytest.mark.parametrize(
    ("runs", "odd"),
    [
        ([COMPLETE] * 3, {}),
        ([COMPLETE, COMPLETE, []], {"power_folders": "WARN", "power_package": "WARN"}),
        ([COMPLETE, [], []], {"power_folders": "WARN", "power_package": "FAIL"}),
        (
            [["node_1.txt", "node_2.txt"]] * 2,
            {"node_names": "WARN", "power_package": "FAIL"},
        ),
        (
            [[*COMPLETE, "sw_2.txt"], COMPLETE, COMPLETE],
            {"switch_names": "WARN", "switch_counts": "WARN", "power_package": "WARN"},
        ),
        (
            [COMPLETE, ["node_0.txt", "sw_0.txt"], COMPLETE],
            {"node_counts": "WARN", "power_package": "WARN"},
        ),
        ([[*COMPLETE, "total_power.txt"]], {"power_files": "WARN"}),
        ([["node_1.txt", "node_2.txt", "nodes_0_to_1.png"]], {}),
        ([["node_0.txt", "node_00.txt"]], {}),
        ([["node_0.txt", "node_x.txt"]], dict.fromkeys(CHECKS, "EXC")),
    ],
    ids=[
        *("complete", "one-lacks", "two-lack", "from-one", "more-switches", "fewer-nodes"),
        *("stray", "a-picture-counts", "twice-unseen", "a-name-breaks-it"),
    ],
)  # fmt: skip
def test_verdicts(tmp_path: Path, runs: list[list[str]], odd: dict[str, str]) -> None:
    assert _odd(_verdicts(tmp_path, runs)) == odd


def test_a_run_without_power_shifts_those_after_it(tmp_path: Path) -> None:
    _verdicts(tmp_path, [COMPLETE, [], COMPLETE, ["node_0.txt"], COMPLETE])
    (one,) = benchmarks(FolderTree(str(tmp_path)))
    found = package_verdicts(one)["node_counts"]
    assert found.file.endswith("power/result_2")  # it is that of result_3


def test_four_runs_of_unet3d_are_forgiven(tmp_path: Path) -> None:
    runs = [COMPLETE] * 5 + [[]] * 4
    assert _verdicts(tmp_path, runs, "unet3d")["power_package"] == "WARN"


def test_a_file_in_the_place_of_a_folder_breaks_it(tmp_path: Path) -> None:
    folder = tmp_path / BASE / "bert"
    _verdicts(tmp_path, [COMPLETE])
    (folder / "result_1.txt").touch()
    (folder / "power/result_1").touch()
    (one,) = benchmarks(FolderTree(str(tmp_path)))
    found = package_verdicts(one)
    assert found["power_package"].verdict == "EXC"
    assert "NotADirectoryError" in json.dumps(found["power_package"].message)
