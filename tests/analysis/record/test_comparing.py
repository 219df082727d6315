"""What may be compared, what breaks that, and units of work."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from joulemark.analysis.record.comparing import comparable, converted, differences, remarks
from joulemark.analysis.record.definitions import Kind, definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.core.errors import UsageError
from tests.analysis.record.rows import recorded, row


def entry(**more: Any) -> Entry:
    """Return an entry of BERT in round v4.0 with some of its attributes."""
    (one,) = recorded(row())
    return replace(one, **more)


def test_definitions_are_well_formed() -> None:
    known = definitions()
    assert {change.suite for change in known.changes} == {"inference", "training", "tiny"}
    assert all(change.what and change.source for change in known.changes)
    assert all(each.old != each.new and each.source for each in known.successors)
    assert known.tokens_per_sample("gptj") == 69
    assert known.tokens_per_sample("llama2-70b") == 292
    assert known.tokens_per_sample("bert") is None
    for dates in known.dates.values():
        named = sorted(dates, key=order)
        assert all(dates[one] < dates[other] for one, other in pairwise(named))
    assert known.date("inference", "v2.1") == "2022-09-08"
    assert known.date("inference", "v9.9") == ""
    assert order("v3.1") < order("v10.0") < order("later")


def test_the_same_benchmark_in_two_rounds_is_comparable() -> None:
    assert comparable(entry(), entry(round="v2.0"))
    assert differences(entry(), entry()) == ()


def test_a_new_data_set_breaks_the_line() -> None:
    old, new = entry(benchmark="3d-unet", round="v1.1"), entry(benchmark="3d-unet", round="v2.0")
    (why,) = differences(old, new)
    assert why.startswith("since v2.0 another data set")
    assert comparable(new, replace(new, round="v4.1"))


def test_multistream_was_redefined_and_nothing_converts_the_old_one() -> None:
    new = entry(scenario="MultiStream", round="v2.0", work="query", energy_j=0.8)
    old = replace(new, round="v1.0")
    assert not comparable(old, new)
    assert converted(new, "sample").energy_j == pytest.approx(0.1)
    with pytest.raises(UsageError, match="how many samples of bert-99 a query is"):
        converted(old, "sample")


def test_units_of_work_must_be_the_same() -> None:
    samples = entry(benchmark="gptj", round="v4.0", work="sample", performance=2.0, energy_j=69.0)
    tokens = replace(samples, round="v4.1", work="token")
    assert differences(samples, tokens) == ("two units of work: sample and token",)
    made = converted(samples, "token")
    assert (made.performance, made.energy_j) == (138.0, 1.0)
    assert made.remarks[-1] == "converted: 69.00 tokens in a sample"
    assert comparable(made, tokens)
    assert converted(tokens, "token") is tokens
    assert converted(entry(benchmark="llama2-70b"), "token").remarks[-1].endswith(", to 7.0 %")
    with pytest.raises(UsageError):
        converted(entry(), "token")


def test_what_else_tells_results_apart() -> None:
    others = {"target": "99.9", "scenario": "Server", "division": "open", "benchmark": "rnnt"}
    for name, value in others.items():
        assert len(differences(entry(), entry(**{name: value}))) == 1, name
    assert "two suites" in differences(entry(), entry(suite="tiny"))[0]


def test_other_names_of_one_benchmark_and_changes_of_method() -> None:
    ssd = entry(suite="training", benchmark="ssd", round="v4.0", scenario="")
    later = replace(ssd, benchmark="retinanet", round="v5.0")
    assert comparable(ssd, later)
    assert len(remarks(ssd, later)) == 1
    assert not remarks(later, later)
    kinds = {c.kind for c in definitions().changes_of("training", "bert", "")}
    assert kinds == {Kind.METHOD}
