"""Entries for tests of figures, with the dates of their rounds."""

from __future__ import annotations

from typing import Any

from joulemark.analysis.figures.data import FigureData
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Entry
from tests.analysis.trends.entries import entry as plain


def entry(key: str, round_: str, per_joule: float, **more: Any) -> Entry:
    """Return a result with its round, its date and a source of its own."""
    known = {
        "round": round_,
        "date": definitions().date(more.get("suite", "inference"), round_),
        "sources": (f"closed/NVIDIA/{key}",),
        "public_id": f"{round_[1:]}-{key}",
    }
    return plain(key, per_joule, **{**known, **more})


def tiny(key: str, round_: str, energy_j: float, **more: Any) -> Entry:
    """Return a result of MLPerf Tiny, by default of keyword spotting."""
    known: dict[str, Any] = {
        "suite": "tiny",
        "category": Category.TINY,
        "scenario": "",
        "benchmark": "kws",
        "work": "inference",
        "power_w": None,
        "performance": None,
        "u95": None,
        "accelerator": "",
        "accelerators": None,
    }
    return entry(key, round_, 1 / energy_j, **{**known, **more})


def y(figure: FigureData | None, series: int = 0) -> list[float]:
    """Return the values of a series."""
    assert figure is not None
    return [point.y for point in figure.series[series].points]
