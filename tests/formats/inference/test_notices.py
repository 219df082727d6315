"""Errors, warnings and measurements in PTDaemon's console."""

from __future__ import annotations

import pytest

from joulemark.core.clock import NS
from joulemark.formats.inference.console import read_console
from joulemark.formats.inference.notices import Notice, interval, notices, readings_in
from joulemark.formats.inference.parsed import Console, Source


def console(*texts: str, unstamped: str = "") -> Console:
    lines = [f"01-01-1970 00:00:{i:02}.000: {text}" for i, text in enumerate(texts)]
    data = "\n".join([*lines, unstamped]).encode()
    return read_console(Source("ptd_logs.txt", data))


def test_errors_and_warnings_are_found_with_line_and_time() -> None:
    found = notices(console("Go", "ERROR: USB.", "WARNING: Missed 2 samples", "no error"), NS)
    assert tuple(found) == (
        Notice(2, 2 * NS, "ERROR", "USB."),
        Notice(3, 3 * NS, "WARNING", "Missed 2 samples"),
    )


def test_a_message_without_stamp_has_no_time() -> None:
    assert tuple(notices(console("Go", unstamped="ERROR: lost"), NS)) == (
        Notice(2, None, "ERROR", "lost"),
    )


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("Uncertainty 1.05% above 1.00% limit for the last measurement sample!", 0.0105),
        ("Uncertainty 1.05% above 1.00% limit for the last measurement sample! channel 2", 0.0105),
        ("Uncertainty 12%, which is above 1.00% limit for the last sample!", 0.12),
        ("Uncertainty 1.2%, which is above 1.00% limit for the last sample, channel 1!", 0.012),
        (
            "Uncertainty 1.2%, which is above 1.00% limit for the last sample, logical channel 3!",
            0.012,
        ),
        ("Uncertainty unknown for the last measurement sample!", None),
        ("Missed 2 samples", None),
    ],
)
def test_every_wording_of_an_uncertainty_over_the_limit(text: str, over: float | None) -> None:
    notice = Notice(1, 0, "WARNING", text)
    assert notice.over_limit == (None if over is None else pytest.approx(over))
    assert notice.unknown == ("unknown" in text)


def test_a_current_beyond_the_range() -> None:
    for text in (
        "Current exceeds peak value allowed for range 0.50A and CF 3.",
        "Current appears to be too high for set range",
    ):
        assert Notice(1, 0, "ERROR", text).clipped
    assert not Notice(1, 0, "ERROR", "USB.").clipped


def test_a_measurement_is_from_its_go_to_its_end() -> None:
    log = console("Go with mark 'a_ranging'", "x", "Completed test", "Go with mark 'a_testing'")
    found = interval(log, "a_ranging", 0)
    assert found is not None
    assert (found.begin, found.end, found.begin_line, found.end_line) == (0, 2 * NS, 1, 3)
    assert found.holds(NS)
    assert not found.holds(3 * NS)
    assert not found.holds(None)
    assert interval(log, "a_testing", 0) is None
    assert interval(log, "b", 0) is None


def test_notices_of_several_channels_are_of_one_reading() -> None:
    assert readings_in(round(t * NS) for t in (0, 0.01, 0.02, 1, 1.01)) == 2
    assert readings_in([]) == 0
    assert readings_in([None] * 2) == 2


def test_notices_are_a_sequence_of_which_some_are_chosen_by_text_or_time() -> None:
    log = console("ERROR: a", "WARNING: b", "x", "ERROR: a ", unstamped="ERROR: c")
    found = notices(log, 0)
    every = tuple(found)
    assert every == (
        Notice(1, 0, "ERROR", "a"),
        Notice(2, NS, "WARNING", "b"),
        Notice(4, 3 * NS, "ERROR", "a"),
        Notice(5, None, "ERROR", "c"),
    )
    assert (found[-1], found[1:3]) == (every[-1], every[1:3])
    assert found.times() == [0, NS, 3 * NS, None]
    errors = found.that(lambda notice: notice.kind == "ERROR")
    assert list(errors.different()) == [(every[0], 2), (every[3], 1)]
    late = found.where(found.timed & (found.time > 0))
    assert tuple(late) == every[1:3]
    assert not notices(console("x"), 0)
