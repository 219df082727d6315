"""Runs of others: written at once, whole or not at all, and like any other run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.run import Run, Status
from joulemark.core.window import Window
from joulemark.store.checksums import verify
from joulemark.store.duck import connect
from joulemark.store.importing import Rows, imported_path, write_imported
from joulemark.store.reader import open_run

from .build import T0, files_below, run

WALL = Channel(
    name="ptdaemon/wall", meter="ptdaemon", part="wall", domain=Domain.WALL,
    quantity=Quantity.POWER, unit="W", provenance=Provenance.DECLARED,
)  # fmt: skip


def rows(count: int = 5) -> Rows:
    time = T0 + np.arange(count, dtype=np.int64) * NS
    value = np.arange(count, dtype=np.float64)
    value[2] = np.nan
    return {"time": time, "value": value, "channel": np.zeros(count, dtype=np.uint32)}


def imported(name: str = "20210317-mlperf-0001") -> Run:
    window = Window(phase="testing", start=T0, stop=T0 + 4 * NS)
    about: dict[str, Any] = {"channels": (WALL,), "windows": (window,), "stopped": T0 + 5 * NS}
    return run(name, status=Status.COMPLETE, **about)


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    return connect(memory="64MB")


def test_it_opens_like_any_run(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    store = tmp_path / "store"
    assert write_imported(store, imported(), rows(), database, {"power/ptd_logs.txt": b"hello"})
    stored = open_run(imported_path(store, imported().id))
    assert stored.run == imported()
    trace = stored.trace("ptdaemon/wall")
    np.testing.assert_array_equal(trace.time, rows()["time"])
    np.testing.assert_array_equal(trace.value, rows()["value"])
    assert verify(stored.path) == []
    assert (stored.path / "raw" / "power" / "ptd_logs.txt").read_bytes() == b"hello"
    assert [path.name for path in store.iterdir()] == [imported().id]


def test_one_that_is_there_stays_as_it_is(
    tmp_path: Path, database: duckdb.DuckDBPyConnection
) -> None:
    write_imported(tmp_path, imported(), rows(), database)
    before = (imported_path(tmp_path, imported().id) / "run.json").stat().st_mtime_ns
    other = replace(imported(), title="another")
    assert not write_imported(tmp_path, other, rows(3), database)
    after = imported_path(tmp_path, imported().id)
    assert (after / "run.json").stat().st_mtime_ns == before
    assert open_run(after).run.title == "a test"


def test_a_full_disk_leaves_nothing(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    with files_below(100), pytest.raises(StoreError, match="mlperf-0001"):
        write_imported(tmp_path, imported(), rows(), database)
    assert list(tmp_path.iterdir()) == []
    assert write_imported(tmp_path, imported(), rows(), database)


def test_names_that_lead_out_of_the_run(
    tmp_path: Path, database: duckdb.DuckDBPyConnection
) -> None:
    for name in ("../run.json", "/etc/x", "a/../../b"):
        with pytest.raises(StoreError, match="leads out of the run"):
            write_imported(tmp_path, imported(), rows(), database, {name: b""})
    for name in ("../x", "", "a/b", ".hidden"):
        with pytest.raises(UsageError, match="cannot name a run"):
            write_imported(tmp_path, imported(name), rows(), database)
    assert list(tmp_path.iterdir()) == []
