"""The record of a store for verbs that show it, with runs of one's own where that is asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joulemark.analysis.record.entry import Entry
    from joulemark.analysis.record.record import Record


def record_with_own(store: Path, checks: Path | None = None) -> Record:
    """Return the record of a store, and behind it the runs that nobody published.

    Args:
        store: the directory of all runs.
        checks: state of a check, for verdicts.

    Raises:
        FormatError: if the table of stated results is damaged.
        StoreError: if it cannot be read.
    """
    from joulemark.analysis.record.own import own_entries
    from joulemark.analysis.record.record import record
    from joulemark.analysis.scales_own import is_imported
    from joulemark.core.errors import JoulemarkError
    from joulemark.procedures.results import results_of
    from joulemark.store.catalogue import list_runs
    from joulemark.store.reader import open_run

    found = record(store, checks)
    published = {name for entry in found for name in entry.runs}
    own: list[Entry] = []
    for summary in list_runs(store):
        if summary.id in published:
            continue
        with suppress(JoulemarkError):  # joulemark list says which are broken
            stored = open_run(summary.path)
            if not is_imported(stored.run):
                own += own_entries(stored.run, results_of(stored))
    return replace(found, entries=(*found.entries, *own))
