"""joulemark record: wiring, filters, files, exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from joulemark.analysis.record.counted import TABLES
from joulemark.cli import main
from joulemark.store.declared import add_declared
from tests.analysis.record.rows import PLACE, row
from tests.store.build import written


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    capsys.readouterr()
    assert main([str(word) for word in ("record", *words)]) == code
    return capsys.readouterr().out


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two published results, one contradicted by its page, and a run of one's own."""
    made = tmp_path / "store"
    written(made)
    server = PLACE.replace("Offline", "Server")
    rows = [
        row("logs"),
        row("results-page", power=9.5),
        row("cm-result", "s", scenario="Server", location=server, performance_unit="queries/s"),
        row("cm-result", "t", location="closed/ACME/results/x/y/z", power=None),
    ]
    add_declared(made, rows, lambda every: {})
    return made


def test_counts_in_eighty_columns(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--store", store)
    (line,) = [line for line in text.splitlines() if line.startswith("inference")]
    assert line.split() == ["inference", "v4.0", "2", "2", "0", "1", "1", "0", "1", "1"]
    assert "left out: 1 stated results, each of which states no power" in text
    assert max(map(len, text.splitlines())) <= 80


def test_filters_and_lines_of_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "--store", store, "--json").splitlines()
    assert [json.loads(line)["scenario"] for line in lines] == ["Offline", "Server"]
    (one,) = said(capsys, "--store", store, "--json", "--evidence", "logs").splitlines()
    found = json.loads(one)
    assert found["public_id"] == "4.0-0001"
    assert found["evidence"] == "raw log recomputed"
    assert found["per_joule"] == pytest.approx(1000 / 501.2345678)
    assert "states a power of 9.5000 W" in found["remarks"][0]
    for words in (("--round", "v4.0"), ("--benchmark", "bert"), ("--submitter", "acme")):
        assert len(said(capsys, "--store", store, "--json", *words).splitlines()) == 2
    text = said(capsys, "--store", store, "--suite", "tiny")
    assert "no result is of that suite; there is inference" in text
    text = said(capsys, "--store", store, "--round", "9.9", "--scenario", "server")
    assert "no result is of that round; there is v4.0" in text
    assert "scenario" not in text


def test_a_few_results_are_listed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "checks.jsonl").write_text(
        '{"joulemark":"check","format":1}\n'
        + json.dumps(
            {"kind": "inference", "round": "v4.0", "path": PLACE, "result": {"verdict": "fail"}}
        )
    )
    text = said(capsys, "--store", store, "--round", "4.0")
    assert "501 W" in text
    assert "2.00 samples" in text
    assert "logs ✗" in text
    assert "checked by our rules: 1, of which 0 pass" in text
    assert max(map(len, text.splitlines())) <= 80
    own = said(capsys, "--store", store, "--evidence", "own", "--own")
    assert "2026-11-22" in own
    assert "whether" not in own


def test_runs_of_ones_own(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [json.loads(x) for x in said(capsys, "--store", store, "--json", "--own").splitlines()]
    (own,) = [one for one in found if one["evidence"] == "own run"]
    assert own["runs"] == [own["key"].partition("/")[0]]
    assert own["energy_j"] > 0
    assert own["date"] == "2026-11-22"
    text = said(capsys, "--store", store, "--evidence", "own")
    assert text.splitlines()[1].split()[:3] == ["own", "–", "1"]


def test_files(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, sheet = tmp_path / "r.parquet", tmp_path / "r.csv"
    words = ("--store", store, "--parquet", table, "--csv", sheet)
    said(capsys, *words)
    with duckdb.connect() as database:
        query = "FROM read_parquet(?) SELECT count(*), max(per_joule)"
        (first,) = database.execute(query, [str(table)]).fetchall()
    assert first == (2, pytest.approx(1000 / 501.2345678))
    with sheet.open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [one["evidence"] for one in read] == ["raw log recomputed", "results repository"]
    assert read[0]["sources"] == "logs:1 | page.csv:2 | page.csv:3"
    said(capsys, *words, code=2)
    said(capsys, *words, "--force")
    said(capsys, "--store", store, "--parquet", tmp_path / "no/such/r.parquet", code=4)


def test_an_empty_store_and_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "joulemark import" in said(capsys, "--store", tmp_path)
    state = tmp_path / "state"
    said(capsys, "--store", tmp_path, "--check", state, code=4)
    state.write_text("nothing\n")
    said(capsys, "--store", tmp_path, "--check", state, code=4)


def test_how_the_study_counts(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--store", store, "--explain-1841")
    assert "not imported: data_cleaned_inference_datacenter.csv" in text
    source = (f"{TABLES['datacenter']}:2", f"{TABLES['datacenter']}:3")
    add_declared(store, [row("results-page", "x", sources=source, rows=2)], lambda every: {})
    found = json.loads(said(capsys, "--store", store, "--explain-1841", "--json"))
    assert (found["count"], found["stated"]) == (1, 1841)
    assert found["tables"][0]["results"] == 1
