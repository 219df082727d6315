"""Energy of prompts, tokens and time, and of each request."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.serving_regression import regression
from joulemark.accounting.serving_split import (
    Shared,
    Split,
    by_request,
    of_pure_runs,
    split,
)
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_work import Work, work_of
from joulemark.accounting.supply import Supply
from joulemark.core.channel import Accuracy
from joulemark.core.clock import NS
from joulemark.core.record import replace
from joulemark.core.request import Request
from joulemark.core.trace import Trace
from joulemark.core.value import Source, Term, Value
from tests.accounting.serving import CHANNEL, constant, ns, request

BASE, PROMPT, TOKEN, KEPT = 100.0, 0.02, 0.5, 0.003


def varied(seed: int = 0, count: int = 80) -> Work:
    """Return the work of requests of many lengths, with pauses."""
    rng = np.random.default_rng(seed)
    found, sent = [], 0.0
    for _ in range(count):
        sent += float(rng.exponential(0.7))
        steps = int(rng.integers(5, 60))
        chunks = (sent + 0.3 + 0.05 * np.arange(steps)).tolist()
        found.append(request(sent, chunks, tokens_in=int(rng.integers(10, 3000))))
    return work_of(found)


def used(work: Work, *, kept: float = 0.0, every: float = 0.004, noise: float = 0.0) -> Supply:
    """Return a counter of what that work uses by the factors above."""
    time = np.arange(0, int(work.ended.max()) + ns(3), ns(every))
    counts = work.between(time)
    joules = BASE * counts.seconds + PROMPT * counts.prefill + TOKEN * counts.decode
    joules += kept * counts.resident
    joules += noise * np.random.default_rng(6).standard_normal(len(joules))
    return Supply.of([Trace.of(CHANNEL, time, np.append(0, np.cumsum(joules)))])


def shared_of(work: Work, parts: Split) -> Shared:
    shared = by_request(work, parts)
    assert isinstance(shared, Shared)
    return shared


def told(work: Work, curve: Supply, *, resident: bool = False, stop: int | None = None) -> Split:
    parts = split(work, curve, 0, stop or int(work.ended.max()), resident=resident)
    assert isinstance(parts, Split)
    return parts


def test_factors_are_found() -> None:
    work = varied()
    parts = told(work, used(work))
    values = {name: value.value for name, value in parts.factors.items()}
    assert values == pytest.approx({"base": BASE, "prefill": PROMPT, "decode": TOKEN}, rel=0.01)
    assert parts.factors["prefill"].unit == "J/token"
    assert parts.inseparable == ()


def test_factors_with_what_the_cache_costs() -> None:
    work = varied()
    parts = told(work, used(work, kept=KEPT), resident=True)
    assert parts.factors["resident"].value == pytest.approx(KEPT, rel=0.01)
    assert parts.factors["prefill"].value == pytest.approx(PROMPT, rel=0.01)


def test_noise_widens_every_factor() -> None:
    work = varied()
    quiet, loud = (told(work, used(work, noise=noise)) for noise in (0.0, 0.1))
    for name, value in loud.factors.items():
        assert value.u > 2 * quiet.factors[name].u
        assert abs(value.value - quiet.factors[name].value) < value.u95


def test_a_constant_error_of_the_meter_is_one_of_base_power_alone() -> None:
    work = varied()
    good = used(work)
    channel = replace(CHANNEL, accuracy=Accuracy(gain=0.05, offset_w=2))
    parts = told(work, Supply.of([Trace.of(channel, good.curves[0].time, good.curves[0].joules)]))
    for name, value in parts.factors.items():
        budget = value.budget()
        assert budget[Term.GAIN] == pytest.approx(value.value * 0.05 / 1.96, rel=1e-3)
        offset = 2 / 1.96 if name == "base" else 0
        assert budget.get(Term.OFFSET, 0) == pytest.approx(offset, rel=1e-3)


def test_too_few_parts() -> None:
    work = varied()
    parts = split(work, used(work), 0, ns(5))
    assert isinstance(parts, Unknown)
    assert parts.reason == "12 parts of 0.4 s; at least 20 are needed"


@pytest.mark.parametrize("late_s", [0.0, 0.02, 0.3])
def test_parts_end_where_readings_tell_so_that_nothing_is_smeared(late_s: float) -> None:
    work = varied()
    (exact,) = used(work, every=0.13).curves
    channel = replace(CHANNEL, update_s=2 * late_s)
    curve = Supply.of([Trace.of(channel, exact.time + ns(late_s), exact.joules)])
    parts = told(work, curve)
    values = {name: value.value for name, value in parts.factors.items()}
    assert values == pytest.approx({"base": BASE, "prefill": PROMPT, "decode": TOKEN}, rel=2e-3)


def test_parts_of_a_short_window_are_shorter() -> None:
    work = varied()
    lengths = []
    for seconds, every in ((100, 0.004), (20, 0.004), (10, 0.004), (20, 0.2)):
        parts = split(work, used(work, every=every), 0, ns(seconds))
        assert isinstance(parts, Split)
        lengths.append(float(np.median(np.diff(parts.edges))) / NS)
    assert lengths == pytest.approx([1.0, 0.5, 0.4, 0.8], rel=0.3)


def test_too_few_readings() -> None:
    work = varied()
    parts = split(work, used(work, every=4.0), 0, ns(60))
    assert isinstance(parts, Unknown)
    assert parts.reason == "15 parts between readings; at least 20 are needed"
    parts = split(work, used(work, every=999.0), ns(5), ns(40))
    assert isinstance(parts, Unknown)
    assert parts.reason == "1 parts between readings; at least 20 are needed"


def test_a_window_without_prompts() -> None:
    work = work_of([request(0, (0.5 + 0.1 * np.arange(900)).tolist())])
    parts = split(work, constant(100, 100), ns(10), ns(60))
    assert isinstance(parts, Unknown)
    assert parts.reason == "no prefill in the window"


def test_columns_that_go_together_are_named() -> None:
    even = [request(t / 4, [(t + k) / 4 for k in range(1, 5)], tokens_in=9) for t in range(320)]
    parts = split(work_of(even), constant(100, 90), ns(5), ns(70))
    assert isinstance(parts, Unknown)
    assert parts.reason == "base, prefill, decode go together: they cannot be told apart"


def test_columns_that_nearly_go_together_are_named_too() -> None:
    rng = np.random.default_rng(3)
    slots = [(0.05 * np.arange(1, 1400) + 0.003 * i).tolist() for i in range(4)]
    long = [request(0, chunks, tokens_in=5) for chunks in slots]
    short = [request(t, [t + 0.3], tokens_in=int(rng.integers(1, 900))) for t in range(1, 69)]
    work = work_of([*long, *short])
    parts = told(work, used(work, noise=0.2), stop=ns(69))
    assert parts.inseparable == ("base", "decode")
    assert parts.inflation["prefill"] < 20
    shared = by_request(work, parts)
    assert isinstance(shared, Unknown)
    assert shared.reason.startswith("base, decode cannot be told apart")


def test_base_power_that_is_given_splits_a_load_that_never_varies() -> None:
    base = Value(BASE, "W", {Source(Term.IDLE, "gpu"): 1.0})
    slots = [(0.05 * np.arange(1, 1400) + 0.003 * i).tolist() for i in range(4)]
    rng = np.random.default_rng(3)
    short = [request(t, [t + 0.3], tokens_in=int(rng.integers(1, 900))) for t in range(1, 69)]
    work = work_of([*(request(0, chunks, tokens_in=5) for chunks in slots), *short])
    curve = used(work, noise=0.02)
    parts = split(work, curve, 0, ns(69), base_w=base)
    assert isinstance(parts, Split)
    assert parts.factors["base"] == base
    assert parts.inseparable == ()
    decode = parts.factors["decode"]
    assert abs(decode.value - TOKEN) < decode.u95
    assert decode.budget()[Term.IDLE] == pytest.approx(1 / 81, rel=0.05), "81 tokens a second"
    shared = shared_of(work, parts)
    assert shared.joules.sum() + shared.nobody == pytest.approx(parts.joules.sum())


def test_an_error_that_base_power_and_the_meter_share_stays_one() -> None:
    work = varied()
    good = used(work)
    channel = replace(CHANNEL, accuracy=Accuracy(gain=0.05))
    curve = Supply.of([Trace.of(channel, good.curves[0].time, good.curves[0].joules)])
    gain = next(s for s in told(work, curve).factors["base"].parts if s.term is Term.GAIN)
    base = Value(BASE, "W", {gain: BASE * 0.05 / 1.96})
    parts = split(work, curve, 0, int(work.ended.max()), base_w=base)
    assert isinstance(parts, Split)
    for value in parts.factors.values():
        assert value.budget()[Term.GAIN] == pytest.approx(value.value * 0.05 / 1.96, rel=1e-3)


def test_no_energy_at_all() -> None:
    work = varied()
    parts = told(work, constant(0, 90))
    assert [value.value for value in parts.factors.values()] == [0, 0, 0]
    shared = shared_of(work, parts)
    assert shared.joules.sum() == 0
    assert shared.nobody == 0


def test_a_long_prompt_costs_more_than_a_short_one() -> None:
    chunks = (20.3 + 0.05 * np.arange(30)).tolist()
    twins = [request(20, chunks, tokens_in=count) for count in (100, 4000)]
    work = work_of([*varied().requests, *twins])
    shared = shared_of(work, told(work, used(work)))
    own = PROMPT * work.tokens_in + TOKEN * work.tokens_out
    assert (shared.joules[shared.whole] > 0.98 * own[shared.whole]).all()
    short, long = (shared.joules[work.requests.index(twin)] for twin in twins)
    assert long - short == pytest.approx(PROMPT * 3900, rel=0.05)
    assert shared.clipped == ()
    assert shared.nobody > 0, "while nobody was served"
    quantiles = shared.quantiles()
    assert quantiles is not None
    assert (np.diff(quantiles) > 0).all()


def test_no_request_is_whole_in_a_window_too_short() -> None:
    work = work_of([request(0, (0.5 + 0.1 * np.arange(900)).tolist()), *varied().requests])
    parts = told(work, used(work), stop=ns(30))
    only = work_of([request(0, (0.5 + 0.1 * np.arange(900)).tolist())])
    assert shared_of(only, parts).quantiles() is None


def test_a_factor_below_zero_counts_as_zero() -> None:
    work = varied()
    time = np.arange(0, int(work.ended.max()) + ns(1), ns(0.05))
    counts = work.between(time)
    joules = BASE * counts.seconds - 0.001 * counts.prefill + TOKEN * counts.decode
    curve = Supply.of([Trace.of(CHANNEL, time, np.append(0, np.cumsum(joules)))])
    parts = told(work, curve)
    shared = shared_of(work, parts)
    assert shared.clipped == ("prefill",)
    assert shared.joules.sum() + shared.nobody == pytest.approx(parts.joules.sum())


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0, 20),
    st.floats(25, 60),
    st.booleans(),
    st.floats(0, 3),
)
def test_energies_of_requests_add_up_to_the_window(
    seed: int, start: float, seconds: float, resident: bool, noise: float
) -> None:
    work = varied(seed)
    parts = split(work, used(work, noise=noise), ns(start), ns(start + seconds), resident=resident)
    if isinstance(parts, Unknown):
        return
    shared = shared_of(work, parts)
    assert shared.joules.sum() + shared.nobody == pytest.approx(parts.joules.sum(), rel=1e-6)
    assert (shared.joules >= -1e-6).all()


def test_standard_errors_know_alike_neighbours() -> None:
    rng = np.random.default_rng(4)
    table = np.column_stack([np.ones(200), rng.standard_normal(200)])
    white = rng.standard_normal(200)
    _, errors, dof = regression(table, white)
    assert errors == pytest.approx([1 / np.sqrt(200)] * 2, rel=0.3)
    assert (dof > 10).all()
    wander = np.cumsum(white) / 5
    assert regression(table, wander)[1][0] > 2 * errors[0]


def test_a_factor_that_one_part_decides_has_one_degree_of_freedom() -> None:
    table = np.column_stack([np.ones(50), np.append(np.zeros(49), 1.0)])
    _, _, dof = regression(table, np.random.default_rng(0).standard_normal(50))
    assert dof[1] == 1


def run(tokens_in: int, tokens_out: int, count: int = 20) -> tuple[Value, Work]:
    work = work_of(
        [
            Request(
                id=str(i),
                planned=i * NS,
                sent=i * NS,
                first_token=i * NS + NS // 2,
                chunks=(i * NS + NS // 2,),
                ended=i * NS + NS // 2,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
            )
            for i in range(count)
        ]
    )
    joules = BASE * count + count * (PROMPT * tokens_in + TOKEN * tokens_out)
    return Value(joules, "J", {Source(Term.GAIN, "gpu"): 0.01 * joules}), work


def test_factors_of_runs_of_one_phase() -> None:
    edges = np.array([0, ns(20)])
    (long, work1), (short, work2) = run(4000, 1), run(8, 400)
    base = Value(BASE, "W", {Source(Term.GAIN, "gpu"): 0.01 * BASE})
    got = of_pure_runs((long, work1.between(edges)), (short, work2.between(edges)), base)
    assert not isinstance(got, Unknown)
    values = {name: value.value for name, value in got.items()}
    assert values == pytest.approx({"base": BASE, "prefill": PROMPT, "decode": TOKEN})
    assert got["decode"].u == pytest.approx(0.01 * TOKEN), "one gain stays one error"
    same = of_pure_runs((long, work1.between(edges)), (long, work1.between(edges)), base)
    assert isinstance(same, Unknown)
