"""Import a recording of an instrument: a file that is one measurement."""

from __future__ import annotations

from pathlib import Path

import joulemark
from joulemark.formats.jls_run import recording_run
from joulemark.store import duck
from joulemark.store.importing import write_imported

SUFFIX = ".jls"


def is_recording(path: str) -> bool:
    """Say whether a path is a recording, by its name and by being a file."""
    return path.lower().endswith(SUFFIX) and Path(path).is_file()


def import_recording(path: str, store: Path, *, keep_raw: bool = False) -> tuple[str, bool]:
    """Store a recording as a run; return its name, and whether it is new.

    Args:
        path: the file.
        store: the directory of all runs; made if it is not there.
        keep_raw: copy the file into the run.

    Raises:
        UnavailableError: if it cannot be opened, or a package is missing.
        FormatError: if it is no recording that tells power.
        StoreError: if the store cannot be written.
    """
    made = recording_run(Path(path), joulemark.__version__)
    raw = {Path(path).name: Path(path).read_bytes()} if keep_raw else None
    database = duck.connect()
    try:
        return made.run.id, write_imported(store, made.run, made.rows, database, raw)
    finally:
        database.close()
