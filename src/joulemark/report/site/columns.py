"""The record as columns: what the table of the site shows, sorts and searches, in one file.

Words are codes into a sorted list, so that sorting by code sorts by word; numbers are floats of 32
bits. Both travel as base64 in JSON: a browser makes typed arrays of them in milliseconds.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.report.format import clean
from joulemark.report.site.doubt import doubt_of

LONGEST = 160
"""Most characters of a name in the table."""
_NONE = ("-", "N/A", "n/a", "None", "none")
_PIECES = re.compile(r"(\d+)")


def name_of(entry: Entry) -> str:
    """Return the name of a system for people."""
    return entry.system_name or entry.system


def rules_of(entry: Entry) -> str:
    """Return what our default rules say of the log of a result."""
    if entry.passed is None:
        return "not checked" if entry.evidence is Evidence.LOGS else "no log"
    return "passes" if entry.passed else "breaks a rule"


WORDS: Mapping[str, Callable[[Entry], str]] = {
    "suite": lambda e: e.suite or "own",
    "scale": lambda e: e.category.value,
    "round": lambda e: e.round,
    "date": lambda e: e.date,
    "division": lambda e: e.division,
    "submitter": lambda e: e.submitter,
    "name": name_of,
    "system": lambda e: e.system,
    "benchmark": lambda e: e.name,
    "plain": lambda e: e.benchmark,
    "scenario": lambda e: e.scenario,
    "processor": lambda e: e.processor,
    "accelerator": lambda e: "" if e.accelerator in _NONE else e.accelerator,
    "accelerators": lambda e: f"{e.accelerators:g}" if e.accelerators else "",
    "software": lambda e: e.software,
    "number": lambda e: e.public_id,
    "work": lambda e: e.work,
    "evidence": lambda e: e.evidence.value,
    "rules": rules_of,
    "doubt": doubt_of,
}
"""What is coded, by column."""

NUMBERS: Mapping[str, Callable[[Entry], float | None]] = {
    "energy": lambda e: e.energy_j,
    "power": lambda e: e.power_w,
    "performance": lambda e: e.performance,
    "latency": lambda e: e.latency_s,
    "u95": lambda e: e.u95,
}
"""Numbers in SI units, by column; one that is not known is no number."""


def columns(entries: Sequence[Entry], known: Definitions) -> dict[str, Any]:
    """Return the columns as JSON values.

    Args:
        entries: the results, in the order of the record.
        known: what benchmarks mean; its changes go along, to be said where they matter.
    """
    firsts = firsts_of(entries)
    copies = ["first of its log" if e.key in firsts else "copy of another" for e in entries]
    return {
        "count": len(entries),
        "keys": [clean(entry.key, LONGEST) for entry in entries],
        "words": {
            **{name: _coded([of(e) for e in entries]) for name, of in WORDS.items()},
            "copy": _coded(copies),
        },
        "numbers": {name: _floats([of(e) for e in entries]) for name, of in NUMBERS.items()},
        "changes": [
            {
                "suite": each.suite,
                "benchmark": each.benchmark,
                "scenario": each.scenario,
                "since": each.since,
                "kind": each.kind.value,
                "what": each.what,
            }
            for each in known.changes
        ],
    }


def firsts_of(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the keys of the entries that stand for their log: the earliest of each."""
    place = {entry.key: (entry.date or "9", entry.key) for entry in entries}
    return frozenset(
        entry.key
        for entry in entries
        if all(place[entry.key] < place[other] for other in entry.copies if other in place)
    )


def natural(word: str) -> tuple[object, ...]:
    """Return what sorts words as people do: numbers in them by size, nothing last."""
    pieces = _PIECES.split(word.casefold()[:LONGEST])
    numbered = tuple((int(p), "") if p.isdecimal() else (-1, p) for p in pieces)
    return (not word, numbered, word)


def _coded(values: Sequence[str]) -> dict[str, Any]:
    shown = {value: clean(value, LONGEST) for value in set(values)}
    words = sorted(set(shown.values()), key=natural)
    code = {word: number for number, word in enumerate(words)}
    wide = len(words) > np.iinfo(np.uint8).max
    codes = np.array([code[shown[value]] for value in values], "<u2" if wide else "u1")
    return {"words": words, "bytes": codes.itemsize, "codes": _text(codes)}


def _floats(values: Sequence[float | None]) -> str:
    with np.errstate(over="ignore"):
        return _text(np.array([np.nan if v is None else v for v in values], "<f4"))


def _text(array: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
