"""``joulemark validate boards`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.cli import main
from tests.formats.recordings import Board


def test_boards_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Board().write(tmp_path / "3090_TR")
    assert main(["validate", "boards", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "3090_TR" in text
    assert max(map(len, text.splitlines())) <= 80
    assert main(["validate", "boards", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["case"] == "step"
    assert main(["validate", "boards", str(tmp_path), "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("| board | field |")


def test_a_recording_that_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Board().write(tmp_path / "good")
    bad = Board().write(tmp_path / "bad")
    (bad / "timestamps.csv").write_text("timestamp\n")
    assert main(["validate", "boards", str(tmp_path)]) == 4
    assert "! not judged:" in capsys.readouterr().out
    assert main(["validate", "boards", str(bad)]) == 4
    assert "no kernel begins and ends" in capsys.readouterr().err
    assert main(["validate", "boards", str(tmp_path / "none")]) == 3
    assert "not a folder" in capsys.readouterr().err


def test_intervals_that_fail_end_with_1(tmp_path: Path) -> None:
    for i in range(6):
        Board(gain=0.5).write(tmp_path / str(i))
    assert main(["validate", "boards", str(tmp_path)]) == 1


def test_help_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["validate", "boards", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert max(map(len, text.splitlines())) <= 80
