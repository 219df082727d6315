"""Tables of other tools: read whole, with the place of everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.calibrating.columns import Meaning, reading_unit, time_unit
from joulemark.analysis.calibrating.from_table import Columns, strata
from joulemark.analysis.calibrating.tables import Row, Table, joined, read_table
from joulemark.core.errors import FormatError, StoreError, UsageError

TEXT = "run,model,tool_kj,meter_wh,minutes\na,m1,12,5,2\nb,m2,14.5,6,2\n"
CELLS = [
    {"run": "a", "model": "m1", "tool_kj": "12", "meter_wh": "5", "minutes": "2"},
    {"run": "b", "model": "m2", "tool_kj": "14.5", "meter_wh": "6", "minutes": "2"},
]
PLAIN = Columns(target="tool_kj", reference="meter_wh", time="minutes", group="model")


def table(text: str, path: Path) -> Table:
    path.write_text(text)
    return read_table(path)


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", TEXT),
        ("t.CSV", "\ufeff" + TEXT),
        ("t.csv", TEXT.replace(",", ";")),
        ("t.tsv", TEXT.replace(",", "\t")),
        ("t.csv", TEXT.replace("\n", "\r\n")),
        ("t.csv", TEXT + "\n"),
        ("t.json", json.dumps(CELLS)),
        ("t.jsonl", "\n".join(map(json.dumps, CELLS)) + "\n\n"),
    ],
)
def test_every_kind_of_text_gives_the_same_rows(tmp_path: Path, name: str, text: str) -> None:
    found = table(text, tmp_path / name)
    assert [dict(row.cells) for row in found.rows] == CELLS
    assert found.columns == tuple(CELLS[0])
    assert list(found.digests) == [name]


def test_parquet_gives_numbers(tmp_path: Path) -> None:
    path = tmp_path / "it's a table.parquet"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t AS SELECT 12.5::DECIMAL(9,2) AS tool_j, 'a' AS run")
        database.table("t").write_parquet(str(path))
    found = read_table(path)
    assert found.columns == ("tool_j", "run")
    assert float(found.rows[0].cells["tool_j"]) == 12.5


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    found = table('a,b\n"two\nlines",1\nx,2\n', tmp_path / "t.csv")
    assert [row.place for row in found.rows] == [3, 4]
    assert found.where(found.rows[1]).endswith("t.csv:4")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", b"", "no headings"),
        ("t.csv", b"a,a\n1,2\n", "two columns are called 'a'"),
        ("t.csv", b"a,b\n1\n", r"t.csv:2: 1 cells under 2 headings"),
        ("t.csv", b'a,b\n"1,2\n', r"t.csv:2: unexpected end of data"),
        ("t.csv", b"a,b\n\xff,2\n", "not UTF-8"),
        ("t.json", b"{}", "not a list of objects"),
        ("t.json", b"[1]", r"t.json:1: not an object"),
        ("t.json", b"[NaN]", "not JSON"),
        ("t.jsonl", b'{"a": 1}\n{\n', r"t.jsonl:2: not JSON"),
        ("t.parquet", b"PAR1 nothing", "t.parquet"),
    ],
)
def test_damaged_files_are_refused_with_their_place(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises((FormatError, StoreError), match=words):
        read_table(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a table that is known; give a file that ends in"):
        read_table(tmp_path / "t.xlsx")
    with pytest.raises(StoreError, match="No such file"):
        read_table(tmp_path / "t.csv")


@given(st.binary(max_size=60), st.sampled_from(["csv", "tsv", "json", "jsonl"]))
def test_no_file_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: str
) -> None:
    path = tmp_path_factory.mktemp("t") / f"t.{kind}"
    path.write_bytes(data)
    try:
        read_table(path)
    except FormatError:
        return


# ------------------------------------------------------------------ joining


def rows(name: str, *cells: dict[str, Any]) -> Table:
    found = [Row(place, one) for place, one in enumerate(cells, 2)]
    return Table(name, tuple(cells[0]), found, {name: "0"})


def test_tables_are_joined_by_a_key() -> None:
    left = rows("l.csv", {"run": "a", "x_j": 1, "t": 5}, {"run": "c", "x_j": 2, "t": 5})
    right = rows("r.csv", {"run": "a", "y_j": 3, "t": 6}, {"run": "d", "y_j": 4, "t": 6})
    both, alone = joined(left, right, "run")
    assert both.columns == ("run", "x_j", "t", "y_j", "right.t")
    assert [dict(row.cells) for row in both.rows] == [
        {"run": "a", "x_j": 1, "t": 5, "y_j": 3, "right.t": 6}
    ]
    assert alone == ["l.csv:3", "r.csv:3"]
    assert set(both.digests) == {"l.csv", "r.csv"}


def test_a_key_that_occurs_twice_is_refused() -> None:
    twice = rows("l.csv", {"run": "a"}, {"run": "a"})
    with pytest.raises(FormatError, match=r"l.csv:3: run 'a' occurs in line 2 too"):
        joined(twice, rows("r.csv", {"run": "a"}), "run")
    with pytest.raises(UsageError, match=r"r.csv: no column 'run'; there is other"):
        joined(rows("l.csv", {"run": "a"}), rows("r.csv", {"other": "a"}), "run")


# ------------------------------------------------------------------ units


@pytest.mark.parametrize(
    ("column", "stated", "expected"),
    [
        ("tool_j", "", (Meaning.ENERGY, 1.0)),
        ("wall_kWh", "", (Meaning.ENERGY, 3.6e6)),
        ("energy (Wh)", "", (Meaning.ENERGY, 3600.0)),
        ("metrics.power.w", "", (Meaning.POWER, 1.0)),
        ("power_draw_total", "j", (Meaning.ENERGY, 1.0)),
        ("power_draw_total", "mJ", (Meaning.ENERGY, 1e-3)),
        ("joules", "", (Meaning.ENERGY, 1.0)),
    ],
)
def test_units_are_read_from_names_or_stated(
    column: str, stated: str, expected: tuple[Meaning, float]
) -> None:
    assert reading_unit(column, stated) == expected


@pytest.mark.parametrize(("column", "stated"), [("total", ""), ("x_mj", ""), ("x_j", "furlong")])
def test_units_that_are_not_known_are_asked_for(column: str, stated: str) -> None:
    with pytest.raises(UsageError, match=f"column '{column}': .*state one of j, kj"):
        reading_unit(column, stated)


def test_times_have_units_too() -> None:
    assert time_unit("seconds") == time_unit("running_time_total", "s") == 1.0
    assert time_unit("run_ms") == 1e-3
    with pytest.raises(UsageError, match="its name does not end in a unit"):
        time_unit("running_time_total")


# ------------------------------------------------------------------ points


def test_rows_become_points(tmp_path: Path) -> None:
    (found,) = strata(table(TEXT, tmp_path / "t.csv"), PLAIN)
    assert found.values == {}
    points = found.points
    assert points.target_j.tolist() == [12000.0, 14500.0]
    assert points.reference_j.tolist() == [18000.0, 21600.0]
    assert points.seconds.tolist() == [120.0, 120.0]
    assert points.groups == ("m1", "m2")
    assert points.labels == ("m1 (line 2)", "m2 (line 3)")


def test_without_a_group_each_row_is_one(tmp_path: Path) -> None:
    columns = Columns(target="tool_kj", reference="meter_wh", time="minutes")
    (found,) = strata(table(TEXT, tmp_path / "t.csv"), columns)
    assert found.points.groups == found.points.labels == ("line 2", "line 3")


def test_a_column_is_no_reference_of_itself() -> None:
    with pytest.raises(UsageError, match="column 'a_w': target and reference are one and the same"):
        strata(rows("t", {"a_w": 1}), Columns(target="a_w", reference="a_w"))


def test_powers_need_no_time_and_joules_do() -> None:
    both = rows("t", {"a_w": 100, "b_w": 130, "c_j": 5})
    (found,) = strata(both, Columns(target="a_w", reference="b_w"))
    assert found.points.target_w.tolist() == [100.0]
    with pytest.raises(UsageError, match="joules alone do not tell a gain from an offset"):
        strata(both, Columns(target="c_j", reference="b_w"))


def test_power_times_time_is_energy() -> None:
    mixed = rows("t", {"a_w": 100, "b_j": 260, "s": 2})
    (found,) = strata(mixed, Columns(target="a_w", reference="b_j", time="s"))
    assert (found.points.target_j[0], found.points.reference_w[0]) == (200.0, 130.0)


def test_columns_separate_and_select() -> None:
    cells = [
        {"a_w": 1 + n, "b_w": 2, "task": "x" if n % 2 else "y", "box": "p", "load_percent": 50}
        for n in range(4)
    ]
    columns = Columns(target="a_w", reference="b_w", by=("task", "box"),
                      utilisation="load_percent")  # fmt: skip
    found = strata(rows("t", *cells), columns)
    assert [one.values for one in found] == [{"task": "y", "box": "p"}, {"task": "x", "box": "p"}]
    assert [len(one.points) for one in found] == [2, 2]
    assert found[0].points.utilisation is not None
    assert found[0].points.utilisation.tolist() == [0.5, 0.5]
    only = Columns(target="a_w", reference="b_w", only={"task": "x"})
    assert [len(one.points) for one in strata(rows("t", *cells), only)] == [2]
    with pytest.raises(FormatError, match="no row to calibrate with; check --only"):
        strata(rows("t", *cells), Columns(target="a_w", reference="b_w", only={"task": "z"}))


@pytest.mark.parametrize("name", ["target", "reference", "time", "group", "utilisation"])
def test_columns_that_are_not_there_are_named(name: str) -> None:
    columns: dict[str, Any] = {"target": "a_w", "reference": "b_w", name: "nowhere"}
    with pytest.raises(UsageError, match="t: no column 'nowhere'; there is a_w, b_w"):
        strata(rows("t", {"a_w": 1, "b_w": 2}), Columns(**columns))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", "t:2: an empty cell in a_w"),
        (None, "t:2: an empty cell in a_w"),
        ("abc", "t:2: 'abc' in a_w"),
        ("nan", "t:2: 'nan' in a_w"),
        (float("inf"), "t:2: inf in a_w"),
        (0, "t:2: 0 in a_w"),
        (-1, "t:2: -1 in a_w"),
        (True, "t:2: True in a_w"),
        ("1_000", "t:2: '1_000' in a_w"),
        ("١٢", "t:2: '١٢' in a_w"),
    ],
)
def test_bad_cells_are_named_with_their_line(cell: Any, words: str) -> None:
    bad = rows("t", {"a_w": cell, "b_w": 2}, {"a_w": 1, "b_w": 2})
    with pytest.raises(FormatError, match=words):
        strata(bad, Columns(target="a_w", reference="b_w"))
    (found,) = strata(bad, Columns(target="a_w", reference="b_w", skip_bad=True))
    assert len(found.points) == 1
    assert len(found.bad) == 1


def test_of_many_bad_cells_the_first_are_named() -> None:
    bad = rows("t", *({"a_w": "x", "b_w": 2} for _ in range(9)))
    with pytest.raises(FormatError, match=r"t:6: 'x' in a_w; and 4 more; mend them, or --skip"):
        strata(bad, Columns(target="a_w", reference="b_w"))


def steps(values: list[float], **more: Any) -> tuple[float, float]:
    cells = [{"a_j": 1000 + 7.3 * n, "b_j": value, "s": 10} for n, value in enumerate(values)]
    columns = Columns(target="a_j", reference="b_j", time="s", **more)
    return strata(rows("t", *cells), columns)[0].steps_j


def test_the_step_of_a_meter_is_found_where_it_is_coarse() -> None:
    multiples = [3600.0 * n for n in (10, 12, 15, 11, 14, 13)]
    assert steps(multiples) == (0.0, 3600.0)
    assert steps([value + 17 * n for n, value in enumerate(multiples)])[1] == 0.0
    assert steps(multiples[:5])[1] == 0.0
    assert steps(multiples, steps_j={"b_j": 36.0})[1] == 36.0
    fine = [1e6 + n for n in range(9)]
    assert steps(fine)[1] == 0.0


def test_the_step_is_an_error_that_is_known() -> None:
    cells = [{"a_j": 900.5 + 7 * n * n, "b_j": 3600.0 * (n + 5), "s": 10} for n in range(7)]
    (found,) = strata(rows("t", *cells), Columns(target="a_j", reference="b_j", time="s"))
    assert np.unique(found.points.reference_u_j) == pytest.approx([3600 / 6**0.5])
    assert found.points.target_u_j.max() == 0.0
