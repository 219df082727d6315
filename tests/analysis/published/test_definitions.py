"""The study's definitions on small tables."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.figures.data import FigureData
from joulemark.analysis.published.every import published
from joulemark.analysis.published.tables import DATACENTER, EDGE, PERFORMANCE, TINY, TRAINING
from joulemark.core.errors import FormatError, UnavailableError
from tests.analysis.published.tables import COLUMNS, DATES, result, write


def _figures(folder: Path) -> dict[str, FigureData]:
    return {figure.number: figure for figure in published(folder)}


def _y(figure: FigureData, series: int = 0) -> list[float]:
    return [point.y for point in figure.series[series].points]


def test_without_tables_there_is_what_the_scripts_hold() -> None:
    assert [figure.number for figure in published(None)] == ["6", "7", "9", "11a", "11b"]


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no table of the source study"):
        next(published(tmp_path))


def test_a_clone_of_the_repository_is_its_folder_of_code(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    write(tmp_path / "code" / EDGE, result("1.0-1", "ResNet", "100", "10"))
    assert "5b" in _figures(tmp_path)


def test_the_best_so_far_stays_and_is_told(tmp_path: Path) -> None:
    rows = [
        *result("1.0-1", "ResNet", "1,000", "10"),
        *result("1.1-1", "resnet", "400", "10"),
        *result("2.0-1", "ResNet", "3000", "10"),
        *result("2.0-2", "ResNet", "9000", "10", scenario="Server"),
    ]
    write(tmp_path / DATACENTER, rows)
    figure = _figures(tmp_path)["5a"]
    assert _y(figure) == [1, 1, 3]
    best = figure.series[0].points
    assert [p.absolute for p in best] == [100, 100, 300]
    assert best[1].note == "plateau: the best is of v1.0"
    assert best[1].label == "1.0-1"
    assert best[2].sources == (f"{DATACENTER}:6", f"{DATACENTER}:7")


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=7))
def test_a_line_begins_at_one_and_never_falls(values: list[float]) -> None:
    rows = [
        row
        for version, value in zip(sorted(DATES), values, strict=False)
        for row in result(f"{version[1:]}-1", "ResNet", repr(value), "10")
    ]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / DATACENTER, rows)
        found = _y(_figures(Path(folder))["5a"])
    assert found[0] == 1
    assert found == sorted(found)
    assert found[-1] == pytest.approx(max(values[: len(found)]) / values[0])


def test_tokens_are_divided_by_292_whatever_the_model(tmp_path: Path) -> None:
    tokens = ("Tokens/s", "Watts")
    rows = [
        *result("3.1-1", "dlrm-v2-99.0", "292", "1"),
        *result("4.1-1", "dlrm-v2-99.0", str(292 * 1000), "1", units=tokens),
    ]
    write(tmp_path / DATACENTER, rows)
    assert _y(_figures(tmp_path)["5a"]) == [1, pytest.approx(1000 / 292)]


def test_rows_that_share_names_each_meet_each_other(tmp_path: Path) -> None:
    rows = [
        *result("1.0-1", "ResNet", "100", "10"),
        *result("1.0-1", "ResNet", "200", "5"),
    ]
    write(tmp_path / EDGE, rows)
    figure = _figures(tmp_path)["5b"]
    assert figure.series[0].points[0].absolute == 40


def test_targets_pair_by_number_and_take_the_best(tmp_path: Path) -> None:
    rows = [
        *result("2.0-1", "BERT-99.0", "300", "10"),
        *result("2.0-1", "BERT-99.9", "0", "10"),
        *result("1.0-1", "BERT-99.0", "300", "10"),
        *result("1.0-1", "BERT-99.9", "100", "10"),
        *result("1.0-1", "BERT-99.9", "150", "10"),
        *result("3.0-1", "BERT", "100", "10"),
        *result("3.0-1", "BERT", "50", "10"),
    ]
    write(tmp_path / DATACENTER, rows)
    assert _y(_figures(tmp_path)["8"]) == pytest.approx([100])


def test_versions_pair_by_their_first_number(tmp_path: Path) -> None:
    rows = [
        *result("1.0-1", "ResNet", "100", "10", size="8.0"),
        *result("1.1-1", "ResNet", "500", "10", size="8"),
        *result("2.0-1", "ResNet", "200", "10"),
        *result("2.1-1", "ResNet", "120", "10"),
        *result("2.1-2", "ResNet", "100", "10", size="4"),
    ]
    write(tmp_path / DATACENTER, rows)
    figure = _figures(tmp_path)["10"]
    assert sorted(_y(figure)) == pytest.approx([20, 100])  # of 1.1 both are below -50 %
    assert any("2 of them" in note for note in figure.notes)


def test_scales_need_all_four_tables(tmp_path: Path) -> None:
    write(tmp_path / DATACENTER, result("1.0-1", "ResNet", "100", "300"))
    write(tmp_path / EDGE, result("1.0-1", "ResNet", "100", "4"))
    assert "2" not in _figures(tmp_path)
    units = ("Latency in ms", "Energy in uJ")
    tiny = [
        *result("1.0-1", "DSCNN", "2", "100", units=units, scenario=""),
        *result("1.0-2", "DSCNN", "2", "1,000", units=units, scenario=""),
    ]
    write(tmp_path / TINY, tiny)
    columns = ("Public ID", "Model MLC", "Units", "Units", "Avg. Result at System Name")
    training = [
        ("4.0-1", "bert", "kJ", "kJ", "1,800"),
        ("4.0-1", "bert", "Latency (In minutes)", "x", "5"),
    ]
    write(tmp_path / TRAINING, training, columns)
    figure = _figures(tmp_path)["2"]
    assert _y(figure) == pytest.approx([0.05, 4, 300, 6000])
    assert _y(figure, 1) == pytest.approx([0.05, 4, 6280.2, 6000])
    assert "300.0 W" in figure.series[1].points[2].note


def test_energies_with_a_comma_are_passed_over(tmp_path: Path) -> None:
    units = ("Latency in ms", "Energy in uJ")
    rows = [
        *result("1.0-1", "DSCNN", "2", "100", units=units, scenario=""),
        *result("1.1-1", "DSCNN", "2", "1,000", units=units, scenario=""),
    ]
    write(tmp_path / TINY, rows)
    figure = _figures(tmp_path)["5c"]
    assert [p.x for p in figure.series[0].points] == ["v1.0"]
    assert figure.series[0].points[0].absolute == pytest.approx(1e4)


def test_performance_has_its_gaps(tmp_path: Path) -> None:
    columns = ("Dates", "12/12/2018", "06/10/2019", "7/29/2020")
    write(tmp_path / PERFORMANCE, [("ResNet", "1", "", "3")], columns)
    points = _figures(tmp_path)["1"].series[0].points
    assert [(p.x, p.at, p.y) for p in points] == [("v0.5", 17877, 1), ("v1.0", 18472, 3)]


def test_days_of_another_suite_are_told(tmp_path: Path) -> None:
    columns = ("Dates", *(f"{month}/1/2020" for month in range(1, 10)), "6/12/2024")
    write(tmp_path / PERFORMANCE, [("ResNet", *"1234567890")], columns)
    said = "2024-06-12 is labelled v4.1 and is the day of training v4.0; inference v4.1 is of"
    assert any(note.startswith(said) for note in _figures(tmp_path)["1"].notes)


@pytest.mark.parametrize("day", ["soon", "13/13/2020", "1/2", "9" * 400 + "/1/1"])
def test_a_day_that_is_none_is_told(tmp_path: Path, day: str) -> None:
    write(tmp_path / PERFORMANCE, [("ResNet", "1")], ("Dates", day))
    with pytest.raises(FormatError, match="no date of the form"):
        list(published(tmp_path))
    rows = [[*row[:7], day, *row[8:]] for row in result("1.0-1", "ResNet", "1", "1")]
    (tmp_path / PERFORMANCE).unlink()
    write(tmp_path / EDGE, rows)
    with pytest.raises(FormatError, match=f"{EDGE}:2: no date"):
        list(published(tmp_path))


def test_rubbish_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / DATACENTER).write_bytes(b"\xff\xfe\0" + b'"' * 200_000)
    with pytest.raises(FormatError):
        list(published(tmp_path))
    (tmp_path / DATACENTER).write_text(",".join(COLUMNS) + "\n1,2\n\n")
    assert [figure.number for figure in published(tmp_path)] == ["6", "7", "9", "11a", "11b"]


def test_figures_that_are_no_numbers_are_passed_over(tmp_path: Path) -> None:
    rows = [
        *result("1.0-1", "ResNet", "100", "10"),
        *result("1.1-1", "ResNet", "300", "http://example.org"),
        *result("2.0-1", "ResNet", "nan", "0"),
        *result("2.1-1", "ResNet", "300", "1e400"),
        *result("3.0-1", "ResNet", "0", "5"),
        *result("3.1-1", "ResNet", "1e300", "1e-300"),
        *result("4.1-1", "ResNet", "-3", "5"),
    ]
    write(tmp_path / EDGE, rows)
    assert [p.x for p in _figures(tmp_path)["5b"].series[0].points] == ["v1.0"]
