"""End to end against the truth: a scripted server that spends, a meter in software, real sockets.

``benchmarks/serving_truth.py`` does the same with long loads and every arrival process. Nothing is
judged by time here, all by the intervals that the result states.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.accounting.serving_split import Shared, Split, by_request, split
from joulemark.accounting.supply import Supply
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.told import told_by
from joulemark.workloads.openai.target import Target

SERVER = Serving(
    first=0.0, prompt_token=2e-5, step=0.01, step_request=0.0002, slots=8, least=5, most=40,
    base_w=120.0, prompt_j=0.02, token_j=0.25, noise_w=3.0, times=True,
)  # fmt: skip
SLACK = 2.0
"""One draw of a 95 % interval: within so many times its half-width."""


def test_what_a_run_says_is_what_the_server_spent(tmp_path: Path) -> None:
    served = SERVER.start()
    try:
        url = served.server.url
        plan = LoadPlan(
            kind="gamma", rate=8.0, burstiness=0.3, requests=40, tokens_in="uniform:10,900"
        )
        settings = ServingSettings(
            repeats=1, max_repeats=1, rule="whole/1", batch=8, declared=plan.record()
        )
        options = Options(store=tmp_path, meters=[("virtual", {"url": url})])
        stored = open_run(
            bench_serving(HttpDriver(Target(url=url, model="m")), plan.load, options, settings)
        )
        result = serving_of(stored)
        (repeat,) = result.repeats
        anchor = stored.run.anchor
        true = told_by(url, anchor.utc_ns - anchor.monotonic_ns, repeat.load.start)
    finally:
        served.close()
    assert result.provenance is Provenance.ESTIMATED
    assert Code.VIRTUAL in {caution.code for caution in stored.run.cautions}
    energy = repeat.accounts["all"].energy.joules
    start, stop = repeat.window.start, repeat.window.stop  # type: ignore[union-attr]
    assert abs(energy.value - true.energy(start, stop)) <= SLACK * energy.u95
    figures = repeat.accounts["all"].figures
    for name, truth in (
        ("energy-per-output-token/1", true.per_token(start, stop)),
        ("energy-per-request/1", true.per_request(start, stop)),
    ):
        assert abs(figures[name].value - truth) <= SLACK * figures[name].u95
    supply = Supply.of(t for t in stored.traces().values() if t.channel.meter == "virtual")
    parts = split(repeat.work, supply, start, stop, part_s=0.2)
    assert isinstance(parts, Split)
    for name, cost in (("base", "base_w"), ("prefill", "prompt_j"), ("decode", "token_j")):
        factor = parts.factors[name]
        assert abs(factor.value - getattr(true.costs, cost)) <= SLACK * factor.u95, name
    shared, spent = by_request(repeat.work, parts), true.of(repeat.work.requests)
    assert isinstance(shared, Shared)
    assert shared.joules.sum() == pytest.approx(spent.sum(), rel=0.05)


def test_requests_that_the_server_did_not_answer_have_no_truth() -> None:
    served = SERVER.start()
    try:
        true = told_by(served.server.url, 0, 0)
    finally:
        served.close()
    assert true.energy(0, 1) == 0
    assert len(true.of([])) == 0
    with pytest.raises(OSError, match="404"):
        _without_costs()


def _without_costs() -> None:
    served = Serving().start()
    try:
        told_by(served.server.url, 0, 0)
    finally:
        served.close()
