"""Balances and evidence as people and programs see them: tables, JSON, the page."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.accounting import machine
from tests.accounting.machine import also, record, seconds
from tests.report.build import Made, empty, estimated, hostile, many_gpus, steady
from tests.report.demo import demo
from tests.report.metered import TRUTH, broken, honest, server
from tests.report.reader import Reader

from joulemark.core.channel import Accuracy, Instrument
from joulemark.core.evidence import Condition, Evidence, Tier
from joulemark.core.trace import Trace
from joulemark.report.figures.balance import balance_bars
from joulemark.report.page import run_page
from joulemark.report.plain import run_json
from joulemark.report.table import print_run
from joulemark.report.table_balance import balance_table
from joulemark.report.table_crosscheck import crosscheck_json, print_crosscheck
from joulemark.report.table_evidence import evidence_tables, rank, reason
from joulemark.report.views_trust import evidence_view


def printed(of: Made, **more: Any) -> str:
    file = io.StringIO()
    print_run(of.run, of.results, "/runs/x", file=file, **more)
    text = file.getvalue()
    assert max(map(cell_len, text.splitlines())) <= 80
    return " ".join(text.split())


def text_of(shown: Any) -> str:
    file = io.StringIO()
    Console(file=file, width=80, markup=False).print(shown)
    return " ".join(file.getvalue().split())


# ------------------------------------------------------------------------------- in the terminal


def test_show_has_a_line_of_evidence_for_each_measured_phase() -> None:
    text = printed(honest())
    assert "train: cross-checked platform sensor (tier 3 of 5); demoted from calibrated" in text
    assert "calibration: none for m/wall; asked: dated, at most 366 days before the run" in text
    chips = printed(server("package-0", "gpu-0"))
    assert "on-chip counter (tier 2 of 5); not cross-checked platform sensor" in chips
    assert "meter class: on-chip (rapl); asked: platform meters or better (and 2 more)" in chips
    assert "infer: estimated (tier 1 of 5)" in printed(estimated())
    nothing = server(Trace.of(machine.CHANNELS["gpu-0"], [], []))
    assert "train: none, as nothing was read" in printed(nothing)
    assert "Evidence" not in printed(empty())


def test_show_evidence_prints_every_condition() -> None:
    text = printed(honest(), evidence=True)
    assert "tier 3, cross-checked platform sensor: every condition holds" in text
    assert "tier 4, calibrated external meter: 1 of 11 fail" in text
    assert "confirmed by bmc" in text
    assert "a named protocol, with" in text
    assert "Evidence of" not in printed(honest())
    nothing = server(Trace.of(machine.CHANNELS["gpu-0"], [], []))
    assert text_of(evidence_tables(nothing.results[1])).endswith("none, as nothing was read.")


def test_the_highest_tier_needs_no_reason_and_played_back_is_said() -> None:
    best = Evidence(tier=Tier.ACCREDITED, claim=Tier.ACCREDITED, declared=True, checks={})
    assert reason(best) == ""
    assert rank(best) == "declared: accredited analyser under protocol (tier 5 of 5)"
    one = {Tier.ON_CHIP: (Condition("coverage", "all", "half", holds=False),)}
    low = Evidence(tier=Tier.ESTIMATED, claim=Tier.ON_CHIP, declared=False, checks=one)
    assert reason(low) == "demoted from on-chip counter: coverage: half; asked: all"


def test_show_has_the_balance_where_there_is_something_to_balance() -> None:
    text = printed(honest())
    assert "Balance of train part mean W within W rest W share slope says" in text
    assert "node 528.5 W 488.5 W 40 ± 14 W 7.6 % 1.00 a rest" in text
    assert (
        "node = package-0 + gpu-0 + gpu-1 + rest; the rest may be memory and board, disks, fans "
        "and network cards"
    ) in text
    assert "they agree" in text
    assert "Balance" not in printed(steady())


def test_an_impossible_balance_is_said_and_so_are_channels_that_disagree() -> None:
    text = text_of(balance_table(broken().results[1]))
    assert "-112 ± 17 W -21 % 0.729 impossible" in text
    assert "m/gpu-1 187.2 ± 4.0 W, other/gpu-1 280.9 ± 5.8 W: they disagree" in text
    assert "node = gpu-0 + gpu-1 + rest wall" in text, "no guesses at what a negative rest is"


def test_many_parts_and_channels_are_told_in_short() -> None:
    names = [f"gpu-{i}" for i in range(9)]
    parts = [record("gpu-1", name=f"nvml/{n}", part=n) for n in names]
    others = [also("gpu-1", name=f"o/{n}", part=n) for n in names]
    large = record("node", 10 * TRUTH["node"], rated_w=None)
    text = text_of(balance_table(server(large, *parts, *others).results[1]))
    assert "gpu-5 + 3 more + rest" in text
    assert "9 further channels agree with those that speak for their parts, ratio 1.00" in text
    rack = replace(large.channel, node="rack", nodes=("a", "localhost"), part="strip")
    strip = Trace(rack, large.time, large.value)
    assert "rack strip = gpu-0" in text_of(balance_table(server(strip, *parts).results[1]))


def test_channels_that_are_too_uncertain_do_not_agree() -> None:
    vague = Accuracy(gain=0.5, source="a guess")
    one = also("gpu-0", name="v/a", accuracy=vague)
    text = text_of(balance_table(server("gpu-0", one).results[1]))
    assert "v/a" in text
    assert "too uncertain to tell" in text
    assert "agree" not in text
    two = also("gpu-0", name="v/b", accuracy=vague)
    text = text_of(balance_table(server("gpu-0", also("gpu-0"), one, two).results[1]))
    assert "they agree; 2 further channels are too uncertain to tell, ratio 1.00" in text


def test_channels_without_a_whole_are_compared_by_themselves() -> None:
    text = text_of(balance_table(server("gpu-0", also("gpu-0")).results[1]))
    assert text.startswith("Balance of train m/gpu-0 206.0 ± 4.3 W, other/gpu-0")
    zero = np.zeros_like(seconds())
    still = [record("gpu-0", zero, name=f"n/{i}", part="x", floor=None) for i in range(3)]
    text = text_of(balance_table(server(*still).results[1]))
    assert "2 further channels agree with those that speak for their parts" in text
    assert "ratio" not in text


def test_crosscheck_prints_balances_and_findings_alone() -> None:
    def said(of: Made) -> str:
        file = io.StringIO()
        print_crosscheck(of.run, of.results, file=file)
        assert max(map(cell_len, file.getvalue().splitlines())) <= 80
        return " ".join(file.getvalue().split())

    assert "Nothing impossible or doubtful was found." in said(honest())
    text = said(broken())
    assert "trust neither meter yet" in text
    assert "one-window" not in text
    assert "a single window" not in text, "only what a cross-check finds"
    assert "No two meters of this run cover the same part." in said(steady())


# ----------------------------------------------------------------------------------------- JSON


def test_json_has_evidence_and_balance_of_each_phase() -> None:
    of = honest()
    record = json.loads(json.dumps(run_json(of.run, of.results, "/x"), allow_nan=False))
    phase = record["phases"][1]
    evidence, balance = phase["evidence"], phase["balance"]
    assert (evidence["tier"], evidence["level"]) == ("cross-checked platform sensor", 3)
    assert evidence["meter_class_allows"] == "calibrated external meter"
    assert evidence["demoted_by"] == evidence["failed"] == ["calibration"]
    assert {"tier", "level", "name", "required", "seen", "holds"} == set(evidence["conditions"][0])
    node = next(one for one in balance["wholes"] if one["part"] == "node")
    assert node["rest_w"]["value"] == pytest.approx(40, abs=0.5)
    assert node["verdict"] == "rest"
    assert [part["part"] for part in node["parts"]] == ["package-0", "gpu-0", "gpu-1"]
    assert node["motion"]["slope"]["value"] == pytest.approx(1.0, abs=0.01)
    assert balance["channels"][0]["agrees"] is True
    assert balance["channels"][0]["motion"]["behind_s"] == 0
    assert balance["findings"] == []
    assert balance["impossible"] is False


def test_json_of_nothing_and_of_what_is_impossible() -> None:
    silent = server(Trace.of(machine.CHANNELS["gpu-0"], [], []))
    phase = run_json(silent.run, silent.results, "/x")["phases"][1]
    assert phase["evidence"] is None
    assert phase["balance"]["wholes"] == []
    of = broken()
    checked = crosscheck_json(of.run, of.results, "/x")
    assert checked["impossible"] is True
    found = checked["phases"][1]["findings"]
    assert {one["code"] for one in found if one["impossible"]} == {
        "child-above-parent",
        "above-rating",
    }
    still = server(record("node", 0 * TRUTH["node"], floor=None), "gpu-0")
    (whole,) = run_json(still.run, still.results, "/x")["phases"][1]["balance"]["wholes"]
    assert whole["rest_share"] is None


# -------------------------------------------------------------------------------------- the page


def page(of: Made) -> str:
    text = run_page(of.run, of.traces, of.results, path="/x")
    Reader(text)
    return text


def test_the_page_shows_balance_and_evidence() -> None:
    text = page(honest())
    assert "Balance of train: meters against each other" in text
    assert "cross-checked platform sensor (tier 3 of 5)" in text
    assert "tier 4, calibrated external meter: 1 of 11 conditions fail" in text
    plain = page(steady())
    assert "meters against each other" not in plain
    assert "on-chip" in plain
    silent = server(Trace.of(machine.CHANNELS["gpu-0"], [], []))
    assert "none, as nothing was read" in page(silent)
    for each in (hostile(), empty(), estimated(), many_gpus(3, 2), demo()):
        page(each)


def test_a_bar_is_filled_by_the_parts_and_the_rest() -> None:
    of = honest()
    bars = balance_bars(of.results[1], of.results)
    node = next(row for row in bars.rows if row.name == "node")
    assert node.beyond is None
    assert node.rest is not None
    filled = sum(piece.width for piece in node.pieces)
    assert node.rest[0] == pytest.approx(filled, abs=0.01)
    assert node.rest[0] + node.rest[1] == pytest.approx(node.whole, abs=0.01)
    assert bars.unit == "W"
    assert [label for label, _ in bars.legend] == ["core-0", "package-0", "gpu-0", "gpu-1", "node"]


def test_what_is_above_the_whole_is_drawn_beyond_its_mark() -> None:
    of = broken()
    node = balance_bars(of.results[1], of.results).rows[0]
    assert node.rest is None
    assert node.beyond is not None
    assert node.beyond[0] == node.whole
    assert "impossible" in page(of)


def test_a_phase_with_channels_but_no_whole_has_words_and_no_bar() -> None:
    of = server("gpu-0", also("gpu-0"))
    bars = balance_bars(of.results[1], of.results)
    assert bars.rows == []
    assert len(bars.channels) == 1
    assert "they agree" in page(of)


def test_the_view_of_evidence() -> None:
    unknown = server(record("gpu-0", instrument=Instrument.UNKNOWN))
    view = evidence_view(unknown.results[1])
    assert view.rank == "estimated (tier 1 of 5)"
    assert [tier.failed > 0 for tier in view.tiers] == [True] * 4
