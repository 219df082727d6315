"""Searches: which points are tried, on surfaces whose frontier is known, and over real commands."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.errors import FormatError, MissingExtraError, UsageError
from joulemark.tune.search import Trial, first_points, known_points, next_point
from joulemark.tune.sweep import Outcome
from joulemark.tune.sweep_axes import Axis, Span
from joulemark.tune.sweep_goals import STARTUP, Goals
from joulemark.tune.sweep_plan import parse_plan
from joulemark.tune.sweep_search import lacks, searched
from tests.tune.test_sweep import lines_of, swept

GRID = (Axis("a", tuple(range(12))), Axis("b", (1, 2, 4, 8, 16)), Axis("kind", ("x", "y", "z")))
GOALS = Goals(40, ("energy", "time"))
ROOM = {
    "whole": Axis("whole", (), None, Span(1, 64, True, True)),
    "real": Axis("real", (), None, Span(0.5, 2.0, False, False)),
    "log": Axis("log", (), None, Span(1e-3, 1.0, True, False)),
}


def surface(point: Any) -> dict[str, float]:
    """Return a plane whose frontier is the points of a = 5 and kind = y, whatever b."""
    beside = (point["a"] - 5) ** 2 + 3 * (point["kind"] != "y")
    return {"energy": 16 / point["b"] + beside, "time": point["b"] + beside}


FRONT = {(5, b, "y") for b in (1, 2, 4, 8, 16)}


def tried(goals: Goals, seed: int, axes: Any = GRID, numbers: Any = surface) -> list[Trial]:
    before: list[Trial] = []
    while len(before) < goals.trials:
        point = next_point(axes, goals, seed, before)
        if point is None:
            break
        before.append(Trial(point, numbers(point)))
    return before


def on_front(trials: list[Trial]) -> int:
    return len({tuple(trial.point.values()) for trial in trials} & FRONT)


def test_a_search_finds_a_known_frontier_with_fewer_points_than_the_grid() -> None:
    pytest.importorskip("optuna", reason="the extra search is not installed")
    found = [on_front(tried(GOALS, seed)) for seed in range(3)]
    assert min(found) >= 4, "of 5 points of the frontier, in 40 of 180 points"
    chance = [on_front(tried(Goals(40, ("energy", "time"), sampler="random"), s)) for s in range(3)]
    assert sum(found) > 2 * sum(chance)


def test_what_comes_next_is_a_function_of_what_is_known() -> None:
    pytest.importorskip("optuna", reason="the extra search is not installed")
    whole = tried(Goals(16, ("energy", "time")), 3)
    again = next_point(GRID, GOALS, 3, whole[:12])
    assert again == whole[12].point
    assert len({json.dumps(trial.point) for trial in whole}) == 16, "no point twice"
    other = [Trial(trial.point) for trial in whole[:12]]
    assert next_point(GRID, GOALS, 3, other) is not None, "all have failed"


def test_bounds_and_more() -> None:
    pytest.importorskip("optuna", reason="the extra search is not installed")
    goals = Goals(30, ("energy",), more=frozenset({"energy"}), at_most={"energy": 20, "time": 30})
    found = tried(goals, 1)
    best = max(trial.numbers["energy"] for trial in found if trial.numbers["time"] <= 30)
    assert best >= 40


def test_ranges() -> None:
    pytest.importorskip("optuna", reason="the extra search is not installed")
    axes = tuple(ROOM.values())

    def numbers(point: Any) -> dict[str, float]:
        return {"energy": abs(point["whole"] - 8) + point["real"], "time": point["log"]}

    found = tried(Goals(12, ("energy", "time")), 0, axes, numbers)
    assert len(found) == 12
    for trial in found:
        assert isinstance(trial.point["whole"], int)
        assert 1 <= trial.point["whole"] <= 64
        assert 0.5 <= float(trial.point["real"]) <= 2.0
        assert 1e-3 <= float(trial.point["log"]) <= 1.0
        assert len(str(trial.point["log"])) <= 9, "as a person would write it"


def test_the_first_points_spread_over_every_axis() -> None:
    points = first_points(GRID, 12, seed=4)
    assert sorted(int(point["a"]) for point in points) == list(range(12))
    assert [sum(p["kind"] == kind for p in points) for kind in "xyz"] == [4, 4, 4]
    whole = first_points([ROOM["whole"]], 6, seed=4)
    assert sorted(int(point["whole"]) for point in whole)[3] <= 16, "evenly in the logarithm"


def test_a_grid_that_is_used_up_ends_a_search() -> None:
    axes = (Axis("a", (1, 2)), Axis("b", ("x", "y")))
    goals = Goals(9, ("energy",), sampler="random")
    found = tried(goals, 0, axes, lambda _: {"energy": 1.0})
    assert sorted(tuple(trial.point.values()) for trial in found) == list(
        itertools.product((1, 2), "xy")
    )
    assert len(known_points(axes, goals, 0)) == 4


def test_without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    plan = parse_plan(plan_text().encode(), "s.toml")
    with pytest.raises(MissingExtraError):
        next(searched(plan, {}))
    before = [Trial(point) for point in known_points(GRID, GOALS, 0)]
    assert len(before) == GOALS.startup
    with pytest.raises(MissingExtraError, match=r"joulemark\[search\]"):
        next_point(GRID, GOALS, 0, before)


WORK = (
    "import json, sys; n, m = map(int, sys.argv[2:4]); "
    "open(sys.argv[1], 'w').write(json.dumps({'metrics': {'e': abs(n - 3) + m, 't': 9 - m}})); "
    "sys.exit(n == 5 and 'no such n')"
)


def plan_text(trials: int = 10, extra: str = "") -> str:
    command = [sys.executable, "-c", WORK, "{result}", "{n}", "{m}"]
    return f"""
title = "searched"
command = {json.dumps(command)}
seed = 1
stop_after = 0
[axes]
n = {{from = 1, to = 6}}
m = [1, 2, 3]
[measure]
by = "command"
[search]
trials = {trials}
objectives = ["e", "t"]
{extra}
"""


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_over_real_commands_goes_on_where_it_was(tmp_path: Path, sampler: str) -> None:
    if sampler == "tpe":
        pytest.importorskip("optuna", reason="the extra search is not installed")
    text = plan_text(12, f'sampler = "{sampler}"')
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    done = swept(whole, text)
    lines = lines_of(whole)
    failed = sum(line["status"] == "failed" for line in lines)
    assert done == Outcome(12, 12 - failed, failed)
    assert all((line["values"]["n"] == 5) == (line["status"] == "failed") for line in lines)
    swept(parts, text)
    record = parts / "s" / "sweep.jsonl"
    kept = record.read_bytes().splitlines(keepends=True)[:11]
    record.write_bytes(b"".join(kept) + b'{"kind": "poi')
    swept(parts, text, resume=True)
    asked = [line["values"] for line in lines_of(parts) if line["status"] == "done"]
    assert sorted(map(str, asked)) == sorted(
        str(line["values"]) for line in lines if line["status"] == "done"
    )


def test_a_point_without_what_is_searched_for_fails(tmp_path: Path) -> None:
    text = plan_text(2, 'sampler = "random"').replace('["e", "t"]', '["e", "tpot"]')
    assert swept(tmp_path, text).done == 0
    said = {line["why"] for line in lines_of(tmp_path)} - {"exit code 1: no such n"}
    assert said == {"it has no tpot, which is searched for; there is e, t"}
    line = {"energy_j": 4.0, "metrics": {"work": 2.0}}
    assert lacks(Goals(1, ("energy_per_x_j",)), "x", line) == ""


def test_what_is_known_of_a_search_beforehand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(plan_text())
    assert main(["sweep", str(path), "--dry-run"]) == 0
    assert "2 more, which the search chooses" in capsys.readouterr().out
    assert main(["sweep", str(path), "--dry-run", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["order"]) == STARTUP


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trials = 10", "", "how many points"),
        ("trials = 10", "trials = 0", "trials is 0"),
        ("trials = 10", "trials = 10\nx = 1", "no field 'x'"),
        ("trials = 10", "trials = 10\nsampler = 'x'", "sampler is 'x'"),
        ('["e", "t"]', "[]", "no list of 1 to 4"),
        ('["e", "t"]', '["e", "e"]', "no list of 1 to 4"),
        ("trials = 10", "trials = 10\nmore = ['x']", "neither searched for nor bound"),
        ("trials = 10", "trials = 10\nat_most = {t = 'x'}", "t: 'x' is not a duration"),
        ("trials = 10", "trials = 10\nat_most = {t = []}", "t: '' is not a duration"),
        ("trials = 10", "trials = 200000", "are more than"),
        ('by = "command"\n[search]', "[read.metrics]\nz = 'z'\n[search]", "no metric 'e'"),
    ],
)
def test_goals_that_make_no_sense(old: str, new: str, message: str) -> None:
    with pytest.raises((FormatError, UsageError)) as raised:
        parse_plan(plan_text().replace(old, new).encode(), "s.toml")
    assert message in str(raised.value)


def test_goals() -> None:
    text = plan_text(5, 'at_most = {tpot_p99_s = "100ms", q = 3}\nmore = ["q"]\nstartup = 4')
    plan = parse_plan(text.encode(), "s.toml")
    assert plan.repeats == 1, "a search repeats nothing if it is not asked to"
    assert plan.goals is not None
    assert plan.goals.at_most == {"tpot_p99_s": 0.1, "q": 3.0}
    assert set(plan.goals.more) == {"q"}
    assert (plan.goals.startup, plan.size) == (4, 5)
