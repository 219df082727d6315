"""Importing results of ML.ENERGY into the table of stated results, and what shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.analysis.record.entry import Category, Evidence
from joulemark.analysis.record.record import record
from joulemark.analysis.scales_stated import declared_points
from joulemark.core.errors import FormatError
from joulemark.formats.results.declared import MLENERGY
from joulemark.procedures.importing import import_paths
from joulemark.report.site.page import subtitle
from joulemark.store.declared import read_declared, read_doubts
from tests.formats.mlenergy import build


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with the results of a whole tree."""
    made = tmp_path / "store"
    import_paths([str(build.whole(tmp_path / "results"))], made)
    return made


def test_each_configuration_is_a_row(store: Path, tmp_path: Path) -> None:
    rows = read_declared(store)
    assert len(rows) == 17
    assert {row.suite for row in rows} == {MLENERGY}
    named = {(row.round, row.benchmark, row.system): row for row in rows}
    chat = named["V2", "small chat", "1×H100 batch 128"]
    assert (chat.power_unit, chat.performance_unit) == ("J/request", "requests/s")
    assert (chat.accelerator, chat.accelerators) == ("NVIDIA H100 80GB HBM3", 1.0)
    assert chat.system_name == "1×H100 batch 128: org/small"
    assert chat.per_joule_unit == "requests/J"
    assert chat.per_joule == pytest.approx(1 / (chat.power or 0))
    film = named["V3", "film text-to-video", "2×H100 batch 2 u2"]
    assert (film.power, film.power_unit) == (12000.0, "J/video")
    assert film.performance == pytest.approx(0.1)
    paint = named["V2", "paint text-to-image", "1×H100 batch 2"]
    assert paint.performance == pytest.approx(2 / 1.3)
    assert not read_doubts(store)
    again = import_paths([str(tmp_path / "results")], store)
    assert (again.results, again.total) == (0, 17)


def test_a_folder_below_still_tells_its_task(tmp_path: Path) -> None:
    build.whole(tmp_path / "results")
    below = tmp_path / "results/data/llm_text_generation"
    import_paths([str(below)], tmp_path / "store")
    assert {row.benchmark for row in read_declared(tmp_path / "store")} == {"small chat"}
    file = tmp_path / "results/data" / build.V2_LLM.format(8)
    import_paths([str(file)], tmp_path / "other")
    assert read_declared(tmp_path / "other")[0].benchmark == "small chat"


def test_the_record_shows_them_apart(store: Path) -> None:
    found = record(store)
    assert len(found.entries) == 17
    chat = next(e for e in found.entries if e.system == "1×H100 batch 128")
    assert (chat.work, chat.category, chat.evidence) == (
        "request",
        Category.UNKNOWN,
        Evidence.REPOSITORY,
    )
    assert chat.performance is not None
    assert chat.energy_j is not None
    assert chat.power_w == pytest.approx(chat.performance * chat.energy_j)
    assert subtitle(found.entries) == "17 results: 17 of ML.ENERGY"
    points, left = declared_points(read_declared(store), {}, {})
    assert (points, left.gpus_alone, left.silent) == ([], 17, 0)


def test_what_is_odd_is_a_doubt(tmp_path: Path) -> None:
    rows = [build.v3_llm(avg_power_watts=601.0)]
    build.written(tmp_path / "r", {"tasks/t.json": build.v3("t", rows)})
    import_paths([str(tmp_path / "r")], tmp_path / "store")
    ((doubt,),) = read_doubts(tmp_path / "store").values()
    assert "J/token × tokens/s" in doubt


def test_other_files_of_such_names(tmp_path: Path) -> None:
    folder = build.written(
        tmp_path / "r",
        {"results.json": "[1]", "models.json": {}, "tasks/a.json": "{", "bs1.json": {"a": 1}},
    )
    with pytest.raises(FormatError, match="nothing that can be imported"):
        import_paths([str(folder / "tasks")], tmp_path / "store")
    (folder / "results.json").write_text(json.dumps(build.run()))
    (folder / "bs2.json").write_text(json.dumps(build.v2_llm()))
    broken = build.v3("t", [build.v3_llm(), 5])
    (folder / "tasks/b.json").write_text(json.dumps(broken))
    done = import_paths([str(folder)], tmp_path / "store")
    assert (done.statements, done.sessions, done.other_tables) == (2, 0, 0)
    assert [each.why for each in done.refused] == [
        "tasks/b.json:2: an entry of the configurations is no object"
    ]
