"""Figures of a window, and when to repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.repeats import half_width, with_repeats
from joulemark.accounting.serving_energy import (
    DEFINITIONS,
    MLENERGY_FIGURES,
    PER_INPUT,
    PER_OUTPUT,
    PER_REQUEST,
    PER_SECOND,
    PER_TOTAL,
    account,
    another,
    definition,
    mlenergy_figures,
    ratio,
)
from joulemark.accounting.serving_windows import STEADY, V2, V3, Steady, Unknown
from joulemark.accounting.serving_work import work_of
from joulemark.core.student import student_975
from joulemark.core.value import Source, Term, Value
from tests.accounting.serving import constant, ns, request


def window(start: float, stop: float, rule: str = STEADY) -> Steady:
    return Steady(rule=rule, start=ns(start), stop=ns(stop), drift={})


WORK = work_of([request(t, [t + 0.25, t + 0.5, t + 0.75, t + 1], tokens_in=30) for t in range(100)])


def test_every_definition_has_a_version_a_unit_and_words() -> None:
    for name in DEFINITIONS:
        said = definition(name)
        assert said.name.endswith("/1")
        assert said.unit
        assert len(said.text) > 20
    assert "idle power included" in definition(PER_OUTPUT).text
    with pytest.raises(KeyError):
        definition("energy-per-output-token/2")


def test_figures_of_a_steady_service() -> None:
    idle = Value(20.0, "W", {Source(Term.IDLE, "gpu"): 1.0})
    got = account(WORK, constant(120, 110), window(10, 90), idle_w=idle, host=constant(50, 110))
    values = {name: value.value for name, value in got.figures.items()}
    assert values == pytest.approx(
        {PER_OUTPUT: 30, PER_INPUT: 4, PER_TOTAL: 120 / 34, PER_REQUEST: 120, PER_SECOND: 120}
    )
    assert got.figures[PER_TOTAL].unit == "J/token"
    assert got.energy.joules.value == pytest.approx(120 * 80)
    assert got.idle is not None
    assert got.idle.value == pytest.approx(1600)
    assert got.idle.u == pytest.approx(80)
    assert got.host is not None
    assert got.host.joules.value == pytest.approx(50 * 80)


def test_what_nobody_counted_has_no_figure() -> None:
    work = work_of([request(t, [t + 0.5, t + 1], tokens_in=None) for t in range(100)])
    got = account(work, constant(120, 110), window(10, 90))
    assert PER_INPUT not in got.figures
    assert PER_OUTPUT in got.figures
    assert got.idle is None
    assert got.host is None


def _skewed(u: float) -> float:
    """Return what an uncertainty becomes whose inverse has it, of 100 with 19 degrees."""
    return u / (1 - student_975(19) * u / 100)


def test_scatter_of_the_parts_widens_a_ratio() -> None:
    joules = np.array([90.0, 110.0] * 10)
    value = ratio(Value(2000.0, "J"), joules, np.ones(20), "J/request")
    assert value.value == pytest.approx(100)
    assert value.u == pytest.approx(_skewed(10 / np.sqrt(19)), rel=1e-6)
    alike = ratio(Value(2000.0, "J"), np.sort(joules), np.ones(20), "J/request")
    assert alike.u == pytest.approx(
        _skewed(10 / np.sqrt(19) * np.sqrt(1.9 / 0.1)), rel=1e-6
    )  # no more than that
    joules = np.array([90.0, 90.0, 110.0, 110.0] * 5)  # correlation 1 / 20, and (1 + 3 / 20) / 20
    some = ratio(Value(2000.0, "J"), joules, np.ones(20), "J/request")
    assert some.u == pytest.approx(_skewed(10 / np.sqrt(19) * np.sqrt(1.1075 / 0.8925)), rel=1e-6)
    exact = ratio(Value(2000.0, "J"), np.full(20, 100.0), np.ones(20), "J/request")
    assert exact.u == 0


@given(st.floats(0.1, 1e6))
def test_a_ratio_is_of_its_unit(factor: float) -> None:
    joules = np.array([90.0, 100.0, 120.0, 80.0])
    one = ratio(Value(390.0, "J"), joules, np.ones(4), "J/x")
    many = ratio(Value(390.0 * factor, "J"), joules * factor, np.ones(4), "J/x")
    assert many.value == pytest.approx(one.value * factor)
    assert many.u == pytest.approx(one.u * factor)


@pytest.mark.parametrize("rule", [V2, V3])
def test_figures_of_mlenergy(rule: str) -> None:
    got = mlenergy_figures(WORK, constant(120, 110), window(10, 90, rule))
    assert not isinstance(got, Unknown)
    assert tuple(got) == MLENERGY_FIGURES[rule]
    assert list(got.values()) == pytest.approx([30, 120])


def test_figures_of_mlenergy_that_cannot_be() -> None:
    ours = mlenergy_figures(WORK, constant(120, 110), window(10, 90))
    assert isinstance(ours, Unknown)
    empty = mlenergy_figures(WORK, constant(120, 110), window(102, 109, V3))
    assert isinstance(empty, Unknown)
    assert "no token" in empty.reason


def test_repeats_go_on_until_they_agree() -> None:
    assert another([], goal=0.05).reason == "0 of at least 3 repeats"
    assert another([10.0, 10.0], goal=0.05).more
    assert another([10.0, 10.1, 9.9], goal=0.05).more is False
    wide = another([10.0, 12.0, 8.0], goal=0.05)
    assert wide.more
    assert "goal 5 %" in wide.reason
    last = another([10.0, 12.0, 8.0], goal=0.05, most=3)
    assert not last.more
    assert last.reason.endswith("3 are the most")


@given(st.lists(st.floats(1, 100), min_size=4, max_size=9), st.floats(0.001, 2))
def test_the_decision_knows_the_interval_that_is_stated(values: list[float], goal: float) -> None:
    mean = sum(values) / len(values)
    stated = with_repeats(Value(mean, "J"), values, "point", fewest=3).u95 / mean
    assert stated >= half_width(values) * 0.999
    if abs(stated - goal) > 1e-3 * goal:
        assert another(values, goal=goal).more == (stated > goal)


def test_energy_by_pictures_and_films_that_were_asked_about() -> None:
    plain = [request(t, [t + 0.5, t + 1], tokens_in=30) for t in range(100)]
    work = work_of([replace(one, images=2, videos=i % 2) for i, one in enumerate(plain)])
    figures = account(work, constant(120, 110), window(10, 90)).figures
    assert figures["energy-per-image-input/1"].value == pytest.approx(60)
    assert figures["energy-per-video-input/1"].value == pytest.approx(240)
    assert figures["energy-per-video-input/1"].unit == "J/video"
    assert (
        "energy-per-image-input/1" not in account(WORK, constant(120, 110), window(10, 90)).figures
    )
