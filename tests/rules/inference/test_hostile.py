"""Whatever a file holds, a review ends with findings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joulemark.core.finding import Finding, Verdict, verdict
from joulemark.rules.inference.register import review
from joulemark.rules.inference.review import Review
from tests.rules.inference.made import Made

FILES = (
    "power/client.json",
    "power/server.json",
    "power/ptd_logs.txt",
    "ranging/spl.txt",
    "run_1/spl.txt",
    "ranging/mlperf_log_detail.txt",
    "run_1/mlperf_log_detail.txt",
    "run_1/mlperf_log_summary.txt",
)
ODD: tuple[Any, ...] = (
    None,
    -1,
    0,
    1e308,
    -1e308,
    10**400,
    True,
    "",
    "x" * 2000,
    [],
    [[]],
    [None],
    {},
    {"a": [{}]},
)
TABLE = Made().files()


def _with(file: str, content: bytes, round_: str = "v5.1") -> list[Finding]:
    made = Made(round=round_, others={file: content})
    about = Review(made.directory())
    found = review(about)
    try:
        figures = about.figures
    except Exception:  # noqa: BLE001 # only what it may raise is caught by the rules
        return found
    if figures.average_power_w is not None:
        assert not math.isnan(figures.average_power_w.value)
        assert not math.isnan(figures.average_power_w.u95)
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    file=st.sampled_from(FILES),
    at=st.floats(0, 1),
    length=st.integers(0, 400),
    new=st.one_of(st.binary(max_size=200), st.sampled_from([b"9" * 500, b"nan", b"\r", b"\x00"])),
    round_=st.sampled_from(["v1.0", "v2.1", "v5.1"]),
)
def test_damage_gives_findings(file: str, at: float, length: int, new: bytes, round_: str) -> None:
    content = TABLE[file] or b""
    place = round(at * len(content))
    _with(file, content[:place] + new + content[place + length :], round_)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each part of a document, of lists only the first and the last item."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*path, key))
    elif isinstance(value, list) and value:
        for place in dict.fromkeys((0, len(value) - 1)):
            yield from _places(value[place], (*path, place))


SIDES = ("power/client.json", "power/server.json")
PLACES = [
    (file, path)
    for file in SIDES
    for path in _places(json.loads(TABLE[file] or b""))
    if path[0] != "sources" or len(path) == 1
]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    place=st.sampled_from(PLACES),
    odd=st.sampled_from(ODD),
    round_=st.sampled_from(["v1.0", "v5.1"]),
)
def test_odd_values_in_session_files_give_findings(
    place: tuple[str, tuple[Any, ...]], odd: object, round_: str
) -> None:
    file, path = place
    document = json.loads(TABLE[file] or b"")
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    _with(file, json.dumps(document).encode(), round_)


KEYS = (
    "power_begin",
    "effective_scenario",
    "effective_min_duration_ms",
    "result_samples_per_second",
    "result_query_count",
    "result_validity",
)


@pytest.mark.parametrize("scenario", ["Offline", "SingleStream", "MultiStream"])
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:20])
@pytest.mark.parametrize("key", KEYS)
def test_odd_values_in_a_detail_log_give_findings(key: str, odd: object, scenario: str) -> None:
    made = Made(scenario=scenario)
    made.details["run_1"][key] = odd
    review(made.directory())


@pytest.mark.parametrize("watts", ["nan", "inf", "-inf", "1e999", "9" * 400, "1e-320"])
def test_odd_watts_everywhere_are_found(watts: str) -> None:
    content = (TABLE["run_1/spl.txt"] or b"").decode().split("\n")
    lines = []
    for line in content[:-1]:
        fields = line.split(",")
        fields[3] = watts
        lines.append(",".join(fields))
    assert verdict(_with("run_1/spl.txt", "\n".join(lines).encode())) is Verdict.FAIL


def test_a_year_beyond_all_clocks_is_found() -> None:
    content = (TABLE["run_1/spl.txt"] or b"").replace(b"-2025 ", b"-9999 ")
    found = _with("run_1/spl.txt", content)
    assert "inference/unreadable-file" in {finding.rule for finding in found}


def test_a_zone_that_is_none_is_found_where_stamps_are_local() -> None:
    made = Made(round="v1.0")
    made.client["timezone"] = 1e300
    assert "timezone" in next(f.message for f in review(made.directory()) if "session" in f.rule)
