"""What belongs to a power directory and lies outside it."""

from __future__ import annotations

from joulemark.formats.inference.directory import PowerDirectory
from joulemark.formats.inference.layout import SYSTEMS
from joulemark.formats.inference.parsed import Source
from joulemark.formats.trees.tree import Entry

ANALYZER_TABLE, POWER_SETTINGS = "analyzer_table", "power_settings"
LARGEST = 4 << 20
"""Bytes of a description."""


def system_file(directory: PowerDirectory, suffix: str = ".json") -> Source | None:
    """Return the description of a directory's system; None if there is none.

    Args:
        directory: whose.
        suffix: ``.json``, or ``_power.yaml`` for the nameplate of the power supplies.

    Raises:
        FormatError: if it is too large or damaged.
        UnavailableError: if it cannot be read.
    """
    place = directory.place
    if not (place.division and place.submitter and place.system):
        return None
    path = f"{place.division}/{place.submitter}/{SYSTEMS}/{place.system}{suffix}"
    try:
        return Source(path, directory.tree.read(path, LARGEST))
    except FileNotFoundError:
        return None


def measurement_files(directory: PowerDirectory, kind: str) -> tuple[Entry, ...]:
    """Return the analyser tables or power settings of a directory, the nearest first.

    They stand at the scenario, the benchmark, the system or the submitter below ``measurements``.

    Args:
        directory: whose.
        kind: :data:`ANALYZER_TABLE` or :data:`POWER_SETTINGS`.
    """
    return tuple(
        entry for entry in directory.beside if entry.path.rpartition("/")[2].startswith(kind)
    )


def read_beside(directory: PowerDirectory, entry: Entry) -> Source | None:
    """Return a file of :func:`measurement_files`; None if it is no longer there.

    Raises:
        FormatError: if it is too large or damaged.
        UnavailableError: if it cannot be read.
    """
    try:
        data = directory.tree.read(entry.path, LARGEST, identity=entry.identity)
    except FileNotFoundError:
        return None
    return Source(entry.path, data)
