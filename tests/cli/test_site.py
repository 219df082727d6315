"""joulemark site: wiring, what it says, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.cli import main
from tests.procedures.test_importing_kinds import imported, tiny, training
from tests.store.build import written


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A training result, a tiny session, and a run of one's own."""
    made = tmp_path / "store"
    for place in (training(tmp_path), tiny(tmp_path)):
        imported(place, made)
    written(made)
    return made


def test_a_site_of_a_store(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "site"
    words = ["site", str(folder), "--store", str(store), "--title", "Ours & others"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder / 'index.html'}\n"
    assert "3 results; " in err
    assert (folder / "data/rows.js").is_file()
    assert [path.suffix for path in (folder / "runs").iterdir()] == [".html"]
    assert "<h1>Ours &amp; others</h1>" in (folder / "index.html").read_text()
    assert main(words) == 0
    assert "nothing has changed" in capsys.readouterr().err
    assert main([*words, "--pages", "all"]) == 0
    assert len(list((folder / "runs").iterdir())) == 3
    assert main([*words, "--pages", "none"]) == 0
    assert "3 removed" in capsys.readouterr().err


def test_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", str(tmp_path / "site"), "--store", str(tmp_path / "none")]) == 0
    assert "0 results" in capsys.readouterr().err


def test_a_folder_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    words = ["site", str(tmp_path), "--store", str(tmp_path / "none")]
    assert main(words) == 4
    assert "something else" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0


def test_words_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["site", str(tmp_path / "site"), "--pages", "some"])
    assert "invalid choice" in capsys.readouterr().err
