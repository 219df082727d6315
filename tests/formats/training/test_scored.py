"""Benchmarks are found in trees and scored."""

from __future__ import annotations

import csv
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from joulemark.accounting.training_official import Algorithm
from joulemark.core.errors import FormatError
from joulemark.formats.training.benchmarks import benchmarks, wanted
from joulemark.formats.training.directory import BenchmarkDirectory, Place
from joulemark.formats.training.scored import score_directory
from joulemark.formats.trees.opening import open_tree
from tests.formats.training.samples import EXPECTED, REAL, benchmark, node, result, write

WITHIN = "training_results_v5.0/Us/results/2xBox/bert/"
SYSTEM = json.dumps({"number_of_nodes": 2, "accelerators_per_node": 8}).encode()


def whole() -> dict[str, bytes]:
    files = {WITHIN + name: data for name, data in benchmark().items()}
    files["training_results_v5.0/Us/systems/2xBox.json"] = SYSTEM
    files["training_results_v5.0/Us/results/2xBox/ssd/result_0.txt"] = result()
    files["training_results_v5.0/Us/results/2xBox/ssd/power/readme.txt"] = b"none"
    return files


def only(root: Path) -> BenchmarkDirectory:
    (found,) = benchmarks(open_tree(str(root)))
    return found


@pytest.mark.parametrize("inner", ["", "training_results_v5.0", "training_results_v5.0/Us"])
def test_a_benchmark_is_found_from_above(tmp_path: Path, inner: str) -> None:
    found = only(write(tmp_path, whole()) / inner)
    assert found.place == Place("v5.0", "", "Us", "2xBox", "bert")
    assert found.results == tuple(f"result_{i}.txt" for i in range(5))
    assert found.system is not None
    assert found.system.nodes == 2


@pytest.mark.parametrize("inner", ["results", "results/2xBox", "results/2xBox/bert"])
def test_a_benchmark_is_found_from_within(tmp_path: Path, inner: str) -> None:
    found = only(write(tmp_path, whole()) / "training_results_v5.0" / "Us" / inner)
    assert found.place == Place("v5.0", "", "Us", "2xBox", "bert")
    assert found.system is not None
    assert found.system.nodes == 2


def test_a_folder_by_itself(tmp_path: Path) -> None:
    found = only(write(tmp_path / "mine", benchmark()))
    assert found.place.benchmark == "mine"
    assert found.place.submitter == ""
    assert found.system is None
    assert score_directory(found).benchmark == "bert"
    assert score_directory(found).score.algorithm is Algorithm.PRESENT


def test_a_division_and_a_missing_description(tmp_path: Path) -> None:
    files = {f"closed/Us/results/Box/bert/{name}": data for name, data in benchmark().items()}
    found = only(write(tmp_path, files))
    assert found.place.division == "closed"
    assert found.system is None


def test_names_sort_as_people_count(tmp_path: Path) -> None:
    files = {f"power/result_0/node_{i}.txt": node(3) for i in range(12)}
    found = only(write(tmp_path, {**files, "power/result_0/total_power.txt": b"1"}))
    names = [file.rpartition("/")[2] for file in found.power_files("result_0.txt")]
    assert names == [f"node_{i}.txt" for i in range(12)]
    assert found.power_folders == ("result_0",)
    assert len(list(found.power_logs("result_0.txt"))) == 12


def test_too_many_files(tmp_path: Path) -> None:
    tree = open_tree(str(write(tmp_path, benchmark())))
    with pytest.raises(FormatError, match="more than 3 files"):
        list(benchmarks(tree, most_files=3))


def test_what_of_an_archive_is_kept() -> None:
    assert all(wanted(WITHIN + name) for name in benchmark())
    assert wanted("a/systems/b.json")
    assert not wanted("a/benchmarks/bert/train.py")


def test_a_score(tmp_path: Path) -> None:
    scored = score_directory(only(write(tmp_path, whole())))
    score = scored.score
    assert score.algorithm is Algorithm.PRESENT
    assert score.scale == 1.5
    assert score.runs == ("result_1.txt", "result_2.txt", "result_3.txt")
    expected = 1.5 * 102 * (2 * 500 + 100)
    assert score.whole.published == pytest.approx(expected)
    assert score.whole.in_run is not None
    assert score.whole.in_run.value == pytest.approx(expected)
    assert score.interconnect.published == pytest.approx(1.5 * 102 * 100)
    assert sorted(score.logs) == ["node_0", "node_1", "sw_0"]
    assert scored.unreadable == ()


def test_what_cannot_be_read_leaves_figures_out(tmp_path: Path) -> None:
    files = whole()
    files[WITHIN + "power/result_2/node_1.txt"] = b"\n"
    files[WITHIN + "scaling.json"] = b"["
    files[WITHIN + "result_4.txt"] = b"nothing"
    scored = score_directory(only(write(tmp_path, files)))
    assert scored.score.whole.published is None
    assert scored.score.runs == ("result_1.txt", "result_2.txt", "result_3.txt")
    assert len(scored.unreadable) == 3
    assert any("node_1.txt: the file is empty" in reason for reason in scored.score.reasons)
    assert not scored.runs[4].converged


def test_a_file_that_vanished(tmp_path: Path) -> None:
    found = only(write(tmp_path, whole()))
    (tmp_path / WITHIN / "result_0.txt").unlink()
    with pytest.raises(FormatError, match="missing"):
        found.run_log("result_0.txt")
    with pytest.raises(FormatError, match="missing"):
        found.run_log("result_9.txt")
    no_run = score_directory(found)
    assert len(no_run.score.runs) == 3


def test_a_benchmark_that_no_run_names(tmp_path: Path) -> None:
    files = {"power/result_0/node_0.txt": node(), "result_0.txt": b"nothing"}
    assert score_directory(only(write(tmp_path / "mine", files))).benchmark == "mine"


def published() -> list[dict[str, str]]:
    if not EXPECTED.exists():
        return []
    with EXPECTED.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not EXPECTED.exists(), reason="needs ../shared/data, which is not here")
def test_known_official_results() -> None:
    scored = {
        (found.place.submitter, found.place.system, found.place.benchmark): score_directory(found)
        for root in sorted(REAL.glob("training_results_v*"))
        for found in benchmarks(open_tree(str(root)))
    }
    rows = published()
    assert rows
    for row in rows:
        found = scored[row["submitter"], row["system"], row["bench"]]
        score = found.score
        assert len(found.runs) == int(row["runs"])
        assert score.scale == pytest.approx(float(row["scale"]), rel=1e-12)
        assert score.seconds == pytest.approx(60 * float(row["ttt_min"]), rel=1e-9)
        assert score.whole.published == pytest.approx(1e3 * float(row["official_kJ"]), abs=10)
        assert score.published_w == pytest.approx(float(row["avgW"]), rel=1e-6)
        ours = score.whole.in_run
        assert ours is not None
        assert ours.value == pytest.approx(1e3 * float(row["in_run_trapezoid_kJ"]), rel=5e-4)
        assert ours.u95 > 1e3 * abs(float(row["in_run_trapezoid_kJ"]) - ours.value / 1e3)
        expected = 1e3 * float(row["interconnect_kJ"])
        assert score.interconnect.published == pytest.approx(expected, abs=10)
        seen = [log.seen for run in found.runs for log in run.logs if log.seen]
        assert min(one.readings for one in seen) == int(row["min_samples"])
        nodes = [name for name in score.logs if name.startswith("node")]
        assert len(nodes) == int(row["nodes"])
        assert score.reasons == ()


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data, which is not here")
def test_a_measured_switch_whose_clock_is_five_hours_off() -> None:
    (found,) = benchmarks(open_tree(str(REAL / "training_results_v4.1")))
    scored = score_directory(found)
    assert scored.score.interconnect.published == 0
    inside = scored.score.interconnect.in_run
    assert inside is not None
    assert inside.value > 150_000
    shifts = {log.seen.shift_s for run in scored.runs for log in run.logs if log.seen}
    assert shifts == {0, 5 * 3600}


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data, which is not here")
def test_no_real_file_has_a_problem() -> None:
    for root in sorted(REAL.glob("training_results_v*")):
        for found in benchmarks(open_tree(str(root))):
            for result_ in found.results:
                assert found.run_log(result_).problems == ()
                for log in found.power_logs(result_):
                    assert log.problems == (), log.name


@pytest.mark.parametrize("ending", ["tar.gz", "zip"])
def test_an_archive(tmp_path: Path, ending: str) -> None:
    root = write(tmp_path / "files", whole())
    packed = tmp_path / f"training_results_v5.0.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(root.rglob("*")):
                archive.write(path, path.relative_to(root))
    else:
        with tarfile.open(packed, "w:gz") as archive_:
            archive_.add(root / "training_results_v5.0", "training_results_v5.0")
    tree = open_tree(str(packed), keep=wanted)
    (found,) = benchmarks(tree)
    assert found.place == Place("v5.0", "", "Us", "2xBox", "bert")
    assert found.system is not None
    assert score_directory(found).score.whole.published == pytest.approx(1.5 * 102 * 1100)
    tree.close()


def test_a_git_repository(tmp_path: Path) -> None:
    root = write(
        tmp_path / "training_results_v5.0", {k.split("/", 1)[1]: v for k, v in whole().items()}
    )
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "all"], check=True)
    tree = open_tree(f"{root}@HEAD:Us/results")
    (found,) = benchmarks(tree)
    assert found.place == Place("v5.0", "", "Us", "2xBox", "bert")
    assert score_directory(found).score.whole.published == pytest.approx(1.5 * 102 * 1100)
    assert found.system is not None
    tree.close()
