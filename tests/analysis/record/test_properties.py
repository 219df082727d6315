"""Whatever rows there are, in whatever order: one record, and no row is lost."""

from __future__ import annotations

import dataclasses
import json
from io import StringIO
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.analysis.record.runs import RunFacts
from joulemark.analysis.record.statements import joined
from joulemark.formats.results.declared import DeclaredResult, together
from joulemark.report.record import write_csv, write_lines
from tests.analysis.record.rows import recorded, row

BENCHMARKS = ("bert-99", "bert-99.9", "resnet50")
SCENARIOS = ("Offline", "Server", "SingleStream")
POWERS = (None, 0.0, 501.2345678, 501.23, 600.5, 1021.36)


@st.composite
def stated(draw: st.DrawFn) -> DeclaredResult:
    """Draw a statement about one of a few results."""
    kind = draw(st.sampled_from(("logs", "cm-result", "results-page")))
    bench, scenario = draw(st.sampled_from(BENCHMARKS)), draw(st.sampled_from(SCENARIOS))
    system = draw(st.sampled_from(("box", "crate")))
    round_ = draw(st.sampled_from(("v3.1", "v4.0")))
    power = draw(st.sampled_from(POWERS))
    stream = scenario == "SingleStream"
    more = {
        "round": round_,
        "benchmark": bench,
        "scenario": scenario,
        "system_name": system.title(),
        "system_type": draw(st.sampled_from(("edge", "datacenter", "datacenter,edge", ""))),
        "power": power,
        "power_unit": "J/query" if stream else "W",
        "performance": None if stream else 1000.0,
        "performance_unit": "" if stream else "samples/s",
    }
    if kind == "results-page":
        line = draw(st.integers(2, 99))
        named = {"public_id": f"4.0-{line:04}", "sources": (f"page.csv:{line}",)}
        return row(kind, f"{line}{bench}{scenario}{system}{round_}", **(more | named))
    place = f"closed/ACME/results/{system}/{bench}/{scenario}"
    return row(kind, f"{round_}\0{place}", **(more | {"location": place, "system": system}))


rows = st.lists(stated(), max_size=25).map(together)


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_matter(found: list[DeclaredResult], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a Random
    assert recorded(*found) == recorded(*shuffled)


tables = st.lists(stated().filter(lambda each: each.kind != "logs"), max_size=20)


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_imports_does_not_matter(found: list[DeclaredResult], random: object) -> None:
    named = [
        dataclasses.replace(each, sources=(f"{each.kind}:{number}",), system_type="edge")
        for number, each in enumerate(found)
    ]
    shuffled = list(named)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a Random
    assert recorded(*together(named)) == recorded(*together(shuffled))


@given(rows)
@settings(max_examples=60, deadline=None)
def test_every_row_is_behind_one_result_or_left_out(found: list[DeclaredResult]) -> None:
    made = joined(found)
    behind = [each.key for said in made.results for each in said.rows]
    assert sorted([*behind, *made.left_out]) == sorted(each.key for each in found)
    assert all(made.left_out.values())


@given(rows)
@settings(max_examples=40, deadline=None)
def test_keys_are_of_one_entry_and_figures_of_one_source(found: list[DeclaredResult]) -> None:
    made = recorded(*found)
    assert len(made.by_key()) == len(made)
    stated_powers = {each.power for each in found}
    for entry in made:
        assert (
            entry.energy_j if entry.scenario == "SingleStream" else entry.power_w
        ) in stated_powers
        assert entry.sources
        assert set(entry.copies) <= made.by_key().keys() - {entry.key}


@given(rows)
@settings(max_examples=60, deadline=None)
def test_a_result_keeps_its_key_when_more_is_known_of_it(found: list[DeclaredResult]) -> None:
    lists = [each for each in found if each.kind != "results-page"]
    before = {entry.key for entry in recorded(*lists)}
    pages = [dataclasses.replace(e, benchmark="rnnt") for e in found if e.kind == "results-page"]
    assert before <= {entry.key for entry in recorded(*lists, *pages)}


NUMBERS = st.none() | st.floats() | st.sampled_from((5e-324, 1e308, 1e-300, -0.0))
UNITS = st.sampled_from(("W", "J/query", "J/run", "J/inference", ""))
RATES = st.sampled_from(("samples/s", "queries/s", "tokens/s", "s/query", "s", "inferences/s", ""))


@given(NUMBERS, UNITS, NUMBERS, RATES, NUMBERS, st.sampled_from(("logs", "results-page")))
@settings(max_examples=150, deadline=None)
def test_hostile_numbers_never_become_figures(
    power: float | None, unit: str, rate: float | None, of: str, rest: float | None, kind: str
) -> None:
    known: dict[str, Any] = {"nodes": rest, "accelerators": rest, "rated_w": rest}
    known |= {"power": power, "power_unit": unit, "performance": rate, "performance_unit": of}
    found = recorded(row(kind, **known), row("cm-result", **known), run_1=RunFacts(rate=1e300))
    file = StringIO()
    write_lines(found, file)
    write_csv(found, StringIO())
    for line in file.getvalue().splitlines():
        assert json.loads(line)["key"]
