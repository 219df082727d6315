"""Time zones: told, found, and refused where several would do."""

from __future__ import annotations

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UsageError
from joulemark.formats.telemetry.zones import Timed, ahead_ns, meet, overlap

HOUR = 3600 * NS
BEGAN = 1_789_948_800 * NS
LOG = (BEGAN, BEGAN + 900 * NS)
LOAD = (BEGAN + 60 * NS, BEGAN + 660 * NS)


def later(span: tuple[int, int], hours: float) -> tuple[int, int]:
    return span[0] + round(hours * HOUR), span[1] + round(hours * HOUR)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC", 0),
        ("z", 0),
        ("+02:00", 2),
        ("-0330", -3.5),
        ("Europe/Zurich", 2),
        ("Asia/Kolkata", 5.5),
    ],
)
def test_a_zone_may_be_told(zone: str, hours: float) -> None:
    assert ahead_ns(zone, LOG) == round(hours * HOUR)


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "x" * 300, "+25:00", "\0"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        ahead_ns(zone, LOG)


def test_clocks_that_were_changed_meanwhile_are_told() -> None:
    october = (1_792_886_400 * NS, 1_792_972_800 * NS)  # 2026-10-25
    with pytest.raises(FormatError, match="clocks of Europe/Zurich were changed"):
        ahead_ns("Europe/Zurich", october)


def test_a_log_that_meets_its_load_is_left_as_it_is() -> None:
    met = meet(Timed(LOG, True), Timed(LOAD, True))
    assert (met.log_ns, met.load_ns, met.known, met.findings) == (0, 0, True, ())
    both = meet(Timed(LOG, False), Timed(LOAD, False))
    assert (both.log_ns, both.known) == (0, False)
    assert [each.rule for each in both.findings] == ["log/zone-unknown"]
    assert not meet(Timed(LOG, False), None).known
    assert meet(Timed(LOG, True), None).known


@pytest.mark.parametrize("hours", [0, 2, -7, 5.5, 5.75, 14])
def test_the_zone_of_a_log_is_found(hours: float) -> None:
    met = meet(Timed(later(LOG, hours), False), Timed(LOAD, True))
    assert (met.log_ns, met.load_ns, met.known) == (round(hours * HOUR), 0, True)
    assert [each.rule for each in met.findings] == ["log/zone-inferred"]


@pytest.mark.parametrize("hours", [0, 2, -7, 5.5])
def test_the_zone_of_a_result_is_found(hours: float) -> None:
    met = meet(Timed(LOG, True), Timed(later(LOAD, hours), False))
    assert (met.log_ns, met.load_ns) == (0, round(hours * HOUR))


def test_clocks_a_zone_apart_are_shifted_and_told() -> None:
    met = meet(Timed(later(LOG, 8), True), Timed(LOAD, True))
    assert met.log_ns == 8 * HOUR
    assert [each.rule for each in met.findings] == ["log/clocks-apart"]


def test_a_log_that_fits_in_several_zones_needs_one() -> None:
    long = (BEGAN, BEGAN + 4 * HOUR)
    with pytest.raises(FormatError, match=r"in several time zones: \+06:00, \+06:30, \+07:00"):
        meet(Timed(later(long, 6), False), Timed((BEGAN + 30 * NS, BEGAN + 90 * NS), True))
    utc = meet(Timed(long, False), Timed((BEGAN + 2 * HOUR, BEGAN + 2 * HOUR + NS), True))
    assert utc.log_ns == 0
    assert "would do too" in utc.findings[0].message
    told = meet(Timed(later(long, 6), False), Timed((BEGAN, BEGAN + NS), True), "+06:00")
    assert told.log_ns == 6 * HOUR


def test_a_log_that_covers_most_of_its_load_names_its_zone() -> None:
    short = (BEGAN + 200 * NS, BEGAN + 900 * NS)
    assert meet(Timed(later(short, 3), False), Timed(LOAD, True)).log_ns == 3 * HOUR


@pytest.mark.parametrize("zone", ["", "+01:00"])
def test_a_log_of_another_day_is_refused(zone: str) -> None:
    with pytest.raises(FormatError, match="they do not meet"):
        meet(Timed(later(LOG, 72), False), Timed(LOAD, True), zone)


def test_an_overlap_is_a_share_of_the_load() -> None:
    assert overlap((0, 10), (5, 15)) == 0.5
    assert overlap((20, 30), (0, 10), 20) == 1
    assert overlap((0, 1), (5, 6)) == 0
