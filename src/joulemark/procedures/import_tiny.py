"""Store a session of MLPerf Tiny: one run, and a result for each place where it was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.inference.as_logs import or_none
from joulemark.formats.inference.as_run import Recording
from joulemark.formats.inference.as_system import Described, described
from joulemark.formats.inference.layout import RESULTS, SYSTEMS
from joulemark.formats.inference.parsed import Source
from joulemark.formats.tiny.as_result import published_json, result_of
from joulemark.formats.tiny.as_run import KEPT, as_run, run_id
from joulemark.formats.tiny.as_run import measured as windows_in
from joulemark.formats.tiny.session import TinySession

Write = Callable[[Recording, Mapping[str, bytes]], bool]
"""Stores a run with files to be kept; says whether it is new."""


def has_energy(session: TinySession) -> bool:
    """Return whether a session may tell energy, by its name and its files alone."""
    if session.place.mode:
        return session.place.mode == "energy"
    return bool({"trace", "runner"} & session.entries.keys())


def identify_tiny(session: TinySession) -> dict[str, Any]:
    """Return the name of a session's run; of one without a trace a name of its place."""
    try:
        return {"id": run_id(session)}
    except FormatError:
        return {"id": f"no-trace {session.tree.name}\0{session.path}"}


def store_tiny(
    sessions: Sequence[TinySession], write: Write, *, keep_raw: bool = False
) -> dict[str, Any]:
    """Store one measurement, and return the answer of an import.

    Args:
        sessions: copies of one measurement.
        write: stores a run.
        keep_raw: whether files are kept with it.

    Raises:
        FormatError: if a file of it cannot be read, and it states no figure either.
        StoreError: if the store cannot be written.
        UnavailableError: if a tree cannot be read.
    """
    first = sessions[0]
    figures = or_none(lambda: first.figures)
    measured = figures is not None and bool(windows_in(figures))
    name = run_id(first) if measured else ""
    known = figures if measured else None
    rows = [result_of(each, known, _about(each), name) for each in sessions]
    if not measured and all(row.power is None for row in rows):
        if figures is None:
            _ = first.figures  # says what is wrong
        return {"id": "", "new": 0, "known": 0, "runs": [], "rows": []}
    new = False
    if measured:
        published = [published_json(*pair) for pair in zip(sessions, rows, strict=True)]
        raw = _raw(first) if keep_raw else {}
        new = write(as_run(first, _about(first), name, published), raw)
    return {
        "id": name,
        "new": int(new),
        "known": int(measured and not new),
        "runs": [name] if measured else [],
        "rows": [asdict(row) for row in rows],
    }


def _raw(session: TinySession) -> dict[str, bytes]:
    found = {}
    for kind in KEPT:
        if kind in session.entries:
            name = session.entries[kind].path.rpartition("/")[2]
            found[name] = session.source(kind, 1 << 30).data
    return found


def _about(session: TinySession) -> Described:
    """Return the description of a board, which lies beside the results."""
    place, parts = session.place, session.path.split("/")
    short = place.system
    if RESULTS not in parts or not short:
        return described(None, short)
    above = parts[: len(parts) - 1 - parts[::-1].index(RESULTS)]
    path = "/".join([*above, SYSTEMS, f"{short}.json"])
    try:
        data = session.tree.read(path)
    except FileNotFoundError:
        return described(None, short)
    return or_none(lambda: described(Source(path, data), short)) or described(None, short)
