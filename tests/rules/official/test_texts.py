"""Files of odd endings, encodings and stamps read as the official checker reads them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.rules.official import CHECKS, REVISIONS, official_verdicts
from joulemark.rules.official.console_log import ConsoleLog, seconds_of
from joulemark.rules.official.outcome import RefusedError
from joulemark.rules.official.power import mean_power
from joulemark.rules.official.texts import BLOCK, LoadWindow, load_window, stamp_seconds
from tests.inference_samples import Files, Sample, edited, opened

BEGIN = b':::MLLOG {"key": "power_begin", "value": "07-13-2025 01:10:04.500"}\n'
END = b':::MLLOG {"key": "power_end", "value": "07-13-2025 01:20:04.750"}\n'
T0 = 1_752_369_004.5


def test_stamps() -> None:
    assert stamp_seconds("01-01-1970 00:00:01.500") == 1.5
    assert stamp_seconds("7-13-2025 1:10:04.5") == T0
    assert stamp_seconds("07-13-2025 01:10:04.500") == T0
    for wrong in ("02-30-2025 00:00:00.000", "01-01-2025 24:00:00.000", "01-01-0000 00:00:00.000"):
        with pytest.raises(ValueError, match=r"match|range|unconverted"):
            stamp_seconds(wrong)


def test_load_window() -> None:
    assert load_window(b"x\n" + BEGIN + END, 0, "f") == LoadWindow(T0, T0 + 600.25, 2, 3)
    assert load_window(END.upper() + BEGIN, 60, "f") == LoadWindow(T0 + 60, T0 + 660.25, 2, 1)
    assert load_window(BEGIN.replace(b"\n", b"\r") + END, 0, "f").end == T0 + 600.25


def test_the_last_begin_before_the_end_counts() -> None:
    later = BEGIN.replace(b"04.500", b"05.500")
    assert load_window(BEGIN + later + END, 0, "f").begin == T0 + 1
    assert load_window(BEGIN + END + later, 0, "f").begin == T0


def test_a_line_with_both_is_a_begin() -> None:
    both = BEGIN.replace(b"MLLOG", b"power_end")
    with pytest.raises(RefusedError, match="power_end"):
        load_window(both, 0, "f")


def test_no_marks() -> None:
    for data, missing in ((b"", "begin"), (BEGIN, "end"), (END, "begin")):
        with pytest.raises(RefusedError, match=f"power_{missing}"):
            load_window(data, 0, "f")


def test_bytes_that_are_no_text_count_as_far_as_they_are_read() -> None:
    with pytest.raises(UnicodeDecodeError):
        load_window(b"\xff\n" + BEGIN + END, 0, "f")
    with pytest.raises(UnicodeDecodeError):
        load_window(BEGIN + END + b"\xff", 0, "f")
    assert load_window((BEGIN + END).ljust(BLOCK) + b"\xff", 0, "f").begin == T0
    with pytest.raises(UnicodeDecodeError):
        load_window(BEGIN.ljust(BLOCK) + b"\xff", 0, "f")
    assert load_window((BEGIN + END).ljust(BLOCK - 1) + "é".encode(), 0, "f").begin == T0


POWER = Sample(channels=2, watts=120.0)
WINDOW = LoadWindow(*POWER.load("testing"), 1, 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("\nTime", "\nremark\nTime"),
        (".250,", ".250000,"),
        ("Time,", "Time of day,"),
        ("Mark,", "Märk,"),
        (",PF,0.900000,", ",PF,0.9,"),
    ],
)
def test_power_logs_of_odd_shape(old: str, new: str) -> None:
    data = POWER.power_log("testing").decode().replace(old, new).encode()
    found = mean_power(data, WINDOW, lines_passed_over=True)
    assert found == pytest.approx((120.0, 0.9))


@pytest.mark.parametrize(
    "wrong", ["Time", "Time,07-13-2025 01:10:04", "Time,02-30-2025 00:00:00.000,W,1,V,1,A,1,P,1"]
)
def test_lines_that_break_the_checker_off(wrong: str) -> None:
    data = POWER.power_log("testing") + wrong.encode()
    with pytest.raises((ValueError, IndexError)):
        mean_power(data, WINDOW, lines_passed_over=True)


def test_empty_power_log() -> None:
    for passed_over in (True, False):
        assert mean_power(b"", WINDOW, lines_passed_over=passed_over) == (-1.0, -1.0)


MESSAGES = "07-13-2025 01:10:04.500: ERROR: one\nplain\n07-13-2025 01:10:05.500: WARNING: two \n"


def test_messages_in_bulk_are_those_one_by_one() -> None:
    log = ConsoleLog(MESSAGES.encode())
    usual, each = log.usual(), list(log.messages())
    assert usual is not None
    assert usual.time.tolist() == [seconds_of(message.line) for message in each]
    assert usual.error.tolist() == [True, False]
    assert list(log.usual_messages(usual, [0, 1])) == each
    assert list(log.usual_messages(usual, [1])) == each[1:]
    assert list(log.usual_messages(usual, [])) == []
    assert [message.said for message in each] == ["one", "two"]


def test_messages_in_bulk_around_midnight() -> None:
    days = ["07-13-2025 23:59:59.999", "07-14-2025 00:00:00.000", "07-13-2025 00:00:00.000"]
    log = ConsoleLog("".join(f"{day}: ERROR: x\n" for day in days).encode())
    usual = log.usual()
    assert usual is not None
    assert usual.time.tolist() == [stamp_seconds(day) for day in days]


def test_a_console_without_messages() -> None:
    usual = ConsoleLog(b"quiet\n").usual()
    assert usual is not None
    assert usual.time.shape == usual.error.shape == (0,)


@pytest.mark.parametrize(
    "odd",
    [
        "07-13-2025 01:10:04.500: ERROR: glued07-13-2025 01:10:04.500: ERROR: two",
        "07-13-2025 01:10:04.500: WARNING: and ERROR: both",
        "02-30-2025 01:10:04.500: ERROR: no such day",
        "07-13-2025 24:10:04.500: ERROR: no such hour",
        "ERROR: no time",
        "07-13-2025 01:10:04.500: ERROR:",
    ],
)
def test_odd_messages_are_read_one_by_one(odd: str) -> None:
    log = ConsoleLog((MESSAGES + odd).encode())
    assert log.usual() is None
    assert len(list(log.messages())) == 2 + (not odd.endswith(":")) + ("both" in odd)


GOOD = {name: Sample(round=name).files() for name in ("v1.0", "v3.1", "v5.1")}


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, Files]:
    """A good directory with bytes of one file cut out, put in or changed."""
    name = draw(st.sampled_from(sorted(GOOD)))
    file = draw(st.sampled_from(sorted(GOOD[name])))
    data = GOOD[name][file]
    start = draw(st.integers(0, len(data)))
    stop = draw(st.integers(start, min(len(data), start + 200)))
    piece = st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"\x00", b"\r", b"9" * 400, b"NaN", b"[[[[", b"ERROR: x\n", b"1e999"]),
    )
    return name, {**GOOD[name], file: data[:start] + draw(piece) + data[stop:]}


@settings(max_examples=150, deadline=None)
@given(broken())
def test_no_file_brings_it_down(case: tuple[str, Files]) -> None:
    name, files = case
    for revision in (name, "head"):
        assert list(official_verdicts(opened(files), revision)) == list(CHECKS)
    assert set(REVISIONS) >= {name}


MANY = 2 << 20
"""Bytes of files that would take minutes if their parts were gone through again and again."""


def _filled(piece: str) -> str:
    return piece * (MANY // len(piece))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("run_1/mlperf_log_detail.txt", "power_begin " + _filled("9")),
        ("run_1/mlperf_log_detail.txt", "power_begin " + _filled("9-")),
        ("run_1/mlperf_log_detail.txt", _filled(BEGIN.decode()) + "\r"),
        ("run_1/spl.txt", "Time" + _filled(",")),
        ("run_1/spl.txt", _filled("Time,")),
        ("power/ptd_logs.txt", _filled(f": Go with mark '{Sample().session}_ranging'")),
        ("power/ptd_logs.txt", _filled("Uncertainty checking for Yokogawa")),
        ("power/ptd_logs.txt", Sample().console().decode() + _filled("x: ERROR: ")),
        ("power/ptd_logs.txt", Sample().console().decode() + _filled("WARNING: \n")),
    ],
)
def test_hostile_files_take_no_longer(file: str, data: str) -> None:
    files = {**Sample().files(), file: data.encode()}
    for revision in ("v1.0", "v5.1"):
        found = official_verdicts(opened(files), revision, ["H3"])
        assert all(len(outcome.message) <= 1000 for outcome in found.values())


@pytest.mark.timeout(20)
def test_hostile_replies_take_no_longer() -> None:
    def change(document: Any) -> None:
        document["ptd_messages"][1]["reply"] = _filled("version=")
        document["messages"][0]["cmd"] = _filled("mlcommons/power client v1")

    files = edited(Sample().files(), "power/server.json", change)
    found = official_verdicts(opened(files), "v5.1")
    assert found["ptd_messages"].verdict == found["messages"].verdict == "FAIL"


def test_many_messages_and_long_logs_are_read_one_by_one() -> None:
    assert ConsoleLog(MESSAGES.encode()).usual(most=1) is None
    data = POWER.power_log("testing")
    usual = mean_power(data, WINDOW, lines_passed_over=True)
    assert mean_power(data, WINDOW, lines_passed_over=True, most_bytes=0) == usual
