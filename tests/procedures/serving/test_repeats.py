"""How often a load is done, by how many processes, and what counts of loads without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.accounting.repeats import fewest_repeats
from joulemark.accounting.serving_windows import Unknown
from joulemark.core.caution import Code
from joulemark.core.errors import UsageError
from joulemark.core.request import Prompt
from joulemark.procedures.serving.driver import processes_for
from joulemark.procedures.serving.figures import figures_of
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.store.reader import open_run
from joulemark.workloads.openai.client import Load
from tests.procedures.serving.helpers import measured, serving


def load(count: int, every_s: float = 0.0, concurrency: int | None = None) -> Load:
    prompts = [Prompt(id=str(i), text="x") for i in range(count)]
    return Load(prompts=prompts, due_s=[i * every_s for i in range(count)], concurrency=concurrency)


@pytest.mark.parametrize(
    ("asked", "cores", "processes"),
    [
        (load(1000, concurrency=256), 16, 1),
        (load(2000, concurrency=257), 16, 2),
        (load(100, concurrency=5000), 16, 1),
        (load(5000, concurrency=5000), 16, 8),
        (load(5000, concurrency=5000), 1, 1),
        (load(900, every_s=0.01), 16, 1),
        (load(900, every_s=0.001), 16, 5),
        (load(900), 16, 5),
        (load(0), 16, 1),
    ],
)
def test_processes_by_the_load(asked: Load, cores: int, processes: int) -> None:
    assert processes_for(asked, cores) == processes


def test_loads_that_never_get_steady_are_done_twice(tmp_path: Path) -> None:
    with serving() as server:
        result = measured(server, tmp_path, rule="steady/1", repeats=3, max_repeats=5)
    assert len(result.repeats) == 2
    assert figures_of(result) == {}


def test_loads_are_done_again_until_they_agree_or_are_the_most(tmp_path: Path) -> None:
    with serving() as server:
        result = measured(server, tmp_path, repeats=2, max_repeats=3, goal=1e-9)
        assert len(result.repeats) == 3
        (path,) = tmp_path.iterdir()
        assert Code.SPREAD in {caution.code for caution in open_run(path).run.cautions}
        loose = measured(server, tmp_path / "loose", repeats=2, max_repeats=5, goal=1e9)
        assert len(loose.repeats) == 2


def test_each_load_has_prompts_of_its_own() -> None:
    plan = LoadPlan(kind="closed", requests=5, concurrency=2)
    first, second, again = (plan.load(n).prompts[0].text for n in (0, 1, 0))
    assert first == again != second


def test_a_load_without_a_window_is_left_out_of_the_mean(tmp_path: Path) -> None:
    with serving() as server:
        result = measured(server, tmp_path)
    lacking = replace(result.repeats[1], window=Unknown("it drifts"), accounts={}, latency=None)
    figures = figures_of(replace(result, repeats=(result.repeats[0], lacking)))
    first = result.repeats[0].accounts["all"].figures["energy-per-output-token/1"]
    assert figures["energy-per-output-token/1"].value == pytest.approx(first.value)


def test_a_quick_look_says_so(tmp_path: Path) -> None:
    with serving() as server:
        measured(server, tmp_path, repeats=1, max_repeats=1, quick=True)
    (path,) = tmp_path.iterdir()
    run = open_run(path).run
    assert Code.QUICK in {caution.code for caution in run.cautions}
    assert run.title == "m, closed, 4 at once"
    assert fewest_repeats(run.settings) == 1


def test_a_load_of_years_is_refused() -> None:
    with pytest.raises(UsageError, match="after 115741 days"):
        LoadPlan(kind="constant", requests=11, rate=1e-9).load(0)
