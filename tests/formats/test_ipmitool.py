"""Loops of ``ipmitool dcmi power reading``: as its releases write them, and hostile ones."""

from __future__ import annotations

import calendar
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError
from joulemark.formats.ipmitool import ipmitool_trace

BEGAN = calendar.timegm((2024, 5, 1, 10, 0, 0))
OLD = """
    Instantaneous power reading:                   {watts} Watts
    Minimum during sampling period:                120 Watts
    Maximum during sampling period:                655 Watts
    Average power reading over sample period:      402 Watts
    IPMI timestamp:                           {stamp}
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   activated

"""
RELEASE_1_8_19 = """
    Instantaneous power reading:                   {watts} Watts
    Average power reading over sample period:      402 Watts
    IPMI timestamp:                           {stamp}    Sampling period:       00000001 Seconds.
    Power reading state is:                   activated

"""
FREEIPMI = """Current Power                        : {watts} Watts
Minimum Power over sampling duration : 2 watts
Time Stamp                           : {stamp}
Statistics reporting time period     : 1000 milliseconds
Power Measurement                    : Active
"""


def _file(path: Path, text: str) -> Path:
    file = path / "loop.txt"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("paragraph", "stamp"),
    [
        (OLD, "Wed May 01 10:00:0{n} 2024"),
        (OLD, "Wed May  1 10:00:0{n} 2024 UTC"),
        (OLD, "2024-05-01 10:00:0{n} UTC"),
        (RELEASE_1_8_19, "05/01/24 10:00:0{n} UTC"),
        (FREEIPMI, "05/01/2024 - 10:00:0{n}"),
    ],
)
def test_every_release_is_read(tmp_path: Path, paragraph: str, stamp: str) -> None:
    text = "".join(paragraph.format(watts=300 + n, stamp=stamp.format(n=n)) for n in range(5))
    trace = ipmitool_trace(_file(tmp_path, text), ahead_s=7200.0, node="n1")
    assert trace.value.tolist() == [300, 301, 302, 303, 304]
    assert trace.time.tolist() == [(BEGAN - 7200 + n) * NS for n in range(5)]
    assert trace.channel.node == "n1"
    assert "ENERGY STAR" in trace.channel.accuracy.source


def test_utc_needs_not_be_told_and_anything_else_must(tmp_path: Path) -> None:
    file = _file(tmp_path, OLD.format(watts=1, stamp="05/01/24 10:00:00 UTC"))
    assert ipmitool_trace(file).time.tolist() == [BEGAN * NS]
    for stamp, seen in (
        ("Wed May 01 10:00:00 2024", "no zone"),
        ("05/01/24 10:00:00 CEST", "CEST"),
    ):
        file = _file(tmp_path, "date\n" + OLD.format(watts=1, stamp=stamp))
        with pytest.raises(FormatError, match=seen) as caught:
            ipmitool_trace(file)
        assert caught.value.where.endswith("loop.txt:7")
        assert "ahead of UTC" in caught.value.remedy


def test_held_values_are_no_samples_and_the_last_of_a_second_counts(tmp_path: Path) -> None:
    told = [(300, 0), (300, 0), (310, 0), (320, 1), (320, 2)]
    stamp = "05/01/24 10:00:0{} UTC"
    text = "".join(OLD.format(watts=w, stamp=stamp.format(n)) for w, n in told)
    trace = ipmitool_trace(_file(tmp_path, text))
    assert trace.value.tolist() == [310, 320, 320]
    assert "1 repeats" in trace.channel.note


def test_readings_without_time_or_not_active_are_left_out_and_counted(tmp_path: Path) -> None:
    stamped = OLD.format(watts=300, stamp="05/01/24 10:00:00 UTC")
    inactive = stamped.replace("activated", "deactivated").replace("10:00:00", "10:00:01")
    started = OLD.format(watts=9, stamp="S+ 00:00:07")
    cut = "    Instantaneous power reading:                   300 Watts\n"
    trace = ipmitool_trace(_file(tmp_path, stamped + inactive + started + cut))
    assert trace.value.tolist() == [300]
    assert "3 readings" in trace.channel.note


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no reading"),
        ("nothing of the kind\n", "no reading"),
        (OLD.format(watts=1, stamp="Unspecified"), "no reading"),
        (OLD.format(watts=1, stamp="99/99/24 10:00:00 UTC"), "is no time"),
        (OLD.format(watts=1, stamp="tomorrow"), "is no time"),
        (
            OLD.format(watts=1, stamp="05/01/24 10:00:00 UTC")
            + OLD.format(watts=1, stamp="05/01/24 09:00:00 UTC"),
            "goes back by 3600 s",
        ),
    ],
)
def test_what_is_no_such_file_is_told(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        ipmitool_trace(_file(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        ipmitool_trace(tmp_path / "nowhere")


@given(st.lists(st.sampled_from([*OLD.splitlines(), *FREEIPMI.splitlines(), "", "x"])), st.text())
def test_any_text_is_a_trace_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], stamp: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.txt"
    text = "\n".join(line.replace("{watts}", "7").replace("{stamp}", stamp) for line in lines)
    file.write_text(text, encoding="utf-8", errors="replace")
    with suppress(JoulemarkError):
        assert len(ipmitool_trace(file, ahead_s=0.0))
