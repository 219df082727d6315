"""PTDaemon's replies: identity, ranges, uncertainty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.formats.inference.parsed import Exchange
from joulemark.formats.inference.replies import (
    Ranges,
    StatedUncertainty,
    identity,
    ranges,
    reply_to,
    stated_uncertainty,
)

IDENTITY = (
    "YokogawaWT310E,1000,1,1,1,1,0,0,1,version=1.9.2-3976349f-20201208,OS=Windows 8 / Server 2012,"
    "mode=power,1,1,1,0,0,{},YOKOGAWA;WT310E;C3TA11005E;F1.02"
)


def test_the_first_reply_to_a_command() -> None:
    messages = [Exchange("Hello", "hi"), Exchange("RR", "a"), Exchange("RR", "b")]
    assert reply_to(messages, "RR") == "a"
    assert reply_to(messages, "Identify") == ""


def test_an_identity() -> None:
    found = identity(IDENTITY.format("2025-01-15"))
    assert found is not None
    assert found.model == "YokogawaWT310E"
    assert found.version == "1.9.2"
    assert found.calibrated == "2025-01-15"
    assert found.instrument == "YOKOGAWA;WT310E;C3TA11005E;F1.02"


def test_an_identity_that_lacks_much() -> None:
    assert identity("") is None
    found = identity("YokogawaWT210")
    assert found is not None
    assert (found.version, found.calibrated, found.instrument) == ("", "", "")
    undated = identity(IDENTITY.format("no_cal_date"))
    assert undated is not None
    assert undated.calibrated == ""


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Ranges,0,0.500000,1,150.000000", Ranges(False, 0.5, True, 150.0)),
        ("Ranges,-1,-1.000000,-1,-1.000000", Ranges(None, None, None, None)),
        ("Ranges,x,nan,0,inf", Ranges(None, None, False, None)),
        ("Ranges,1", None),
        ("Error", None),
    ],
)
def test_ranges(reply: str, expected: Ranges | None) -> None:
    assert ranges(reply) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            "Uncertainty,0.009589,0.009294,0.015984,611,11,563,37",
            StatedUncertainty(0.009589, 0.015984, 611, 11, 37),
        ),
        (
            "Uncertainty,-1.0,10000000.000000,0.000000,761,0,0,761",
            StatedUncertainty(None, None, 761, 0, 761),
        ),
        ("Uncertainty,0.1", None),
        ("Uncertainty,a,b,c,d,e,f,g", None),
        ("Uncertainty,nan,0.1,0.1,1,1,1,1", None),
        ("Watts,1,2,3,4,5,6,7", None),
    ],
)
def test_uncertainty(reply: str, expected: StatedUncertainty | None) -> None:
    assert stated_uncertainty(reply) == expected


@given(st.text(max_size=200))
def test_no_reply_is_an_error(text: str) -> None:
    identity(text)
    ranges(f"Ranges,{text}")
    stated_uncertainty(f"Uncertainty,{text}")
