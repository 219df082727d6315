"""Recorded traces as a meter: their pace, their laps, and files that are no traces."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.fake_proc import Ticking

from joulemark.core.block import Block, Row
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import Anchor
from joulemark.core.errors import FormatError, MeterError, UnavailableError, UsageError
from joulemark.core.interfaces import Meter
from joulemark.meters import _trace_csv as csv
from joulemark.meters import replay as module
from joulemark.meters.replay import Replay, replay
from joulemark.meters.spool import SpoolWriter

SECOND = 1_000_000_000


def trace(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    return path


def played(path: Path, clock: Ticking, *, loop: bool = False) -> Replay:
    meter = Replay(path, loop=loop)
    meter.open(clock)
    return meter


def since(rows: list[Row], start: int) -> list[tuple[float, float, int]]:
    return [((time - start) / SECOND, value, place) for time, value, place in rows]


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


# -------------------------------------------------------------------- pace


def test_rows_come_when_their_time_has_come(tmp_path: Path, clock: Ticking) -> None:
    path = trace(tmp_path, "time_s,a,b\n100.5,1,2\n101,3,4\n101.25,5,\n")
    meter, start = played(path, clock), clock.now
    assert isinstance(meter, Meter)
    assert "read_edges" not in dir(meter)
    assert since(meter.read().rows(), start) == [(0, 1, 0), (0, 2, 1)]
    clock.later(0.49)
    assert meter.read() == Block()
    clock.later(0.01)
    assert since(meter.read().rows(), start) == [(0.5, 3, 0), (0.5, 4, 1)]
    clock.later(100)
    (first, second) = since(meter.read().rows(), start)
    assert list(first) == [0.75, 5, 0]
    assert second[0] == 0.75
    assert math.isnan(second[1])
    assert meter.read() == Block()
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="while closed"):
        meter.read()


def test_opened_again_it_begins_again(tmp_path: Path, clock: Ticking) -> None:
    meter = played(trace(tmp_path, "time_s,a\n0,1\n1,2\n"), clock)
    meter.read()
    clock.later(5)
    meter.open(clock)
    assert since(meter.read().rows(), clock.now) == [(0, 1, 0)]


def test_a_long_absence_is_caught_up_in_pieces(tmp_path: Path, clock: Ticking) -> None:
    lines = "".join(f"{n / 1000:.3f},{n}\n" for n in range(1000))
    meter = played(trace(tmp_path, f"time_s,a\n{lines}"), clock, loop=True)
    clock.later(86400)
    first = meter.read().rows()
    assert len(first) == module.MAX_ROWS
    assert meter.read().rows()[0][0] - first[-1][0] == SECOND // 1000


def test_times_keep_their_nanoseconds(tmp_path: Path, clock: Ticking) -> None:
    text = "time_s,a\n1700000000.000000001,1\n1700000000.000000002,2\n1.7000000001e9,3\n"
    meter, start = played(trace(tmp_path, text), clock), clock.now
    clock.later(1)
    assert [time - start for time, _, _ in meter.read().rows()] == [0, 1, 99_999_999]


def test_times_before_zero(tmp_path: Path, clock: Ticking) -> None:
    meter, start = played(trace(tmp_path, "time_s,a\n-1.5,1\n-0.25,2\n"), clock), clock.now
    clock.later(2)
    assert since(meter.read().rows(), start) == [(0, 1, 0), (1.25, 2, 0)]


# -------------------------------------------------------------------- channels


def test_a_replay_is_never_shown_as_measured(tmp_path: Path, clock: Ticking) -> None:
    path = trace(
        tmp_path, "time_s,wall:wall,cpu:package:energy:mJ,load:host:utilisation:%\n0,1,2,3\n"
    )
    meter = played(path, clock)
    assert [(c.name, c.part, c.domain, c.quantity, c.unit) for c in meter.channels] == [
        ("replay/wall", "wall", Domain.WALL, Quantity.POWER, "W"),
        ("replay/cpu", "cpu", Domain.PACKAGE, Quantity.ENERGY, "mJ"),
        ("replay/load", "load", Domain.HOST, Quantity.UTILISATION, "%"),
    ]
    assert [channel.scale for channel in meter.channels] == pytest.approx([1.0, 1e-3, 0.01])
    for channel in meter.channels:
        assert channel.provenance is Provenance.DECLARED
        assert channel.note == f"replayed from {path}"
        assert channel.meter == "replay"


@pytest.mark.parametrize(
    ("field", "unit", "scale"),
    [
        ("a", "W", 1.0),
        ("a:wall", "W", 1.0),
        ("a:wall:power:kW", "kW", 1e3),
        ("a::power:µW", "µW", 1e-6),
        ("a:wall:energy:kWh", "kWh", 3.6e6),
        ("a:wall:interval", "J", 1.0),
        ("a:host:frequency:MHz", "MHz", 1e6),
        ("a:host:temperature", "K", 1.0),
        ("a:host:memory:GB", "GB", 1e9),
        ("a:host:cpu_time:ms", "ms", 1e-3),
        ("a:host:clock_offset:ns", "ns", 1e-9),
        ("a:host:flags", "1", 1.0),
    ],
)
def test_units_of_a_column(
    tmp_path: Path, clock: Ticking, field: str, unit: str, scale: float
) -> None:
    meter = played(trace(tmp_path, f"time_s,{field}\n0,1\n"), clock)
    assert meter.channels[0].unit == unit
    assert meter.channels[0].scale == pytest.approx(scale)


def test_blank_lines_comments_and_marks_of_windows_are_understood(
    tmp_path: Path, clock: Ticking
) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(b"\xef\xbb\xbf# made by hand\r\n\r\ntime_s , a\r\n0, 1\r\n#\r\n1 ,2\r\n")
    meter, start = played(path, clock), clock.now
    clock.later(2)
    assert since(meter.read().rows(), start) == [(0, 1, 0), (1, 2, 0)]


# -------------------------------------------------------------------- spools


def spool(tmp_path: Path, rows: list[Row]) -> Path:
    path = tmp_path / "x.spool"
    channels = [
        Channel(
            name=name,
            meter="rapl",
            part=name,
            domain=Domain.PACKAGE,
            quantity=Quantity.ENERGY,
            unit="µJ",
            scale=1e-6,
            wrap=1e9,
            accuracy=Accuracy(gain=0.05),
            note=note,
        )
        for name, note in (("rapl/0", "a note"), ("replay/1", ""))
    ]
    writer = SpoolWriter(path, "w", channels, Anchor(0, 0))
    writer.append(Block.of(rows))
    writer.close()
    return path


def test_a_spool_is_a_trace_as_well(tmp_path: Path, clock: Ticking) -> None:
    rows = [(5 * SECOND, 1.0, 0), (5 * SECOND + 7, 2.0, 1), (7 * SECOND, 3.0, 0)]
    path = spool(tmp_path, rows)
    meter, start = played(path, clock), clock.now
    first, second = meter.channels
    assert (first.name, second.name) == ("replay/rapl/0", "replay/1")
    assert first.note == f"replayed from {path}; a note"
    assert second.note == f"replayed from {path}"
    assert first.provenance is Provenance.DECLARED
    assert (first.wrap, first.accuracy.gain, first.meter) == (1e9, 0.05, "replay")
    clock.later(1)
    assert [(time - start, v, p) for time, v, p in meter.read().rows()] == [(0, 1, 0), (7, 2, 1)]
    clock.later(1)
    assert since(meter.read().rows(), start) == [(2, 3, 0)]


@pytest.mark.parametrize("row", [(SECOND, 1.0, 2), (2**62, 1.0, 0), (-(2**62), 1.0, 0)])
def test_rows_of_a_spool_that_cannot_be(tmp_path: Path, clock: Ticking, row: Row) -> None:
    path = spool(tmp_path, [(0, 1.0, 0), row])
    with pytest.raises(FormatError, match="cannot be") as caught:
        played(path, clock)
    assert caught.value.where == f"{path}: row 1"


# -------------------------------------------------------------------- laps


def test_counters_go_on_over_laps_and_power_repeats(tmp_path: Path, clock: Ticking) -> None:
    text = "time_s,p,e:wall:energy\n10,5,100\n11,6,101\n13,7,\n14,8,104\n"
    meter, start = played(trace(tmp_path, text), clock, loop=True), clock.now
    clock.later(14.5)
    rows = since(meter.read().rows(), start)
    power = [(time, value) for time, value, place in rows if place == 0]
    assert power == [
        (0, 5), (1, 6), (3, 7), (4, 8), (5, 5), (6, 6), (8, 7), (9, 8), (10, 5), (11, 6), (13, 7),
        (14, 8),
    ]  # fmt: skip
    energy = [value for _, value, place in rows if place == 1 and not math.isnan(value)]
    # a lap of 100 to 104 ends with a step of 3, so the next begins at 107
    assert energy == [100, 101, 104, 107, 108, 111, 114, 115, 118]


def test_a_counter_that_gives_nothing_or_once(tmp_path: Path, clock: Ticking) -> None:
    text = "time_s,e:wall:energy,f:wall:energy\n0,,5\n1,,\n"
    meter = played(trace(tmp_path, text), clock, loop=True)
    clock.later(3)
    rows = meter.read().rows()
    assert all(math.isnan(value) for _, value, place in rows if place == 0)
    assert [value for _, value, place in rows if place == 1][::2] == [5, 5]


@pytest.mark.parametrize("lines", ["0,1\n", "0,1\n0,2\n"])
def test_what_takes_no_time_cannot_be_looped(tmp_path: Path, clock: Ticking, lines: str) -> None:
    path = trace(tmp_path, f"time_s,a\n{lines}")
    with pytest.raises(FormatError, match="no time passes"):
        played(path, clock, loop=True)
    played(path, clock).close()


@given(
    steps=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    gains=st.lists(st.integers(0, 1000), min_size=6, max_size=6),
    laps=st.integers(1, 4),
)
def test_a_looped_counter_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], gains: list[int], laps: int
) -> None:
    time, joules, lines = 0, 0, ["time_s,e:wall:energy", "0,0"]
    for step, gain in zip(steps, gains, strict=False):
        time, joules = time + step, joules + gain
        lines.append(f"{time // SECOND}.{time % SECOND:09d},{joules}")
    clock = Ticking()
    path = trace(tmp_path_factory.mktemp("replay"), "\n".join(lines))
    meter, start = played(path, clock, loop=True), clock.now
    clock.now += laps * (time + steps[-1])
    rows = meter.read().rows()
    assert len(rows) == laps * (len(steps) + 1) + 1
    assert rows == sorted(rows)
    assert all(b[0] > a[0] and b[1] >= a[1] for a, b in itertools.pairwise(rows))
    assert rows[-1][0] - start == laps * (time + steps[-1])


# -------------------------------------------------------------------- files that are no traces


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", "1:1", "the first column is not time_s"),
        ("time,a\n0,1\n", "1:1", "the first column is not time_s"),
        ("# x\n\ntime_s\n0\n", "3:1", "no column but time_s"),
        ("time_s,a,a\n", "1:10", "names two columns"),
        ("time_s,\n", "1:8", "is no NAME"),
        ("time_s,a:wall:power:W:x\n", "1:8", "is no NAME"),
        ("time_s,../../x\n", "1:8", "is no NAME"),
        ("time_s,a:moon\n", "1:8", "no domain; choose from wall"),
        ("time_s,a:wall:watts\n", "1:8", "no quantity; choose from energy"),
        ("time_s,a:wall:power:J\n", "1:8", "no unit of W"),
        ("time_s,a\n0\n", "2:1", "1 fields under 2 columns"),
        ("time_s,a\n0,1,2\n", "2:5", "3 fields under 2 columns"),
        ("time_s,a,b\n0,1,x\n", "2:5", "'x' is not a number"),
        ("time_s,a\n0,inf\n", "2:3", "'inf' is not a number"),
        ("time_s,a\n0,1_0\n", "2:3", "'1_0' is not a number"),
        ("time_s,a\n0,0x10\n", "2:3", "not a number"),
        ("time_s,a\n\n1,1\n0.5,1\n", "4:1", "time goes back"),
        ("time_s,a\n,1\n", "2:1", "is no time in seconds"),
        ("time_s,a\nx,1\n", "2:1", "'x' is not a number"),
        ("time_s,a\n1e300,1\n", "2:1", "is no time in seconds"),
        ("time_s,a\n999999999999,1\n", "2:1", "is no time in seconds"),
    ],
)
def test_the_place_of_a_fault_is_told(
    tmp_path: Path, clock: Ticking, text: str, place: str, what: str
) -> None:
    path = trace(tmp_path, text)
    with pytest.raises(FormatError, match=what) as caught:
        played(path, clock)
    assert caught.value.where == f"{path}:{place}"


def test_bytes_that_are_no_text(tmp_path: Path, clock: Ticking) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(b"time_s,a\n0,\xff\n")
    with pytest.raises(FormatError, match="not UTF-8") as caught:
        played(path, clock)
    assert caught.value.where == f"{path}:2:3"


def test_a_line_without_end(tmp_path: Path, clock: Ticking) -> None:
    path = trace(tmp_path, "time_s,a\n0," + "1" * csv.MAX_LINE)
    with pytest.raises(FormatError, match="longer than 65536 bytes"):
        played(path, clock)


def test_a_trace_without_rows(tmp_path: Path, clock: Ticking) -> None:
    with pytest.raises(FormatError, match="without rows"):
        played(trace(tmp_path, "time_s,a\n"), clock)


def test_a_file_of_more_than_a_gigabyte(tmp_path: Path, clock: Ticking) -> None:
    path = trace(tmp_path, "time_s,a\n0,1\n")
    os.truncate(path, csv.MAX_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(FormatError, match="too many"):
        played(path, clock)


def test_what_is_not_a_file(tmp_path: Path, clock: Ticking) -> None:
    with pytest.raises(UnavailableError, match="cannot be opened"):
        played(tmp_path / "none.csv", clock)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="not a plain file"):
        played(tmp_path / "pipe", clock)
    with pytest.raises(FormatError, match="not a plain file"):
        played(tmp_path, clock)


def test_a_fault_far_into_a_big_file_ends_the_trace_there(tmp_path: Path, clock: Ticking) -> None:
    path = trace(tmp_path, "time_s,a\n0,1\n1,2\n2,x\n3,4\n")
    with path.open("a") as file:
        file.write("#" * 60_000 + "\n")
        for _ in range(module.MAX_CHECKED // 60_000):
            file.write("#" * 60_000 + "\n")
    meter, start = played(path, clock), clock.now
    clock.later(1)
    assert since(meter.read().rows(), start) == [(0, 1, 0), (1, 2, 0)]
    (failure,) = meter.failures
    assert str(failure) == f"{path}:4:3: 'x' is not a number"
    clock.later(9)
    assert meter.read() == Block()


@pytest.mark.parametrize("kind", ["csv", "spool"])
def test_a_file_that_vanishes_between_two_laps(tmp_path: Path, clock: Ticking, kind: str) -> None:
    text = "time_s,a\n0,1\n1,2\n"
    rows = [(0, 1.0, 0), (SECOND, 2.0, 0)]
    path = trace(tmp_path, text) if kind == "csv" else spool(tmp_path, rows)
    meter = played(path, clock, loop=True)
    path.unlink()
    clock.later(9)
    assert len(meter.read().rows()) == 2
    (failure,) = meter.failures
    assert "cannot be opened" in failure.what
    assert failure.where == str(path)
    assert meter.read() == Block()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({}, "path is ''"),
        ({"path": 3}, "path is 3"),
        ({"path": "a\0b"}, "not a path"),
        ({"path": "x", "loop": 1}, "loop is 1"),
        ({"path": "x", "speed": 2}, "no setting 'speed'"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        replay(settings)


def test_settings_that_do(tmp_path: Path, clock: Ticking) -> None:
    meter = replay({"path": str(trace(tmp_path, "time_s,a\n0,1\n1,1\n")), "loop": True})
    assert meter.channels == ()
    meter.open(clock)
    clock.later(10)
    assert len(meter.read().rows()) == 11
