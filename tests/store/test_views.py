"""Runs in SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.core.window import Role
from joulemark.store import duck
from joulemark.store.reader import open_run
from joulemark.store.views import connect
from joulemark.store.writer import RunWriter

from .build import T0, channel, copied, rows, run, spool, written


def test_spools_and_parquet_of_many_runs_look_alike(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, "one", compact=True),
        written(tmp_path, "two", compact=False),
        written(tmp_path, "three", close=False),
    ]
    with connect(open_run(path) for path in paths) as database:
        found = database.execute(
            "SELECT run, channel, count(*), sum(value), sum(si) FROM samples "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        windows = database.execute("SELECT * FROM windows ORDER BY run").fetchall()
        columns = database.execute("FROM (DESCRIBE samples) SELECT column_name, column_type")
        kinds = dict(columns.fetchall())
        power = database.execute(
            "SELECT DISTINCT channel, domain, unit FROM samples JOIN channels USING (run, channel) "
            "WHERE quantity = 'power'"
        ).fetchall()
    assert found == [
        (name, one, count, total, pytest.approx(total * scale))
        for name in ("one", "three", "two")
        for one, count, total, scale in (
            ("nvml/gpu-0", 5, 25.0, 1e-3),
            ("rapl/package-0", 7, 25.0, 1e-6),
        )
    ]
    window = ("train", "measure", T0, T0 + 5 * NS, 100.0, "sample", 77)
    assert windows == [(name, *window) for name in ("one", "three", "two")]
    assert kinds == {
        "run": "VARCHAR",
        "channel": "VARCHAR",
        "time": "BIGINT",
        "value": "DOUBLE",
        "si": "DOUBLE",
    }
    assert power == [("nvml/gpu-0", "gpu", "mW")]


def test_no_run_at_all() -> None:
    with connect([]) as database:
        assert database.execute("SELECT count(*) FROM samples").fetchall() == [(0,)]


def test_an_open_window_has_no_stop(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    writer.open_window("a", Role.IDLE, T0, 5)
    writer.log.close()
    with connect([open_run(writer.path)]) as database:
        found = database.execute("SELECT role, stop, work FROM windows").fetchall()
    assert found == [("idle", None, None)]


def test_two_copies_of_a_run_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "store")
    with pytest.raises(UsageError, match=r"two runs are called 2026.*leave one of them out"):
        connect([open_run(path), open_run(copied(path, tmp_path))])


def test_names_that_sql_could_misread(tmp_path: Path) -> None:
    store = tmp_path / "it's a=1 [x]*"
    writer = RunWriter.create(store, run("one"))
    spool(writer.traces / "a.spool", rows(2), [channel("x'; DROP VIEW samples; --")])
    writer.close(run("one"), compact=True)
    with connect([open_run(writer.path)]) as database:
        found = database.execute("SELECT DISTINCT run, channel FROM samples").fetchall()
    assert found == [("one", "x'; DROP VIEW samples; --")]


def test_what_is_bounded_spills_where_it_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "store", count=100_000)
    spill = tmp_path / "spill"
    spill.mkdir()
    with connect([open_run(path)], spill=spill, memory="64MB") as database:
        found = database.execute("SELECT count(*) FROM (FROM samples ORDER BY value)").fetchall()
    assert found == [(100_002,)]
    assert list(spill.iterdir()) == []


def test_what_duckdb_says_becomes_an_error_of_ours(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"x: .*free some space"),
        duck.failures(Path("x")),
        duck.reader() as database,
    ):
        database.execute(f"COPY (SELECT 1) TO {duck.text(str(tmp_path / 'no' / 'x'))}")
    with (
        pytest.raises(FormatError, match=r"x: .*restore it from a copy"),
        duck.failures(Path("x")),
        duck.reader() as database,
    ):
        database.execute("SELECT * FROM nowhere")
