"""The page of scores: figures, breakdown, nothing that a hostile file could do."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.report.test_scored import ENERGY, FINDING, SESSION, TINY, TRAINED, TRAINING

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.checked import Measured
from joulemark.procedures.scored import Both, Scored, TinyScore
from joulemark.report.scored_page import Page, view

VOID = {"meta", "link", "line", "circle", "rect", "br"}


class Balanced(HTMLParser):
    """Notes what is open, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(*every: Scored, paths: tuple[str, ...] = ("tree",)) -> str:
    file = io.StringIO()
    made = Page(file, paths)
    for one in every:
        made.add(one)
    made.close()
    return file.getvalue()


def text_of(html: str) -> str:
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return " ".join(" ".join(parser.text).split())


def test_a_benchmark_shows_both_energies_and_what_they_are_made_of() -> None:
    said = text_of(page(TRAINING))
    for words in (
        "Us · 8xBox · llama2_70b_lora",
        "20.6443 MJ",
        "20.6 ± 3.1 MJ",
        "time to train 5 min 29 s",
        "5.73452 kWh",
        "62.69 kW",
        "compute",
        "interconnect",
        "node_0",
        "official summarizer of 2024-05, mean of 1 of 2 runs",
        "± mostly from the model that stands in for a sensor",
        "did not converge",
        "declared",
        "not verified by MLCommons",
        "1 result.",
    ):
        assert words in said


def test_a_session_shows_windows_printed_and_recomputed() -> None:
    said = text_of(page(TINY, replace(TINY, findings=(FINDING,))))
    for words in ("203.368 µJ", "203.4 ± 4.1 µJ", "770 ± 15 pJ", "264,192", "same digits",
                  "tiny/short-window", "2 results."):  # fmt: skip
        assert words in said


def test_bars_hold_their_shares() -> None:
    shown = view(TRAINING)
    published, inside = shown["bars"][0]["bars"]
    assert [round(s["width"]) for s in published["segments"]] == [74, 26]
    assert published["segments"][1]["left"] == published["segments"][0]["width"]
    assert inside["value"] == "20.63 MJ"
    rows = shown["strip"]["rows"]
    assert all(0 <= row["at"] <= 100 for row in rows)
    assert rows[1]["left"] >= 0
    assert rows[1]["left"] + rows[1]["width"] <= 100
    assert [bar["label"] for bar in shown["bars"][1]["bars"]] == ["node_0"]


@pytest.mark.parametrize(
    "scored",
    [
        replace(TRAINING, training=replace(TRAINED, whole=Both(), ttt_s=None, logs=(), budget={})),
        replace(TRAINING, training=replace(TRAINED, whole=Both(0.0, Measured(0.0, 0.0)))),
        replace(TRAINING, training=replace(TRAINED, compute=Both(), interconnect=Both())),
        replace(TRAINING, training=replace(TRAINED, logs=TRAINED.logs[:1], whole=ENERGY)),
        replace(TRAINING, training=None, reasons={"energy": "its worker was killed"}),
        replace(TINY, tiny=TinyScore(), reasons={"recomputed_uj": "there is no trace"}),
        replace(TINY, tiny=replace(SESSION, mode="accuracy", metric="auc", accuracy=0.86)),
        replace(
            TINY,
            tiny=replace(
                SESSION, duty=Measured(0.25, 0.01), detected=(48, 2, 1), reported_duty=0.2
            ),
        ),
        replace(TINY, submitter="", system="", benchmark="", path="alone"),
    ],
)
def test_whatever_is_missing_the_page_is_whole(scored: Scored) -> None:
    said = text_of(page(scored))
    for why in scored.reasons.values():
        assert why in said or why == "none is stated"


def test_what_is_missing_is_said() -> None:
    reasons = {"official": "it ends when it starts", "interconnect.official": "0 J"}
    nothing = replace(TRAINED, whole=Both(None, ENERGY.in_run))
    said = text_of(page(replace(TRAINING, training=nothing, reasons=reasons)))
    assert "not given it ends when it starts" in said
    assert "no official it ends when it starts" in said
    assert "interconnect, official 0 J" in said


def test_hostile_text_only_shows() -> None:
    bad = '"><script>alert(1)</script>\u202e'
    every = replace(
        TRAINING,
        submitter=bad,
        system=bad,
        path=bad,
        reasons={bad: bad},
        findings=(FINDING, replace_message(bad)),
        training=replace(TRAINED, logs=(replace(TRAINED.logs[0], name=bad), *TRAINED.logs)),
    )
    html = page(every, replace(TINY, tiny=replace(SESSION, variant=bad, meter=bad)), paths=(bad,))
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert len(re.findall("<script", html)) == 1
    text_of(html)


def replace_message(text: str) -> Finding:

    return Finding(rule=text, severity=Severity.NOTE, message=text, file=text)


def test_long_lists_are_cut_and_counted() -> None:
    many = replace(TRAINED, logs=tuple(replace(TRAINED.logs[0], name=f"n{i}") for i in range(300)))
    said = text_of(page(replace(TRAINING, training=many, findings=(FINDING,) * 150)))
    assert "and 100 more" in said
    assert "and 50 more" in said
    assert "n199" in said
    assert "n250" not in said
