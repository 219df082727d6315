"""Factors of the energy of a request: they multiply to it, whatever the load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.serving_energy import PER_REQUEST, account
from joulemark.accounting.serving_factors import Factors, Load, factors_of
from joulemark.accounting.serving_split import Split, split
from joulemark.accounting.serving_windows import STEADY, Steady, Unknown
from joulemark.accounting.serving_work import work_of
from joulemark.core.request import Request
from tests.accounting.serving import constant, counter, ns, request

NONE = Unknown("not split")


def load(requests: list[Request], start: float, stop: float, watts: float = 120) -> Load:
    place = Steady(rule=STEADY, start=ns(start), stop=ns(stop), drift={})
    return Load(work=work_of(requests), supply=constant(watts, 110), window=place, split=NONE)


ONE = [request(t, [t + 0.25, t + 0.5, t + 0.75, t + 1], tokens_in=30) for t in range(100)]


def test_factors_of_a_plain_load() -> None:
    got = factors_of([load(ONE, 10, 90)])
    assert isinstance(got, Factors)
    assert got.energy.value == pytest.approx(120)
    assert got.tokens.value == pytest.approx(4)
    assert got.batch.value == pytest.approx(1)
    assert got.step.value == pytest.approx(0.25)
    assert got.power.value == pytest.approx(120)
    assert got.prompts is None
    assert got.resident > 0


def drawn(seed: int, count: int) -> list[Request]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        sent, tokens = rng.uniform(0, 90), int(rng.integers(1, 40))
        gaps = rng.exponential(rng.uniform(0.01, 0.3), tokens)
        found.append(request(sent, (sent + np.cumsum(gaps)).tolist(), tokens_in=20))
    return found


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(30, 80), st.floats(1, 900))
def test_they_multiply_to_the_energy(seed: int, count: int, watts: float) -> None:
    loads = [load(drawn(seed + i, count), 20, 70 + i, watts) for i in range(2)]
    for some in (loads[:1], loads):
        got = factors_of(some)
        assert isinstance(got, Factors)
        product = got.tokens.value * got.step.value * got.power.value / got.batch.value
        assert product == pytest.approx(got.energy.value, rel=1e-9)
    one = loads[0]
    first = factors_of([one])
    assert isinstance(first, Factors)
    figures = account(one.work, one.supply, one.window).figures
    assert first.energy.value == pytest.approx(figures[PER_REQUEST].value)


def test_repeats_that_scatter_widen_the_factors() -> None:
    alike = factors_of([load(ONE, 10, 90)] * 3)
    apart = factors_of([load(ONE, 10, 90, watts) for watts in (100, 120, 140)])
    assert isinstance(alike, Factors)
    assert isinstance(apart, Factors)
    assert apart.power.value == pytest.approx(120)
    assert apart.power.u95 > 20
    assert alike.power.u95 < 1


def test_what_prompts_took() -> None:
    rng = np.random.default_rng(1)
    requests, t = [], 0.0
    for _ in range(300):
        t += rng.exponential(0.3)
        times = (t + 0.1 + 0.01 * np.arange(1, rng.integers(2, 60))).tolist()
        requests.append(request(t, times, tokens_in=int(rng.integers(1, 400))))
    work = work_of(requests)
    times = np.arange(0, 110, 0.05)
    prompts, tokens = (
        one.integral((times * 1e9).astype(np.int64)) for one in (work.prefill, work.decode)
    )
    supply = counter(times.tolist(), (50 * times + 0.2 * prompts + 1.0 * tokens).tolist())
    parts = split(work, supply, ns(2), ns(80))
    assert isinstance(parts, Split)
    place = Steady(rule=STEADY, start=ns(5), stop=ns(75), drift={})
    one = Load(work=work, supply=supply, window=place, split=parts)
    got = factors_of([one, one])
    assert isinstance(got, Factors)
    assert got.prompts is not None
    done = float(work.between(np.array([ns(5), ns(75)])).prefill[0])
    truth = 0.2 * done / supply.between(ns(5), ns(75)).joules.value
    assert got.prompts.value == pytest.approx(truth, rel=0.05)
    together = replace(one, split=replace(parts, inseparable=("prefill", "decode")))
    got = factors_of([one, together])
    assert isinstance(got, Factors)
    assert got.prompts is None


def test_there_is_none_without_work_or_energy() -> None:
    for loads, reason in (
        ([], "no load has a window"),
        ([load(ONE, 104, 106)], "no request was served"),
        ([load(ONE, 10, 90, 0.0)], "no energy was read"),
    ):
        got = factors_of(loads)
        assert isinstance(got, Unknown)
        assert reason in got.reason
