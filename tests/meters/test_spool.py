"""The spool: what was appended comes back, whatever ended the writer."""

from __future__ import annotations

import errno
import itertools
import json
import os
import struct
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.block import ROW, Block, Row
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import Anchor
from joulemark.core.errors import FormatError, StoreError
from joulemark.meters.spool import (
    MAGIC,
    MAX_HEADER,
    SpoolWriter,
    channel_from,
    channel_to,
    iter_rows,
    read_header,
    read_rows,
)

ANCHOR = Anchor(utc_ns=1_700_000_000_000_000_001, monotonic_ns=42)
FULL = Channel(
    name="rapl/package-0",
    meter="rapl",
    part="package-0",
    domain=Domain.PACKAGE,
    quantity=Quantity.ENERGY,
    unit="µJ",
    scale=1e-6,
    node="n1",
    parent="node",
    wrap=262143328850.0,
    resolution=61.0,
    accuracy=Accuracy(gain=0.05, offset_w=1.0, model=0.5, source="a “source”"),
    provenance=Provenance.ESTIMATED,
    update_s=0.001,
    window_s=0.025,
    max_power_w=500.0,
    rated_w=125.0,
    instrument=Instrument.ON_CHIP,
    floor=None,
    covers=(Domain.CORE, Domain.UNCORE),
    calibration="wall of 2026-11-25",
    nodes=("node1", "node2"),
    source="/sys/x",
    note="a note",
)
PLAIN = Channel(
    name="a/b",
    meter="a",
    part="b",
    domain=Domain.WALL,
    quantity=Quantity.POWER,
    unit="W",
)
ROWS: list[Row] = [(1, 2.5, 0), (3, -0.0, 1), (5, 1e300, 1)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sampler.spool"


def written(path: Path, rows: list[Row] = ROWS) -> Path:
    writer = SpoolWriter(path, "sampler", [FULL, PLAIN], ANCHOR)
    writer.append(Block.of(rows))
    writer.close()
    return path


# -------------------------------------------------------------------- there and back


def test_what_was_written_comes_back(path: Path) -> None:
    written(path)
    header = read_header(path)
    assert header.writer == "sampler"
    assert header.channels == (FULL, PLAIN)
    assert header.anchor == ANCHOR
    assert path.stat().st_size == header.offset + len(ROWS) * ROW.size
    assert read_rows(path).rows() == ROWS
    assert list(iter_rows(path)) == ROWS


def test_rows_can_be_read_in_part(path: Path) -> None:
    written(path)
    assert read_rows(path, start=1).rows() == ROWS[1:]
    assert read_rows(path, start=1, count=1).rows() == ROWS[1:2]
    assert read_rows(path, start=9).rows() == []


def test_rows_are_there_before_the_writer_ends(path: Path) -> None:
    writer = SpoolWriter(path, "w", [PLAIN], ANCHOR)
    assert read_rows(path).rows() == []
    writer.append(Block())
    writer.append(Block.of([(1, 2.0, 0)]))
    assert read_rows(path).rows() == [(1, 2.0, 0)]
    writer.append(Block.of([(2, 3.0, 0)]))
    assert len(read_rows(path).rows()) == 2
    writer.sync()
    writer.close()
    writer.close()


@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, width=64),
            st.integers(0, 2**32 - 1),
        )
    ),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    torn=st.integers(0, ROW.size - 1),
)
def test_any_rows_in_any_pieces(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], cuts: list[int], torn: int
) -> None:
    path = tmp_path_factory.mktemp("spool") / "x.spool"
    writer = SpoolWriter(path, "w", [], ANCHOR)
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    for start, stop in itertools.pairwise(edges):
        writer.append(Block.of(rows[start:stop]))
    writer.close()
    with path.open("ab") as file:
        file.write(b"\xff" * torn)
    assert read_rows(path).rows() == rows
    assert list(iter_rows(path)) == rows


# -------------------------------------------------------------------- writing that fails


def test_a_spool_is_never_written_twice(path: Path) -> None:
    written(path)
    with pytest.raises(StoreError, match="File exists") as caught:
        SpoolWriter(path, "w", [], ANCHOR)
    assert str(path) in str(caught.value)
    assert read_rows(path).rows() == ROWS


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"):
        SpoolWriter(tmp_path / "no" / "x.spool", "w", [], ANCHOR)


def test_rows_must_be_whole(path: Path) -> None:
    writer = SpoolWriter(path, "w", [], ANCHOR)
    with pytest.raises(ValueError, match="whole rows"):
        writer.append(Block(b"123"))
    writer.close()


class FullDisk:
    """Takes so many bytes and then no more."""

    def __init__(self, room: int, *, answer: int | None = None) -> None:
        self.room = room
        self.answer = answer

    def __call__(self, descriptor: int, data: bytes) -> int:
        if self.room <= 0:
            if self.answer is not None:
                return self.answer
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.write(descriptor, data[: self.room])
        self.room -= done
        return done


@pytest.mark.parametrize("room", [0, 1, 19, 20, 21, 39, 41, 59])
@pytest.mark.parametrize("answer", [None, 0])
def test_a_full_disk_keeps_whole_rows(path: Path, room: int, answer: int | None) -> None:
    disk = FullDisk(10_000, answer=answer)
    writer = SpoolWriter(path, "w", [PLAIN], ANCHOR, write=disk)
    writer.append(Block.of(ROWS[:1]))
    disk.room = room
    with pytest.raises(StoreError, match=r"No space left on device \(\d+ bytes free\)") as caught:
        writer.append(Block.of(ROWS))
    assert caught.value.where == str(path)
    whole = ROWS[:1] + ROWS[: room // ROW.size]
    assert path.stat().st_size == read_header(path).offset + len(whole) * ROW.size
    assert read_rows(path).rows() == whole
    disk.room = 10_000  # someone made room: it goes on where it was
    writer.append(Block.of(ROWS))
    writer.close()
    assert read_rows(path).rows() == whole + ROWS


def test_a_write_in_pieces_is_a_write(path: Path) -> None:
    writer = SpoolWriter(path, "w", [], ANCHOR, write=lambda file, data: os.write(file, data[:7]))
    writer.append(Block.of(ROWS))
    writer.close()
    assert read_rows(path).rows() == ROWS


def test_no_room_for_the_header_leaves_nothing(path: Path) -> None:
    with pytest.raises(StoreError, match="No space"):
        SpoolWriter(path, "w", [PLAIN], ANCHOR, write=FullDisk(30))
    assert not path.exists()


def test_too_many_channels(path: Path) -> None:
    long = channel_from({**channel_to(PLAIN), "note": "x" * MAX_HEADER})
    with pytest.raises(StoreError, match="too many"):
        SpoolWriter(path, "w", [long], ANCHOR)
    assert not path.exists()


def test_a_disk_that_refuses_to_sync(path: Path) -> None:
    writer = SpoolWriter(path, "w", [], ANCHOR)
    ends = os.pipe()
    os.dup2(ends[1], writer._file)  # a pipe cannot be synchronised: it stands for a failing disk
    with pytest.raises(StoreError, match="cannot be written"):
        writer.sync()
    writer.close()
    for end in ends:
        os.close(end)


# -------------------------------------------------------------------- files of others


def spool_bytes(header: object, *, rows: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + rows


GOOD: dict[str, Any] = {
    "writer": "w",
    "channels": [],
    "anchor": {"utc_ns": 1, "monotonic_ns": 2},
    "later": "versions may say more",
}


def test_a_header_may_say_more(path: Path) -> None:
    path.write_bytes(spool_bytes(GOOD))
    assert read_header(path).channels == ()


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "ends within its header"),
        (b"JM", "ends within its header"),
        (MAGIC + b"\x10\x00", "ends within its header"),
        (MAGIC + b"\x10\x00\x00\x00{}", "ends within its header"),
        (b"PAR1" * 10, "not a spool"),
        (b"JMSPOOL2" + bytes(12), "not a spool"),
        (MAGIC + b"\xff\xff\xff\xff", "longer than"),
        (spool_bytes(b"{"), "not JSON"),
        (spool_bytes(b"\xff\xfe"), "not JSON"),
        (spool_bytes(b"[" * 100_000), "not JSON"),
        (spool_bytes([]), "names no writer"),
        (spool_bytes({**GOOD, "writer": 1}), "names no writer"),
        (spool_bytes({**GOOD, "channels": {}}), "no list of channels"),
        (spool_bytes({**GOOD, "anchor": None}), "no anchor"),
        (spool_bytes({**GOOD, "anchor": {"utc_ns": 1}}), "no anchor"),
        (spool_bytes({**GOOD, "anchor": {"utc_ns": True, "monotonic_ns": 1}}), "no anchor"),
        (spool_bytes({**GOOD, "anchor": {"utc_ns": 2**63, "monotonic_ns": 1}}), "no anchor"),
        (spool_bytes({**GOOD, "channels": [3]}), "JSON object"),
        (spool_bytes({**GOOD, "channels": [{}]}), "name is missing"),
    ],
)
@pytest.mark.parametrize("read", [read_header, read_rows, lambda path: list(iter_rows(path))])
def test_what_is_not_a_spool(
    path: Path, raw: bytes, what: str, read: Callable[[Path], object]
) -> None:
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=what) as caught:
        read(path)
    assert caught.value.where.startswith(str(path))


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        read_header(path)


def test_a_pipe_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(FormatError, match="not a plain file"):
        read_rows(path)


# -------------------------------------------------------------------- channels as JSON


def test_every_field_of_a_channel_is_kept() -> None:
    record = json.loads(json.dumps(channel_to(FULL)))
    assert set(record) == {field.name for field in fields(Channel)}
    assert record["domain"] == "package"
    assert record["covers"] == ["core", "uncore"]
    assert channel_from(record) == FULL
    for field in fields(Channel):  # the sample differs from the default everywhere
        assert getattr(FULL, field.name) != field.default


def test_what_is_required_is_enough_and_more_is_left_out() -> None:
    record = {
        **{name: channel_to(PLAIN)[name] for name in ("name", "meter", "part", "unit")},
        "domain": "wall",
        "quantity": "power",
        "colour": "blue",
        "accuracy": {"gain": 1, "colour": "red"},
    }
    channel = channel_from(record)
    assert channel.accuracy == Accuracy(gain=1.0)
    assert channel.node == "localhost"


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("name", 3, "not a text"),
        ("domain", "moon", "none of wall, node"),
        ("domain", ["wall"], "none of wall, node"),
        ("quantity", None, "none of energy"),
        ("scale", "1", "not a finite number"),
        ("scale", True, "not a finite number"),
        ("scale", float("nan"), "not a finite number"),
        ("wrap", float("inf"), "not a finite number"),
        ("update_s", 10**400, "not a finite number"),
        ("parent", 1, "not a text"),
        ("covers", "wall", "not a list"),
        ("covers", ["wall", "moon"], "none of"),
        ("accuracy", 0.05, "not a JSON object"),
        ("accuracy", {"gain": None}, "not a finite number"),
        ("accuracy", {"source": 1}, "not a text"),
        ("provenance", "guessed", "none of measured"),
    ],
)
def test_a_channel_of_the_wrong_kind(field: str, value: object, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        channel_from({**channel_to(PLAIN), field: value}, where="x.spool: channels[0]")
    assert caught.value.where.startswith(f"x.spool: channels[0].{field}")
