"""The record of a store: made once, kept in it, made anew when anything it rests on changes."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from joulemark.analysis.record.record import FILE, record
from joulemark.analysis.record.table import columns, read_note, read_table, write_table
from joulemark.analysis.record.verdicts import verdicts
from joulemark.core.errors import FormatError, StoreError
from joulemark.store.declared import add_declared
from joulemark.store.files import CHECKS
from tests.analysis.record.rows import PLACE, recorded, row

HEAD = '{"joulemark":"check","format":1}\n'


def no_doubts(rows: object) -> dict[str, tuple[str, ...]]:
    """Judge nothing."""
    return {}


def line(verdict: str, path: str = f"{PLACE}/performance", round_: str = "v4.0") -> str:
    """Return a line of the state of a check."""
    said = {"tool": "t", "asked": "a", "kind": "inference", "round": round_, "path": path}
    return json.dumps({**said, "result": {"verdict": verdict, "findings": []}}) + "\n"


def test_an_empty_store_has_an_empty_record(tmp_path: Path) -> None:
    assert len(record(tmp_path / "none")) == 0
    assert not (tmp_path / "none").exists()


def test_it_is_kept_and_made_anew_when_a_result_is_added(tmp_path: Path) -> None:
    add_declared(tmp_path, [row()], no_doubts)
    first = record(tmp_path)
    stamp = (tmp_path / FILE).stat().st_mtime_ns
    assert record(tmp_path) == first
    assert (tmp_path / FILE).stat().st_mtime_ns == stamp
    add_declared(tmp_path, [row("results-page"), row("cm-result", power=None)], no_doubts)
    second = record(tmp_path)
    assert second.entries[0].public_id == "4.0-0001"
    assert record(tmp_path) == second


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no table at all"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    add_declared(tmp_path, [row()], no_doubts)
    first = record(tmp_path)
    (tmp_path / FILE).write_bytes(damage)
    assert record(tmp_path) == first


def test_a_file_that_lies_about_its_content_is_made_anew(tmp_path: Path) -> None:
    add_declared(tmp_path, [row()], no_doubts)
    first = record(tmp_path)
    note = read_note(tmp_path / FILE)
    (tmp_path / FILE).unlink()
    write_table(tmp_path / FILE, first, {"made_from": note["made_from"], "left_out": 3})
    assert record(tmp_path) == first


def test_a_damaged_table_of_results_is_said(tmp_path: Path) -> None:
    (tmp_path / "declared.parquet").write_bytes(b"nothing")
    with pytest.raises((FormatError, StoreError)):
        record(tmp_path)


def test_verdicts_of_a_check_are_taken_over(tmp_path: Path) -> None:
    add_declared(tmp_path, [row()], no_doubts)
    assert record(tmp_path).entries[0].passed is None
    (tmp_path / CHECKS).write_text(HEAD + line("fail") + "{torn\n" + line("warn"))
    assert record(tmp_path).entries[0].passed is True
    other = tmp_path / "other.state"
    other.write_text(HEAD + line("fail"))
    assert record(tmp_path, other).entries[0].passed is False
    assert verdicts(other) == {("v4.0", PLACE.casefold()): False}


def test_what_is_no_state_of_a_check_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}\n")
    with pytest.raises(FormatError, match="no state of a check"):
        verdicts(tmp_path / "x")
    with pytest.raises(StoreError):
        record(tmp_path, tmp_path / "absent")


def test_the_table_opens_elsewhere_and_comes_back_as_it_was(tmp_path: Path) -> None:
    found = recorded(row(remarks=("two\nlines", "ü")), row("results-page", power=9.5))
    write_table(tmp_path / "t.parquet", found, {"a": 1})
    with duckdb.connect() as database:
        query = "FROM read_parquet(?) SELECT per_joule, len(remarks), u95"
        (got,) = database.execute(query, [str(tmp_path / "t.parquet")]).fetchall()
    assert got[0] == pytest.approx(found.entries[0].per_joule)
    assert got[2] is None
    (back,) = read_table(tmp_path / "t.parquet")
    assert back.remarks[0] == "two lines"
    assert back.sources == found.entries[0].sources
    assert list(columns())[-2:] == ["name", "per_joule"]
    assert read_note(tmp_path / "t.parquet") == {"a": 1}
