"""Names of meters, and how a person writes one with its settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import UsageError
from joulemark.meters import MAX_SPEC, METERS, parse_spec


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("rapl", "rapl", {}),
        ("rapl:", "rapl", {}),
        (" rapl : ", "rapl", {}),
        ("rapl:root=/x,period=3", "rapl", {"root": "/x", "period": 3}),
        ("x:a=1.5,b=true,c=null", "x", {"a": 1.5, "b": True, "c": None}),
        ('x:a=["cpu","dram"],b=2', "x", {"a": ["cpu", "dram"], "b": 2}),
        ('x:a="1,b=2",c={"d":[1,2]}', "x", {"a": "1,b=2", "c": {"d": [1, 2]}}),
        ("x:a=3x,b=3 , c = 4", "x", {"a": "3x", "b": 3, "c": 4}),
        ("x:a=NaN,b=-Infinity", "x", {"a": "NaN", "b": "-Infinity"}),
        ("x:a=,b=[1", "x", {"a": "", "b": "[1"}),
        ("x:a=/p:q=r", "x", {"a": "/p:q=r"}),
        ("x:a=" + "[" * 50_000, "x", {"a": "[" * 50_000}),
    ],
)
def test_a_meter_with_settings(text: str, name: str, settings: dict[str, Any]) -> None:
    assert parse_spec(text) == (name, settings)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "name of the meter is missing"),
        (":a=1", "name of the meter is missing"),
        ("x:1", "no setting begins at '1'"),
        ("x:a=1,,b=2", "no setting begins at ',b=2'"),
        ("x:a=1,b", "no setting begins at 'b'"),
        ("x:a=1,a=2", "'a' is given twice"),
        ("x:a=" + "1" * MAX_SPEC, "characters"),
    ],
)
def test_what_is_misspelt(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parse_spec(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(
    settings=st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), JSON, max_size=4
    )
)
def test_any_json_value_can_be_written(settings: dict[str, Any]) -> None:
    text = ",".join(f"{key}={json.dumps(value)}" for key, value in settings.items())
    assert parse_spec(f"x:{text}") == ("x", settings)


def test_our_own_meters_come_first() -> None:
    sensors = ["rapl", "rapl-perf", "nvml", "amdsmi", "hwmon", "jetson", "power-supply"]
    distant = ["redfish", "ipmi", "pdu"]
    ours = [*sensors, *distant, "estimate", "host", "replay"]
    assert METERS.names()[: len(ours)] == ours
