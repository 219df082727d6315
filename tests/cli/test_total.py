"""``joulemark total``: what is asked, what is printed, what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from joulemark.cli import main
from joulemark.store import duck
from tests.store.build import written
from tests.store.parquet import write


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table of 30 nodes at 1 to 30 W for 10 s."""
    node, tick = np.divmod(np.arange(30 * 101), 101)
    columns = {
        "time": 10**18 + tick * 10**8,
        "node": np.array([f"node-{i + 1:02d}" for i in node]),
        "phase": np.full(len(node), "train"),
        "power": (node + 1.0).astype(np.float32),
        "mw": ((node + 1) * 1000).astype(np.int32),
        "uj": (tick * (node + 1) * 100_000) % 5_000_000,
    }
    return write(tmp_path / "t" / "p.parquet", columns)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["total", *words]) == 0
    return capsys.readouterr().out


def test_a_table_of_80_columns_shows_the_largest_groups_and_the_total(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, str(table.parent), "--top", "3")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["node", "phase", "energy", "mean", "power", "covered", "samples"]
    assert [line.split()[0] for line in lines[1:5]] == ["node-30", "node-29", "node-28", "total"]
    assert "4.65000" in lines[4]
    assert "and 27 smaller groups" in text
    assert "3030 rows of 30 series" in text
    assert "without the meter's own accuracy" in text


def test_accuracy_counts_where_it_is_given(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(table), "--by", "", "--gain", "5%", "--offset", "0.1W", "--json"]
    answer = json.loads(said(capsys, *words))
    assert answer["total"]["energy_j"] == pytest.approx(4650)
    gain = 0.05 * 4650
    assert answer["total"]["u95_j"] == pytest.approx(gain, rel=0.01)
    assert set(answer["budget_j"]) == {"gain", "offset", "clock"}
    assert len(answer["groups"]) == 1
    assert "without" not in said(capsys, *words[:-1])


@pytest.mark.parametrize(
    "words",
    [
        ["--power", "mw", "--unit", "mW"],
        ["--counter", "uj", "--unit", "uJ", "--wrap", "5e6"],
        ["--engine", "duckdb"],
        ["--series", "node", "--sort"],
    ],
)
def test_power_in_any_unit_and_a_counter_give_the_same_joules(
    table: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    answer = json.loads(said(capsys, str(table), *words, "--json"))
    assert answer["total"]["energy_j"] == pytest.approx(4650)
    assert answer["groups"][0]["node"] == "node-01"
    assert answer["groups"][0]["energy_j"] == pytest.approx(10)
    assert answer["groups"][0]["provenance"] == "declared"
    assert answer["warnings"] == []


def test_csv_markdown_and_parquet_hold_the_same(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, str(table), "--csv"))))
    assert [float(row["average_power_w"]) for row in rows] == pytest.approx(range(1, 31))
    lines = said(capsys, str(table), "--markdown", "--top", "1").splitlines()
    assert lines[0] == "| node | phase | energy | mean power | covered | samples |"
    assert lines[2].startswith("| node-30 | train | 300.")
    assert lines[3].startswith("| total |  | ")
    out = tmp_path / "out.parquet"
    said(capsys, str(table), "--parquet", str(out))
    with duck.connect() as database:
        query = f"FROM {duck.parquet(out)} SELECT count(*), sum(energy_j), max(node)"
        assert database.execute(query).fetchall()[0] == (30, pytest.approx(4650), "node-30")
    assert main(["total", str(table), "--parquet", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err
    said(capsys, str(table), "--parquet", str(out), "--force")
    assert main(["total", str(table), "--parquet", str(tmp_path / "no" / "o.parquet")]) == 4
    assert list(tmp_path.glob("**/.*")) == []


def test_windows_from_a_file(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = tmp_path / "w.csv"
    windows.write_text(f"phase,start,stop\nwarm,{10**18},{10**18 + 2 * 10**9}\n")
    answer = json.loads(said(capsys, str(table), "--windows", str(windows), "--json"))
    assert answer["total"]["energy_j"] == pytest.approx(930)
    assert answer["by"] == ["node", "phase"]


def test_nothing_to_add_up_is_said(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = tmp_path / "w.csv"
    windows.write_text("phase,start,stop\nearly,1,2\n")
    text = said(capsys, str(table), "--windows", str(windows))
    assert "No sample lies in any group" in text
    words = [str(table), "--windows", str(windows)]
    assert json.loads(said(capsys, *words, "--json"))["total"] is None
    said(capsys, *words, "--parquet", str(tmp_path / "o.parquet"))


def test_runs_and_stores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    path = written(store, count=20)
    answer = json.loads(said(capsys, str(store), "--json"))
    assert answer["by"] == ["run", "phase", "node", "part"]
    assert answer["groups"][0]["run"] == path.name
    text = said(capsys, str(path), "--by", "run,phase")
    assert max(map(len, text.splitlines())) <= 80
    assert "total" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{none}"], "no such file or folder"),
        (["{table}", "{store}"], "some paths are runs and some are tables"),
        (["{store}", "--power", "mw", "--sort"], "runs need no --power, --sort"),
        (["{table}", "--by", "rack"], "no column 'rack'"),
        (["{table}", "--power", "mw", "--counter", "uj"], "one of --power, --counter"),
        (["{table}", "--wrap", "5"], "--wrap is where a --counter starts again"),
        (["{table}", "--unit", "J"], "--unit J is no unit of power"),
        (["{table}", "--counter", "uj", "--unit", "mW"], "--unit mW is no unit of energy"),
        (["{table}", "--windows", "w.csv", "--phase", "phase"], "a column or windows, not both"),
        (["{table}", "--phase", "power"], "column 'power' is"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    store = tmp_path / "store"
    written(store)
    places = {"none": str(tmp_path / "none"), "table": str(table), "store": str(store)}
    assert main(["total", *(word.format(**places) for word in words)]) in (2, 4)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("words", [["--gain", "x"], ["--wrap", "inf"], ["--gain=-5%"]])
def test_numbers_that_are_none_are_refused(
    table: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["total", str(table), *words])
    assert raised.value.code == 2
    assert "is not a number above zero" in capsys.readouterr().err


def test_readings_that_cannot_be_true_and_gaps_lower_what_is_covered(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, str(table), "--by", "node", "--max-power", "29.5W", "--top", "1")
    assert "97 %" in text
    assert "readings that cannot be true" in text
    answer = json.loads(said(capsys, str(table), "--gap", "50ms", "--json"))
    assert answer["total"]["coverage"] == 0
    assert answer["groups"][0]["average_power_w"] is None
    assert "–" in said(capsys, str(table), "--gap", "50ms")
