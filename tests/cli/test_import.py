"""``joulemark import``, and every verb on what it made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.store.declared import read_declared
from tests.formats.results.tables import line, page
from tests.inference_samples import Sample, submission, written


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two systems with one result each."""
    one = submission(Sample(seconds=90).files())
    other = submission(Sample(seconds=90, watts=50.0).files(), system="crate")
    return written({**one, **other}, tmp_path / "inference_results_v5.1")


@pytest.fixture
def store(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A store with both."""
    assert main(["import", str(tree), "--jobs", "1", "--store", str(tmp_path / "runs")]) == 0
    capsys.readouterr()
    return tmp_path / "runs"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def named(capsys: pytest.CaptureFixture[str], store: Path) -> dict[str, str]:
    """Names of the runs by system."""
    runs = json.loads(said(capsys, "list", "--json", "--store", str(store)))
    return {run["host"]: run["id"] for run in runs}


def test_a_summary_of_80_columns(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "page.csv").write_bytes(page(line("x", "samples/s"), line("5", "Watts")).data)
    store = str(tmp_path / "s")
    text = said(capsys, "import", str(tree), "--store", store)
    assert max(map(len, text.splitlines())) <= 80
    assert "2 power directories: 2 measurements, 2 new" in text
    assert "by round: v5.1 2" in text
    assert "1 table of results: 1 result" in text
    assert "doubts of this import: results/row 1" in text
    again = json.loads(said(capsys, "import", str(tree), "--store", store, "--json"))
    assert again["runs"] == {"new": 0, "known": 2, "by_round": {"v5.1": 2}}
    assert again["declared"]["total"] == 3
    assert again["declared"]["new"] == 0


def test_what_is_doubtful_and_what_is_refused_is_named(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        text
        for number in range(12)
        for text in (
            line(f"{number + 700}.125", "samples/s", public_id=f"1-{number}"),
            line(f"{number + 700}.125", "Watts", public_id=f"1-{number}"),
        )
    ]
    (tree / "page.csv").write_bytes(page(*rows).data)
    (tree / "closed/Example/results/box/resnet50/Offline/performance/run_1/spl.txt").unlink()
    text = said(capsys, "import", str(tree), "--store", str(tmp_path / "s"), code=1)
    assert max(map(len, text.splitlines())) <= 80
    joined = "".join(text.split())
    assert "results/repeated-figure:700.125isstatedforboth" in joined
    assert "2more;inDuckDB:FROM" in joined
    assert "✗" in text
    assert "thefileismissing" in joined


def test_wrong_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(tmp_path / "s")]
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for path, code in (("none", 2), ("file", 4), ("empty", 4)):
        assert main(["import", str(tmp_path / path), *store]) == code
        error = capsys.readouterr().err
        assert error.startswith("joulemark import: ")
        assert path in error
    with pytest.raises(SystemExit) as raised:
        main(["import"])
    assert raised.value.code == 2


def test_show_an_imported_run(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = named(capsys, store)["box"]
    text = said(capsys, "show", name, "--evidence", "--verify", "--store", str(store))
    assert max(map(len, text.splitlines())) <= 80
    assert "MLPerf v5.1 Example resnet50 Offline, box" in text
    assert "declared" in text
    assert "not verified by MLCommons" in text
    result: dict[str, Any] = json.loads(said(capsys, "show", name, "--json", "--store", str(store)))
    ranging, testing = result["phases"]
    assert (ranging["role"], testing["role"]) == ("ranging", "measure")
    assert testing["average_power_w"]["value"] == pytest.approx(100.0, rel=0.01)
    assert testing["provenance"] == "declared"


def test_report_and_export_an_imported_run(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = named(capsys, store)["box"]
    path = tmp_path / "run.html"
    said(capsys, "report", name, "-o", str(path), "--store", str(store))
    html = path.read_text()
    assert "to set the ranges" in html
    assert "Power factor" in html
    assert "LoadGen" in html
    for kind in ("json", "csv", "parquet"):
        target = tmp_path / f"x.{kind}"
        said(capsys, "export", name, "--format", kind, "-o", str(target), "--store", str(store))
        assert target.stat().st_size > 0


def test_compare_and_total_imported_runs(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = named(capsys, store)
    words = ["compare", names["box"], names["crate"], "--json", "--store", str(store)]
    (found,) = json.loads(said(capsys, *words))["comparisons"]
    assert found["ratio"] == pytest.approx(0.5, rel=0.02)
    said(capsys, "crosscheck", names["box"], "--store", str(store))
    total = json.loads(said(capsys, "total", str(store), "--json"))
    assert total["total"]["energy_j"] == pytest.approx(150.0 * 90, rel=0.02)


def test_another_benchmark_is_not_compared(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = submission(Sample(seconds=90, watts=70.0).files(), benchmark="bert-99", system="third")
    tree = written(files, tmp_path / "more_v5.1")
    said(capsys, "import", str(tree), "--jobs", "1", "--store", str(store))
    names = named(capsys, store)
    words = ["compare", names["box"], names["third"], "--store", str(store)]
    assert "the data sets differ" in said(capsys, *words).replace("\n", " ")


def test_results_in_sql(store: Path) -> None:
    rows = read_declared(store)
    assert sorted(row.power or 0.0 for row in rows) == [pytest.approx(50.0), pytest.approx(100.0)]
    assert {row.system for row in rows} == {"box", "crate"}
