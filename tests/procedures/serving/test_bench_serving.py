"""A real server of scripted answers, a real client, a meter of constant power: the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from joulemark.accounting.serving_windows import V3, Unknown
from joulemark.core.window import Role
from joulemark.loads.serving.latency import Target as Slo
from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.figures import (
    PER_GOOD,
    figures_of,
    figures_of_repeat,
    metrics_of,
    rates_of,
)
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import ServingResult, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run
from joulemark.store.requests import read_requests
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.target import Target
from tests.procedures.fakes import Steady

SCRIPT = Script(first_s=0.002, step_s=0.001, least=4, most=8)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    made = ScriptedServer(SCRIPT, Wrongs(()))
    yield made
    made.close()


def measured(server: ScriptedServer, store: Path, **settings: object) -> ServingResult:
    plan = LoadPlan(kind="closed", requests=40, concurrency=4, tokens_in="20")
    kept = ServingSettings(
        repeats=2,
        max_repeats=2,
        declared=plan.record(),
        **{"rule": "whole/1", **settings},  # type: ignore[arg-type]
    )
    driver = HttpDriver(Target(url=server.url, model="m"))
    options = Options(store=store, objects=[Steady()], period_s=0.01, idle_s=0.05)
    return serving_of(open_run(bench_serving(driver, plan.load, options, kept)))


def test_energy_of_the_load_by_its_tokens(server: ScriptedServer, tmp_path: Path) -> None:
    result = measured(server, tmp_path)
    assert [len(repeat.requests) for repeat in result.repeats] == [40, 40]
    assert all(one.ok for repeat in result.repeats for one in repeat.requests)
    metrics = metrics_of(result)
    assert metrics["power_w"] == pytest.approx(100, rel=0.02)
    for repeat in result.repeats:
        assert repeat.latency is not None
        joules = repeat.accounts["all"].figures["energy-per-output-token/1"].value
        assert joules * repeat.latency.output_rate == pytest.approx(100, rel=0.02)
    assert result.idle_w is not None
    assert result.idle_w.value == pytest.approx(100, rel=0.02)
    assert PER_GOOD not in figures_of(result)


def test_power_is_energy_per_work_times_rate(server: ScriptedServer, tmp_path: Path) -> None:
    slo = Slo(latency_s=60.0)
    result = measured(server, tmp_path, rule=V3, slo=slo)  # a window that cuts requests
    for repeat in result.repeats:
        figures, rates = figures_of_repeat(repeat, result), rates_of(repeat, result)
        power = pytest.approx(figures["energy-per-second/1"].value, rel=1e-9)
        for name, rate in (
            ("energy-per-output-token/1", "output_tokens_per_s"),
            ("energy-per-total-token/1", "total_tokens_per_s"),
            ("energy-per-request/1", "requests_per_s"),
            (PER_GOOD, "goodput_requests_per_s"),
        ):
            assert figures[name].value * rates[rate] == power


def test_the_run_holds_every_request(server: ScriptedServer, tmp_path: Path) -> None:
    measured(server, tmp_path, keep_text=True)
    (path,) = tmp_path.iterdir()
    kept = read_requests(path)
    assert {entry.repeat for entry in kept} == {0, 1}
    assert all(entry.text for entry in kept)
    stored = open_run(path)
    loads = [w for w in stored.run.windows if w.role is Role.MEASURE]
    tokens = sum(entry.request.tokens_out or 0 for entry in kept)
    assert sum(w.work.count for w in loads if w.work) == tokens
    assert stored.run.settings["serving"]["arrivals"]["concurrency"] == 4


def test_good_requests_carry_all_the_energy(server: ScriptedServer, tmp_path: Path) -> None:
    figures = figures_of(measured(server, tmp_path, slo=Slo(latency_s=60.0)))
    assert figures[PER_GOOD].value == pytest.approx(figures["energy-per-request/1"].value)
    none = figures_of(measured(server, tmp_path / "none", slo=Slo(latency_s=1e-9)))
    assert PER_GOOD not in none


def test_a_ramp_has_no_steady_state(server: ScriptedServer, tmp_path: Path) -> None:
    plan = LoadPlan(kind="ramp", requests=12, rate=20.0, last_rate=200.0, tokens_in="20")
    kept = ServingSettings(repeats=1, max_repeats=1, declared=plan.record())
    driver = HttpDriver(Target(url=server.url, model="m"))
    options = Options(store=tmp_path, objects=[Steady()], period_s=0.01, idle_s=0.02)
    path = bench_serving(driver, plan.load, options, kept)
    window = serving_of(open_run(path)).repeats[0].window
    assert isinstance(window, Unknown)
    assert "ramp" in window.reason
    whole = serving_of(open_run(path), rule="whole/1")
    assert figures_of(whole)["energy-per-request/1"].value > 0
