"""What the study's tables give for the numbers that its scripts hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.analysis.figures.data import Basis, FigureData
from joulemark.analysis.published.every import published
from joulemark.analysis.published.plotted import plotted
from joulemark.analysis.published.tables import DATACENTER, EDGE, TINY, TRAINING
from tests.analysis.published.tables import DATES, result, write


def _figure(folder: Path, number: str) -> FigureData:
    return next(figure for figure in published(folder) if figure.number == number)


def _notes(figure: FigureData, series: str) -> dict[str, str]:
    points = next(one.points for one in figure.series if one.name == series)
    return {point.x: point.note for point in points}


def test_figures_as_plotted_say_where_from() -> None:
    assert list(plotted()) == ["6", "7", "9", "11a", "11b"]
    for figure in plotted().values():
        assert figure.basis is Basis.PUBLISHED
        assert "commit 49b63de" in figure.notes[0]
    assert any("unverifiable" in note for note in plotted()["11b"].notes)


def test_a_training_is_held_against_its_rows(tmp_path: Path) -> None:
    columns = ("Public ID", "Model MLC", "Units", "Avg. Result at System Name")
    rows = [
        ("4.0-0094", "llama2_70b_lora", "Latency (In minutes)", "30.0"),
        ("4.0-0094", "llama2_70b_lora", "kJ", "11,769.96"),
        ("4.0-0095", "bert", "Latency (In minutes)", "1.0"),
    ]
    write(tmp_path / TRAINING, rows, columns)
    notes = _notes(_figure(tmp_path, "6"), "Time to train")
    assert notes == {"8": "plotted as 29.1010; 30.0000 by its table", "64": "", "512": ""}


def test_workloads_are_held_against_both_tables(tmp_path: Path) -> None:
    dates = {"4.0-0063": ("v4.0", "3/26/2024"), "1.2-0004": ("v1.2", "4/16/2024")}
    tokens = ("Tokens/s", "Watts")
    named = [
        *result("1.0-1", "ResNet", "473737", "4115.42"),
        *result("1.0-1", "llama2-70b-99.9", "292", "97.9", units=tokens),
        *result("1.0-1", "gptj-99.9", "100", "x"),
    ]
    rows = [["4.0-0063", *row[1:6], *dates["4.0-0063"], *row[8:]] for row in named]
    write(tmp_path / DATACENTER, rows)
    units = ("Latency in ms", "Energy in uJ")
    named = result("1.0-1", "ResNet-V1", "30", "6,919.375", units=units, scenario="")
    rows = [["1.2-0004", *row[1:6], *dates["1.2-0004"], *row[8:]] for row in named]
    write(tmp_path / TINY, rows)
    figure = _figure(tmp_path, "7")
    notes = _notes(figure, "Datacenter")
    assert notes["ResNet-50"] == "0.00868714 by its table"
    assert notes["Llama2-70B-99.9"].endswith("97.9000 by its table")
    assert notes["GPT-J-99.9"] == ""
    assert _notes(figure, "Tiny")["ResNet"].endswith("0.00691937 by its table")


def test_targets_are_held_against_their_rows(tmp_path: Path) -> None:
    rows = [
        *result("1.0-73", "BERT-99.0", "100", "10"),
        *result("1.0-73", "BERT-99.9", "49.5", "10"),
        *result("1.1-048", "BERT-99.0", "100", "10"),
    ]
    write(tmp_path / DATACENTER, rows)
    notes = _notes(_figure(tmp_path, "9"), "BERT-99.9")
    assert notes["v1.0"] == "0.495000 by its table"
    assert notes["v1.1"] == ""


@pytest.mark.parametrize("complete", [True, False])
def test_one_system_needs_all_its_versions(tmp_path: Path, *, complete: bool) -> None:
    assert "v3.1" in DATES
    numbers = ("1.1-124", "2.0-132", "3.0-0101", "3.1-0127")
    rows = [
        row
        for place, number in enumerate(numbers[: None if complete else 3])
        for row in result(number, "ResNet", str(100 + 10 * place), "10")
    ]
    write(tmp_path / EDGE, rows)
    notes = _notes(_figure(tmp_path, "11a"), "Performance")
    said = "plotted as 0.987503; 1.30000 by its table"
    assert notes["v3.1"] == (said if complete else "")
