"""joulemark audit: wiring, claims of one's own, tables of a folder, the page, exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.formats.results.declared import DeclaredResult
from joulemark.store.declared import FILE as DECLARED
from joulemark.store.declared import add_declared
from tests.analysis.claims.tables import logs, table

CLAIM = """
source = "a <b>press</b> release"
[[claims]]
id = "resnet"
says = "ResNet-50 in datacenters: {value} times"
kind = "growth"
value = "{value}"
category = "datacenter"
benchmark = "resnet50"
since = "v2.0"
until = "v4.1"
"""


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    capsys.readouterr()
    assert main([str(word) for word in ("audit", *words)]) == code
    return capsys.readouterr().out


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A table of results, and what the logs of the same results give."""
    made = tmp_path / "store"
    rows = table()
    located = [
        replace(row, location=f"closed/{row.identity}".replace("\0", "/"), kind="cm-result")
        for row in logs(rows)
    ]
    add_declared(made, [*rows, *located], lambda every: {})
    return made


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    path = tmp_path / "claims.toml"
    path.write_text(CLAIM.format(value="1.3"))
    return path


def test_claims_with_verdicts_in_eighty_columns(
    store: Path, claims: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "--store", store, "--claims", claims)
    assert "stands" in text
    assert "1 claims of a <b>press</b> release: 1 stand." in text
    assert "findings: none" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    claims.write_text(CLAIM.format(value="9.7"))
    text = said(capsys, "--store", store, "--claims", claims, code=1)
    assert "does not follow" in text
    assert "samples/J" in text


def test_json_has_every_figure(
    store: Path, claims: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(said(capsys, "--store", store, "--claims", claims, "--json"))
    (one,) = found["claims"]
    (figure,) = one["figures"]
    assert one["verdict"] == figure["verdict"] == "stands"
    assert figure["recomputed"] == pytest.approx(1.3, abs=0.05)
    assert figure["sources"]
    assert found["verdicts"]["stands"] == 1


def write(path: Path, rows: Sequence[DeclaredResult]) -> None:
    """Write rows as a results page has them."""
    head = ("Public ID", "Organization", "SystemType", "SystemName", "Model", "Model MLC",
            "Scenario", "Result", "accelerator_model_name", "Total Accelerators", "version",
            "Units")  # fmt: skip
    units = {"s/query": ("latency in ms", 1e3), "J/query": ("millijoules", 1e3), "W": ("Watts", 1)}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for row in rows:
            for value, unit in (
                (row.performance, row.performance_unit),
                (row.power, row.power_unit),
            ):
                name, factor = units.get(unit, (unit, 1))
                names = (row.public_id, row.submitter, row.system_type, row.system_name)
                writer.writerow(
                    (*names, row.benchmark, row.benchmark, row.scenario, (value or 0) * factor,
                     row.accelerator, row.accelerators, row.round, name)
                )  # fmt: skip


def test_tables_of_a_folder_are_searched(
    store: Path, claims: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    rows = table()
    wrong = next(n for n, row in enumerate(rows) if row.scenario == "SingleStream")
    rows[wrong] = replace(rows[wrong], power=1000 * (rows[wrong].power or 0))
    write(folder / "page.csv", rows)
    (folder / "other.csv").write_text("a,b\n1,2\n")
    text = said(capsys, "--store", store, "--claims", claims, "--tables", folder, "--list")
    assert "findings: 1 unit" in text
    assert "energy is off by a factor of 1000" in " ".join(text.split())
    assert f"page.csv:{2 * wrong + 2}" in text
    (folder / "page.csv").unlink()
    said(capsys, "--store", store, "--tables", folder, code=2)
    said(capsys, "--store", store, "--tables", tmp_path / "none", code=2)


def test_the_page_is_whole_and_harmless(
    store: Path, claims: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    words = ("--store", store, "--claims", claims, "--html", page)
    said(capsys, *words)
    text = page.read_text()
    assert "What the record says" in text
    assert "a &lt;b&gt;press&lt;/b&gt; release" in text
    assert "<b>" not in text
    assert 'href="#claim-resnet"' in text
    assert "src=" not in text.replace("img-src", "").replace("default-src", "")
    page.write_text("mine")
    said(capsys, *words, code=2)
    said(capsys, *words, "--force")
    assert page.read_text() == text


def test_a_page_of_what_has_not_changed_is_left(
    store: Path, claims: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    claims.write_text(CLAIM.format(value="13"))
    words = ["audit", "--store", str(store), "--claims", str(claims), "--html", str(page)]

    def audited() -> tuple[str, bool]:
        """What was printed, and whether it was audited."""
        assert main(words) == 1
        printed = capsys.readouterr()
        return printed.out, "nothing has changed since" not in printed.err

    told, _ = audited()
    state = page.stat()
    assert audited() == (told, False)
    assert page.stat() == state
    page.unlink()
    assert audited() == (told, True)
    words += ["--json", "--force"]
    told, new = audited()
    assert new
    assert json.loads(told)
    assert audited() == (told, False)
    claims.write_text(CLAIM.format(value="1.35"))
    assert audited()[1]
    (store / DECLARED).touch()
    assert audited()[1]
    (tmp_path / ".page.html.made.json").write_text("[")
    assert audited()[1]


def test_the_claims_of_the_study_on_an_empty_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "--store", tmp_path / "empty")
    assert "cannot be verified" in text
    assert "does not follow" not in text


def test_both_rates_as_a_table(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--store", store, "--rates", "--times", "1", "--since", "v2.1", "--until", "v4.0")
    text = said(capsys, *words)
    assert text.startswith("| planted |")
    assert "| nothing: false alarms per 1,000 rows | 0.0 (0 of 128) | 0.0 (0 of 128) |" in text
    assert json.loads(said(capsys, *words, "--json"))["rows"] == 128


def test_a_file_that_is_no_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claims.toml"
    said(capsys, "--claims", path, code=4)
    path.write_text("x = [")
    said(capsys, "--claims", path, code=4)
