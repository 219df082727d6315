"""Figures 8 and 10 from the record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.figures.software import software, software_pairs
from joulemark.analysis.figures.targets import accuracy, drop_of
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Entry, Evidence
from tests.analysis.figures.entries import entry, y

KNOWN = definitions()


def _both(key: str, round_: str, low: float, high: float, **more: Any) -> list[Entry]:
    more = {"benchmark": "bert", "system": key, **more}
    return [
        entry(f"{key}l", round_, low, target="99", **more),
        entry(f"{key}h", round_, high, target="99.9", **more),
    ]


def test_every_system_with_both_targets_is_a_pair() -> None:
    results = [
        *_both("a", "v1.0", 8.0, 4.0),
        *_both("b", "v3.0", 6.0, 4.0),
        *_both("c", "v1.0", 8.0, 4.0, division="open"),
        *_both("d", "v1.0", 8.0, 4.0, scenario="Server"),
        *_both("e", "v4.0", 5.0, 4.0, evidence=Evidence.REPOSITORY),
        *_both("f", "v4.1", 5.0, 4.0)[:1],
        entry("again", "v1.0", 7.0, target="99", benchmark="bert", system="a"),
    ]
    figure = accuracy(results)
    assert figure is not None
    assert [one.name for one in figure.series] == ["3 pairs", "2 pairs, without those of v3.0"]
    assert y(figure) == pytest.approx([100, 50, 25])
    assert figure.series[0].points[0].keys == ("al", "ah")
    assert figure.series[0].points[2].note == "from a table, not from logs"
    assert "20.0 to 50.0 %" in figure.notes[1]
    assert "median 33.3 %" in figure.notes[1]
    assert figure.notes[2].startswith("2 of 3 pairs are computed from logs")
    without = accuracy(results[:2])
    assert without is not None
    assert len(without.series) == 1
    assert accuracy([]) is None


@given(st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_gain_and_drop_are_of_one_pair(low: float, high: float) -> None:
    gain = 100 * (low - high) / high
    assert drop_of(gain) == pytest.approx(100 * (low - high) / low, abs=1e-6, rel=1e-6)


def test_software_pairs_have_the_same_hardware_in_rounds_next_to_each_other() -> None:
    results = [
        entry("a", "v1.0", 100),
        entry("b", "v1.1", 110, system_name="DGX  a100", software="new"),
        entry("c", "v2.1", 900),
        entry("d", "v1.1", 900, accelerators=4.0),
        entry("e", "v1.1", 900, accelerator="A30"),
        entry("f", "v1.1", 900, processor="Xeon"),
        entry("g", "v1.1", 900, submitter="Dell"),
        entry("h", "v1.1", 900, system_name="DGX H100"),
        entry("i", "v1.1", 105),
        entry("j", "v1.1", 110, category=Category.EDGE, system_name="DGX A100"),
        entry("k", "v1.1", 900, division="open"),
        entry("l", "v1.1", 900, suite="training"),
    ]
    pairs = software_pairs(results, KNOWN)
    assert [(old.key, new.key) for old, new in pairs] == [("a", "b")]
    figure = software(results, KNOWN)
    assert figure is not None
    assert y(figure) == pytest.approx([10])
    assert figure.series[0].points[0].label == "1.0-a -> 1.1-b resnet50"
    assert any("Offline: 1 pairs" in note and "100 % improve" in note for note in figure.notes)
    assert software(results[:1], KNOWN) is None


def test_a_benchmark_that_changed_between_rounds_is_no_pair() -> None:
    unet: dict[str, Any] = {"benchmark": "3d-unet", "target": "99"}
    results = [entry("a", "v1.1", 4, **unet), entry("b", "v2.0", 1, **unet)]
    assert software_pairs(results, KNOWN) == []


def test_units_of_a_pair_are_converted_where_definitions_allow() -> None:
    gptj: dict[str, Any] = {"benchmark": "gptj", "target": "99"}
    results = [entry("a", "v4.0", 4, **gptj), entry("b", "v4.1", 300, work="token", **gptj)]
    ((old, new),) = software_pairs(results, KNOWN)
    assert (old.work, new.work) == ("token", "token")
    assert old.per_joule == pytest.approx(4 * 69)
    odd = [results[0], entry("b", "v4.1", 300, work="batch", **gptj)]
    assert software_pairs(odd, KNOWN) == []


def test_of_edge_alone_there_is_no_datacenter_pair() -> None:
    results = [
        entry("a", "v1.0", 100, category=Category.EDGE),
        entry("b", "v1.1", 110, category=Category.EDGE),
    ]
    figure = software(results, KNOWN)
    assert figure is not None
    assert "Offline, datacenter: no pairs" in figure.notes
