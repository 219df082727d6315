"""Recordings beside a shunt meter: all four files, and what may be wrong with each."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats import gpu_benchmark
from joulemark.formats.gpu_benchmark import kernels, recording, recordings
from joulemark.formats.pmd import AMPERE, LEAD_S, RECORD, TICKS_PER_S, VOLT, pmd_trace

from .recordings import T0, Board


def stamps(folder: Path, text: str) -> Path:
    path = folder / "timestamps.csv"
    path.write_text(text)
    return path


def pmd(folder: Path, records: bytes, start: str = "1700000000000000\n") -> tuple[Path, Path]:
    (folder / "PMD_data.bin").write_bytes(records)
    (folder / "PMD_start_ts.txt").write_text(start)
    return folder / "PMD_data.bin", folder / "PMD_start_ts.txt"


def record(ticks: int, *words: int) -> bytes:
    return struct.pack("<H8h", ticks % 65536, *words, *[0] * (8 - len(words)))


def test_a_recording_holds_what_was_written(tmp_path: Path) -> None:
    board = Board()
    read = recording(board.write(tmp_path / "x"))
    assert [t.channel.name.rpartition("/")[2] for t in read.readings] == [
        "power.draw",
        "power.draw.instant",
    ]
    moments, watts = board.readings()
    assert read.readings[0].value.tolist() == watts.tolist()
    late = (read.readings[0].time / NS - T0 - board.ahead) - moments
    assert np.abs(late).max() < 1.1e-3
    assert [(k.start, k.stop) for k in read.kernels] == [
        (round((T0 + 1) * NS), round((T0 + 7) * NS))
    ]
    assert len(read.reference) == len(board.records()) // RECORD
    assert read.reference.value.mean() == pytest.approx(board.joules(np.array([8.0]))[0] / 8, 0.01)


def test_power_is_the_sum_of_the_rails_and_time_is_unwrapped(tmp_path: Path) -> None:
    volt, ampere = round(12 / VOLT), round(5 / AMPERE)
    words = [volt << 4, ampere << 4] * 4
    places = pmd(tmp_path, b"".join(record(i * 60_000, *words) for i in range(5)) + b"\1\2\3")
    trace = pmd_trace(*places)
    assert trace.value.tolist() == pytest.approx([4 * volt * VOLT * ampere * AMPERE] * 5)
    assert trace.time[0] == round((1.7e9 - LEAD_S) * NS)
    assert np.diff(trace.time) == pytest.approx(60_000 / TICKS_PER_S * NS, abs=1)


def test_a_current_that_flows_back_is_negative(tmp_path: Path) -> None:
    places = pmd(tmp_path, record(0, 1600 << 4, -2 << 4) + record(600, 1600 << 4, 2 << 4))
    assert pmd_trace(*places).value.tolist() == pytest.approx([-1.18, 1.18], abs=0.01)


@pytest.mark.parametrize(
    ("records", "start", "what"),
    [
        (b"", "1700000000000000", "fewer than two records"),
        (record(0) + b"\0" * 17, "1700000000000000", "fewer than two records"),
        (record(0) * 3, "yesterday", "PMD_start_ts.txt:1: 'yesterday' is no time in µs"),
        (record(0) * 3, "1700000000", "is no time in µs"),
        (record(0) * 3, "9999999999999999", "is no time in µs"),
        (record(0) * 3, "1" * 5000, "is no time in µs"),
        (record(0) * 3, "", "an empty file"),
        (record(0) * 3 + b"\0" + record(0, 0x123 << 4) * 3, "1700000000000000", "record 4: bytes"),
    ],
)
def test_what_is_wrong_with_a_shunt_meters_files(
    tmp_path: Path, records: bytes, start: str, what: str
) -> None:
    with pytest.raises(FormatError, match=what):
        pmd_trace(*pmd(tmp_path, records, start))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("timestamp\n1\n1\n5\n5\n9\n9\n", [(1, 5)]),
        ("timestamp\n1\n1\n5\n5\n6\n6\n7\n7\n9\n9\n", [(1, 5), (6, 7)]),
        ("timestamp\n1\n5\n6\n7\n", [(1, 5), (6, 7)]),
        ("1\n5\n", [(1, 5)]),
        ("timestamp,what\n1,a\n5,b\n", [(1, 5)]),
        ("timestamp\n1\n1\n5\n5\n7\n7\n8\n8\n", [(1, 5), (7, 8)]),
    ],
)
def test_stamps_come_once_or_twice(tmp_path: Path, text: str, pairs: list[tuple[int, int]]) -> None:
    assert [(k.start // 1000, (k.stop or 0) // 1000) for k in kernels(stamps(tmp_path, text))] == (
        pairs
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no kernel begins and ends"),
        ("timestamp\n5\n5\n", "no kernel begins and ends"),
        ("timestamp\n5\n4\n", ":3: time goes back"),
        ("timestamp\n5\nx\n", ":3: 'x' is no time in µs"),
        ("timestamp\n5\n-6\n", ":3: '-6' is no time"),
        ("timestamp\n" + "9" * 30, ":2: '9999"),
    ],
)
def test_what_is_wrong_with_stamps(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        kernels(stamps(tmp_path, text))


def test_bounds_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_benchmark, "MAX_STAMPS", 3)
    with pytest.raises(FormatError, match="more than 3 stamps"):
        kernels(stamps(tmp_path, "timestamp\n1\n2\n3\n4\n"))
    monkeypatch.setattr(gpu_benchmark, "MAX_FOLDERS", 1)
    for name in ("a", "b"):
        Board(kernels=[(1.0, 1.2)]).write(tmp_path / name)
    with pytest.raises(UnavailableError, match="more than 1 recordings"):
        recordings([tmp_path])


def test_recordings_are_found_wherever_they_lie(tmp_path: Path) -> None:
    board = Board(kernels=[(1.0, 1.2)])
    deep, flat = board.write(tmp_path / "a" / "b" / "one"), board.write(tmp_path / "two")
    (board.write(tmp_path / "three") / "timestamps.csv").unlink()
    assert recordings([tmp_path, flat]) == [deep, flat]
    with pytest.raises(UnavailableError, match=r"no folder with gpudata\.csv"):
        recordings([tmp_path / "three"])
    with pytest.raises(UnavailableError, match="not a folder"):
        recordings([flat / "gpudata.csv"])
