"""Three kinds of statement of one result are one entry, the most trusted first."""

from __future__ import annotations

from typing import Any

from joulemark.analysis.record.entry import Category, Evidence
from joulemark.analysis.record.runs import RunFacts
from tests.analysis.record.rows import PLACE, recorded, row


def test_logs_list_and_page_of_one_result_are_one_entry() -> None:
    found = recorded(row("results-page"), row("cm-result"), row("logs"))
    (entry,) = found
    assert entry.evidence is Evidence.LOGS
    assert entry.public_id == "4.0-0001"
    assert entry.runs == ("run-1",)
    assert entry.sources == ("logs:1", "cm-result:1", "page.csv:2", "page.csv:3")
    assert (entry.benchmark, entry.target, entry.name) == ("bert", "99", "bert-99")
    assert entry.date == "2024-03-27"
    assert entry.remarks == ()
    assert not found.left_out


def test_a_contradiction_is_a_remark_and_the_logs_count() -> None:
    (entry,) = recorded(row("results-page", power=1021.36), row("logs"))
    assert entry.power_w == 501.2345678
    (remark,) = entry.remarks
    assert remark == "page.csv:2 states a power of 1021.4 W; the logs: 501.23 W"


def test_a_page_without_variant_goes_where_its_figures_are() -> None:
    other = {"location": PLACE.replace("bert-99", "bert-99.9"), "benchmark": "bert-99.9"}
    strict = row("logs", power=600.5, performance=520.0, run="run-2", **other)
    page = row("results-page", benchmark="bert", power=600.5, performance=520.0)
    found = recorded(page, row("logs"), strict)
    assert {e.name: e.public_id for e in found} == {"bert-99": "", "bert-99.9": "4.0-0001"}


def test_a_system_of_both_kinds_has_an_offline_entry_in_each() -> None:
    both = recorded(row("logs", system_type="datacenter,edge"))
    assert [e.category for e in both] == [Category.DATACENTER, Category.EDGE]
    one, other = both
    assert one.copies == (other.key,)
    server = recorded(row("logs", system_type="datacenter,edge", scenario="Server"))
    assert [e.category for e in server] == [Category.DATACENTER]


def test_energy_of_a_query_gives_power_with_the_rate_of_its_run() -> None:
    stream: dict[str, Any] = {"scenario": "SingleStream", "power": 2.0, "power_unit": "J/query"}
    own = row("logs", performance=None, performance_unit="", **stream)
    page = row("results-page", performance=0.02, performance_unit="s/query", **stream)
    (entry,) = recorded(own, page, run_1=RunFacts(rate=60.0, u95=0.011))
    assert entry.category is Category.EDGE
    assert (entry.energy_j, entry.power_w, entry.latency_s) == (2.0, 120.0, 0.02)
    assert (entry.work, entry.u95, entry.performance) == ("query", 0.011, None)


def test_what_states_no_power_is_left_out_with_the_reason() -> None:
    silent = row("cm-result", "other", location="closed/ACME/results/b/rnnt/Offline", power=None)
    found = recorded(row("logs"), silent)
    assert len(found) == 1
    assert found.left_out == {"states no power and no energy": 1}
