from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.cli import main
from tests.example_tree import write


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("example"))


def test_pages_of_a_tree(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "review"
    assert main(["report", "--tree", str(tree), "-o", str(folder), "--jobs", "1"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{folder}/index.html\n"
    assert "joulemark report: 5 results, 3 measurements, 3 pages" in said.err
    assert (folder / "index.html").is_file()


def test_one_submitter_without_some_rules(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "--tree", str(tree), "-o", str(tmp_path / "r"), "--only-failing"]
    words += ["--submitter", "sample_works", "--ignore", "inference/hash-*", "--jobs", "1"]
    assert main(words) == 0
    assert "1 result, 1 measurement, 0 pages" in capsys.readouterr().err


def test_what_was_imported(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, folder = str(tmp_path / "store"), str(tmp_path / "review")
    words = ["report", "--imported", "--store", store, "-o", folder, "--jobs", "1"]
    assert main(words) == 4
    assert "no power directory was imported" in capsys.readouterr().err
    assert main(["import", str(tree), "--store", store, "--jobs", "1"]) == 0
    assert main(words) == 0
    assert "5 results" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--only-failing"], 2, "name it with --tree PATH"),
        (["last", "--round", "v5.1"], 2, "name it with --tree PATH"),
        (["some-run", "--tree", "."], 2, "cannot be reported at once"),
        (["--tree", "nowhere-at-all"], 2, "no such file or folder"),
        (["--tree", ".", "--round", "v99"], 2, "v99"),
    ],
)
def test_wrong_arguments(
    words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *words]) == code
    assert says in capsys.readouterr().err


def test_a_strange_folder(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").write_text("mine")
    words = ["report", "--tree", str(tree), "-o", str(tmp_path), "--jobs", "1"]
    assert main(words) == 4
    assert "holds something else" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0
