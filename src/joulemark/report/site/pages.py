"""Pages of runs that the site links to, made anew only where a run changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.core.errors import JoulemarkError
from joulemark.core.words import StrEnum
from joulemark.procedures.results import results_of
from joulemark.procedures.serving.results import is_serving, serving_of
from joulemark.report.page import run_page
from joulemark.store.reader import open_run
from joulemark.store.writer import safe_name


class Pages(StrEnum):
    """Which runs get a page of their own."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


def _is_safe(name: str) -> bool:
    try:
        return safe_name(name) == name
    except JoulemarkError:
        return False


def wanted_pages(entries: Sequence[Entry], pages: Pages) -> list[str]:
    """Return the names of the runs that get a page, sorted."""
    if pages is Pages.NONE:
        return []
    chosen = (e for e in entries if pages is Pages.ALL or e.evidence is Evidence.OWN)
    return sorted({run for entry in chosen for run in entry.runs if _is_safe(run)})


def page_of(store: Path, name: str) -> str | None:
    """Return the page of a run; None if it cannot be read."""
    try:
        stored = open_run(store / name)
        served = serving_of(stored) if is_serving(stored) else None
        results = results_of(stored)
        return run_page(stored.run, stored.traces(), results, path=name, serving=served)
    except JoulemarkError:
        return None
