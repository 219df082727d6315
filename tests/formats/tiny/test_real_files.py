"""Every tiny result that lies beside the checkout gives its published digits back."""

from __future__ import annotations

import csv

import pytest

from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.trees.folder import FolderTree
from tests.formats.tiny.sample import SHARED

EXPECTED = SHARED / "expected" / "tiny.csv"
pytestmark = pytest.mark.skipif(
    not EXPECTED.is_file(), reason="the published results do not lie beside this checkout"
)


def test_every_expected_row_is_met_to_the_printed_digit() -> None:
    with EXPECTED.open() as file:
        rows = {(row["round"], row["dir"]): row for row in csv.DictReader(file)}
    assert len(rows) >= 40
    for session in sessions(FolderTree(str(SHARED / "mlcommons"))):
        row = rows.pop((session.place.round, session.path.partition("/")[2]), None)
        if row is None:
            continue
        figures = session.figures
        where = session.path
        assert session.mode == "energy"
        assert figures.meter == row["monitor"], where
        assert figures.volts == float(row["volts"]), where
        assert figures.rate_hz == float(row["rate_hz"]), where
        assert figures.iterations == int(row["iterations"]), where
        assert len(figures.windows) == int(row["windows"]), where
        shortest = min(window.seconds for window in figures.windows)
        assert shortest == pytest.approx(float(row["shortest_window_s"]), abs=1e-9), where
        assert figures.recomputed_uj == pytest.approx(float(row["recomputed_uj"]), rel=1e-11)
        assert figures.reported is not None
        assert figures.reported.value == float(row["reported_uj"]), where
        assert round(figures.recomputed_uj, figures.reported.places) == figures.reported.value
    assert rows == {}


def test_every_printed_window_is_met_to_its_last_digit() -> None:
    windows = 0
    for session in sessions(FolderTree(str(SHARED / "mlcommons"))):
        figures, reported = session.figures, session.reported
        if not figures.windows:
            continue
        for seen, printed in zip(figures.windows, reported.energy, strict=True):
            assert printed.per_inference_uj is not None
            difference = abs(seen.per_inference_uj - printed.per_inference_uj.value)
            assert difference <= 0.51 * printed.per_inference_uj.step, session.path
            windows += 1
    assert windows >= 200


def test_the_streaming_wake_word_is_read_where_only_text_was_published() -> None:
    found = {
        session.place.system: session.reported
        for session in sessions(FolderTree(str(SHARED / "mlcommons")))
        if session.benchmark == "sww"
    }
    board = found["NUCLEO_L4R5ZI-P"]
    assert board.energy[0].power_uw is not None
    assert board.energy[0].power_uw.value == pytest.approx(25622.0)
    assert board.detections == (44, 6, 4)
    assert board.duty is not None
    assert board.duty.value == 0.56085
