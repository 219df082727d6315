"""The virtual server of generated text: its schedule and its energy."""

from __future__ import annotations

import numpy as np
import pytest

from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.virtual.generation import Arrivals, Load, Server, serve

QUIET = Server(noise_w=0)


@pytest.mark.parametrize("arrivals", list(Arrivals))
def test_energy_is_that_of_time_prompts_and_tokens(arrivals: Arrivals) -> None:
    run = serve(QUIET, Load(arrivals=arrivals, count=60), seed=1)
    prompts = sum(r.tokens_in or 0 for r in run.requests)
    tokens = sum(len(r.chunks) for r in run.requests)
    end = int(run.time[-1])
    assert tokens == sum(r.tokens_out or 0 for r in run.requests)
    assert run.energy(0, end) == pytest.approx(
        120 * end / NS + 0.02 * prompts + 0.25 * tokens, rel=1e-6
    )


def test_energies_of_requests_add_up_where_nobody_rests() -> None:
    run = serve(QUIET, Load(arrivals=Arrivals.SATURATION, count=60), seed=1)
    assert run.spent.sum() == pytest.approx(run.joules[-1])


@pytest.mark.parametrize("arrivals", list(Arrivals))
def test_nobody_is_answered_before_asking_and_no_batch_is_overfull(arrivals: Arrivals) -> None:
    run = serve(QUIET, Load(arrivals=arrivals, count=60), seed=2)
    changes = []
    for r in run.requests:
        assert r.sent is not None
        assert r.first_token is not None
        assert r.ended is not None
        assert r.sent < r.first_token <= r.ended
        assert (np.diff(r.chunks) > 0).all()
        changes += [(r.first_token, 1), (r.ended + 1, -1)]
    assert np.cumsum([change for _, change in sorted(changes)]).max() <= QUIET.batch


def test_a_closed_loop_keeps_its_concurrency() -> None:
    run = serve(QUIET, Load(arrivals=Arrivals.CLOSED, count=60, concurrency=5), seed=3)
    moment = run.requests[40].sent
    assert moment is not None
    there = [r for r in run.requests if (r.sent or 0) <= moment < (r.ended or 0)]
    assert len(there) == 5


def test_a_ramp_comes_faster_and_faster() -> None:
    run = serve(QUIET, Load(arrivals=Arrivals.RAMP, count=100, rate=2), seed=4)
    sent = np.array([r.sent or 0 for r in run.requests]) / NS
    assert sent[-1] == pytest.approx(50, rel=0.02)
    gaps = np.diff(sent)
    assert gaps[:9].mean() > 3 * gaps[-9:].mean()


def test_the_same_seed_gives_the_same_run_and_noise_no_energy_on_average() -> None:
    load = Load(arrivals=Arrivals.POISSON, count=60)
    one, two = serve(Server(), load, seed=5), serve(Server(), load, seed=5)
    assert one.requests == two.requests
    assert (one.counter.value == two.counter.value).all()
    quiet = serve(QUIET, load, seed=5)
    assert quiet.requests == one.requests
    assert one.joules[-1] == pytest.approx(quiet.joules[-1], rel=0.02)
    assert one.joules[-1] != quiet.joules[-1]


def test_the_counter_is_no_measurement() -> None:
    run = serve(Server(), Load(arrivals=Arrivals.CONSTANT, count=20), seed=6)
    assert run.counter.channel.provenance is Provenance.ESTIMATED
    assert run.counter.channel.is_virtual
    assert run.counter.value[-1] == pytest.approx(run.joules[-1], abs=0.01)
