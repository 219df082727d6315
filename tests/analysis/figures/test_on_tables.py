"""A record made from the study's own tables alone: where it differs from what is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.analysis.figures.data import Basis, FigureData
from joulemark.analysis.figures.differing import differences
from joulemark.analysis.figures.every import figures
from joulemark.analysis.published.every import published
from joulemark.analysis.published.tables import DATACENTER, EDGE, TINY, TRAINING
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.index import Record, record_of
from joulemark.analysis.record.making import Maker
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results.results_page import read_results_page

TABLES = Path(__file__).parents[3].parent / "shared" / "data" / "hpca2025"

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="the study's tables are not here")


@pytest.fixture(scope="module")
def record() -> Record:
    """The record of the four tables."""
    names = (DATACENTER, EDGE, TINY, TRAINING)
    sources = (Source(name, (TABLES / name).read_bytes()) for name in names)
    rows = [row for source in sources for row in read_results_page(source)]
    return record_of(rows, Maker({}, {}, {}, definitions()))


@pytest.fixture(scope="module")
def ours(record: Record) -> dict[str, FigureData]:
    """The figures from that record."""
    return {f.number: f for f in figures(record, TABLES, bases=(Basis.RECORD,))}


@pytest.fixture(scope="module")
def theirs() -> dict[str, FigureData]:
    """The figures as published."""
    return {figure.number: figure for figure in published(TABLES)}


def test_what_the_tables_have_right_is_as_published(
    ours: dict[str, FigureData], theirs: dict[str, FigureData]
) -> None:
    assert differences(theirs["5b"], ours["5b"]) == ()
    found = differences(theirs["5a"], ours["5a"])
    places = {(one.series, one.x) for one in found if one.series != "BERT-99"}
    assert places == {("ResNet-50", "v4.1"), ("GPT-J-99", "v4.1"), ("DLRM-v2-99", "v4.1")}
    bert = {one.x: one.ours for one in found if one.series == "BERT-99"}
    assert bert.pop("v3.0") is None  # the table calls both targets BERT: which is which?
    assert list(bert) == ["v3.1", "v4.0", "v4.1"]
    assert differences(theirs["5c"], ours["5c"]) == ()


def test_a_power_beside_a_rate_of_another_system_is_not_taken(
    ours: dict[str, FigureData], theirs: dict[str, FigureData], record: Record
) -> None:
    found = differences(theirs["5a"], ours["5a"], record)
    resnet = next(one for one in found if one.series == "ResNet-50")
    assert resnet.published == pytest.approx(3.058, rel=1e-3)
    assert resnet.ours == pytest.approx(1.839, rel=1e-3)
    assert any("rows of 4.1-0049 give 544.6" in why for why in resnet.why)


def test_units_are_told_by_the_note(ours: dict[str, FigureData]) -> None:
    dlrm = next(one for one in ours["5a"].series if one.name == "DLRM-v2-99").points[-1]
    assert dlrm.y == pytest.approx(1.530, rel=1e-3)
    assert "stated in tokens/s; dlrm-v2-99 counts samples" in dlrm.note
    gptj = next(one for one in ours["5a"].series if one.name == "GPT-J-99").points[-1]
    assert gptj.y == pytest.approx(1.725, rel=1e-3)


def test_pairs_of_bert(ours: dict[str, FigureData], theirs: dict[str, FigureData]) -> None:
    missing = [one for one in differences(theirs["8"], ours["8"]) if one.ours is None]
    assert missing == []
    assert len(ours["8"].series[0].points) >= 38


def test_named_systems_are_found_by_their_number(ours: dict[str, FigureData]) -> None:
    efficiency = [point.y for point in ours["11a"].series[0].points if point.x != "v2.1"]
    assert efficiency == pytest.approx([1, 1.144, 1.178, 1.222], rel=1e-3)
    assert len(ours["9"].series[1].points) == 6
    tiny = {point.x: point.y for point in ours["7"].series[1].points}
    assert tiny["ResNet"] == pytest.approx(6919.375e-6)
    llama = {point.x: point for point in ours["7"].series[0].points}["Llama2-70B-99.9"]
    assert "111.4 J is what 4.0-0063" in llama.note
