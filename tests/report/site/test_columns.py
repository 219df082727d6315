"""The record as columns, details and the best of each benchmark."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.site.made import HOSTILE, LONG, entry, few, hostile, many

from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.core.caution import Code
from joulemark.report.site.columns import columns, firsts_of, natural, rules_of
from joulemark.report.site.details import MOST, OTHER, details, shard_of, shards
from joulemark.report.site.doubt import best_of, doubt_of


def decoded(entries: list[Entry]) -> tuple[dict[str, list[str]], dict[str, list[float]]]:
    made: dict[str, Any] = json.loads(json.dumps(columns(entries, definitions()), allow_nan=False))
    words = {
        name: [
            column["words"][code]
            for code in np.frombuffer(
                base64.b64decode(column["codes"]), f"<u{column['bytes']}"
            ).tolist()
        ]
        for name, column in made["words"].items()
    }
    numbers = {
        name: np.frombuffer(base64.b64decode(text), "<f4").tolist()
        for name, text in made["numbers"].items()
    }
    return words, numbers


def test_columns_hold_what_entries_say() -> None:
    entries = few()
    words, numbers = decoded(entries)
    assert words["name"] == [e.system_name for e in entries]
    assert words["benchmark"] == [e.name for e in entries]
    assert words["evidence"] == [e.evidence.value for e in entries]
    assert words["rules"][:4] == ["passes", "breaks a rule", "no log", "no log"]
    assert words["doubt"].count("in doubt") == 1
    assert words["accelerators"][-2:] == ["512", "2"] or "512" in words["accelerators"]
    for e, energy, power in zip(entries, numbers["energy"], numbers["power"], strict=True):
        assert energy == pytest.approx(e.energy_j, rel=1e-6)
        assert power == pytest.approx(e.power_w, rel=1e-6)
    assert sum(map(math.isnan, numbers["u95"])) == 3


def test_many_words_take_two_bytes() -> None:
    entries = list(many(700))
    entries = [replace(e, system=f"s{i}") for i, e in enumerate(entries)]
    words, _ = decoded(entries)
    assert words["system"] == [e.system for e in entries]


def test_of_no_results_too() -> None:
    assert columns([], definitions())["count"] == 0


def test_hostile_texts_and_numbers_are_plain_words() -> None:
    made = columns(hostile(), definitions())
    text = json.dumps(made, allow_nan=False)
    assert text.isascii()
    assert all(len(word) <= 160 for column in made["words"].values() for word in column["words"])
    assert "\\u202e" not in text
    assert "\\u0000" not in text


@given(st.lists(st.text(max_size=12), max_size=20))
def test_words_have_one_order(words: list[str]) -> None:
    ordered = sorted(words, key=natural)
    backwards = words[::-1]
    backwards.sort(key=natural)
    assert ordered == backwards
    assert "" not in ordered or ordered[-1] == ""


def test_words_are_sorted_as_people_do() -> None:
    assert sorted(["v10.0", "v2.1", "", "v2.0"], key=natural) == ["v2.0", "v2.1", "v10.0", ""]


def test_the_earliest_of_a_log_stands_for_it() -> None:
    early = entry("early", copies=("k2", "gone"), key="k1", date="2021-01-01")
    late = entry("late", copies=("k1",), key="k2", date="2022-01-01")
    assert firsts_of([late, early]) == {"k1"}
    words, _ = decoded([late, early])
    assert words["copy"] == ["copy of another", "first of its log"]


def test_rules_say_when_they_were_not_asked() -> None:
    assert rules_of(entry()) == "not checked"
    assert rules_of(entry(evidence=Evidence.PAGE)) == "no log"


def test_details_leave_out_what_is_empty() -> None:
    one = few()[0]
    said = details(one, {"20230101-000000-run-1"})
    assert said["runs"] == [["20230101-000000-run-1", True]]
    assert said["sources"] == ["closed/Maker/one:1"]
    assert "doubts" not in said
    assert details(replace(one, sources=("x",) * 150), ())["sources"][-1] == "and 50 more"
    assert details(replace(one, copies=("x",) * 150), ())["more_copies"] == 150 - MOST


def test_details_are_in_the_file_of_their_key() -> None:
    found = shards(few(), ())
    assert all(shard_of(key) == name for name, of in found.items() for key in of)
    assert sum(map(len, found.values())) == len(few())
    assert shard_of("../../x") == OTHER
    assert shard_of("é") == OTHER
    assert shard_of("") == OTHER
    assert LONG not in json.dumps(shards(hostile(), ()))


def test_the_best_is_never_in_doubt() -> None:
    found = {(b.entry.name, b.side): b for b in best_of(few(), definitions())}
    best = found["resnet50", ""]
    assert best.entry.system == "one"
    assert (best.among, best.doubted) == (3, 1)


def test_both_sides_of_a_break_have_a_best() -> None:
    sides = {b.side: b.entry.system for b in best_of(few(), definitions()) if "3d" in b.entry.name}
    assert sides == {"before v2.0": "old", "since v2.0": "new"}


def test_an_estimate_is_told_from_a_measurement() -> None:
    own = entry(evidence=Evidence.OWN, remarks=("estimated",))
    assert doubt_of(own) == "estimated"
    assert details(own, ())["remarks"] == [Code.ESTIMATED.text]
    assert best_of([own], definitions()) == []
    assert doubt_of(entry(doubts=("results/row: odd",))) == "none"
    assert doubt_of(entry(doubts=("results/row: odd",), evidence=Evidence.PAGE)) == "in doubt"


def test_what_has_no_energy_is_no_best() -> None:
    bad = [entry(energy_j=value) for value in (None, 0.0, -1.0, math.inf, math.nan)]
    assert best_of(bad, definitions()) == []


def test_hostile_keys_stay_inside() -> None:
    assert all("<" not in name and "/" not in name for name in shards(hostile(), ()))
    assert HOSTILE
