"""joulemark figures: files, JSON, and what goes wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from joulemark.analysis.published.tables import DATACENTER
from joulemark.cli import main
from joulemark.store.declared import add_declared
from tests.analysis.published.tables import result, write
from tests.analysis.record.rows import row


def names_in(folder: Path) -> list[str]:
    """Names of the files, without the note."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".made.json")


PUBLISHED = ["figures", "--as-published"]


def test_figures_without_tables_are_those_of_the_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figures"
    assert main([*PUBLISHED, "--output", str(output)]) == 0
    said = capsys.readouterr()
    assert all(len(line) <= 80 for line in said.out.replace(str(output), "").splitlines())
    assert "Four generations of TPU" in said.out
    names = {path.name for path in output.iterdir()}
    assert {"index.html", "figure-6.svg", "figure-6-column.svg", "figure-6.csv"} <= names
    for path in output.glob("*.svg"):
        ET.fromstring(path.read_text("utf-8"))
    with (output / "figure-6.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    energy = {(r["series"], r["x"]): float(r["y"]) for r in rows}
    assert energy["Compute", "8"] == 11.77
    assert {r["unit"] for r in rows if r["axis"] == "left"} == {"MJ"}


def test_json_alone_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*PUBLISHED, "--figure", "6", "11b", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [figure["figure"] for figure in shown["figures"]] == ["6", "11b"]
    assert {figure["version"] for figure in shown["figures"]} == {"as published"}
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_has_no_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["figures", "--from-record", "--store", str(tmp_path), "--output", str(tmp_path / "o")]
    assert main(words) == 0
    assert "There is no figure" in capsys.readouterr().out
    assert names_in(tmp_path / "o") == ["index.html"]


def test_both_of_an_empty_store_are_those_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["figures", "--store", str(tmp_path), "--json", "--figure", "7"]
    assert main(words) == 0
    assert len(json.loads(capsys.readouterr().out)["figures"]) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--figure", "12"], 2, "there is no figure '12'; choose from 1, 2, 5a"),
        (["--tables", "nowhere"], 3, "nowhere"),
    ],
)
def test_what_goes_wrong_is_said(
    words: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*PUBLISHED, "--output", str(tmp_path / "o"), *words]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_files_that_exist_are_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "figure-6.csv").write_text("mine")
    words = [*PUBLISHED, "--figure", "6", "--output", str(tmp_path)]
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["figure-6.csv"]
    assert main([*words, "--force"]) == 0
    assert (tmp_path / "figure-6.csv").read_text().startswith("figure,")


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    words = [*PUBLISHED, "--figure", "6", "--output", str(tmp_path / "file" / "in")]
    assert main(words) == 4
    assert "no folder can be made" in capsys.readouterr().err


def test_both_versions_lie_over_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, tables, output = (tmp_path / name for name in ("store", "tables", "output"))
    store.mkdir()
    tables.mkdir()
    rounds = (("v1.0", 1000.0), ("v1.1", 2000.0), ("v2.0", 3000.0))
    add_declared(
        store,
        [
            row("cm-result", round_, round=round_, performance=rate, power=500.0)
            for round_, rate in rounds
        ],
        lambda every: {},
    )
    stated = [("1.0-1", "1000"), ("1.1-1", "2000"), ("2.0-1", "4000")]
    rows = [r for number, rate in stated for r in result(number, "BERT-99.0", rate, "500")]
    write(tables / DATACENTER, rows)
    words = ["figures", "--store", str(store), "--tables", str(tables), "--figure", "5a"]
    assert main([*words, "--output", str(output), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [figure["version"] for figure in shown["figures"]] == ["from the record", "as published"]
    (differs,) = shown["differences"]
    assert (differs["series"], differs["at"]) == ("BERT-99", "v2.0")
    assert (differs["published"], differs["record"]) == (4.0, 3.0)
    assert names_in(output) == [
        "figure-5a-column.svg",
        "figure-5a.csv",
        "figure-5a.svg",
        "index.html",
    ]
    page = (output / "index.html").read_text("utf-8")
    assert "<strong>BERT-99, v2.0</strong>: 4.000 as published, 3.000 from the record" in page


def test_figures_of_what_has_not_changed_are_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, tables, output = (tmp_path / name for name in ("store", "tables", "output"))
    store.mkdir()
    tables.mkdir()
    stated = [("1.0-1", "1000"), ("1.1-1", "2000"), ("2.0-1", "4000")]
    rows = [r for number, rate in stated for r in result(number, "BERT-99.0", rate, "500")]
    write(tables / DATACENTER, rows)
    words = ["figures", "--store", str(store), "--tables", str(tables), "--figure", "5a"]
    words += ["--output", str(output)]

    def drawn(code: int = 0, *more: str) -> bool:
        """Whether anything was drawn; what is printed is the same."""
        assert main([*words, *more]) == code
        printed = capsys.readouterr()
        assert code or printed.out == told
        return "nothing has changed since" not in printed.err

    assert main(words) == 0
    told = capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in output.iterdir()}
    assert not drawn()
    assert not drawn(0, "--force")
    assert {path: path.stat().st_mtime_ns for path in output.iterdir()} == before
    assert drawn(2, "--figure", "5b", "5a")
    (output / "figure-5a.csv").write_text("mine")
    assert drawn(2)
    assert drawn(0, "--force")
    assert not drawn()
    (output / ".made.json").write_text('{"made_by": "joulemark figures", "files": 3}')
    assert drawn(0, "--force")
    write(tables / DATACENTER, rows[:-2])
    assert drawn(2)
    add_declared(store, [row("cm-result", "v1.0", round="v1.0")], lambda every: {})
    write(tables / DATACENTER, rows)
    assert drawn(2)
