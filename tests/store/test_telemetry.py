"""Tables of telemetry: columns found and refused, both engines giving the same rows."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.rows import Rows
from joulemark.core.errors import FormatError, MissingExtraError, StoreError, UsageError
from joulemark.store import telemetry
from joulemark.store.telemetry import Codebook, Columns, guess_columns, natural, open_table
from joulemark.store.telemetry_sort import read_windows, sorted_copy
from tests.store.parquet import ENGINES, write

COLUMNS = Columns(time="time", value="power", series=("node", "device"), label="phase")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Return each engine; Arrow is skipped where it is not installed."""
    if request.param == "arrow":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (joulemark[scale])")
    return str(request.param)


def sample(count: int = 5000) -> dict[str, Any]:
    place = np.arange(count)
    return {
        "time": 10**18 + place,
        "node": np.array([f"n{i % 3}" for i in place]),
        "device": (place % 2).astype(np.int8),
        "phase": np.array(["warm" if i < 100 else "work" for i in place]),
        "power": (place % 7).astype(np.float32),
    }


def read(path: Path, columns: Columns, engine: str) -> tuple[list[Rows], dict[str, Codebook]]:
    table = open_table([path], engine)
    books = table.books(columns)
    return list(table.blocks(columns, books)), books


def joined(blocks: list[Rows], part: str) -> list[Any]:
    return [item for rows in blocks for item in getattr(rows, part).tolist()]


def test_every_row_comes_once_and_in_order_with_texts_as_codes(tmp_path: Path, engine: str) -> None:
    given = sample()
    write(tmp_path / "a.parquet", given)
    blocks, books = read(tmp_path, COLUMNS, engine)
    assert joined(blocks, "time") == given["time"].tolist()
    assert joined(blocks, "value") == given["power"].tolist()
    texts = books["node"].texts()
    nodes = [texts[code] for rows in blocks for code in rows.keys[0].tolist()]
    assert nodes == given["node"].tolist()
    assert [d for rows in blocks for d in rows.keys[1].tolist()] == given["device"].tolist()
    phases = [books["phase"].texts()[code] for code in joined(blocks, "label")]
    assert phases == given["phase"].tolist()
    assert "a.parquet" in blocks[0].where


def test_large_row_groups_are_read_in_parts(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = sample()
    write(tmp_path / "a.parquet", given, group=10_000)
    module = pytest.importorskip(
        f"joulemark.store.telemetry_{'duck' if engine == 'duckdb' else engine}"
    )
    monkeypatch.setattr(module, "BLOCK", 600)
    if engine == "arrow":
        monkeypatch.setattr(module, "LARGEST", 1000)
    blocks, _ = read(tmp_path, COLUMNS, engine)
    assert len(blocks) == 9
    assert joined(blocks, "time") == given["time"].tolist()


def test_small_row_groups_are_read_together(tmp_path: Path, engine: str) -> None:
    write(tmp_path / "a.parquet", sample(), group=2048)
    assert len(read(tmp_path, COLUMNS, engine)[0]) == 1


@pytest.mark.parametrize(
    ("cast", "unit", "factor"),
    [
        ("make_timestamp_ns(time) AS time", "ns", 1),
        ("make_timestamp(time) AS time", "s", 1000),
        ("time", "ms", 10**6),
        ("time::DOUBLE / 4 AS time", "us", 250),
        ("time::INTEGER AS time", "s", 10**9),
    ],
)
def test_times_of_every_kind_become_nanoseconds(
    tmp_path: Path, engine: str, cast: str, unit: str, factor: int
) -> None:
    time = np.array([1000, 2000, 2004])
    write(tmp_path / "a.parquet", {"time": time, "power": time}, cast=f"power, {cast}")
    columns = Columns(time="time", value="power", series=(), time_unit=unit)
    blocks, _ = read(tmp_path, columns, engine)
    assert joined(blocks, "time") == (time * factor).tolist()
    assert blocks[0].label is None


@pytest.mark.parametrize("kind", ["DOUBLE", "SMALLINT", "DECIMAL(9, 3)", "UBIGINT"])
def test_readings_of_every_kind_and_none_become_numbers(
    tmp_path: Path, engine: str, kind: str
) -> None:
    cast = f"time, nullif(power, 2)::{kind} AS power"
    write(tmp_path / "a.parquet", {"time": [1, 2, 3], "power": [1, 2, 3]}, cast=cast)
    blocks, _ = read(tmp_path, Columns(time="time", value="power", series=()), engine)
    values = np.asarray(joined(blocks, "value"), dtype=np.float64)
    assert values[[0, 2]].tolist() == [1.0, 3.0]
    assert np.isnan(values[1])


@pytest.mark.parametrize("name", ["time", "node", "phase"])
def test_a_row_without_time_or_code_is_refused(tmp_path: Path, engine: str, name: str) -> None:
    cast = f"* REPLACE (CASE WHEN device = 0 THEN {name} END AS {name})"
    write(tmp_path / "a.parquet", sample(10), cast=cast)
    with pytest.raises(FormatError, match=f"a.parquet.*column '{name}' has an empty entry"):
        read(tmp_path, COLUMNS, engine)


@pytest.mark.parametrize(
    ("name", "cast"),
    [("time", "[time]"), ("power", "power::VARCHAR"), ("node", "power"), ("phase", "time > 5")],
)
def test_columns_of_a_kind_that_means_nothing_are_refused(
    tmp_path: Path, engine: str, name: str, cast: str
) -> None:
    write(tmp_path / "a.parquet", sample(10), cast=f"* REPLACE ({cast} AS {name})")
    with pytest.raises(FormatError, match=f"column '{name}' is "):
        read(tmp_path, COLUMNS, engine)


def test_files_of_another_kind_than_the_first_are_never_taken_for_it(
    tmp_path: Path, engine: str
) -> None:
    write(tmp_path / "a.parquet", sample(10))
    write(tmp_path / "b.parquet", sample(10), cast="* REPLACE (device AS node)")
    if engine == "arrow":
        with pytest.raises(FormatError, match=r"b\.parquet.*'node' is int8, elsewhere another"):
            read(tmp_path, COLUMNS, engine)
        return
    blocks, books = read(tmp_path, COLUMNS, engine)  # numbers are read as texts
    texts = [books["node"].texts()[code] for code in blocks[1].keys[0].tolist()]
    assert texts == ["0", "1"] * 5


def test_what_is_no_parquet_is_refused(tmp_path: Path, engine: str) -> None:
    (tmp_path / "a.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises((FormatError, StoreError), match=r"a\.parquet"):
        open_table([tmp_path], engine)
    with pytest.raises(StoreError, match=r"none\.parquet"):
        open_table([tmp_path / "none.parquet"], engine)


def test_no_file_and_an_engine_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no Parquet file"):
        open_table([tmp_path])
    write(tmp_path / "a.parquet", sample(10))
    monkeypatch.setattr(telemetry, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"joulemark\[scale\]"):
        open_table([tmp_path], "arrow")
    assert "DuckDB" in open_table([tmp_path]).engine


def test_arrow_is_taken_where_it_is_installed(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", sample(10))
    wanted = "Arrow" if find_spec("pyarrow") else "DuckDB"
    assert open_table([tmp_path]).engine.startswith(wanted)


def test_files_are_read_in_the_natural_order_of_their_names() -> None:
    names = ["p10.parquet", "p2.parquet", "a/p1.parquet", "p2.parquet"]
    wanted = ["a/p1.parquet", "p2.parquet", "p10.parquet"]
    assert [str(path) for path in natural([Path(name) for name in names])] == wanted


def test_columns_are_found_by_well_known_names() -> None:
    names = ("ts", "node", "gpu", "phase", "power_w", "clock")
    assert guess_columns(names) == Columns(
        time="ts", value="power_w", series=("node", "gpu"), label="phase"
    )
    assert guess_columns(names, by=["node"]).label is None
    assert guess_columns(names, by=["clock"]).series == ("node", "gpu", "clock")
    assert guess_columns(names, series=["gpu"], label="").label is None
    given = guess_columns(names, time="clock", value="ts", label="node", time_unit="s")
    assert given == Columns(time="clock", value="ts", series=("gpu",), label="node", time_unit="s")


@pytest.mark.parametrize(
    ("names", "asked", "said"),
    [
        (("time", "power"), {"by": ["rack"]}, "no column 'rack'; there is time, power"),
        (("time", "power"), {"value": "watt"}, "no column 'watt'"),
        (("when", "power"), {}, "no column looks like time; name it with --time"),
        (("time", "p"), {}, "no column looks like power; name it with --power, --counter"),
    ],
)
def test_columns_that_are_not_there_are_refused(
    names: tuple[str, ...], asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        guess_columns(names, **asked)


def test_sorting_puts_each_series_together_and_in_order(tmp_path: Path, engine: str) -> None:
    given = sample()
    order = np.random.default_rng(0).permutation(len(given["time"]))
    write(tmp_path / "in" / "a.parquet", {name: column[order] for name, column in given.items()})
    target = sorted_copy([tmp_path / "in" / "a.parquet"], COLUMNS, tmp_path)
    blocks, _ = read(target, COLUMNS, engine)
    time = np.array(joined(blocks, "time"))
    starts = np.flatnonzero(np.diff(time) < 0)
    assert len(time) == 5000
    assert len(starts) == 5  # six series


def windows_csv(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_windows_are_read_with_their_owners(tmp_path: Path) -> None:
    file = windows_csv(
        tmp_path / "w.csv", "node,phase,start,stop\nb,train,5,9\na,idle,1,2\na,train,2,4\n"
    )
    books = {"node": Codebook(), "phase": Codebook()}
    books["node"].code("b")
    named = read_windows(file, COLUMNS, books)
    assert named.phases == ("train", "idle", "train")
    assert named.windows.start.tolist() == [5, 1, 2]
    assert named.windows.stop.tolist() == [9, 2, 4]
    assert named.windows.key == 0
    assert named.windows.code is not None
    assert named.windows.code.tolist() == [0, 1, 1]


def test_windows_may_be_everybodys_and_timestamps_in_parquet(tmp_path: Path) -> None:
    file = write(
        tmp_path / "w.parquet",
        {"phase": ["x"], "start": [3], "stop": [8]},
        cast="phase, make_timestamp(start) AS start, make_timestamp(stop) AS stop",
    )
    named = read_windows(file, COLUMNS, {})
    assert named.windows.key is None
    assert named.windows.stop.tolist() == [8000]


def test_windows_of_nodes_that_are_numbers(tmp_path: Path) -> None:
    file = windows_csv(tmp_path / "w.csv", "device,phase,start,stop\n7,a,1,2\n")
    assert read_windows(file, COLUMNS, {}).windows.code == [7]
    file = windows_csv(tmp_path / "v.csv", "device,phase,start,stop\nseven,a,1,2\n")
    with pytest.raises(FormatError, match="'seven' is no whole number"):
        read_windows(file, COLUMNS, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phase,begin,stop\na,1,2\n", "no column start; give phase, start and stop"),
        ("node,device,phase,start,stop\na,1,p,1,2\n", "belong to node and device"),
        ("phase,start,stop\na,1,2\nb,2,2\n", "window 2 lacks a value or is not longer than zero"),
        ("phase,start,stop\na,1,\n", "window 1 lacks a value"),
        ("phase,start,stop\na,soon,later\n", "w.csv"),
    ],
)
def test_windows_that_mean_nothing_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = windows_csv(tmp_path / "w.csv", text)
    with pytest.raises((UsageError, FormatError), match=said):
        read_windows(file, COLUMNS, {"node": Codebook(), "phase": Codebook()})
