"""Energies of single requests with their uncertainty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from joulemark.accounting.serving_requests import FEWEST, Costs, costs_of, groups, pooled
from joulemark.accounting.serving_split import Shared, by_request
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_work import work_of
from joulemark.core.request import Outcome
from joulemark.core.value import Source, Term, Value
from tests.accounting.serving import request
from tests.accounting.test_serving_split import BASE, PROMPT, TOKEN, told, used, varied


def known(seed: int = 0, *, noise: float = 0.05) -> Costs:
    work = varied(seed)
    costs = costs_of(work, told(work, used(work, noise=noise)))
    assert isinstance(costs, Costs)
    return costs


def test_energies_and_that_of_nobody_add_up() -> None:
    work = varied()
    parts = told(work, used(work))
    costs = costs_of(work, parts)
    assert isinstance(costs, Costs)
    assert costs.joules.sum() + costs.nobody == pytest.approx(parts.joules.sum())
    assert [value.value for value in costs.each()] == pytest.approx(costs.joules.tolist())


def test_the_division_by_the_true_factors_is_within_the_interval() -> None:
    work = varied(3)
    parts = told(work, used(work, noise=0.05))
    costs = costs_of(work, parts)
    assert isinstance(costs, Costs)
    true = {"base": BASE, "prefill": PROMPT, "decode": TOKEN}
    factors = {n: Value(true[n], v.unit) for n, v in parts.factors.items()}
    shared = by_request(work, replace(parts, factors=factors))
    assert isinstance(shared, Shared)
    pairs = zip(costs.each(), shared.joules.tolist(), strict=True)
    assert np.mean([abs(v.value - t) <= v.u95 for v, t in pairs]) > 0.9


def test_errors_of_the_factors_are_added_as_at_worst() -> None:
    costs = known()
    value = next(costs.each())
    fitted = [s for s in costs.shifts if s.of.startswith("split/")]
    assert len(fitted) == 3
    worst = sum(abs(float(costs.shifts[s][0])) for s in fitted)
    (source,) = (s for s in value.parts if s.of == "split/request")
    assert value.parts[source] == pytest.approx(worst)
    assert source.dof == min(s.dof for s in fitted)


def test_a_gain_of_the_meter_is_that_of_every_request() -> None:
    work = varied()
    parts = told(work, used(work))
    gain = Source(Term.GAIN, "meter")
    factors = {
        n: Value(v.value, v.unit).plus(gain, 0.1 * v.value) for n, v in parts.factors.items()
    }
    costs = costs_of(work, replace(parts, factors=factors))
    assert isinstance(costs, Costs)
    assert costs.shifts[gain] == pytest.approx(0.1 * costs.joules, rel=0.02)
    assert set(next(costs.each()).parts) == {gain}


def test_numbers_of_many_carry_their_uncertainty() -> None:
    costs = known()
    mean, median = costs.number(np.mean), costs.number(np.median)
    assert mean.value == pytest.approx(float(costs.joules[costs.whole].mean()))
    assert median.u95 > 0
    assert mean.u95 < float(np.mean([v.u95 for v in costs.each()]))


def test_long_answers_cost_more_than_short_ones() -> None:
    found = {group.words: group for group in groups(known())}
    assert list(found) == ["short prompts", "long prompts", "short answers", "long answers"]
    assert found["long prompts"].mean.value > found["short prompts"].mean.value
    assert found["long answers"].mean.value > found["short answers"].mean.value + 5
    assert found["short answers"].bound < found["long answers"].bound


def test_few_requests_or_all_alike_are_not_sorted() -> None:
    costs = known()
    few = replace(costs, whole=costs.whole & (np.arange(len(costs.whole)) < FEWEST - 1))
    assert groups(few) == []
    alike = replace(costs, requests=tuple(replace(r, tokens_in=7) for r in costs.requests))
    assert [group.words for group in groups(alike)] == ["short answers", "long answers"]


def test_what_failed_is_no_whole_request() -> None:
    work = varied()
    requests = [
        replace(one, outcome=Outcome.DROPPED) if n % 2 else one
        for n, one in enumerate(work.requests)
    ]
    broken = work_of(requests)
    costs = costs_of(broken, told(broken, used(broken)))
    assert isinstance(costs, Costs)
    assert not costs.whole[1::2].any()
    assert costs.whole[2::2].any()


def test_each_load_errs_by_itself() -> None:
    one, other = known(1), known(2)
    both = pooled([one, other])
    assert len(both.requests) == len(one.requests) + len(other.requests)
    assert both.nobody == pytest.approx(one.nobody + other.nobody)
    fitted = [source.of for source in both.shifts if source.of.startswith("split/")]
    assert sum(of.endswith("/1") for of in fitted) == 3
    assert sum(of.endswith("/2") for of in fitted) == 3
    assert both.joules[: len(one.joules)] == pytest.approx(one.joules)


def test_why_there_are_none_is_said() -> None:
    work = work_of([request(float(n), [n + 0.5], ended=n + 0.6) for n in range(30)])
    parts = replace(told(varied(), used(varied())), inseparable=("base", "decode"))
    reason = costs_of(work, parts)
    assert isinstance(reason, Unknown)
    assert "cannot be told apart" in reason.reason
