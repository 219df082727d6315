"""The virtual LPM01A says what the manual says that one says."""

from __future__ import annotations

import pytest

from joulemark.virtual.lpm01a import VirtualLpm01a
from joulemark.virtual.rail import Rail


def _said(device: VirtualLpm01a, *lines: str) -> list[str]:
    for line in lines:
        device.hear(line.encode() + b"\r\n")
    return [line for line in device.say().decode("ascii").splitlines() if line]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (
            "powershield",  # table 5
            "PowerShield > ack powershield 540619864-1110659081-4784204 joulemark virtual",
        ),
        ("version", "PowerShield > ack version: 1.0.6"),  # table 6
        ("status", "PowerShield > ack status ok"),
        ("volt 3300m", "PowerShield > ack volt 3300m"),  # table 49, and the ways to write numbers
        ("volt 3300-3", "PowerShield > ack volt 3300-3"),
        ("volt get", "PowerShield > ack volt get 3300-03"),
        ("freq 1k", "PowerShield > ack freq 1k"),
        ("freq 1+3", "PowerShield > ack freq 1+3"),
        ("acqtime 100m", "PowerShield > ack acqtime 100m"),
        ("acqtime inf", "PowerShield > ack acqtime inf"),
        ("acqmode dyn", "PowerShield > ack acqmode dyn"),
        ('lcd 1 "  custom display"', 'PowerShield > ack lcd 1 "  custom display"'),  # table 10
        ("temp degc", "PowerShield > ack temp degc 25.0"),
        ("pwr get", "PowerShield > ack pwr get off"),
        ("pwr auto", "PowerShield > ack pwr auto"),
        ("trigdelay 1m", "PowerShield > ack trigdelay 1m"),
    ],
)
def test_commands_are_answered(command: str, answer: str) -> None:
    assert _said(VirtualLpm01a(Rail()), "htc", command)[1:] == [answer]


@pytest.mark.parametrize(
    "command",
    [
        "volt 5",
        "volt much",
        "freq 3",
        "acqtime 1000",
        "output volts",
        'lcd 3 "x"',
        "trigsrc d9",
        "eventsrc d2 fal",
        "stop",
        "coffee",
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(command: str) -> None:
    said = _said(VirtualLpm01a(Rail()), "htc", command)[1:]
    assert said[0] == f"PowerShield > error {command}"
    assert said[1].startswith("Error detail: ")


def test_nothing_is_set_before_the_host_takes_control_or_after() -> None:
    device = VirtualLpm01a(Rail())
    refused = ["PowerShield > error freq 1k", "Error detail: not controlled by host"]
    assert _said(device, "freq 1k") == refused
    assert _said(device, "htc", "hrc", "freq 1k")[2:] == refused


def test_an_acquisition_of_so_long_ends_by_itself() -> None:
    """Table 50: 100 samples, then the end, then again."""
    rail = Rail()
    device = VirtualLpm01a(rail)
    _said(device, "htc", "volt 2000m", "freq 1k", "acqtime 100m", "output current")
    for _ in range(2):
        begun = _said(device, "start")
        assert begun == ["PowerShield > ack start", "TimeStamp: 000s 000ms, buff 00%"]
        rail.draw(4e-3)
        rail.advance(0.2)
        said = _said(device)
        assert said[:100] == ["2000-06"] * 100
        assert said[100] == "end"
    assert rail.volts == 2.0


def test_an_acquisition_that_text_cannot_carry_is_refused() -> None:
    device = VirtualLpm01a(Rail())
    said = _said(device, "htc", "freq 10k", "acqtime inf", "start")
    assert said[-1] == "Error detail: acquisition time is too long for this frequency and format"
    assert _said(device, "acqtime 1", "start")[1] == "PowerShield > ack start"
    assert "ongoing" in _said(device, "start")[-1]


def test_rising_edges_are_reported_where_they_are_asked_for() -> None:
    rail = Rail()
    device = VirtualLpm01a(rail)
    _said(device, "htc", "freq 1k", "acqtime inf", "eventsrc d7 ris", "start")
    rail.pin(False)
    rail.advance(0.0025)
    rail.pin(True)
    rail.advance(0.001)
    said = _said(device)
    assert [line for line in said if not line.startswith("event")] == ["0000-13"] * 3
    assert said[2] == "event 01 ris"


def test_a_new_voltage_reaches_a_board_that_is_powered() -> None:
    rail = Rail()
    device = VirtualLpm01a(rail)
    _said(device, "htc", "pwr on nostatus", "volt 1800m")
    assert rail.volts == 1.8
