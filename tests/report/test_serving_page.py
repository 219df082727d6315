"""The page of a run of serving: its pictures and what it says, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.report.build import at
from tests.report.reader import Reader
from tests.report.served import EVIL, answered, served

from joulemark.accounting.serving_requests import Costs
from joulemark.accounting.serving_work import work_of
from joulemark.core.request import Request
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Role
from joulemark.loads.serving.latency import Target
from joulemark.procedures.results import results_of
from joulemark.procedures.serving.costs import all_requests
from joulemark.procedures.serving.results import ServingResult, serving_of
from joulemark.report.figures.serving_charts import MOST_DOTS, by_length, distributions
from joulemark.report.figures.serving_timeline import MOST_BINS, serving_timeline
from joulemark.report.figures.timeline import Timeline
from joulemark.report.page import run_page
from joulemark.report.serving_more import sharing_words
from joulemark.report.serving_words import bound_of, load_of, plain

CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "boards": {"boards": True, "repeats": 2},
    "failing": {"failing": 3, "title": EVIL, "settings": {"model": EVIL, "url": EVIL}},
    "killed": {"repeats": 2, "killed": True},
    "killed at once": {"killed": True},
    "unmetered": {"metered": False},
    "telling": {"tells": True, "repeats": 2},
    "telling of no window": {"tells": True, "count": 1},
    "one": {"count": 1},
    "two": {"count": 2},
}


def page_of(folder: Path, **made: Any) -> str:
    stored = served(folder, **made)
    result = serving_of(stored)
    return run_page(stored.run, stored.traces(), results_of(stored), path="/x", serving=result)


def drawn(folder: Path, **made: Any) -> tuple[Timeline, ServingResult]:
    stored = served(folder, **made)
    result = serving_of(stored)
    found = serving_timeline(stored.run, stored.traces(), results_of(stored), result)
    assert found is not None
    return found, result


@pytest.mark.parametrize("made", CASES.values(), ids=CASES)
def test_every_run_gives_a_page_that_is_closed_and_does_nothing(
    tmp_path: Path, made: dict[str, Any]
) -> None:
    text = page_of(tmp_path, **made)
    reader = Reader(text)
    assert reader.open == []
    assert not any(tag in ("img", "iframe", "form") for tag, _ in reader.tags)
    for _, attributes in reader.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert "\x1b" not in text
    assert "\u202e" not in text
    pictures = [a for a in reader.all("svg") if a.get("role") == "img"]
    assert pictures
    assert all(a.get("aria-label") for a in pictures)
    assert "nan" not in re.sub(r"<script>.*</script>", "", text, flags=re.DOTALL).split()


def test_serving_comes_before_the_whole_loads(tmp_path: Path) -> None:
    words = Reader(page_of(tmp_path)).words
    order = ("energy per output token", "Requests, tokens and power over time", "By cause")
    places = [words.index(text) for text in (*order, "Times and rates", "Windows", "Whole loads")]
    assert places == sorted(places)
    assert "energy of the stated parts in the window" in words
    assert "joulemark export /x --requests" in words


def test_requests_rates_and_power_share_an_axis(tmp_path: Path) -> None:
    chart, result = drawn(tmp_path, repeats=2)
    names = [panel.name for panel in chart.panels]
    assert names == ["Requests", "Output tokens", "Prompt tokens", "Power"]
    found = [re.findall(r"[ML ]([\d.]+) ", panel.lines[0].path) for panel in chart.panels]
    begins, ends = ([float(f(each, key=float)) for each in found] for f in (min, max))
    load = result.repeats[0].load
    start = (load.start - chart.origin) / 1e9 / chart.span_s * 1000
    assert begins[:3] == pytest.approx([start] * 3, abs=0.1)
    assert ends[0] == ends[1] == ends[2] < ends[3]
    assert chart.panels[0].summary.startswith("Requests over time: in flight from 0")


def test_windows_are_shaded_and_other_rules_are_brackets(tmp_path: Path) -> None:
    chart, result = drawn(tmp_path, repeats=2)
    labels = [band.label for band in chart.bands]
    assert labels == [
        *("idle 1", "warm-up 1", "window 1", "drain 1"),
        *("warm-up 2", "window 2", "drain 2", "idle 2"),
    ]
    assert {band.role for band in chart.bands} == {"idle", "warm-up", "measure"}
    (bracket,) = chart.brackets
    assert bracket.name == "V3"
    assert bracket.path.count("M") == 2
    other = serving_timeline_by(result, "ML.ENERGY/steady/V3", tmp_path)
    assert [b.name for b in other.brackets] == ["ours"]


def serving_timeline_by(result: ServingResult, rule: str, folder: Path) -> Timeline:
    stored = served(folder / "again", repeats=len(result.repeats))
    again = serving_of(stored, rule=rule)
    found = serving_timeline(stored.run, stored.traces(), results_of(stored), again)
    assert found is not None
    return found


def test_what_the_server_tells_stands_on_the_same_axis(tmp_path: Path) -> None:
    chart, _ = drawn(tmp_path, repeats=2, tells=True)
    names = {panel.name: [line.label for line in panel.lines] for panel in chart.panels}
    assert names["Requests"] == [
        *("in flight", "served", "running, says the server", "waiting, says the server"),
    ]
    assert names["KV cache in use"] == ["KV cache in use, says the server"]
    kv = next(panel for panel in chart.panels if panel.name == "KV cache in use")
    assert kv.lines[0].path.count("M") == 2
    assert kv.summary.endswith("from 0 to 59.0 %.")
    words = Reader(page_of(tmp_path / "page", repeats=2, tells=True)).words
    assert "Load 2, in the window told by vLLM" in words
    assert "Load 1, whole load" in Reader(page_of(tmp_path / "one", count=1, tells=True)).words


def test_roles_and_their_definitions_stand_on_the_page(tmp_path: Path) -> None:
    roles = {"roles": {"decode": ["gpu-0"], "prefill": ["package-0"]}}
    words = Reader(page_of(tmp_path, boards=True, settings=roles)).words
    assert "Reasoning, right answers, roles" in words
    assert "decode per output token" in words


def test_a_load_without_a_window_says_so(tmp_path: Path) -> None:
    chart, _ = drawn(tmp_path, count=1)
    (band,) = (band for band in chart.bands if band.label == "load")
    assert band.role == Role.WARM_UP.value
    assert "no window" in band.about


def test_thousands_of_requests_over_hours_stay_few_points(tmp_path: Path) -> None:
    stored = served(tmp_path, count=10)
    result = serving_of(stored)
    rng = np.random.default_rng(0)
    many = tuple(answered(n, 12.0 + n * 3.0, rng) for n in range(2000))
    (repeat,) = result.repeats
    load = replace(repeat.load, stop=at(12.0 + 6000.0))
    long = replace(repeat, requests=many, work=work_of(many), load=load)
    chart = serving_timeline(
        stored.run, stored.traces(), results_of(stored), replace(result, repeats=(long,))
    )
    assert chart is not None
    for panel in chart.panels[:3]:
        for line in panel.lines:
            assert line.path.count(" ") <= 4 * MOST_BINS + 2


def requests(count: int) -> list[Request]:
    rng = np.random.default_rng(1)
    return [answered(n, float(n), rng) for n in range(count)]


def test_a_distribution_shows_the_bound_and_what_is_beyond(tmp_path: Path) -> None:
    charts = list(distributions(requests(1000), Target(ttft_s=0.2, latency_s=900.0)))
    assert [chart.name for chart in charts] == [
        *("time to first token", "time per output token", "whole answer"),
    ]
    assert [len(chart.bounds) for chart in charts] == [1, 0, 0]
    assert charts[0].bounds[0][1] == "service level 200 ms"
    assert charts[0].note.startswith("beyond it: 5, up to")
    assert "% within the bound" in charts[0].summary
    assert list(distributions(requests(1), None)) == []


def test_energies_by_length_are_as_many_dots_as_can_be_seen(tmp_path: Path) -> None:
    costs = all_requests(serving_of(served(tmp_path, count=900)))
    assert isinstance(costs, Costs)
    idle = replace(costs, nobody=float(costs.joules.sum()), clipped=())
    assert sharing_words(idle).startswith("50 % of the load's energy")
    assert sharing_words(replace(idle, nobody=0.0)) == ""
    prompt, answer = by_length(costs)
    assert len(prompt.dots) == MOST_DOTS
    assert "of 900 requests as dots" in answer.note or "of 899 requests" in answer.note
    alike = replace(costs, requests=tuple(replace(r, tokens_in=5) for r in costs.requests))
    assert len(list(by_length(alike))) == 1


def test_a_page_of_many_requests_is_light(tmp_path: Path) -> None:
    assert len(page_of(tmp_path, count=1500, repeats=2, boards=True)) < 700_000


@pytest.mark.parametrize(
    ("arrivals", "words"),
    [
        ({"kind": "closed", "concurrency": 8}, "closed loop, 8 at once"),
        ({"kind": "ramp", "rate": 1.0, "last_rate": 9.5}, "a ramp of arrivals, 1/s, to 9.5/s"),
        ({"kind": "gamma", "rate": 2, "burstiness": 0.5}, "gamma arrivals, 2/s, burstiness 0.5"),
        ({"kind": "trace", "trace": "/t/azure.csv"}, "a recording, /t/azure.csv"),
        ({"kind": "new", "rate": True}, "new"),
        ("nothing", "not told"),
    ],
)
def test_loads_in_words(arrivals: object, words: str) -> None:
    assert load_of({"arrivals": arrivals}) == words


def test_numbers_without_prefix() -> None:
    u = Source(Term.MODEL, "x")
    assert plain(Value(0.957, "tokens/J", {u: 0.06})) == "0.96 ± 0.12 tokens/J"
    assert plain(Value(1234.0, "tokens/J", {u: 60.0})) == "1234 ± 118 tokens/J"
    assert plain(Value(3.0, "tokens/J")) == "3.00 tokens/J"
    assert (bound_of(0.05), bound_of(2.5)) == ("50 ms", "2.5 s")
