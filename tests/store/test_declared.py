"""The table of stated results: added to, never doubled, open to SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from joulemark.core.errors import FormatError, StoreError
from joulemark.formats.results.declared import DeclaredResult
from joulemark.store.declared import (
    FILE,
    Added,
    add_declared,
    columns,
    connect,
    read_declared,
    read_doubts,
)


def result(identity: str, **more: Any) -> DeclaredResult:
    known: dict[str, Any] = {
        "kind": "cm-result", "sources": (f"a.json:{identity}",), "round": "v4.1",
        "submitter": "ACME", "performance": 10.0, "performance_unit": "samples/s",
        "power": 5.0, "power_unit": "W",
    }  # fmt: skip
    return DeclaredResult(identity=identity, **{**known, **more})


def trusting(rows: Sequence[DeclaredResult]) -> dict[str, list[str]]:
    return {}


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [
        result("1", accelerators=8.0, inferred=True, remarks=("odd", "line\nbreak"), rated_w=9.0),
        result("2", performance=None, power=None, inferred=False, sources=()),
        result("3", system_name="'; DROP TABLE x; --", software="ü\u2028", nodes=None),
    ]
    assert add_declared(tmp_path, rows, trusting) == Added(3, 3, 0)
    found = {row.identity: row for row in read_declared(tmp_path)}
    assert found["2"] == rows[1]
    assert found["3"] == rows[2]
    assert found["1"].remarks == ("odd", "line break")
    assert found["1"].inferred is True
    assert found["2"].inferred is False
    assert found["3"].inferred is None


def test_the_same_rows_again_are_not_new(tmp_path: Path) -> None:
    rows = [result("1"), result("2")]
    add_declared(tmp_path, rows, trusting)
    before = (tmp_path / FILE).read_bytes()
    assert add_declared(tmp_path, rows, trusting) == Added(0, 2, 0)
    assert (tmp_path / FILE).read_bytes() == before
    assert add_declared(tmp_path, [result("2"), result("3")], trusting) == Added(1, 3, 0)


def test_a_newer_reading_of_the_same_row_takes_its_place(tmp_path: Path) -> None:
    add_declared(tmp_path, [result("1", remarks=("wrong",))], trusting)
    add_declared(tmp_path, [result("1", software="Soft 2")], trusting)
    (found,) = read_declared(tmp_path)
    assert (found.remarks, found.software) == ((), "Soft 2")
    add_declared(tmp_path, [result("1", sources=("b.json:9",))], trusting)
    (found,) = read_declared(tmp_path)
    assert (found.sources, found.rows) == (("a.json:1", "b.json:9"), 2)


def test_a_contradicting_statement_is_kept_beside(tmp_path: Path) -> None:
    add_declared(tmp_path, [result("1")], trusting)
    other = result("1", sources=("b.json:1",), power=6.0)
    assert add_declared(tmp_path, [other], trusting) == Added(1, 2, 0)
    assert add_declared(tmp_path, [other], trusting) == Added(0, 2, 0)
    assert sorted(row.power or 0 for row in read_declared(tmp_path)) == [5.0, 6.0]


def test_figures_from_logs_are_replaced_by_newer_ones(tmp_path: Path) -> None:
    add_declared(tmp_path, [result("1", kind="logs")], trusting)
    again = result("1", kind="logs", power=5.1)
    added = add_declared(tmp_path, [again], trusting)
    assert added == Added(0, 1, 0, replaced=frozenset({again.key}))
    (found,) = read_declared(tmp_path)
    assert found.power == 5.1


def test_doubts_are_judged_of_all_rows_at_each_import(tmp_path: Path) -> None:
    def judge(rows: Sequence[DeclaredResult]) -> dict[str, list[str]]:
        return {row.key: [f"of {len(rows)}: x"] for row in rows if row.identity == "1"}

    assert add_declared(tmp_path, [result("1")], judge) == Added(1, 1, 1)
    assert read_doubts(tmp_path) == {result("1").key: ("of 1: x",)}
    add_declared(tmp_path, [result("2")], judge)
    assert read_doubts(tmp_path) == {result("1").key: ("of 2: x",)}


def test_others_can_read_it(tmp_path: Path) -> None:
    add_declared(tmp_path, [result("1"), result("2", power=None)], trusting)
    query = f"SELECT per_joule, per_joule_unit FROM '{tmp_path / FILE}' ORDER BY 1"
    assert duckdb.execute(query).fetchall() == [(2.0, "samples/J"), (None, "")]
    with connect(tmp_path) as database:
        assert database.execute("SELECT count(*) FROM declared").fetchall() == [(2,)]


def test_a_store_without_a_table_has_an_empty_one(tmp_path: Path) -> None:
    assert read_declared(tmp_path / "none") == []
    with connect(tmp_path) as database:
        names = [row[0] for row in database.execute("DESCRIBE declared").fetchall()]
    assert names == list(columns())


def test_a_damaged_table(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"PAR1 not")
    with pytest.raises((FormatError, StoreError), match=FILE):
        read_declared(tmp_path)
    duckdb.sql(f"COPY (SELECT 1 AS x) TO '{tmp_path / FILE}' (FORMAT parquet)")
    with pytest.raises(FormatError, match="not a table of results"):
        add_declared(tmp_path, [result("1")], trusting)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        add_declared(tmp_path / "file", [result("1")], trusting)
    (tmp_path / "store" / FILE).mkdir(parents=True)
    with pytest.raises((FormatError, StoreError), match=FILE):
        add_declared(tmp_path / "store", [result("1")], trusting)
    assert not list((tmp_path / "store").glob(".*.tmp"))
