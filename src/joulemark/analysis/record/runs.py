"""What the record needs of the runs behind results, read without opening their traces."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from joulemark.core.errors import JoulemarkError
from joulemark.store.files import RUN, open_regular
from joulemark.store.importing import imported_path
from joulemark.store.schema import MAX_RUN

_ENERGIES = ("power", "energy", "interval")
"""Quantities of channels that give energy."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Of one imported run.

    Attributes:
        rate: queries a second of its measured window; None where it counts something else.
        samples: of one of these queries; None where the log does not say.
        u95: half-width of the 95 % interval that the accuracy class of its meters leaves,
            relative; None where no meter says.
    """

    rate: float | None = None
    samples: float | None = None
    u95: float | None = None


class _Work(msgspec.Struct):
    count: float
    unit: str


class _Window(msgspec.Struct):
    role: str
    start: int
    stop: int | None = None
    work: _Work | None = None


class _Accuracy(msgspec.Struct):
    gain: float = 0.0
    source: str = ""


class _Channel(msgspec.Struct):
    quantity: str = ""
    accuracy: _Accuracy | None = None


class _LoadGen(msgspec.Struct):
    samples_per_query: float | None = None


class _Results(msgspec.Struct):
    loadgen: _LoadGen | None = None


class _Record(msgspec.Struct):
    windows: list[_Window]
    channels: list[_Channel]
    results: _Results = msgspec.field(default_factory=_Results)


def facts_of(store: Path, names: Iterable[str]) -> dict[str, RunFacts]:
    """Return what is known of runs by name; those that cannot be read are left out."""
    found = {}
    for name in sorted(set(names)):
        try:
            with open_regular(imported_path(store, name) / RUN) as file:
                record = msgspec.json.decode(file.read(MAX_RUN + 1), type=_Record)
        except (OSError, JoulemarkError, msgspec.MsgspecError, RecursionError):
            continue  # joulemark list says which are broken
        loadgen = record.results.loadgen
        samples = loadgen.samples_per_query if loadgen else None
        found[name] = RunFacts(_rate(record), samples, _u95(record))
    return found


def _rate(record: _Record) -> float | None:
    for window in record.windows:
        counted = window.work is not None and window.work.unit == "query"
        length = (window.stop or window.start) - window.start
        if window.role == "measure" and counted and length > 0 and window.work:
            rate = window.work.count / (length / 1e9)
            return rate if math.isfinite(rate) else None
    return None


def _u95(record: _Record) -> float | None:
    """Return that of the least accurate of its meters; the class is a 95 % half-width."""
    gains = [
        channel.accuracy.gain
        for channel in record.channels
        if channel.quantity in _ENERGIES and channel.accuracy and channel.accuracy.source
    ]
    return max(gains) if gains and 0 < max(gains) < math.inf else None
