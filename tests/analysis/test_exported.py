from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.compare import Comparison, Question, compare
from joulemark.analysis.exported import exported
from joulemark.analysis.gate import Outcome, gate
from joulemark.analysis.metrics import Metric
from joulemark.analysis.observed import Observation, observed
from joulemark.core.errors import FormatError, StoreError
from joulemark.core.value import Term
from joulemark.core.window import Role
from joulemark.report.compared_json import comparison_json
from joulemark.report.plain import run_json
from joulemark.report.table_compared import print_comparison
from tests.report.build import Made, estimated, killed, many_gpus, steady


def stored(made: Made) -> list[Observation]:
    return [observed(made.run, r) for r in made.results if r.role is Role.MEASURE]


def kept(made: Made, folder: Path, change: Callable[[Any], object] | None = None) -> Path:
    document = run_json(made.run, made.results, folder)
    if change is not None:
        change(document)
    path = folder / "kept.json"
    path.write_text(json.dumps(document))
    return path


def same(one: Comparison, other: Comparison) -> None:
    assert one.verdict is other.verdict
    assert one.value == pytest.approx(other.value)
    assert one.interval() == pytest.approx(other.interval(), rel=1e-9)
    assert [f and f.u95 for f in one.figures] == pytest.approx([f and f.u95 for f in other.figures])


@pytest.mark.parametrize("make", [steady, estimated, killed, lambda: many_gpus(3)])
def test_a_kept_file_compares_like_the_run_it_came_from(
    make: Callable[[], Made], tmp_path: Path
) -> None:
    made = make()
    runs, files = stored(made), exported(kept(made, tmp_path))
    assert [one.phase for one in files] == [one.phase for one in runs]
    other = stored(steady(joules_per_sample=0.12, id="other"))
    for run, file in zip(runs, files, strict=True):
        for metric in (Metric.ENERGY, Metric.POWER, Metric.TIME):
            question = Question(metric=metric)
            one, two = compare([run], other, question), compare([file], other, question)
            assert [r.reason for r in one.refused] == [r.reason for r in two.refused]
            if not one.refused:
                same(one, two)
                assert one.ratio is not None
                assert two.ratio is not None
                assert one.ratio.shared == two.ratio.shared


def test_a_file_without_sources_has_its_budget(tmp_path: Path) -> None:
    made, other = steady(), stored(steady(joules_per_sample=0.12, id="other"))

    def without(document: Any) -> None:
        for phase in document["phases"]:
            del phase["sources"]

    file = exported(kept(made, tmp_path, without))
    same(compare(stored(made), other), compare(file, other))
    assert file[0].net is None


def test_a_budget_of_several_meters_cancels_with_nothing(tmp_path: Path) -> None:
    made = many_gpus(2, nodes=2)

    def without(document: Any) -> None:
        for phase in document["phases"]:
            del phase["sources"]

    file = exported(kept(made, tmp_path, without))
    found = compare(file, stored(many_gpus(2, nodes=2)))
    assert found.ratio is not None
    assert found.ratio.shared == ()


def test_a_calibrated_part_is_read_from_the_file_alone(tmp_path: Path) -> None:
    """What a calibration stands for is no channel of the run."""

    def as_calibrated(document: Any) -> None:
        for phase in document["phases"]:
            (part,) = phase["parts"]
            part.update(channel="calibrated/wall", part="wall", domain="wall", calibration="c")
            for source in phase["sources"]["energy_j"]:
                source.update(term="calibration", of="c/0", kin="")

    (file,) = exported(kept(steady(), tmp_path, as_calibrated))
    assert [(c.name, c.part, c.calibration) for c in file.channels] == [
        ("calibrated/wall", "wall", "c")
    ]
    found = compare([file], [replace(file, run="other")])
    assert found.ratio is not None
    assert {shared.term for shared in found.ratio.shared} == {Term.CALIBRATION}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("phases"), "phases"),
        (lambda d: d.update(schema="one"), "schema"),
        (lambda d: d["phases"][1]["repeats"][0].update(start="soon"), "datetime"),
        (lambda d: d["phases"][1]["repeats"][0].update(start="2026-01-01T00:00:00"), "timezone"),
        (lambda d: d["channels"].clear(), "rapl/package-0/energy"),
        (lambda d: d["phases"][1]["sources"]["energy_j"][0].update(term="magic"), "magic"),
    ],
)
def test_a_file_that_is_no_result_says_what_is_wrong(
    change: Callable[[Any], object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=said) as raised:
        exported(kept(steady(), tmp_path, change))
    assert "kept.json" in raised.value.where
    assert "show RUN --json" in raised.value.remedy


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("", "[]", "{}", "null", "[" * 100_000, '{"a": NaN}'):
        path.write_text(text)
        with pytest.raises(FormatError):
            exported(path)
    with pytest.raises(StoreError):
        exported(tmp_path / "none.json")
    newer = kept(steady(), tmp_path, lambda d: d.update(schema=999))
    with pytest.raises(StoreError, match="format 999"):
        exported(newer)


def test_a_file_beyond_any_bound_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(FormatError, match="larger than 64 MiB"):
        exported(path)


DOCUMENT = json.dumps(run_json(steady().run, steady().results, "x"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@given(st.data())
def test_any_change_to_a_file_is_refused_or_compared(data: st.DataObject) -> None:
    """Never a traceback, whatever stands in the file."""
    document = json.loads(DOCUMENT)
    place: Any = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.integers(0, 9)):
            place = inner
            continue
        place[key] = data.draw(JSON)
        break
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.json"
        path.write_text(json.dumps(document))
        try:
            files = exported(path)
        except (FormatError, StoreError):
            return
    other = stored(steady(id="other"))
    for file in files:
        for metric in Metric:
            found = compare([file], other, Question(metric=metric))
            printed = io.StringIO()
            print_comparison([found], (), printed)
            json.dumps(comparison_json([found]), allow_nan=False)
            assert gate(found, 0.05) in Outcome
