from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.formats.inference.stamps import stamp_ns, stamps_ns

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 # stamps have no zone
MOMENTS = st.datetimes(min_value=EPOCH, max_value=datetime(2261, 12, 31))  # noqa: DTZ001


@given(moment=MOMENTS)
def test_a_stamp_is_ns_as_if_utc(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    text = moment.strftime(f"%m-%d-{moment.year:04d} %H:%M:%S.%f")[:-3]
    expected = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    assert stamp_ns(text) == expected
    time, good = stamps_ns([text])
    assert good.all()
    assert time[0] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02-30-2024 00:00:00.000",
        "02-29-2023 00:00:00.000",
        "13-01-2024 00:00:00.000",
        "00-01-2024 00:00:00.000",
        "01-00-2024 00:00:00.000",
        "01-32-2024 00:00:00.000",
        "01-01-2024 24:00:00.000",
        "01-01-2024 00:60:00.000",
        "01-01-2024 00:00:60.000",
        "01-01-1969 00:00:00.000",
        "01-01-2262 00:00:00.000",
        "12-31-9999 23:59:59.999",
        "01/01/2024 00:00:00.000",
        "01-01-2024T00:00:00.000",
        "01-01-2024 00:00:00,000",
        "0a-01-2024 00:00:00.000",
        "٠١-01-2024 00:00:00.000",
        "01-01-2024 00:00:00.00x",
        "\0" * 23,
        "ÿ" * 23,
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert stamp_ns(text) is None
    time, good = stamps_ns([text, "01-02-2024 00:00:00.000"])
    assert good.tolist() == [False, True]
    assert time[1] == datetime(2024, 1, 2, tzinfo=UTC).timestamp() * NS


def test_the_leap_day_is_a_day() -> None:
    assert (
        stamp_ns("02-29-2024 12:00:00.5")
        == datetime(2024, 2, 29, 12, tzinfo=UTC).timestamp() * NS + NS // 2
    )
    assert stamps_ns(["02-29-2024 12:00:00.500"])[1].all()


def test_no_stamps_are_no_times() -> None:
    time, good = stamps_ns([])
    assert time.shape == good.shape == (0,)
    assert time.dtype == np.int64
