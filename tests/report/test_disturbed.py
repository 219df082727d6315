"""One line of what measuring cost, whatever the run holds."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from tests.report.build import steady

from joulemark.report.disturbed import disturbance_rows
from joulemark.report.page import run_page
from joulemark.report.table import print_run


def said(value: Any, u95: Any, **more: Any) -> str:
    results = {"disturbance": {"slowdown": {"samples": {"value": value, "u95": u95}}, **more}}
    rows = disturbance_rows(results)
    return rows[0][1] if rows else ""


def test_a_slowdown_has_its_interval() -> None:
    assert said(0.0123, 0.004) == "slowed the work by 1.23 ± 0.40 % (samples)"
    faster = "the work was faster meanwhile, by 5.0 ± 1.2 % (samples): something else changed"
    assert said(-0.05, 0.012) == faster


def test_an_interval_with_zero_in_it_says_below_what() -> None:
    text = said(0.001, 0.003, sampler_cpu_share=0.0012)
    wanted = "slowing the work was not seen: below 0.40 % (samples)"
    assert text == f"{wanted}; the sampler took 0.12 % of a core"


def test_the_table_and_the_page_of_a_run_hold_the_line() -> None:
    slowed = {"samples": {"value": 0.0123, "u95": 0.004}}
    run = replace(steady().run, results={"disturbance": {"slowdown": slowed}})
    file = io.StringIO()
    print_run(run, steady().results, "/runs/x", file=file)
    assert "measuring  slowed the work by 1.23 ± 0.40 % (samples)" in file.getvalue()
    page = run_page(run, steady().traces, steady().results)
    assert "slowed the work by 1.23 ± 0.40 % (samples)" in page


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
