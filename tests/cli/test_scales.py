"""joulemark scales: wiring, files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.cli import main
from tests.procedures.test_importing_kinds import imported, tiny, training
from tests.store.build import written


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two training results, a tiny session in two rounds, a run of one's own, a broken one."""
    made = tmp_path / "store"
    for place in (training(tmp_path), tiny(tmp_path), tiny(tmp_path, "v1.3")):
        imported(place, made)
    written(made)
    (made / "broken").mkdir()
    (made / "broken/run.json").write_text("{")
    return made


def test_a_table_of_what_the_store_holds(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "scales", "--store", str(store))
    assert "inference" in text
    assert "1 copy of a" in text, text
    found = json.loads(said(capsys, "scales", "--store", str(store), "--json"))
    by_scale = {row["scale"]: row for row in found["scales"]}
    assert {"tiny", "training"} <= by_scale.keys()
    assert by_scale["tiny"]["measurements"] == 1
    assert by_scale["training"]["from"] == {"logs": 1}
    assert by_scale["training"]["power_w"]["least"]["value"] == pytest.approx(1100)
    (trained,) = found["training"]
    assert trained["accelerators"] == 16
    assert trained["compute_j"] == pytest.approx(1000 * 102 * 1.5)
    assert trained["in_run_j"] == pytest.approx(1100 * 102 * 1.5, rel=1e-3)


def test_page_and_pictures(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, folder = tmp_path / "out/scales.html", tmp_path / "figures"
    words = ("scales", "--store", str(store), "--html", str(page), "--svg", str(folder))
    said(capsys, *words)
    assert "Energy to train bert" in page.read_text()
    assert {path.name for path in folder.iterdir()} == {
        "power-by-scale.svg", "training-energy-bert.svg"
    }  # fmt: skip
    said(capsys, *words, code=2)
    said(capsys, *words, "--force")


def test_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no result" in said(capsys, "scales", "--store", str(tmp_path / "none"))


def test_a_folder_that_cannot_be_made(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "x")
    said(capsys, "scales", "--store", str(store), "--svg", folder, code=4)
