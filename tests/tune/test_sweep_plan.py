"""The file of a sweep, and the order that comes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, JoulemarkError, UsageError
from joulemark.tune.sweep_order import imbalance, order
from joulemark.tune.sweep_plan import read_plan

GOOD = """
title = "t"
command = ["work", "--n={n}", "{ok}", "{result}", "{\\"a\\": {}}"]
repeats = 2
[axes]
n = [1, 2.5]
ok = [true, "x"]
[read]
work = "items"
unit = "item"
[read.metrics]
p99 = "latency.p99"
[cool_down]
time = "1s"
below_c = 50
"""


def plan_of(tmp_path: Path, text: str) -> object:
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    return read_plan(path)


def test_a_plan_and_its_commands(tmp_path: Path) -> None:
    path = tmp_path / "sweep.toml"
    path.write_text(GOOD)
    plan = read_plan(path)
    points = plan.points()
    assert points[0] == {"n": 1, "ok": True}
    assert len(points) == 4
    assert plan.words(points[0], "/r") == ["work", "--n=1", "true", "/r", '{"a": {}}']
    assert plan.words(points[3])[1:4] == ["--n=2.5", "x", "RESULT.json"]
    assert (plan.cool_down.seconds, plan.cool_down.below_c, plan.stop_after) == (1.0, 50.0, 3)
    assert (plan.reads.work, plan.reads.unit, plan.reads.wanted) == ("items", "item", True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [", "not TOML"),
        ("x = 1", "no field 'x'"),
        ('title = 3\ncommand = ["{n}"]\n[axes]\nn = [1]', "title is 3"),
        ('command = ["a"]', "there are no axes"),
        ('command = ["a"]\naxes = 3', "axes is no table"),
        ('command = "a"\n[axes]\nn = [1]', "command is 'a'"),
        ("[axes]\nn = [1]", "there is no command"),
        ('command = ["a"]\n[axes]\nn = [1]', "axis n is neither a knob nor in the command"),
        ('command = ["{m}"]\n[axes]\nn = [1]', "{m} is no axis"),
        ('command = ["{n}"]\n[axes]\nn = []', "no list of texts and numbers"),
        ('command = ["{n}"]\n[axes]\nn = [nan]', "no list of texts and numbers"),
        ('command = ["{n}"]\n[axes]\nn = [1, 1]', "stands there twice"),
        ('command = ["{n}"]\n[axes]\nn = {values = [1]}', "needs a knob"),
        ('command = ["a"]\n[axes]\nn = {knob = "x", values = [1]}', "no knob is called 'x'"),
        ('command = ["a"]\n[axes]\n"a b" = [1]', "cannot be called"),
        ('command = ["a"]\n[axes]\nresult = [1]', "cannot be called"),
        ('repeats = 0\ncommand = ["{n}"]\n[axes]\nn = [1]', "repeats is 0"),
        ('seed = true\ncommand = ["{n}"]\n[axes]\nn = [1]', "seed is True"),
        ('repeats = 100001\ncommand = ["{n}"]\n[axes]\nn = [1]', "are more than"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[read]\nsource = "x"', "source is 'x'"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[read]\nwork = "x"', "go together"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[read.metrics]\nn = "x"', "metric cannot be called"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[read.metrics]\nm = "x"', "no file to write"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[cool_down]\nbelow_c = "x"', "below_c is 'x'"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[cool_down]\ntime = true', "is not a duration"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[measure]\nperiod = "1us"', "below 0.1 ms"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[measure]\nmeters = "x"', "meters is 'x'"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises((FormatError, UsageError)) as raised:
        plan_of(tmp_path, text)
    assert message in str(raised.value)
    assert "sweep.toml" in raised.value.where or "no knob" in message


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"\xff")
    with pytest.raises(JoulemarkError, match="not TOML"):
        read_plan(tmp_path / "s.toml")


GRIDS = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def grid(sizes: list[int]) -> list[dict[str, int]]:
    points: list[dict[str, int]] = [{}]
    for number, size in enumerate(sizes):
        points = [{**point, f"a{number}": value} for point in points for value in range(size)]
    return points


@given(GRIDS, st.integers(1, 4), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_block_has_every_point_once(sizes: list[int], repeats: int, seed: int) -> None:
    points = grid(sizes)
    made = order(points, repeats, seed)
    assert Counter(made) == Counter((b, p) for b in range(repeats) for p in range(len(points)))
    assert [block for block, _ in made] == sorted(block for block, _ in made)
    assert made == order(points, repeats, seed), "the seed alone decides"


@given(GRIDS, st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_a_block_is_never_less_balanced_than_a_plain_shuffle(sizes: list[int], seed: int) -> None:
    points = grid(sizes)
    balanced = imbalance(points, order(points, 1, seed))
    assert balanced <= imbalance(points, order(points, 1, seed, shuffles=1))


def test_a_drift_falls_onto_no_axis() -> None:
    points = grid([2, 3])
    made = order(points, 4, seed=1)
    shuffled = order(points, 4, seed=1, shuffles=1)
    assert imbalance(points, made) < imbalance(points, shuffled) / 4
    assert order(points, 4, seed=2) != made
