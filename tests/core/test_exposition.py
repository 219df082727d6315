"""Prometheus text: samples taken apart, and nothing else taken for one."""

from __future__ import annotations

import math

import pytest

from joulemark.core.exposition import Sample, sample_of, samples_of


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        ("up 1", Sample("up", {}, 1.0)),
        ("a:b_total 1.5e+06", Sample("a:b_total", {}, 1.5e6)),
        ('a{x="1",y="two"} -3', Sample("a", {"x": "1", "y": "two"}, -3.0)),
        ('a{x="1",} 3 1789948800250', Sample("a", {"x": "1"}, 3.0, "1789948800250")),
        ('a{p="/{id}",q="\\"hi\\" }"} 2', Sample("a", {"p": "/{id}", "q": '\\"hi\\" }'}, 2.0)),
        ('a_bucket{le="+Inf"} 7 # {trace_id="x"} 0.67', Sample("a_bucket", {"le": "+Inf"}, 7.0)),
        ("a{} 4  ", Sample("a", {}, 4.0)),
        ("a +Inf", Sample("a", {}, math.inf)),
    ],
)  # fmt: skip
def test_a_sample_is_taken_apart(line: str, sample: Sample) -> None:
    assert sample_of(line) == sample


@pytest.mark.parametrize(
    "line", ["", "# HELP a b", "a", "a one", 'a{x="1" 3', "1a 3", "a b c d", '{"json": 1}']
)
def test_what_is_no_sample_is_none(line: str) -> None:
    assert sample_of(line) is None


def test_a_hostile_line_takes_no_long() -> None:
    assert sample_of('a{x="' + '\\"' * 50_000 + " 1") is None
    assert sample_of("a{" + "x" * 100_000) is None


def test_only_what_is_asked_for_is_read() -> None:
    text = "# TYPE vllm:a counter\nvllm:a 1\npython_info 1\nvllm:b none\nllamacpp:c 2\n"
    found = samples_of(text, ("vllm:", "llamacpp:"))
    assert [one.name for one in found] == ["vllm:a", "llamacpp:c"]
    assert len(samples_of(text)) == 3
