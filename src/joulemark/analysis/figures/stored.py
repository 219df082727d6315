"""What figures need of stored runs beyond the record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trained import published_parts
from joulemark.core.errors import JoulemarkError
from joulemark.store.importing import imported_path
from joulemark.store.reader import read_record


@dataclass(frozen=True, slots=True)
class Parts:
    """Energy of a training by its parts, as published.

    Attributes:
        seconds: time to train, s.
        compute_j: of the nodes, J.
        interconnect_j: of the switches, J.
    """

    seconds: float
    compute_j: float
    interconnect_j: float


@dataclass(frozen=True, slots=True)
class Stored:
    """Of runs, by name.

    Attributes:
        parts: of trainings.
        windows_s: length of the shortest window of tiny runs, s.
    """

    parts: Mapping[str, Parts] = field(default_factory=dict)
    windows_s: Mapping[str, float] = field(default_factory=dict)


def stored(store: Path, entries: Iterable[Entry]) -> Stored:
    """Return what the runs behind results of training and tiny say.

    Args:
        store: the directory of all runs.
        entries: of the record; a run that cannot be read is left out.
    """
    parts: dict[str, Parts] = {}
    windows: dict[str, float] = {}
    for suite, name, results in _results(store, entries):
        if suite == "training" and (found := published_parts(results)):
            parts[name] = Parts(*found)
        if suite == "tiny" and (lengths := _windows(results)):
            windows[name] = min(lengths)
    return Stored(parts, windows)


def _results(store: Path, entries: Iterable[Entry]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    of = {name: e.suite for e in entries if e.suite in ("training", "tiny") for name in e.runs}
    for name, suite in of.items():
        with suppress(JoulemarkError):  # joulemark list says which are broken
            yield suite, name, read_record(imported_path(store, name)).results


def _windows(results: Mapping[str, Any]) -> list[float]:
    said = results.get("tiny")
    lengths = said.get("windows_s") if isinstance(said, dict) else None
    if not isinstance(lengths, list):
        return []
    return [float(s) for s in lengths if isinstance(s, int | float) and math.isfinite(s) and s >= 0]
