from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.formats.inference import power_log as room
from joulemark.formats.inference.parsed import PowerLog
from joulemark.formats.inference.power_log import MAX_MARKS, read_power_log
from tests.formats.inference.samples import (
    SESSION,
    T0,
    analyzers,
    channels,
    figures,
    power_log,
    reading,
    source,
    stamp,
)

TESTING = f"{SESSION}_testing"


def _read(data: bytes | str) -> PowerLog:
    return read_power_log(source(data))


def test_one_channel() -> None:
    log = _read(power_log(10))
    assert log.whole.watts.tolist() == [100.0 + i for i in range(10)]
    assert log.whole.volts.tolist() == [230.0] * 10
    assert log.whole.amps.tolist() == [0.5] * 10
    assert log.whole.pf.tolist() == [0.9] * 10
    assert log.time.tolist() == [round(T0.timestamp() + i) * NS for i in range(10)]
    assert log.line.tolist() == list(range(1, 11))
    assert log.marks == (TESTING,)
    assert not log.mark.any()
    assert log.whole.name == "sum"
    assert (log.parts, log.problems) == ((), ())


FIGURE = st.integers(-(10**15) + 1, 10**15 - 1).map(lambda micro: f"{micro / 1e6:.6f}")


@given(rows=st.lists(st.lists(FIGURE, min_size=4, max_size=4), min_size=1, max_size=12))
def test_figures_are_what_float_makes_of_their_texts(rows: list[list[str]]) -> None:
    lines = [
        f"Time,{stamp(i)},Watts,{w},Volts,{v},Amps,{a},PF,{p},Mark,m"
        for i, (w, v, a, p) in enumerate(rows)
    ]
    whole = _read("\n".join(lines)).whole
    found = np.stack([whole.watts, whole.volts, whole.amps, whole.pf], axis=1)
    assert found.tolist() == [[float(text) for text in row] for row in rows]


@pytest.mark.parametrize(
    "text", ["1", "1.5", "0.1234567", "1e3", "+1.000000", "12345678901234567.000000", "00.100000"]
)
def test_figures_of_other_shapes(text: str) -> None:
    log = _read(power_log(2) + f"{reading(2).replace('100.000000', text)}\n".encode())
    assert log.whole.watts.tolist() == [100.0, 101.0, float(text)]
    assert log.problems == ()


@pytest.mark.parametrize("text", ["1.-00000", "-.100000", "1,000000", "1.00000-", "--.000000"])
def test_signs_and_points_out_of_place(text: str) -> None:
    log = _read(power_log(2) + f"{reading(2).replace('100.000000', text)}\n".encode())
    expected = [100.0, 101.0, -0.1] if text == "-.100000" else [100.0, 101.0]
    assert log.whole.watts.tolist() == expected
    assert bool(log.problems) == (text != "-.100000")


def test_many_lines_are_read_in_pieces() -> None:
    log = _read(power_log(20_000))
    assert log.line.tolist() == list(range(1, 20_001))
    assert log.whole.watts[-1] == 100.0 + 19_999
    assert (np.diff(log.time) == NS).all()


def test_channels_and_sums_of_minus_one() -> None:
    log = _read("\n".join(channels(i, [30.0 + i, 40.0, 50.0]) for i in range(5)) + "\n")
    assert [part.name for part in log.parts] == ["Ch1", "Ch2", "Ch3"]
    assert log.whole.watts.tolist() == [120.0 + i for i in range(5)]
    assert (log.whole.pf == -1).all()
    assert log.parts[0].watts.tolist() == [30.0 + i for i in range(5)]
    assert log.parts[2].pf.tolist() == [0.9] * 5
    assert log.problems == ()


def test_channels_that_change_are_told_apart() -> None:
    log = _read(channels(0, [1.0, 2.0]) + "\n" + channels(1, [3.0, 4.0], first=2) + "\n")
    assert [part.name for part in log.parts] == ["Ch1", "Ch2", "Ch3"]
    assert np.isnan(log.parts[0].watts[1])
    assert log.parts[1].watts.tolist() == [2.0, 3.0]


def test_channels_keep_their_own_numbers() -> None:
    log = _read(channels(0, [1.0, 2.0], first=2))
    assert [part.name for part in log.parts] == ["Ch2", "Ch3"]


def test_several_analyzers_have_times_of_their_own() -> None:
    lines = [
        analyzers([reading(i, 10.0 + i), channels(i + 0.25, [20.0, 30.0])], i, 60.0 + i)
        for i in range(4)
    ]
    log = _read("\n".join(lines) + "\n")
    assert [p.name for p in log.parts] == [
        "Analyzer1",
        "Analyzer2",
        "Analyzer2/Ch1",
        "Analyzer2/Ch2",
    ]
    assert log.problems == ()
    assert log.parts[0].time is not None
    assert log.parts[1].time is not None
    assert (log.parts[0].time == log.time).all()
    assert (log.parts[1].time == log.time + NS // 4).all()
    assert log.parts[2].time is None
    assert log.parts[1].watts.tolist() == [50.0] * 4
    assert log.parts[3].watts.tolist() == [30.0] * 4


def test_an_analyzers_own_bad_time_is_the_lines() -> None:
    bad = reading(0).replace(stamp(0), "99-99-2025 00:00:00.000")
    log = _read(analyzers([reading(0), bad], 0, 7.0))
    assert log.parts[1].time is not None
    assert log.parts[1].time[0] == log.time[0]
    assert "own time" in log.problems[0].what


def test_failed_readings_stay() -> None:
    log = _read(power_log(3) + f"Time,{stamp(3)},{figures(-1, -1, -1, -1)},Mark,m\n".encode())
    assert log.whole.watts.tolist() == [100.0, 101.0, 102.0, -1.0]
    assert log.marks == (TESTING, "m")
    assert log.mark.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\r\n"])
def test_ends_of_lines(end: str) -> None:
    log = _read(power_log(5).decode().replace("\n", end))
    assert log.line.tolist() == [1, 2, 3, 4, 5]
    assert log.marks == (TESTING,)
    assert log.problems == ()


def test_mixed_ends_and_blank_lines_keep_numbers() -> None:
    lines = [reading(0) + "\r\n", "\n", reading(1) + "\n", "   \r\n", reading(2), "\n\n"]
    log = _read("".join(lines))
    assert log.line.tolist() == [1, 3, 5]
    assert log.marks == (TESTING,)
    assert log.problems == ()


def test_carriage_returns_alone_end_lines_where_there_is_nothing_else() -> None:
    log = _read(power_log(4).replace(b"\n", b"\r"))
    assert log.line.tolist() == [1, 2, 3, 4]


def test_a_carriage_return_within_a_line_separates() -> None:
    log = _read(f"{reading(0)}\r{reading(1)}\n{reading(2)}\n")
    assert log.line.tolist() == [1, 1, 2]
    assert log.problems == ()


def test_glued_lines() -> None:
    log = _read(f"{reading(0)}\n{reading(1)}{reading(2)}\n{reading(3)}\n")
    assert log.line.tolist() == [1, 2, 2, 3]
    assert log.marks == (TESTING,)
    assert (np.diff(log.time) == NS).all()
    assert [(p.line, p.what) for p in log.problems] == [(2, "2 readings on one line")]


def test_a_cut_line_glued_to_the_next() -> None:
    log = _read(f"{reading(0)}\n{reading(1)[:60]}{reading(2)}\n")
    assert log.line.tolist() == [1, 2]
    assert {p.line for p in log.problems} == {2}


def test_a_line_that_ends_early_keeps_what_is_whole() -> None:
    whole = channels(1, [1.0, 2.0, 3.0])
    log = _read(
        f"{channels(0, [1.0, 2.0, 3.0])}\n{whole[: whole.index(',PF', whole.index('Ch2'))]}\n"
    )
    assert log.whole.watts.tolist() == [6.0, 6.0]
    assert log.parts[0].watts.tolist() == [1.0, 1.0]
    assert np.isnan(log.parts[1].watts[1])
    assert np.isnan(log.parts[2].watts[1])
    assert [p.line for p in log.problems] == [2]
    assert "Ch2" in log.problems[0].what


@pytest.mark.parametrize("number", ["nan", "-nan", "inf", "-Infinity", "NaN", "1.#QNAN", "1e999"])
def test_what_is_not_finite_is_nan_and_a_problem(number: str) -> None:
    line = reading(1).replace("100.000000", number)
    log = _read(power_log(1) + f"{line}\n".encode() + power_log(1))
    assert log.line.tolist() == [1, 2, 3]
    assert np.isnan(log.whole.watts[1])
    assert log.problems[0].line == 2
    assert "not finite" in log.problems[0].what


@pytest.mark.parametrize("number", ["", "x", "1_000.0", "--1", "0x10", "1.2.3", "٣", "1,5"])
def test_watts_that_are_no_number_leave_the_line_out(number: str) -> None:
    line = reading(1).replace("100.000000", number)
    log = _read(power_log(1) + f"{line}\n".encode() + power_log(1))
    assert log.line.tolist() == [1, 3]
    assert [p.line for p in log.problems] == [2]


def test_other_figures_that_are_no_number_are_nan() -> None:
    log = _read(power_log(1) + f"{reading(1).replace('230.000000', '?')}\n".encode())
    assert log.whole.watts.tolist() == [100.0, 100.0]
    assert np.isnan(log.whole.volts[1])
    assert log.problems[0].what == "'?' is no number"


@pytest.mark.parametrize(
    "bad",
    [
        "12-31-9999 23:59:59.999",
        "1-31-2025 23:59:59.999",
        "01-01-1969 00:00:00.000",
        "02-30-2025 00:00:00.000",
        "now",
    ],
)
def test_times_that_do_not_fit_are_problems_of_their_line(bad: str) -> None:
    log = _read(power_log(1) + f"{reading(1).replace(stamp(1), bad)}\n".encode() + power_log(1))
    assert log.line.tolist() == [1, 3]
    assert [p.line for p in log.problems] == [2]
    assert bad in log.problems[0].what


def test_columns_beyond_the_format_are_named() -> None:
    log = _read("".join(f"{reading(i)},Hz,50\n" for i in range(3)))
    assert log.whole.watts.tolist() == [100.0] * 3
    assert [p.line for p in log.problems] == [1, 2, 3]
    assert "Hz,50" in log.problems[0].what


def test_a_line_without_a_mark() -> None:
    log = _read("".join(f"Time,{stamp(i)},{figures(5.0)}\n" for i in range(3)))
    assert log.marks == ("",)
    assert log.whole.watts.tolist() == [5.0] * 3
    assert log.problems == ()


def test_lines_of_other_labels_are_read_apart() -> None:
    log = _read(power_log(2) + power_log(1).replace(b"Watts", b"Wotts") + power_log(1))
    assert log.line.tolist() == [1, 2, 4]
    assert [p.line for p in log.problems] == [3]


def test_a_name_twice_on_a_line_is_not_understood() -> None:
    log = _read(f"{reading(0)},Ch1,{figures(1.0)},Ch1,{figures(2.0)}\n")
    assert [part.watts.tolist() for part in log.parts] == [[1.0]]
    assert "Ch1" in log.problems[0].what


def test_nul_bytes_and_a_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf" + power_log(2) + power_log(1).replace(b"_testing", b"_test\0ing")
    log = _read(data)
    assert log.line.tolist() == [1, 2, 3]
    assert log.marks == (TESTING,)
    assert [(p.line, p.what) for p in log.problems] == [(3, "NUL bytes")]


def test_marks_that_are_no_text_and_marks_without_end() -> None:
    log = _read(power_log(1) + power_log(1).replace(b"_testing", b"_\xff"))
    assert log.marks == (TESTING, f"{SESSION}_\ufffd")
    assert log.problems[0].line == 2
    log = _read("".join(f"{reading(i, mark=str(i))}\n" for i in range(MAX_MARKS + 5)))
    assert len(log.marks) == MAX_MARKS + 1
    assert log.mark.max() == MAX_MARKS
    assert "marks" in log.problems[0].what


def test_readings_and_channels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_FIGURES", 11)
    assert len(_read(power_log(2)).time) == 2
    with pytest.raises(FormatError, match="too many for its length"):
        _read(power_log(3))
    monkeypatch.setattr(room, "MAX_READINGS", 1)
    with pytest.raises(FormatError, match="more than 1 readings"):
        _read(power_log(2))


def test_a_file_of_oddities_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_ODD", 3)
    log = _read(power_log(1) + b"junk\n" * 300_000 + power_log(1))
    assert log.line.tolist() == [1]
    assert len(log.problems) == 1000
    assert "more than 3 oddities; the rest is not read" in [p.what for p in log.problems]


def test_a_line_too_long_is_a_problem() -> None:
    log = _read(power_log(1) + b"Time," + b"x" * 70_000 + b"\n" + power_log(1))
    assert log.line.tolist() == [1, 3]
    assert "longer than" in log.problems[0].what


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\n \r\n", "empty"),
        (b"\xff\xfeT\0i\0m\0e\0", "UTF-16"),
        (b"\x7fELF\x02\x01\x01\x00junk\n\x00\xff", "no reading"),
        (b"Time,x," * 100_000, "no reading"),
        (b"Time\n", "no reading"),
    ],
)
def test_what_is_no_power_log(data: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        _read(data)
    assert caught.value.where == "f"


def test_the_last_of_a_thousand_problems_counts_the_others() -> None:
    log = _read(power_log(1) + b"x\n" * 5000)
    assert len(log.problems) == 1000
    assert log.problems[-1].what == "4001 more problems are not listed"
