"""One's own runs over the record: compared where that can be, refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.trends.best import best_so_far
from joulemark.analysis.trends.changes import Change
from joulemark.analysis.trends.lines import lines
from joulemark.analysis.trends.own import as_trainings, claim, claimed, laid_over, own_change
from joulemark.core.errors import UsageError
from tests.analysis.trends.entries import entry


def mine(per_joule: float | None = 150.0, **more: Any) -> Entry:
    of = {"suite": "", "round": "", "division": "", "category": Category.UNKNOWN,
          "evidence": Evidence.OWN, **more}  # fmt: skip
    return entry("mine/measure", per_joule, **of)


RECORD = [
    entry("a", 100.0, round="v1.0"),
    entry("b", 200.0, round="v2.0"),
    entry("c", 180.0, round="v2.0", category=Category.EDGE),
    entry("d", 5.0, benchmark="bert", target="99"),
]


def why(own: Entry) -> str:
    laid, (refused,) = laid_over([own], lines(RECORD))
    assert laid == []
    return refused.why


def test_it_is_laid_over_every_scale_that_it_may_be_of() -> None:
    laid, refused = laid_over([mine()], lines(RECORD))
    assert refused == []
    edge, datacenter = sorted(laid, key=lambda one: one.count)
    assert (edge.place, edge.count) == (2, 1)
    assert edge.times == pytest.approx(150 / 180)
    assert (datacenter.place, datacenter.count, datacenter.best.key) == (2, 2, "b")
    assert datacenter.apart is True
    laid, _ = laid_over([mine(category=Category.EDGE)], lines(RECORD))
    assert [one.line.subject.category for one in laid] == [Category.EDGE]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"per_joule": None}, "no energy of a unit of work"),
        ({"benchmark": ""}, "does not say which benchmark"),
        ({"benchmark": "LeNet"}, "no line shown here is of LeNet"),
        ({"benchmark": "bert"}, "accuracy target is not that of a line: bert-99"),
        ({"scenario": ""}, "its scenario is not said"),
        ({"scenario": "Server"}, "its scenario is Server"),
        ({"category": Category.TINY}, "its scale is tiny"),
        ({"category": Category.TRAINING}, "its scale is training"),
        ({"work": "batch"}, "nothing says how many samples"),
    ],
)
def test_what_is_not_comparable_is_refused_with_its_reason(
    more: dict[str, Any], reason: str
) -> None:
    assert reason in why(mine(**more))


def test_a_unit_is_converted_and_only_todays_definition_is_compared_with() -> None:
    record = [
        entry("a", 1.0, benchmark="3d-unet", target="99", round="v1.0"),
        entry("b", 0.01, benchmark="3d-unet", target="99", round="v2.0"),
    ]
    own = mine(0.02, benchmark="3d-unet", target="99")
    (laid,), _ = laid_over([own], [best.line for best in best_so_far(record)])
    assert laid.best.key == "b"
    tokens = [entry("t", 2.74, benchmark="gptj", target="99", work="token", round="v4.1")]
    (laid,), _ = laid_over([mine(0.02, benchmark="gptj", target="99")], lines(tokens))
    assert laid.entry.per_joule == pytest.approx(0.02 * 69)
    assert laid.entry.remarks[-1].startswith("converted")


def test_a_claim_names_what_was_run() -> None:
    said = claim("last=bert-99.9/Offline")
    assert (said.run, said.benchmark, said.scenario) == ("last", "bert-99.9", "Offline")
    made = claimed(mine(scenario=""), said)
    assert (made.benchmark, made.target, made.scenario) == ("bert", "99.9", "Offline")
    assert made.remarks == ("its owner says that it ran bert-99.9 Offline",)
    assert claimed(mine(), claim("last")) == mine()
    for text in ("", "=bert", "last=", "last=bert/"):
        with pytest.raises(UsageError, match="names no run"):
            claim(text)


def test_two_runs_are_a_change() -> None:
    made = own_change([mine(100.0), mine(110.0)], stays=True)
    assert isinstance(made, Change)
    assert made.relative == pytest.approx(0.1)
    other = own_change([mine(100.0), mine(110.0, accelerator="new")], stays=False)
    assert isinstance(other, Change)


@pytest.mark.parametrize(
    ("own", "stays", "reason"),
    [
        ([mine()], True, "name two"),
        ([mine(), mine(None)], True, "no energy"),
        ([mine(benchmark=""), mine(benchmark="")], True, "not known which benchmark"),
        ([mine(), mine(benchmark="bert")], True, "two benchmarks: resnet50 and bert"),
        (
            [
                entry(round="v1.1", scenario="MultiStream"),
                mine(scenario="MultiStream", suite="inference", division="closed"),
            ],
            True,
            "since v2.0 8 samples a query",
        ),
        ([mine(), mine(processor="new")], True, "the machine is another"),
        ([mine(), mine()], False, "the machine is the same"),
        ([mine(), mine(work="batch")], True, "nothing says"),
    ],
)
def test_what_is_no_change(own: list[Entry], stays: bool, reason: str) -> None:
    made = own_change(own, stays=stays)
    assert isinstance(made, str)
    assert reason in made


def test_trainings_of_ones_own() -> None:
    good = mine(category=Category.TRAINING, submitter="")
    found, refused = as_trainings(
        [good, mine(), mine(category=Category.TRAINING, accelerators=None)]
    )
    assert [(one.suite, one.submitter) for one in found] == [("training", "you")]
    assert len(refused) == 2


def test_a_published_run_is_not_counted_against_itself() -> None:
    (laid,), _ = laid_over([RECORD[1]], lines(RECORD[:2]))
    assert (laid.place, laid.count, laid.times, laid.apart) == (1, 1, 1, False)


def test_a_published_run_stands_in_its_own_line_or_nowhere() -> None:
    old = entry("old", 1.0, benchmark="3d-unet", target="99", round="v1.0")
    new = entry("new", 0.01, benchmark="3d-unet", target="99", round="v2.0")
    (laid,), _ = laid_over([old], lines([old, new]))
    assert (laid.line.part, laid.best.key, laid.place) == (0, "old", 1)
    _, (refused,) = laid_over([entry("open", division="open")], lines(RECORD))
    assert refused.why == "open resnet50 of v4.0 is not among the results shown"
