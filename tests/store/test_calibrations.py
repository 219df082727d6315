"""Files of calibrations: what was written comes back; anything else is refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.calibration import Calibration, Check, Kind, Side, Span
from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.store.calibrations import (
    MAX_FILE,
    calibration_of,
    identified,
    read_calibration,
    record_of,
    write_calibration,
)

PLAIN = Calibration(
    target=Side(name="rapl/package-0", meter="rapl", part="package-0", domain=Domain.PACKAGE,
                node="box", device="/sys/p0"),
    reference=Side(name="plug/wall", part="wall", accuracy=Accuracy(gain=0.01, source="a plate")),
    kind=Kind.AFFINE,
    coefficients=(1.2, 30.0),
    covariance=((1e-4, -0.01), (-0.01, 4.0)),
    dof=18.0,
    factor=2.1,
    between_w=3.0,
    within_w=1.0,
    residual_w=4.0,
    points=40,
    groups=20,
    power_w=Span(30.0, 250.0),
    duration_s=Span(20.0, 30.0),
    beside={"nvml/gpu-0": Span(10.0, 12.0)},
    stratum={"task": "vision"},
    outliers=("a “point”: +9 W",),
    check=Check(before=0.3, after=0.03, worst_before=0.5, worst_after=0.1, inside=0.95,
                inside_points=0.96, inside_student=0.95),
    date="2026-11-25T12:00:00+00:00",
    joulemark="0.1.0",
    sources={"runs.csv": "ab" * 32},
    note="a note",
)  # fmt: skip
WITH_BUSY = replace(
    PLAIN, kind=Kind.UTILISATION, coefficients=(1.2, 30.0, 5.0),
    covariance=((1e-4, 0.0, 0.0), (0.0, 4.0, 0.0), (0.0, 0.0, 1.0)),
    utilisation="host/busy", utilisation_range=Span(0.0, 1.0),
)  # fmt: skip


@pytest.mark.parametrize("calibration", [PLAIN, WITH_BUSY])
def test_what_was_written_comes_back(tmp_path: Path, calibration: Calibration) -> None:
    path = tmp_path / "wall.json"
    write_calibration(calibration, path)
    read = read_calibration(path)
    assert read == identified(calibration)
    assert len(read.id) == 12
    assert json.loads(path.read_text())["format"] == "joulemark calibration"


def test_a_file_is_never_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    write_calibration(PLAIN, path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already; --force replaces it"):
        write_calibration(WITH_BUSY, path)
    assert path.read_bytes() == before
    write_calibration(WITH_BUSY, path, force=True)
    assert read_calibration(path) == identified(WITH_BUSY)


def test_the_id_belongs_to_the_contents_alone() -> None:
    assert identified(replace(PLAIN, id="other")).id == identified(PLAIN).id
    assert identified(replace(PLAIN, between_w=3.1)).id != identified(PLAIN).id


def test_whole_numbers_give_the_same_id_after_reading(tmp_path: Path) -> None:
    whole = replace(PLAIN, dof=3, coefficients=(1, 30), between_w=0)
    write_calibration(whole, tmp_path / "wall.json")
    read = read_calibration(tmp_path / "wall.json")
    assert read.id == identified(whole).id == identified(read).id == record_of(read)["id"]


def test_a_file_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    write_calibration(PLAIN, path)
    path.write_text(path.read_text().replace("30.0", "31.0"))
    with pytest.raises(FormatError, match=r"wall.json: it was changed after it was made"):
        read_calibration(path)


def _signed(changes: dict[str, Any], of: Calibration = PLAIN) -> dict[str, Any]:
    """A record with some fields changed and the id that belongs to it."""
    from joulemark.store.calibrations import _identity

    record = {**record_of(of), **changes}
    return {**record, "id": _identity(record)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "cubic"}, "Invalid enum value"),
        ({"coefficients": [1.2]}, "1 coefficients"),
        ({"coefficients": [1.2, 30.0, 2.0]}, "3 coefficients"),
        ({"coefficients": ["a", 1]}, "Expected `float`"),
        ({"covariance": [[1.0, 0.0]]}, "a covariance of 1 rows"),
        ({"covariance": [[1.0], [0.0]]}, "covariance"),
        ({"covariance": [[1.0, 2.0], [0.0, 1.0]]}, "the covariance is none"),
        ({"covariance": [[1.0, 5.0], [5.0, 1.0]]}, "the covariance is none"),
        ({"between_w": -1.0}, "a standard deviation below zero"),
        ({"between_w": 1e300}, "a number is too large"),
        ({"factor": 0.5}, "a factor below one"),
        ({"groups": 0}, "a factor below one"),
        ({"power_w": {"low": 2.0, "high": 1.0}}, "a range that ends before it begins"),
        ({"duration_s": {"low": 0.0, "high": 1.0}}, "a range that ends before it begins"),
        ({"utilisation": "host/busy"}, "utilisation without its name or range"),
        ({"target": None}, "Expected `object`"),
    ],
)
def test_what_cannot_be_a_calibration_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        calibration_of(_signed(changes), "here")


@pytest.mark.parametrize("value", [None, 3, [], "text", {}, {"format": "else"}])
def test_what_is_something_else_is_refused(value: Any) -> None:
    with pytest.raises(FormatError, match="here: not a calibration; give a file that joulemark"):
        calibration_of(value, "here")


@pytest.mark.parametrize("version", [2, "1", None])
def test_a_newer_version_is_refused(version: Any) -> None:
    with pytest.raises(StoreError, match="this one reads 1"):
        calibration_of(_signed({"version": version}), "here")


def test_infinity_spelled_as_a_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    text = json.dumps(_signed({"between_w": 7777.0}))
    path.write_text(text.replace("7777.0", "1e999"))
    with pytest.raises(FormatError):
        read_calibration(path)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8),
       st.sampled_from(sorted(record_of(PLAIN))))  # fmt: skip
def test_no_field_of_a_hostile_file_gives_a_traceback(value: Any, field: str) -> None:
    try:
        record = _signed({field: value})
    except ValueError:  # half a character is no JSON
        return
    try:
        calibration_of(record, "here")
    except (FormatError, StoreError):
        return


def test_files_that_are_no_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    with pytest.raises(StoreError, match="No such file"):
        read_calibration(path)
    path.write_bytes(b"\xff{")
    with pytest.raises(FormatError, match="not JSON"):
        read_calibration(path)
    path.write_bytes(b" " * (MAX_FILE + 1))
    with pytest.raises(FormatError, match="larger than 4 MiB"):
        read_calibration(path)
    with pytest.raises(StoreError, match="not a plain file; name a file"):
        read_calibration(tmp_path)
    write_calibration(PLAIN, path, force=True)
    (tmp_path / "link.json").symlink_to(path)
    assert read_calibration(tmp_path / "link.json") == identified(PLAIN)
