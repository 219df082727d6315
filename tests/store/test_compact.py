"""Spool and Parquet hold the same; nothing is removed before its copy is whole."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from joulemark.core.block import Block
from joulemark.core.errors import FormatError, StoreError
from joulemark.meters.spool import SpoolWriter
from joulemark.store import duck
from joulemark.store.compact import compact, compact_all
from joulemark.store.tracefiles import CHUNK, ROWS, Columns, Parquet, Spool, by_channel

from .build import ANCHOR, POWER, T0, channel, files_below, rows, spool


def _same(left: Spool | Parquet, right: Spool | Parquet) -> None:
    ours, theirs = left.columns(), right.columns()
    for name in ROWS.names or ():
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert left.channels == right.channels
    assert left.last() == right.last()


def _compacted(path: Path) -> Path:
    with duck.connect() as database:
        return compact(Spool.open(path), database)


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_parquet_and_spool_hold_the_same(tmp_path: Path, count: int) -> None:
    path = spool(tmp_path / "a.spool", rows(count, 2), [channel(note='it\'s µ "q"'), POWER])
    kept = spool(tmp_path / "kept.spool", rows(count, 2), [channel(note='it\'s µ "q"'), POWER])
    target = _compacted(path)
    assert target == tmp_path / "a.parquet"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.parquet", "kept.spool"]
    _same(Spool.open(kept), Parquet.open(target))
    for left, right in zip(
        by_channel(Spool.open(kept)), by_channel(Parquet.open(target)), strict=True
    ):
        assert left[0] == right[0]
        np.testing.assert_array_equal(left[1], right[1])


def test_values_come_back_to_the_last_bit(tmp_path: Path) -> None:
    values = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 1 / 3]
    times = [T0, -(2**63), 2**63 - 1, 0, 1, 2, 3, 4]
    data = [(time, value, 0) for time, value in zip(times, values, strict=True)]
    target = _compacted(spool(tmp_path / "a.spool", data))
    time, value = Parquet.open(target).read("rapl/package-0")
    assert list(time) == times
    np.testing.assert_array_equal(value, values)
    assert np.signbit(value[1])


def test_the_file_is_plain_parquet_with_the_header(tmp_path: Path) -> None:
    path = spool(tmp_path / "a.spool", rows(3, 2), [channel(), POWER], writer="sampler")
    header = Spool.open(path).header()
    target = str(_compacted(path))
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [target])
        assert [column[0] for column in found.description] == ["time", "value", "channel"]
        assert found.fetchall() == rows(3, 2)
        kept = database.execute("SELECT key, value FROM parquet_kv_metadata(?)", [target])
        assert kept.fetchall() == [(b"joulemark", header)]
        codec = database.execute("SELECT compression FROM parquet_metadata(?)", [target])
        assert {row[0] for row in codec.fetchall()} == {"ZSTD"}
    record = json.loads(header)
    assert record["writer"] == "sampler"
    assert record["anchor"] == {"utc_ns": ANCHOR.utc_ns, "monotonic_ns": ANCHOR.monotonic_ns}


def test_rows_keep_their_order_over_many_chunks(tmp_path: Path) -> None:
    """A million rows and a bit: two chunks; times go back and forth."""
    count = CHUNK + 1000
    data = np.zeros(count, dtype=ROWS)
    data["time"] = T0 + np.arange(count) * 7919 % 1_000_003
    data["value"] = np.arange(count) * 0.1
    data["channel"] = np.arange(count) % 2
    out = SpoolWriter(tmp_path / "a.spool", "w", [channel(), POWER], ANCHOR)
    out.append(Block(data.tobytes()))
    out.close()
    whole = Parquet.open(_compacted(tmp_path / "a.spool")).columns()
    for name in ROWS.names or ():
        np.testing.assert_array_equal(whole[name], data[name])


def test_a_torn_row_is_left_out(tmp_path: Path) -> None:
    path = spool(tmp_path / "a.spool", rows(3))
    with path.open("ab") as file:
        file.write(b"half a row")
    assert len(Parquet.open(_compacted(path)).columns()["time"]) == 3


def test_one_that_has_no_header_yet_stays(tmp_path: Path) -> None:
    (tmp_path / "torn.spool").write_bytes(b"JMSP")
    spool(tmp_path / "whole.spool", rows(3))
    compact_all(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["torn.spool", "whole.parquet"]


def test_a_damaged_spool_stays(tmp_path: Path) -> None:
    path = spool(tmp_path / "a.spool", [(T0, 1.0, 9)])
    with pytest.raises(FormatError, match=r"a\.spool: a sample of channel 9"):
        _compacted(path)
    assert [item.name for item in tmp_path.iterdir()] == ["a.spool"]


def test_a_spool_that_still_grows_stays(tmp_path: Path) -> None:
    class Growing(Spool):
        """Its writer adds a row when all others have been read."""

        __slots__ = ()

        def chunks(self, *, start: int = 0) -> Iterator[Columns]:
            yield from Spool.chunks(self, start=start)
            with self.path.open("ab") as file:
                file.write(Block.of(rows(1)))

    path = spool(tmp_path / "a.spool", rows(3))
    message = r"a\.spool: 3 rows compacted of 4, or not the same; close the spool"
    with duck.connect() as database, pytest.raises(StoreError, match=message):
        compact(Growing.open(path), database)
    assert [item.name for item in tmp_path.iterdir()] == ["a.spool"]
    assert len(Spool.open(path).columns()["time"]) == 4


@pytest.mark.parametrize("limit", [0, 4, 1000, 30_000])
def test_a_full_disk_leaves_the_spool(tmp_path: Path, limit: int) -> None:
    rng = np.random.default_rng(1)
    data = [(T0 + i, float(value), 0) for i, value in enumerate(rng.normal(size=20_000))]
    path = spool(tmp_path / "a.spool", data)
    with files_below(limit), pytest.raises(StoreError) as caught:
        _compacted(path)
    message = f"{tmp_path / 'a.parquet'}: File too large; free some space"
    assert str(caught.value).startswith(message)
    assert [item.name for item in tmp_path.iterdir()] == ["a.spool"]
    assert len(Spool.open(path).columns()["time"]) == 20_000
