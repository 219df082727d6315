"""joulemark import of a recording: once, whatever it is called, and told what cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from joulemark.cli import main
from joulemark.procedures.importing import import_paths
from tests.formats import jls_files


def _recording(path: Path) -> Path:
    return jls_files.write(path, {"power": np.full(20_000, 0.25)})


def test_a_recording_is_stored_once(tmp_path: Path) -> None:
    path, store = _recording(tmp_path / "a.jls"), tmp_path / "store"
    done = import_paths([str(path)], store, keep_raw=True)
    assert (done.recordings, done.new, done.known, done.refused) == (1, 1, 0, [])
    again = import_paths([str(path.rename(tmp_path / "b.jls"))], store)
    assert (again.recordings, again.new, again.known) == (1, 0, 1)
    (run,) = (each for each in store.iterdir() if each.is_dir())
    assert (run / "raw" / "a.jls").is_file()


def test_what_cannot_be_read_is_told_beside_what_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = _recording(tmp_path / "a.jls"), tmp_path / "bad.jls"
    bad.write_bytes(b"nothing")
    store = tmp_path / "store"
    assert main(["import", str(good), str(bad), "--store", str(store)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "1 recording: 1 measurement, 1 new" in said
    assert "no recording of a Joulescope" in said
    (run,) = [each.name for each in store.iterdir() if each.is_dir()]
    assert main(["show", run, "--store", str(store)]) == 0
    shown = capsys.readouterr().out
    assert "250.0 mW" in shown
    assert "50.00 mJ" in shown
