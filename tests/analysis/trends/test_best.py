"""The best so far: what each round did to it, and what may stand in one line."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.record.comparing import differences
from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.trends.best import Best, Move, best_so_far, efficiency, told_apart
from joulemark.analysis.trends.lines import DOUBTED, NO_ENERGY, lines
from tests.analysis.trends.entries import entry

ROUNDS = ("v1.0", "v1.1", "v2.0", "v2.1", "v3.0", "v3.1", "v4.0", "v4.1", "v5.1")


def only(entries: list[Entry]) -> Best:
    (one,) = best_so_far(entries)
    return one


def test_a_round_that_is_lower_is_a_plateau() -> None:
    found = only([
        entry("a", 100.0, round="v1.0"),
        entry("b", 150.0, round="v1.1"),
        entry("c", 120.0, round="v2.0"),
        entry("d", 200.0, round="v2.1"),
    ])  # fmt: skip
    assert [s.move for s in found.steps] == [Move.FIRST, Move.HIGHER, Move.PLATEAU, Move.HIGHER]
    assert [s.best.key for s in found.steps] == ["a", "b", "b", "d"]
    assert [s.here.key for s in found.steps] == ["a", "b", "c", "d"]
    assert [s.times for s in found.steps] == pytest.approx([1, 1.5, 1.5, 2])
    assert found.is_trend


def test_two_bests_within_their_intervals_cannot_be_told_apart() -> None:
    first = entry("a", 100.0, round="v1.0")
    assert only([first, entry("b", 101.0, round="v1.1")]).steps[1].move is Move.LEVEL
    assert only([first, entry("b", 102.0, round="v1.1")]).steps[1].move is Move.HIGHER
    unsure = only([first, entry("b", 102.0, round="v1.1", u95=None)])
    assert unsure.steps[1].move is Move.UNSURE
    assert not unsure.is_trend


def test_others_of_a_round_that_are_as_good_as_its_best_are_named() -> None:
    found = only([
        entry("a", 100.0, runs=("x",)),
        entry("copy", 100.0, runs=("x",)),
        entry("b", 99.5, runs=("y",)),
        entry("c", 90.0),
        entry("d", 99.9, u95=None),
    ])  # fmt: skip
    (step,) = found.steps
    assert [one.key for one in step.level] == ["b"]
    assert step.count == 5


def test_the_same_log_is_never_told_apart_from_itself() -> None:
    one = entry("a", 100.0, u95=None, runs=("x",))
    assert told_apart(one, entry("b", 100.0, u95=None, runs=("x",))) is False
    assert told_apart(one, entry("c", 100.0, u95=None)) is None


def test_a_break_of_the_definition_starts_a_new_line() -> None:
    found = best_so_far([
        entry("a", 0.16, round="v1.0", benchmark="3d-unet", target="99"),
        entry("b", 0.01, round="v2.0", benchmark="3d-unet", target="99"),
    ])  # fmt: skip
    assert [best.line.part for best in found] == [0, 1]
    assert found[0].line.opened_by == ()
    assert [change.since for change in found[1].line.opened_by] == ["v2.0"]
    assert [step.move for best in found for step in best.steps] == [Move.FIRST, Move.FIRST]


def test_units_are_converted_where_definitions_allow() -> None:
    of = {"benchmark": "gptj", "target": "99"}
    found = only([
        entry("a", 0.02304, round="v3.1", work="sample", **of),
        entry("b", 2.74259, round="v4.1", work="token", **of),
    ])  # fmt: skip
    assert found.line.work == "token"
    assert found.steps[1].times == pytest.approx(1.725, abs=1e-3)


def test_how_far_a_conversion_may_be_off_widens_the_interval() -> None:
    of = {"benchmark": "llama2-70b", "target": "99"}
    (line,) = lines([
        entry("a", 0.01, round="v4.0", work="sample", **of),
        entry("b", 2.95, round="v4.1", work="token", **of),
    ])  # fmt: skip
    assert line.entries[0].u95 == pytest.approx(math.hypot(0.011, 0.07))
    assert line.entries[1].u95 == 0.011


def test_what_cannot_stand_in_a_line_is_counted_with_its_reason() -> None:
    (line,) = lines([
        entry("a"),
        entry("b", None),
        entry("c", 1e6, evidence=Evidence.PAGE, doubts=("results/row: odd",)),
        entry("d", doubts=("results/row: odd",)),
        entry("e", work="token"),
    ])  # fmt: skip
    assert [one.key for one in line.entries] == ["a", "d"]
    told = dict(line.left_out)
    assert told.pop(NO_ENERGY) == told.pop(DOUBTED) == 1
    assert list(told.values()) == [1]


def test_runs_of_no_round_and_lines_of_no_result_are_left_out() -> None:
    assert best_so_far([entry("a", round=""), entry("b", None), entry("c", None, work="")]) == ()


def test_subjects_have_names() -> None:
    (line,) = lines([entry("a", benchmark="bert", target="99.9")])
    assert str(line.subject) == "bert-99.9, Offline, datacenter, closed"
    (line,) = lines([entry("a", suite="training", benchmark="ssd", scenario="", work="run")])
    assert str(line.subject) == "retinanet, datacenter, closed"


def _entries() -> st.SearchStrategy[list[Entry]]:
    one = st.builds(
        lambda n, per_joule, **more: (n, per_joule, more),
        st.integers(0, 9999),
        st.floats(1e-6, 1e6),
        round=st.sampled_from(ROUNDS),
        benchmark=st.sampled_from(("resnet50", "3d-unet")),
        scenario=st.sampled_from(("Offline", "MultiStream")),
        u95=st.sampled_from((None, 0.01, 0.3)),
    )
    rows = st.lists(one, max_size=30, unique_by=lambda row: row[0])
    return rows.map(lambda all_: [entry(f"{n}", value, **more) for n, value, more in all_])


@given(_entries())
def test_the_best_so_far_never_falls(entries: list[Entry]) -> None:
    for best in best_so_far(entries):
        values = [efficiency(step.best) for step in best.steps]
        assert values == sorted(values)
        assert all(step.times >= 1 for step in best.steps)
        assert all(efficiency(s.best) >= efficiency(s.here) for s in best.steps)
        assert [order(s.round) for s in best.steps] == sorted({order(s.round) for s in best.steps})


@given(_entries(), st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(entries: list[Entry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert best_so_far(entries) == best_so_far(shuffled)


@given(_entries())
def test_a_break_never_joins(entries: list[Entry]) -> None:
    found = best_so_far(entries)
    for best in found:
        for one, other in pairwise(best.line.entries):
            assert differences(one, other) == ()
    assert sum(len(best.line.entries) for best in found) == len(entries)
