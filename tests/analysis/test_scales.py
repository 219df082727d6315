"""Results of a store by scale: what counts, where it belongs, and the ends of each range."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.phases import phases
from joulemark.analysis.scales import (
    Basis,
    LeftOut,
    Point,
    Scale,
    per_joule,
    scales,
)
from joulemark.analysis.scales_own import (
    is_imported,
    is_rehearsal,
    own_points,
    own_scale,
    query_rate,
    query_rates,
)
from joulemark.analysis.scales_stated import declared_points, point_of, scale_of
from joulemark.analysis.trained import by_benchmark, sizes, trained
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, System
from joulemark.core.value import Value
from joulemark.core.window import Role, Window, Work
from joulemark.formats.results.declared import LOGS, DeclaredResult
from tests.accounting.build import T0, power, trace


def row(identity: str = "a", **more: Any) -> DeclaredResult:
    usual = {"kind": LOGS, "sources": ("s",), "run": f"run-{identity}"}
    return DeclaredResult(identity=identity, **{**usual, **more})


def offline(identity: str, watts: float, rate: float, **more: Any) -> DeclaredResult:
    return row(
        identity,
        power=watts,
        power_unit="W",
        performance=rate,
        performance_unit="samples/s",
        **{"scenario": "Offline", "system_type": "datacenter", **more},
    )


@pytest.mark.parametrize(
    ("more", "scale"),
    [
        ({"suite": "training"}, Scale.TRAINING),
        ({"suite": "tiny"}, Scale.TINY),
        ({"system_type": "edge"}, Scale.EDGE),
        ({"system_type": "Datacenter"}, Scale.DATACENTER),
        ({"scenario": "Server"}, Scale.DATACENTER),
        ({"scenario": "MultiStream"}, Scale.EDGE),
        ({"scenario": "SingleStream", "system_type": "datacenter,edge"}, Scale.EDGE),
        ({"scenario": "Offline", "system_type": "datacenter,edge"}, Scale.DATACENTER),
        ({"scenario": "Offline"}, Scale.UNKNOWN),
        ({"system_type": "toaster"}, Scale.UNKNOWN),
    ],
)
def test_where_a_result_belongs(more: dict[str, str], scale: Scale) -> None:
    found, why = scale_of(row(**more))
    assert found is scale
    assert why


def test_power_and_energy_of_each_suite() -> None:
    training = point_of(
        row(suite="training", power=1e6, power_unit="J/run", performance=500.0,
            performance_unit="s"), {}
    )  # fmt: skip
    assert training.power == Value(2000.0, "W")
    assert (training.energy, training.unit) == (Value(1e6, "J/run"), "run")
    tiny = point_of(
        row(suite="tiny", power=2e-4, power_unit="J/inference", performance=100.0,
            performance_unit="inferences/s"), {}
    )  # fmt: skip
    assert tiny.power is not None
    assert tiny.power.value == pytest.approx(0.02)
    assert tiny.unit == "inference"
    samples = point_of(offline("x", 400.0, 1000.0), {})
    assert (samples.energy, samples.unit) == (Value(0.4, "J/sample"), "sample")
    stream = row("q", power=0.5, power_unit="J/query", scenario="SingleStream")
    assert point_of(stream, {}).power is None
    assert point_of(stream, {("run-q", "SingleStream"): 30.0}).power == Value(15.0, "W")
    rates = offline("y", 400.0, 1000.0)
    assert point_of(replace(rates, performance_unit="queries/s"), {}).unit == "query"
    assert point_of(replace(rates, performance_unit="tokens/s"), {}).unit == "token"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"power": 0.0, "power_unit": "W"},
        {"power": float("inf"), "power_unit": "J/run"},
        {"power": 5.0, "power_unit": "furlongs"},
    ],
)
def test_what_states_nothing_has_no_figure(more: dict[str, Any]) -> None:
    point = point_of(row(**more), {})
    assert (point.power, point.energy, point.unit) == (None, None, "")


def test_the_basis_of_a_figure() -> None:
    assert point_of(row(), {}).basis is Basis.LOGS
    assert point_of(row(run=""), {}).basis is Basis.PUBLISHED
    assert point_of(row(kind="results-page"), {}).basis is Basis.PUBLISHED


def test_copies_count_once_and_wrong_results_not_at_all() -> None:
    one = offline("a", 400.0, 1000.0)
    twin = replace(one, identity="b", benchmark="bert-99.9")
    wrong = offline("c", 9e9, 1.0)
    odd = offline("d", 300.0, 1000.0)
    doubts = {wrong.key: ["results/rating: too much"], odd.key: ["results/row: odd"]}
    mute = row("e", performance=5.0, performance_unit="s/query")
    points, left = declared_points([one, twin, wrong, odd, mute], doubts, {})
    assert len(points) == 2
    assert left == LeftOut(copies=1, doubtful=1, silent=1)


def test_two_figures_of_one_measurement_count_once() -> None:
    stream = row("a", power=0.5, power_unit="J/query", scenario="SingleStream")
    inferred = replace(offline("b", 15.0, 30.0, system_type="edge"), run="run-a")
    points, left = declared_points([stream, inferred], {}, {("run-a", "SingleStream"): 30.0})
    (found,) = scales(points).rows
    assert (found.count, left) == (1, LeftOut())
    assert set(found.energies) == {"query", "sample"}


def test_a_table_counts_only_where_there_are_no_logs() -> None:
    names = {"round": "v4.0", "submitter": "A", "system_name": "Box", "benchmark": "resnet50"}
    logs = offline("a", 400.0, 1000.0, **names)
    table = replace(logs, kind="results-page", run="", identity="t")
    alone = replace(table, identity="u", system_name="Other box")
    points, left = declared_points([logs, table, alone], {}, {})
    assert [point.basis for point in points] == [Basis.LOGS, Basis.PUBLISHED]
    assert left == LeftOut(copies=1)


def test_a_table_of_tiny_is_known_by_its_figures() -> None:
    logs = row("a", suite="tiny", round="v1.1", power=0.005627485, power_unit="J/inference")
    table = replace(logs, kind="results-page", run="", identity="t", benchmark="DSCNN",
                    power=0.0056275)  # fmt: skip
    others = [
        replace(table, identity="x", round="v1.0"),
        replace(table, identity="y", power=0.0056276),
        replace(table, identity="z", power=0.006),
    ]
    points, left = declared_points([logs, table, *others], {}, {})
    assert (len(points), left) == (4, LeftOut(copies=1))


def test_a_round_may_stand_in_the_public_number_alone() -> None:
    logs = row("a", suite="training", round="v4.0", power=20_644_274.6, power_unit="J/run")
    table = replace(logs, kind="results-page", run="", identity="t", round="",
                    public_id="4.0-0092", power=20_644_280.0)  # fmt: skip
    assert declared_points([logs, table], {}, {})[1] == LeftOut(copies=1)


def test_millijoules_that_were_taken_for_joules_are_left_out() -> None:
    stated = row("a", kind="results-page", scenario="SingleStream", power=60_308.0,
                 power_unit="J/query", performance=0.01, performance_unit="s/query")  # fmt: skip
    right = replace(stated, identity="b", power=0.3)
    points, left = declared_points([stated, right], {}, {})
    assert left == LeftOut(implausible=1)
    (point,) = points
    assert point.power is not None
    assert point.power.value == pytest.approx(30)


def test_rows_go_from_small_to_large_with_their_ends() -> None:
    points = [
        point_of(offline("a", 400.0, 1000.0), {}),
        point_of(offline("b", 900.0, 9000.0), {}),
        point_of(row("c", suite="tiny", power=0.001, power_unit="W"), {}),
    ]
    found = scales(points, LeftOut(silent=3))
    assert [r.scale for r in found.rows] == [Scale.TINY, Scale.DATACENTER]
    tiny, large = found.rows
    assert tiny.energies == {}
    assert large.power is not None
    assert (large.power.least.value, large.power.most.value) == (400, 900)
    samples = large.energies["sample"]
    assert (samples.least.value, samples.most.value) == (0.1, 0.4)
    assert per_joule(samples.least) == 10
    assert large.why == {"the system's description": 2}
    assert large.bases == {Basis.LOGS: 2}
    assert found.left_out.silent == 3
    assert scales([]).rows == ()


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=30))
def test_the_ends_hold_every_value(watts: list[float]) -> None:
    points = [
        Point(scale=Scale.EDGE, why="", basis=Basis.LOGS, name="", power=Value(w, "W"))
        for w in watts
    ]
    (found,) = scales(points).rows
    assert found.power is not None
    assert (found.power.least.value, found.power.most.value) == (min(watts), max(watts))
    assert found.count == len(watts)


def own(**more: Any) -> Run:
    window = Window(phase="work", start=T0, stop=T0 + 10 * NS, work=Work(5, "image"))
    usual = {"id": "r", "procedure": "bench", "windows": (window,), "title": "mine"}
    return Run(anchor=Anchor(0, 0), system=System(host="h"), **{**usual, **more})


def test_ones_own_runs_are_points_with_their_intervals() -> None:
    run = own()
    seconds = [s / 2 for s in range(-2, 25)]
    read = trace(power(), seconds, [20.0 + s % 2 for s in range(len(seconds))])
    (point,) = own_points(run, phases(run.windows, [read]))
    assert (point.scale, point.basis, point.unit) == (Scale.UNKNOWN, Basis.MEASURED, "image")
    assert point.energy is not None
    assert point.energy.value == pytest.approx(20.5 * 10 / 5, rel=0.02)
    assert point.energy.u95 > 0
    played = replace(read, channel=replace(read.channel, provenance=Provenance.DECLARED))
    (point,) = own_points(run, phases(run.windows, [played]))
    assert point.basis is Basis.PLAYED_BACK
    assert own_points(run, phases(run.windows, [])) == []


def test_the_procedure_tells_the_scale() -> None:
    assert own_scale(own(procedure="tiny"))[0] is Scale.TINY
    assert own_scale(own(procedure="gather"))[0] is Scale.TRAINING
    assert is_imported(own(settings={"imported": {}}))
    assert not is_imported(own())


def test_a_rehearsal_is_no_measurement() -> None:
    assert is_rehearsal(own(cautions=(Caution(Code.VIRTUAL),)))
    assert not is_rehearsal(own())


def test_the_rate_of_queries_of_an_imported_run() -> None:
    assert query_rate(own()) is None
    test = Window(phase="testing", start=0, stop=10 * NS, work=Work(50, "query"))
    ranging = replace(test, phase="ranging", role=Role.RANGING, work=Work(1, "query"))
    assert query_rate(own(windows=(ranging, test))) == 5
    assert query_rate(own(windows=(replace(test, stop=0),))) is None


def test_a_query_of_inferred_multistream_is_eight_of_the_run() -> None:
    test = Window(phase="testing", start=0, stop=10 * NS, work=Work(80, "query"))
    single = own(windows=(test,), results={"loadgen": {"scenario": "SingleStream"}})
    assert query_rates(single) == {(single.id, "SingleStream"): 8, (single.id, "MultiStream"): 1}
    multi = own(windows=(test,), results={"loadgen": {"scenario": "MultiStream"}})
    assert query_rates(multi) == {(multi.id, "MultiStream"): 8}
    assert query_rates(own(windows=(test,))) == {(own().id, ""): 8}
    assert query_rates(own()) == {}
    energy = row("m", power=4.0, power_unit="J/query", scenario="MultiStream", run=single.id)
    assert point_of(energy, query_rates(single)).power == Value(4.0, "W")


def training(identity: str, size: float | None, **more: Any) -> DeclaredResult:
    return row(identity, suite="training", accelerators=size, benchmark="bert", system=identity,
               **more)  # fmt: skip


PARTS = {"seconds": 60.0, "compute_published_j": 3e6, "interconnect_published_j": 1e6}


def test_training_by_the_number_of_accelerators() -> None:
    in_run = {"in_run_j": {"value": 5e6, "u95": 2e5}}
    results = {"training": {"result": {**PARTS, **in_run}}}
    large, small, unknown = (
        trained(training(name, size), results)
        for name, size in (("large", 64.0), ("small", 8.0), ("unknown", None))
    )
    assert large is not None
    assert small is not None
    assert unknown is not None
    assert (large.whole_j, large.in_run_j, large.in_run_u95) == (4e6, 5e6, 2e5)
    groups = by_benchmark([unknown, large, small])
    assert groups == {"bert": [small, large, unknown]}
    assert sizes(groups["bert"]) == {8, 64}


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"training": 5},
        {"training": {"result": []}},
        {"training": {"result": {**PARTS, "seconds": None}}},
        {"training": {"result": {**PARTS, "compute_published_j": True}}},
        {"training": {"result": {**PARTS, "interconnect_published_j": float("nan")}}},
    ],
)
def test_a_record_that_does_not_tell_gives_nothing(results: dict[str, Any]) -> None:
    assert trained(training("a", 8.0), results) is None


def test_only_training_computed_from_logs_has_parts() -> None:
    results = {"training": {"result": PARTS}}
    assert trained(row(suite="tiny"), results) is None
    assert trained(training("a", 8.0, kind="results-page"), results) is None
    found = trained(training("a", 8.0), results)
    assert found is not None
    assert found.in_run_j is None
