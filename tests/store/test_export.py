"""A run in the hands of other tools."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.core.run import Status
from joulemark.core.window import Role
from joulemark.store import export
from joulemark.store.export import export_run
from joulemark.store.reader import StoredRun, open_run
from joulemark.store.writer import RunWriter

from .build import POWER, T0, channel, closed_window, files_below, rows, run, spool, written


@pytest.fixture(params=["spool", "parquet"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> StoredRun:
    return open_run(written(tmp_path / "store", compact=request.param == "parquet"))


ENERGY = [
    *[(T0, 0.5), (T0, 0.0), (T0 + 2 * NS, 2.0), (T0 + 4 * NS, 4.0), (T0 + 5 * NS, 4.5)],
    *[(T0 + 6 * NS, 6.0), (T0 + 8 * NS, 8.0)],
]
GPU = [(T0 + i * NS, float(i)) for i in (1, 3, 5, 7, 9)]


def test_json(stored: StoredRun, tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    assert export_run(stored, "json", out) == [out]
    found = json.loads(out.read_bytes(), parse_constant=pytest.fail)
    assert found["run"]["id"] == stored.run.id
    assert found["run"]["windows"][0]["work"] == {"count": 100.0, "unit": "sample"}
    traces = found["traces"]
    assert list(traces) == ["rapl/package-0", "nvml/gpu-0"]
    assert traces["nvml/gpu-0"] == {
        "unit": "mW",
        "scale": 1e-3,
        "time": [time for time, _ in GPU],
        "value": [value for _, value in GPU],
    }
    energy = traces["rapl/package-0"]
    assert sorted(zip(energy["time"], energy["value"], strict=True)) == sorted(ENERGY)


def test_csv(stored: StoredRun, tmp_path: Path) -> None:
    out = tmp_path / "run.csv"
    windows = tmp_path / "run.windows.csv"
    assert export_run(stored, "csv", out) == [out, windows]
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 12
    assert lines[-1] == {
        "time_utc": "2026-11-22T22:45:21.000000000Z",
        "time_ns": str(T0 + 9 * NS),
        "channel": "nvml/gpu-0",
        "quantity": "power",
        "unit": "mW",
        "value": "9.0",
    }
    with windows.open(newline="") as file:
        (window,) = csv.DictReader(file)
    assert window == {
        "phase": "train",
        "role": "measure",
        "start_utc": "2026-11-22T22:45:12.000000000Z",
        "start_ns": str(T0),
        "stop_utc": "2026-11-22T22:45:17.000000000Z",
        "stop_ns": str(T0 + 5 * NS),
        "duration_s": "5.0",
        "work": "100.0",
        "unit": "sample",
        "process": "77",
        "facts": "{}",
    }


def test_parquet(stored: StoredRun, tmp_path: Path) -> None:
    out = tmp_path / "run.parquet"
    assert export_run(stored, "parquet", out) == [out]
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(out)])
        names = [column[0] for column in found.description]
        lines = found.fetchall()
        kept = database.execute("SELECT value FROM parquet_kv_metadata(?)", [str(out)]).fetchone()
    assert names == ["time", "channel", "quantity", "unit", "value", "si"]
    gpu = [(time, "nvml/gpu-0", "power", "mW", value, value * 1e-3) for time, value in GPU]
    assert lines[:5] == gpu
    assert sorted((line[0], line[4]) for line in lines[5:]) == sorted(ENERGY)
    assert lines[6][5] == pytest.approx(lines[6][4] * 1e-6)
    assert kept is not None
    assert json.loads(kept[0])["id"] == stored.run.id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.parquet", "store"]


def test_a_file_that_exists_is_kept(stored: StoredRun, tmp_path: Path) -> None:
    for form, name in (("json", "x"), ("csv", "x"), ("csv", "x.windows.csv"), ("parquet", "x")):
        existing = tmp_path / name
        existing.write_text("mine")
        with pytest.raises(UsageError, match="exists already; --force replaces it"):
            export_run(stored, form, tmp_path / "x")
        assert existing.read_text() == "mine"
        assert not (tmp_path / "x.windows.csv").exists() or form == "csv"
        export_run(stored, form, tmp_path / "x", force=True)
        assert existing.read_bytes() != b"mine"
        for path in tmp_path.glob("x*"):
            path.unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_what_is_not_a_number(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    values = [math.nan, 1.0, math.inf]
    spool(writer.traces / "a.spool", [(T0 + i, value, 0) for i, value in enumerate(values)])
    writer.open_window('open, "quoted"\nand =cut', Role.IDLE, T0)
    writer.log.close()
    stored = open_run(writer.path)
    export_run(stored, "json", tmp_path / "x.json")
    traces = json.loads((tmp_path / "x.json").read_bytes(), parse_constant=pytest.fail)["traces"]
    assert traces["rapl/package-0"]["value"] == [None, 1.0, None]
    export_run(stored, "csv", tmp_path / "x.csv")
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["", "1.0", ""]
    with (tmp_path / "x.windows.csv").open(newline="") as file:
        (window,) = csv.DictReader(file)
    assert window["phase"] == 'open, "quoted"\nand =cut'
    assert (window["stop_ns"], window["duration_s"], window["work"]) == ("", "", "")
    export_run(stored, "parquet", tmp_path / "x.parquet")
    with duckdb.connect() as database:
        sql = "SELECT value, si FROM read_parquet(?) ORDER BY time"
        found = database.execute(sql, [str(tmp_path / "x.parquet")]).fetchall()
    assert found == [(None, None), (1.0, 1e-6), (math.inf, math.inf)]


@pytest.mark.parametrize("count", [0, 1, export.CHUNK, export.CHUNK + 1])
def test_columns_longer_than_a_piece(tmp_path: Path, count: int) -> None:
    writer = RunWriter.create(tmp_path, run())
    spool(writer.traces / "a.spool", rows(count))
    writer.log.close()
    stored = open_run(writer.path)
    export_run(stored, "json", tmp_path / "x.json")
    column = json.loads((tmp_path / "x.json").read_bytes())["traces"]["rapl/package-0"]
    assert column["time"] == [T0 + i * NS for i in range(count)]
    assert column["value"] == [float(i) for i in range(count)]
    export_run(stored, "csv", tmp_path / "x.csv")
    with (tmp_path / "x.csv").open() as file:
        assert sum(1 for _ in file) == count + 1


def test_a_run_without_channels(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    writer.log.close()
    for form in export.FORMATS:
        (out, *_) = export_run(open_run(writer.path), form, tmp_path / f"x.{form}")
        assert out.exists()
    assert json.loads((tmp_path / "x.json").read_bytes())["traces"] == {}


def test_a_format_that_is_not_known(stored: StoredRun, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot export to 'xml'; choose from json, csv, parquet"):
        export_run(stored, "xml", tmp_path / "x")


@pytest.mark.parametrize("form", export.FORMATS)
def test_nothing_is_left_of_what_fails(tmp_path: Path, form: str) -> None:
    writer = RunWriter.create(tmp_path / "store", run())
    spool(writer.traces / "a.spool", rows(3))
    writer.log.close()
    stored = open_run(writer.path)
    with pytest.raises(StoreError, match="No such file"):
        export_run(stored, form, tmp_path / "none" / "x")
    with (writer.traces / "a.spool").open("ab") as file:
        file.write(bytes(16) + b"\5\0\0\0")
    with pytest.raises(FormatError, match="a sample of channel 5"):
        export_run(stored, form, tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_full_disk(tmp_path: Path, form: str) -> None:
    stored = open_run(written(tmp_path / "store", count=1000))
    with files_below(900), pytest.raises(StoreError) as caught:
        export_run(stored, form, tmp_path / "out")
    message = f"{tmp_path / 'out'}: File too large; free some space"
    assert str(caught.value).startswith(message)
    assert [item.name for item in tmp_path.iterdir()] == ["store"]


def test_a_directory_whose_name_sql_could_misread(stored: StoredRun, tmp_path: Path) -> None:
    directory = tmp_path / "it's a=[b]*"
    directory.mkdir()
    for form in export.FORMATS:
        (out, *_) = export_run(stored, form, directory / f"o'ut.{form}")
        assert out.stat().st_size > 100


def test_only_the_first_writers_meaning_of_a_channel_is_exported(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run(channels=(POWER,)))
    spool(writer.traces / "a.spool", rows(2), [channel(note="one")])
    spool(writer.traces / "b.spool", rows(2, start=T0 + NS), [channel(note="two")])
    window = writer.open_window("a", Role.MEASURE, T0)
    writer.close_window(window, closed_window("a", T0, T0 + 1, facts={"loss": math.nan}))
    writer.close(replace(run(), status=Status.COMPLETE), compact=True)
    export_run(open_run(writer.path), "csv", tmp_path / "x.csv")
    lines = (tmp_path / "x.csv").read_text().splitlines()[1:]
    assert [int(line.split(",")[1]) - T0 for line in lines] == [0, NS, NS, 2 * NS]
    assert '{""loss"":""NaN""}' in (tmp_path / "x.windows.csv").read_text()
