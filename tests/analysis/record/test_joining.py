"""Three kinds of statement of one result are one entry, the most trusted first."""

from __future__ import annotations

from typing import Any

from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Evidence
from joulemark.analysis.record.index import record_of
from joulemark.analysis.record.making import Maker
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


def test_a_multistream_result_inferred_from_singlestream_has_the_power_of_its_log() -> None:
    known: dict[str, Any] = {"performance": None, "performance_unit": "", "power_unit": "J/query"}
    single = row("logs", scenario="SingleStream", power=2.0, **known)
    multi = row(
        "logs", scenario="MultiStream", power=16.0, location=PLACE.replace("Off", "Mul"), **known
    )
    found = recorded(single, multi, run_1=RunFacts(rate=60.0, samples=1.0))
    assert [entry.power_w for entry in found] == [120.0, 120.0]
    old = row("logs", scenario="MultiStream", power=2.0, **{**known, "round": "v1.0"})
    (entry,) = recorded(old, run_1=RunFacts(rate=60.0, samples=4.0))
    assert entry.power_w == 120.0


def test_millijoules_that_a_page_calls_joules() -> None:
    known: dict[str, Any] = {"scenario": "SingleStream", "power_unit": "J/query"}
    known |= {"performance": 0.02, "performance_unit": "s/query", "system_type": "edge"}
    (entry,) = recorded(row("results-page", power=2000.0, **known))
    assert entry.energy_j == 2.0
    assert entry.remarks == ("stated as 2000.0 J a query, 100 kW: taken as mJ",)
    (plausible,) = recorded(row("results-page", power=20.0, **known))
    assert plausible.energy_j == 20.0
    (listed,) = recorded(row("cm-result", power=2000.0, **known))
    assert listed.energy_j == 2000.0


def test_tokens_that_a_list_has_in_queries() -> None:
    model: dict[str, Any] = {"benchmark": "llama2-70b-99.9", "scenario": "Server", "power": 5741.12}
    queries = {**model, "performance": 49.2235, "performance_unit": "queries/s"}
    tokens = {**model, "performance": 14369.73, "performance_unit": "tokens/s"}
    (entry,) = recorded(row("cm-result", **queries), row("results-page", **tokens))
    assert (entry.performance, entry.work) == (14369.73, "token")
    (alone,) = recorded(row("cm-result", **queries))
    assert alone.performance == 49.2235 * 292
    assert alone.remarks == ("stated as 49.224 queries/s; 292.0 tokens each",)
    other = {**queries, "benchmark": "llama3.1-405b"}
    (unknown,) = recorded(row("cm-result", **other))
    assert (unknown.performance, unknown.work) == (49.2235, "query")
    assert unknown.remarks == ("stated as 49.224 queries/s, not in tokens",)


def test_training_tiny_and_their_names_on_pages() -> None:
    runs: dict[str, Any] = {"suite": "training", "scenario": "", "system_type": "", "nodes": 8.0}
    runs |= {"performance": 300.0, "performance_unit": "s", "power_unit": "J/run"}
    own = row("logs", benchmark="bert", power=6e6, location="who/results/8x/bert", **runs)
    page = row("results-page", benchmark="bert", power=6.1e6, **{**runs, "round": ""})
    other = row("results-page", "1x", benchmark="bert", power=9e5, **{**runs, "nodes": 1.0})
    found = recorded(own, page, other)
    first = next(entry for entry in found if entry.nodes == 8.0)
    assert (first.round, first.public_id) == ("v4.0", "4.0-0001")
    assert (first.power_w, first.latency_s, first.work) == (2e4, 300.0, "run")
    assert len(found) == 2
    board: dict[str, Any] = {"suite": "tiny", "round": "v1.2", "scenario": "", "system_type": ""}
    board |= {"power_unit": "J/inference", "performance": None, "performance_unit": ""}
    log = row("logs", benchmark="kws", power=0.001820454, system_name="A-1", run="", **board)
    table = row("results-page", benchmark="DSCNN", power=0.00182045, system_name="B 2", **board)
    (entry,) = recorded(log, table)
    assert (entry.benchmark, entry.category) == ("kws", Category.TINY)
    assert entry.evidence is Evidence.REPOSITORY
    assert entry.remarks == ("joined to page.csv:2 by its figure alone",)


def test_rows_of_a_page_that_fit_no_result() -> None:
    other = row("logs", "o", location=PLACE.replace("box", "crate"), power=700.5, run="run-2")
    strange = row("results-page", power=9.5, performance=2.0)
    found = recorded(row("logs"), other, strange)
    (alone,) = [entry for entry in found if entry.evidence is Evidence.PAGE]
    assert alone.remarks == ("2 results go by this name; none has its figures",)
    assert alone.division == "closed"
    same = row("results-page", "again", sources=("edge.csv:5",), power=9.5, performance=2.0)
    assert len(recorded(strange, same)) == 1


def test_nodes_and_units_that_contradict() -> None:
    page = row("results-page", nodes=2.0, performance_unit="queries/s")
    (entry,) = recorded(row("logs", nodes=1.0), page)
    assert entry.remarks == (
        "page.csv:2 states performance in queries/s, not in samples/s",
        "page.csv:2 says 2.00 nodes, not 1.00",
    )


def test_a_unit_or_a_suite_that_is_not_known() -> None:
    found = recorded(row("logs", power_unit="hp"))
    assert found.left_out == {"its power or energy is no positive number, or has no unit": 1}
    (entry,) = recorded(row("logs", suite="mobile", system_type="", scenario="Offline"))
    assert entry.category is Category.UNKNOWN


def test_doubts_are_of_the_statement_that_gives_the_figures() -> None:
    stream: dict[str, Any] = {"scenario": "SingleStream", "power_unit": "J/query"}
    stream |= {"performance": None, "performance_unit": ""}
    best, page = row("cm-result", power=2.5, **stream), row("results-page", power=2500.0, **stream)
    said = {
        best.key: ("results/tables: another table differs", "results/rating: too much"),
        page.key: ("results/tables: another table differs",),
    }
    (entry,) = record_of([best, page], Maker({}, said, {}, definitions()))
    assert entry.doubts == ("results/rating: too much",)
    assert entry.remarks[0].endswith("cm-result:1: 2.5000 J/query (mJ that it calls J)")
    (alone,) = record_of([page], Maker({}, said, {}, definitions()))
    assert alone.doubts == said[page.key]
