from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable
from functools import cache

import pytest
from tests.report.build import (
    HOSTILE,
    Made,
    empty,
    estimated,
    hostile,
    killed,
    many_gpus,
    steady,
    unread,
)
from tests.report.demo import demo
from tests.report.reader import Reader

from joulemark.report.page import run_page

EVERY: list[Callable[[], Made]] = [
    demo,
    empty,
    killed,
    unread,
    estimated,
    hostile,
    lambda: many_gpus(8, 2),
    lambda: steady(watts=3.7e-6, joules_per_sample=2.2e-12),
    lambda: steady(watts=47e6, joules_per_sample=9.9e5, unit="inference-step"),
]


@cache
def text_of(make: Callable[[], Made]) -> str:
    of = make()
    return run_page(of.run, of.traces, of.results)


def page(make: Callable[[], Made]) -> Reader:
    reader = Reader(text_of(make))
    assert reader.open == []
    return reader


@pytest.mark.parametrize("make", EVERY)
def test_nothing_remote_and_nothing_inline_but_ours(make: Callable[[], Made]) -> None:
    reader = page(make)
    for tag, attributes in reader.tags:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form"), tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", tag
            if name in ("src", "href", "data", "action", "srcset", "xlink:href", "poster"):
                assert value.startswith("#") or value == "data:,", (tag, value)
    assert not re.search(r"@import|url\(", reader.inline["style"])
    assert not re.search(r"fetch\(|XMLHttp|import\(|eval\(", reader.inline["script"])
    assert len(reader.all("script")) == len(reader.all("style")) == 1


@pytest.mark.parametrize("make", EVERY)
def test_the_policy_allows_exactly_our_style_and_script(make: Callable[[], Made]) -> None:
    reader = page(make)
    (policy,) = [
        meta["content"]
        for meta in reader.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        digest = hashlib.sha256(reader.inline[tag].encode()).digest()
        assert rules[rule] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert "http" not in policy.replace("http-equiv", "")


@pytest.mark.parametrize("make", EVERY)
def test_the_page_can_be_read_without_pictures(make: Callable[[], Made]) -> None:
    reader = page(make)
    assert reader.all("html") == [{"lang": "en"}]
    assert len(reader.all("h1")) == len(reader.all("main")) == 1
    assert reader.tags[[tag for tag, _ in reader.tags].index("title") + 1][0] == "link"
    identities = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(set(identities)) == len(identities)
    for _, attributes in reader.tags:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in identities
        if attributes.get("role") == "img":
            assert attributes["aria-label"]
    for heading in reader.all("th"):
        assert heading.get("scope") in ("col", "row")
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_hostile_text_stays_text() -> None:
    made = hostile()
    text = run_page(made.run, made.traces, made.results, path=HOSTILE, checksums={HOSTILE: "0"})
    reader = Reader(text)
    assert "<img src=x" in reader.words
    assert "{{7*7}}" in reader.words
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert reader.all("img") == []


def test_the_page_says_what_a_run_came_to() -> None:
    words = page(demo).words.replace("\u00a0", " ")
    for said in (
        "148.1 ± 6.5 mJ per sample",
        "measured",
        "It leaves out board, disks and fans, power supply losses, network",
        "The windows repeat within ±",
        "a thin bar lies inside the part above it",
        "accuracy class of the meters, relative",
        "3 windows, 892 671 samples",
        "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz",
        "NVIDIA A100-PCIE-40GB (×2)",
        "nvmlDeviceGetTotalEnergyConsumption(0)",
        "assumed ±5 % for RAPL that measures",
        "no power sensor below /sys/class/hwmon; load the driver",
        "2520, 3 skipped",
        "the data set is a stand-in",
        "workload.model",
        "git.commit",
        "Result: test",
        "Epochs as a table",
        "67.6 °C",
        "window began (UTC) time energy work per unit loss",
        "1 08:54:06.000 61.0 s",
    ):
        assert said in words, said
    assert "not complete" not in words
    assert "Result: epochs" not in words


def test_each_part_has_a_line_on_one_time_axis() -> None:
    reader = page(demo)
    views = [svg for svg in reader.all("svg") if svg.get("class") == "view"]
    assert {view["viewbox"].split()[2] for view in views} == {"1000"}
    lines = [path for path in reader.all("path") if path.get("id", "").startswith("line-1-")]
    assert len(lines) == 5
    assert [li["data-line"] for li in reader.all("li") if "data-line" in li][:5] == [
        line["id"] for line in lines
    ]
    rects = [rect["class"] for rect in reader.all("rect") if "band" in rect.get("class", "")]
    assert {"band idle", "band warm-up", "band measure"} <= set(rects)


def test_how_to_compute_it_again() -> None:
    made = demo()
    text = run_page(
        made.run, made.traces, made.results, path="/data/my runs/x", checksums={"run.json": "ab12"}
    )
    words = Reader(text).words
    assert "joulemark show '/data/my runs/x' --budget" in words
    assert "run.json" in words
    assert "ab12" in words


def test_an_empty_run_says_so() -> None:
    words = page(empty).words
    assert "This run is not complete: it ended with an error" in words
    assert "there is no result" in words
    assert "No samples were recorded" in words
    assert "No channel of this run carries energy" in words


def test_a_killed_run_says_so() -> None:
    words = page(killed).words
    assert "never closed: it is still running, or it was killed" in words
    assert "the end was never recorded; the last sample was taken for it" in words
    assert "not recorded" in words


def test_an_unread_phase_is_unknown_and_not_zero() -> None:
    words = page(unread).words
    assert "unknown" in words
    assert "no data" in words
    assert "The windows repeat" not in words
    assert "nothing is known of its uncertainty" in words
    assert " 0 J" not in words


def test_an_estimate_wears_its_badge() -> None:
    reader = page(estimated)
    badges = [span for span in reader.all("span") if "badge" in span.get("class", "")]
    assert {badge["class"] for badge in badges} == {"badge estimated"}
    assert "virtual machine: 2 of 32 hardware threads" in reader.words


def test_a_run_with_loadgen_shows_it_with_the_disclaimer() -> None:
    said = {"valid": True, "log": {"scenario": "Offline", "p99": 0.0123}}
    made = steady(results={"loadgen-1": said, "loadgen-2": {**said, "valid": False}})
    words = page(lambda: made).words
    assert "LoadGen says loadgen-1 loadgen-2 valid yes no" in words
    assert "log.scenario Offline Offline" in words
    assert words.count("not an MLPerf result; not verified by MLCommons") == 2
    assert "LoadGen says" not in page(steady).words


def test_many_details_are_folded() -> None:
    from joulemark.core.caution import Caution, Code

    made = steady(cautions=tuple(Caution(Code.GAP, f"gap {n}") for n in range(40)))
    words = page(lambda: made).words
    assert "35 more" in words
    assert words.count(Code.GAP.text) == 1


def test_odd_settings_do_no_harm() -> None:
    epochs = [{"epoch": 1, "loss": 1.0, "flag": True, "list": [1]}, {"epoch": 2, "loss": 0.5}]
    made = steady(settings={"unavailable": "none"}, results={"epochs": epochs})
    assert "Not read" not in page(lambda: made).words


def test_the_page_is_small() -> None:
    assert len(text_of(demo)) < 400_000
