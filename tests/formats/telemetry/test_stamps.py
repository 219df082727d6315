"""Times as tools write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.formats.telemetry.stamps import offset_s, stamp

SECOND = 1_789_948_800


@pytest.mark.parametrize(
    ("text", "time", "utc"),
    [
        ("2026/09/21 00:00:00.500", SECOND * NS + NS // 2, False),
        ("2026-09-21 00:00:00", SECOND * NS, False),
        ("2026-09-21T00:00:00.5Z", SECOND * NS + NS // 2, True),
        ("2026-09-21T02:00:00+02:00", SECOND * NS, True),
        ("2026-09-20 20:30:00 -0330", SECOND * NS, True),
        (f"{SECOND}", SECOND * NS, True),
        (f"{SECOND}.25", SECOND * NS + NS // 4, True),
        (f"{SECOND}000.5", SECOND * NS + 500_000, True),
        (f"{SECOND}000001", SECOND * NS + 1000, True),
        (f"{SECOND}000000007", SECOND * NS + 7, True),
    ],
)
def test_a_time_is_read_with_whether_it_is_utc(text: str, time: int, utc: bool) -> None:
    assert stamp(text) == (time, utc)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026/13/01 00:00:00", "2026-09-21 25:00:00", "12", "9" * 19, "0" * 12,
     "9026-09-21 00:00:00", "2026-09-21 00:00:00+99:00"],
)  # fmt: skip
def test_what_is_none_is_told(text: str) -> None:
    assert stamp(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = stamp(text)
    assert found is None or isinstance(found[0], int)
    assert offset_s(text) is None or abs(offset_s(text) or 0) < 15 * 3600
