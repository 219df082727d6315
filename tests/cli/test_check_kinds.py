"""``joulemark check`` on results of Training and Tiny, alone and beside those of Inference."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from tests.formats.tiny.sample import energy_runner
from tests.inference_samples import Sample, written
from tests.rules.training.test_rules import result

POWER = "closed/A/results/box/resnet50/Offline/performance"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A tree with a result of each kind."""
    root = tmp_path / "tree"
    result(root)
    energy_runner(root)
    written(Sample().files(), root / "inference_results_v5.1" / POWER)
    return root


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_results_of_all_kinds_are_checked(
    mixed: Path, jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(mixed), "--json", "--jobs", jobs, "--ignore", "inference/*"]) == 0
    inference, training, tiny = _lines(capsys)
    assert [one["kind"] for one in (inference, training, tiny)] == ["inference", "training", "tiny"]
    assert {one["verdict"] for one in (inference, training, tiny)} == {"pass"}
    assert inference["metric"]["unit"] == "W"
    assert training["path"] == "training_results_v5.0/WHO/results/BOX/retinanet"
    assert training["metric"]["unit"] == "kJ"
    assert training["metric"]["value"] == pytest.approx(1400, rel=0.1)
    assert training["energy_j"]["value"] == pytest.approx(1.4e6, rel=0.1)
    assert (training["round"], training["benchmark"]) == ("v5.0", "retinanet")
    assert tiny["metric"]["unit"] == "µJ"
    assert tiny["energy_j"]["value"] == pytest.approx(tiny["metric"]["value"] / 1e6, rel=1e-3)
    assert (tiny["round"], tiny["scenario"]) == ("v1.2", "energy")


def test_a_table_speaks_of_results(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mixed / "training_results_v5.0/WHO/results/BOX/retinanet/result_0.txt").unlink()
    assert main(["check", str(mixed), "--jobs", "1", "--ignore", "inference/*"]) == 1
    out, err = capsys.readouterr()
    assert "run-count" in out
    assert "training/no-run" in out
    assert "3 results: 2 pass, 0 warn, 1 fail" in err


def test_patterns_and_files_know_the_rules(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = mixed / "training_results_v5.0/WHO/results/BOX/retinanet"
    (folder / "scaling.json").write_text('{"scaling_factor": 0.1}')
    sarif, junit = tmp_path / "found.sarif", tmp_path / "found.xml"
    words = ["check", str(folder), "--rule", "training/sc*", "--jobs", "1"]
    assert main([*words, "--sarif", str(sarif), "--junit", str(junit)]) == 1
    (run,) = json.loads(sarif.read_text())["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["training/scaling"]
    assert "training/scaling" in junit.read_text()
    assert main(["check", str(folder), "--ignore", "training/scaling", "--jobs", "1"]) == 0
    capsys.readouterr()
    assert main(["check", str(folder), "--rule", "training/nothing"]) == 2
    assert "there is no rule" in capsys.readouterr().err


def test_an_unchanged_result_is_taken_over(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(mixed), "--jobs", "1", "--resume", str(tmp_path / "state")]
    main(words)
    capsys.readouterr()
    main(words)
    assert "3 unchanged since an earlier check" in capsys.readouterr().err
    system = mixed / "training_results_v5.0/WHO/systems/BOX.json"
    system.write_text(system.read_text().replace('"2"', '"3"'))
    main(words)
    out, err = capsys.readouterr()
    assert "2 unchanged" in err
    assert "the system has 3" in out.replace("\n        ", " ")


def test_a_benchmark_named_alone_knows_its_system(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = mixed / "training_results_v5.0/WHO/results/BOX/retinanet"
    assert main(["check", str(folder), "--json", "--jobs", "1"]) == 0
    (one,) = _lines(capsys)
    assert one["findings"] == []
    assert (one["path"], one["submitter"]) == ("WHO/results/BOX/retinanet", "WHO")


def test_what_the_official_checker_says(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = mixed / "training_results_v5.0/WHO/results/BOX/retinanet"
    (folder / "power/result_0/node_1.txt").rename(folder / "power/result_0/node_9.txt")
    (folder / "power/result_1/node_1.txt").rename(folder / "power/result_1/node_9.txt")
    tree = str(mixed / "training_results_v5.0")
    assert main(["check", tree, "--as-official", "--json", "--jobs", "1"]) == 1
    (one,) = _lines(capsys)
    assert one["official"]["node_names"] == "WARN"
    assert one["official"]["power_package"] == "FAIL"
    assert one["official_revision"] == "2025-02"
    tiny = str(mixed / "tiny_results_v1.2")
    assert main(["check", tiny, "--as-official", "v5.1", "--json", "--jobs", "1"]) == 0
    (one,) = _lines(capsys)
    assert [finding["rule"] for finding in one["findings"]] == ["joulemark/no-official"]


def test_an_archive_of_all_kinds(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = mixed.parent / "all.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        made.add(mixed, "tree")
    main(["check", str(archive), "--json", "--jobs", "1"])
    assert [one["kind"] for one in _lines(capsys)] == ["inference", "training", "tiny"]


def test_pages_are_of_inference_alone(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = str(mixed / "training_results_v5.0")
    assert main(["report", "--tree", tree, "-o", str(mixed.parent / "pages")]) == 4
    assert "but 1 of MLPerf Training" in capsys.readouterr().err
    pages = str(mixed.parent / "others")
    assert main(["report", "--tree", str(mixed), "-o", pages, "--jobs", "1"]) == 0
    assert "1 of MLPerf Training and 1 of MLPerf Tiny" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["training/rate", "tiny/short-window", "official/power_package"])
def test_rules_are_explained(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 0
    assert rule in capsys.readouterr().out
