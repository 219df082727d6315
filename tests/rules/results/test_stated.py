"""Stated results among each other: what cannot belong where it stands, and what may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from joulemark.core.finding import Severity
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results.declared import DeclaredResult
from joulemark.formats.results.results_page import read_results_page
from joulemark.rules.results.stated import doubts, rules

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "hpca2025"


def result(identity: str = "a", **more: Any) -> DeclaredResult:
    known: dict[str, Any] = {
        "kind": "results-page",
        "sources": ("page.csv:2",),
        "round": "v4.1",
        "submitter": "ACME",
        "system_name": "Box (8x Thing)",
        "system_type": "datacenter",
        "benchmark": "resnet50",
        "scenario": "Offline",
        "accelerator": "Thing",
        "performance": 1000.0,
        "performance_unit": "samples/s",
        "power": 501.2345678,
        "power_unit": "W",
    }
    return DeclaredResult(identity=identity, **{**known, **more})


def seen(row: DeclaredResult, *others: DeclaredResult) -> list[str]:
    return [why.partition(":")[0] for why in doubts([row, *others]).get(row.key, ())]


def test_nothing_is_doubtful_of_a_result_alone() -> None:
    assert doubts([result()]) == {}


def test_every_rule_says_what_it_demands() -> None:
    every = rules()
    assert len({rule.id for rule in every}) == len(every)
    assert all(rule.demands.endswith(".") and rule.source and rule.advice for rule in every)
    assert {rule.severity for rule in every} <= {Severity.ERROR, Severity.WARNING}


def test_remarks_of_the_reader_are_doubts() -> None:
    assert seen(result(remarks=("no unit",))) == ["results/row"]


def test_one_figure_for_both() -> None:
    same: dict[str, Any] = {"performance": 2027.4235, "power": 2027.4235}
    assert seen(result(**same)) == ["results/repeated-figure"]
    assert seen(result(**same, power_unit="J/query")) == []
    assert seen(result(**same, kind="logs")) == []
    assert seen(result(performance=50.0, power=50.0)) == []


def test_the_power_of_another_system_to_the_last_digit() -> None:
    mine = result()
    other = result("b", submitter="OTHER", system_name="Crate (2x That)", accelerator="That")
    assert seen(mine, other) == ["results/other-system"]
    assert seen(mine, result("b", system_name="Crate", power=501.2345)) == []
    assert seen(result(power=500.0), result("b", system_name="Crate", power=500.0)) == []
    assert seen(mine, result("b", system_name="Crate", round="v4.0")) == []


def test_the_power_of_another_benchmark_of_the_same_system() -> None:
    mine = result(benchmark="bert-99")
    assert seen(mine, result("b", benchmark="bert-99.9")) == []
    assert seen(mine, result("b", benchmark="3d-unet-99")) == ["results/other-system"]
    assert seen(mine, result("b", benchmark="bert-99", scenario="Server")) == [
        "results/other-system"
    ]


def test_whom_to_believe_of_two() -> None:
    """A row of the page with the power that the logs give another system."""
    elsewhere = {"submitter": "OTHER", "system_name": "Crate", "accelerator": "That"}
    logs = result("b", kind="logs", location="closed/OTHER", **elsewhere)
    other = result("c", kind="cm-result", location="closed/OTHER", **elsewhere)
    assert seen(result(), other, logs) == ["results/other-system"]
    assert seen(other, result(), logs) == []
    assert seen(logs, result(), other) == []


def test_work_per_joule_that_the_accelerator_does_not_give_elsewhere() -> None:
    others = [
        result(str(n), system_name=f"Box {n}", power=500.0 + n, performance=1000.0 + n)
        for n in range(2)
    ]
    assert seen(result("x", performance=2900.0, power=499.0), *others) == []
    assert seen(result("x", performance=3100.0, power=499.0), *others) == ["results/work-per-joule"]
    assert seen(result("x", performance=330.0, power=501.0), *others) == ["results/work-per-joule"]
    assert seen(result("x", performance=3100.0, power=499.0), others[0]) == []
    assert seen(result("x", performance=3100.0, power=499.0, division="open"), *others) == []
    assert seen(result("x", performance=3100.0, accelerator="That"), *others) == []
    same = [result(str(n), power=499.0, performance=1000.0 + n) for n in range(3)]
    assert seen(result("x", performance=3100.0, power=400.0), *same) == []


@pytest.mark.parametrize("by", ["location", "name"])
def test_what_the_logs_contradict(by: str) -> None:
    more = {"location": "closed/ACME/results/box/resnet50/Offline"} if by == "location" else {}
    names = {"system_name": ""} if by == "location" else {}
    logs = result("b", kind="logs", **more, **names)
    assert seen(result(power=503.0, **more, **names), logs) == []
    assert seen(result(power=505.0, **more, **names), logs) == ["results/logs"]
    assert seen(result(performance=900.0, **more, **names), logs) == ["results/logs"]
    assert seen(logs, result(power=505.0, **more, **names)) == []
    watts = result(power=5.0, power_unit="J/query", **more, **names)
    assert seen(watts, logs) == []


def test_what_another_table_contradicts() -> None:
    mine, other = result(), result("b", kind="cm-result", performance=2000.0, power=501.2345678)
    assert seen(mine, other) == ["results/tables"]
    assert seen(other, mine) == ["results/tables"]
    spelt = {"submitter": "acme", "system_name": "Box (8x, Thing)"}
    assert seen(mine, result("b", kind="cm-result", performance=2000.0, **spelt)) == [
        "results/tables"
    ]
    assert seen(mine, result("b", kind="cm-result", system_type="edge", power=9.0)) == []


def test_several_systems_of_one_name() -> None:
    """A page's row must be one of those of the list; the list's rows need not be on the page."""
    first = result("b", kind="cm-result", location="closed/ACME/1")
    second = result("c", kind="cm-result", location="closed/ACME/2", power=900.25, performance=9.5)
    assert seen(result(), first, second) == []
    assert seen(second, first, result()) == []
    assert seen(result(power=700.5), first, second) == ["results/tables"]


def test_more_than_the_power_supplies_are_rated_for() -> None:
    assert seen(result(rated_w=500.0)) == ["results/rating"]
    assert seen(result(rated_w=502.0)) == []
    logs = result("b", kind="logs", rated_w=400.0)
    assert seen(result(), logs) == ["results/rating"]


def test_where_a_doubt_stands() -> None:
    (why,) = doubts([result(performance=2027.4235, power=2027.4235)]).values()
    assert why == ("results/repeated-figure: 2027.42 is stated for both",)


@pytest.mark.skipif(not DATA.is_dir(), reason="the tables of the paper's artifact are not here")
def test_the_shuffled_rows_of_the_papers_table() -> None:
    """Two systems of v4.1, some of whose rows have each other's power."""
    name = "data_cleaned_inference_datacenter.csv"
    rows = read_results_page(Source(name, (DATA / name).read_bytes()))
    found = doubts(rows)
    shuffled = {
        (row.public_id, row.benchmark, row.scenario)
        for row in rows
        if any(why.startswith("results/other-system") for why in found.get(row.key, ()))
    }
    assert {("4.1-0066", "resnet50", "Offline"), ("4.1-0066", "3d-unet-99", "Offline")} <= shuffled
    assert {public_id for public_id, _, _ in shuffled} == {"4.1-0049", "4.1-0066"}
    repeated = [
        row.sources[0].rpartition(":")[2]
        for row in rows
        if any(why.startswith("results/repeated") for why in found.get(row.key, ()))
    ]
    assert repeated == ["693", "713"]
