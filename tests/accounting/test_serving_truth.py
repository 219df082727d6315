"""A virtual server's factors and figures are recovered within what is stated.

``benchmarks/serving_windows.py`` does the same with hundreds of draws; these few are a guard.
"""

from __future__ import annotations

import pytest

from joulemark.accounting.serving_energy import PER_OUTPUT, account
from joulemark.accounting.serving_split import Shared, Split, by_request, split
from joulemark.accounting.serving_windows import Steady, Unknown, steady
from joulemark.accounting.serving_work import work_of
from joulemark.accounting.supply import Supply
from joulemark.virtual.generation import Arrivals, Load, Served, Server, serve

DRAWS = 8


@pytest.mark.parametrize("arrivals", list(Arrivals))
def test_factors_are_recovered(arrivals: Arrivals) -> None:
    server, held = Server(), 0
    for seed in range(DRAWS):
        run = serve(server, Load(arrivals=arrivals, count=150), seed)
        work = work_of(run.requests)
        parts = split(work, Supply.of([run.counter]), 0, int(work.ended.max()))
        assert isinstance(parts, Split)
        true = {"base": server.base_w, "prefill": server.prompt_j, "decode": server.token_j}
        held += sum(abs(v.value - true[name]) <= v.u95 for name, v in parts.factors.items())
        shared = by_request(work, parts)
        assert isinstance(shared, Shared)
        assert shared.joules.sum() + shared.nobody == pytest.approx(parts.joules.sum(), rel=1e-6)
    assert held >= 0.85 * 3 * DRAWS


def test_energy_of_the_window_is_the_true_one() -> None:
    run = serve(Server(), Load(arrivals=Arrivals.CLOSED), seed=1)
    work, curve = work_of(run.requests), Supply.of([run.counter])
    window = steady(work, curve, target=12)
    assert isinstance(window, Steady)
    got = account(work, curve, window)
    true = run.energy(window.start, window.stop)
    assert abs(got.energy.joules.value - true) <= got.energy.joules.u95
    assert got.figures[PER_OUTPUT].value == pytest.approx(true / got_tokens(run, window), rel=1e-3)


def got_tokens(run: Served, window: Steady) -> int:
    """Count tokens read in a window, without the code under test."""
    return sum(window.start < t <= window.stop for r in run.requests for t in r.chunks)


@pytest.mark.parametrize("seed", range(3))
def test_a_ramp_has_no_steady_state(seed: int) -> None:
    run = serve(Server(), Load(arrivals=Arrivals.RAMP), seed)
    window = steady(work_of(run.requests), Supply.of([run.counter]), target=None)
    assert isinstance(window, Unknown)
    assert "requests per second drift" in window.reason
