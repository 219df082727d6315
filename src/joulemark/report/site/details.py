"""What the site says of one result beyond its row: in many small files, loaded when asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from typing import Any

from joulemark.analysis.record.entry import Entry
from joulemark.core.caution import Code
from joulemark.report.format import clean
from joulemark.report.site.columns import LONGEST

MOST = 100
"""So many sources, remarks or copies are listed."""
_LINE = 500
_SHARD = re.compile(r"[0-9a-z]{2}")
_MEANING = {code.value: code.text for code in Code}
OTHER = "__"
"""The file of keys that begin otherwise."""


def shard_of(key: str) -> str:
    """Return the name of the file that holds the details of a key."""
    match = _SHARD.match(key)
    return match[0] if match else OTHER


def shards(entries: Iterable[Entry], pages: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the details of all results by file and key.

    Args:
        entries: the results.
        pages: names of runs that have a page of their own.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        found.setdefault(shard_of(entry.key), {})[clean(entry.key, LONGEST)] = details(entry, pages)
    return {name: dict(sorted(of.items())) for name, of in sorted(found.items())}


def details(entry: Entry, pages: Collection[str]) -> dict[str, Any]:
    """Return what is said of one result; what is empty is left out."""
    lists = {
        "sources": _lines(entry.sources),
        "doubts": _lines(entry.doubts),
        "remarks": _lines(tuple(map(_spoken, entry.remarks))),
        "copies": [clean(key, LONGEST) for key in entry.copies[:MOST]],
        "runs": [[clean(run, 120), run in pages] for run in entry.runs[:MOST]],
    }
    more = {
        "nodes": entry.nodes if entry.nodes and math.isfinite(entry.nodes) else None,
        "software": clean(entry.software, _LINE),
        "name": clean(entry.system_name or entry.system, _LINE),
        "more_copies": max(len(entry.copies) - MOST, 0),
    }
    return {name: value for name, value in (lists | more).items() if value}


def _spoken(remark: str) -> str:
    """Return a remark; of a warning, which runs of one's own have, what it means."""
    return _MEANING.get(remark, remark)


def _lines(values: tuple[str, ...]) -> list[str]:
    shown = [clean(value, _LINE) for value in values[:MOST]]
    left = len(values) - len(shown)
    return [*shown, f"and {left} more"] if left else shown
