"""One line of what measuring cost, whatever the run holds."""

from __future__ import annotations

from typing import Any

import pytest

from joulemark.report.disturbed import disturbance_rows


def said(value: Any, u95: Any, **more: Any) -> str:
    results = {"disturbance": {"slowdown": {"samples": {"value": value, "u95": u95}}, **more}}
    rows = disturbance_rows(results)
    return rows[0][1] if rows else ""


def test_a_slowdown_has_its_interval() -> None:
    assert said(0.0123, 0.004) == "slowed the work by 1.23 ± 0.40 % (samples)"
    assert said(-0.05, 0.012) == "sped up the work by 5.0 ± 1.2 % (samples)"


def test_an_interval_with_zero_in_it_says_below_what() -> None:
    text = said(0.001, 0.003, sampler_cpu_share=0.0012)
    wanted = "slowing the work was not seen: below 0.40 % (samples)"
    assert text == f"{wanted}; the sampler took 0.12 % of a core"


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"disturbance": 3},
        {"disturbance": {"slowdown": [1]}},
        {"disturbance": {"slowdown": {"x": 5}}},
        {"disturbance": {"slowdown": {"x": {"value": "much", "u95": 1}}}},
        {"disturbance": {"slowdown": {"x": {"value": True, "u95": 1}}}},
        {"disturbance": {"slowdown": {"x": {"value": float("nan"), "u95": 1}}}},
        {"disturbance": {"slowdown": {}, "sampler_cpu_share": 0.1}},
    ],
)
def test_what_says_nothing_shows_nothing(results: dict[str, Any]) -> None:
    assert disturbance_rows(results) == []
