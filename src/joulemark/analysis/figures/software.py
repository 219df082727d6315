"""Figures 10 and 11a from the record: what new software brings on hardware that stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mean, median

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import absent, label_of, of_entry
from joulemark.analysis.figures.wanted import Wanted, offline, systems
from joulemark.analysis.record.definitions import Definitions, order
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.trends.software import software_changes

_R282 = (
    ("v1.1", "1.1-124", "Qualcomm", "r282_z93_q5"),
    ("v2.0", "2.0-132", "Qualcomm", "r282_z93_q5e"),
    ("v2.1", "2.1-0108", "Qualcomm", "r282_z93_q5e"),
    ("v3.0", "3.0-0101", "Qualcomm", "r282_z93_q5e"),
    ("v3.1", "3.1-0127", "Qualcomm", "r282_z93_q5e"),
)
_CLOSE = 5.0
"""Per cent within which a change is called small."""


def software_pairs(
    entries: Iterable[Entry], known: Definitions, scenario: str = "Offline"
) -> list[tuple[Entry, Entry]]:
    """Return results of rounds next to each other that differ in software alone.

    Submitter, name of the system, processors, accelerators and their number are the same, and what
    the benchmark means did not change between the rounds. Of a system that has several results of
    a round, the most efficient counts; one that is both edge and datacenter counts once.

    Args:
        entries: of the record; closed results of inference are taken.
        known: the rounds, and what changed.
        scenario: LoadGen's name; empty for all.
    """
    wanted = (
        entry
        for entry in entries
        if (entry.suite, entry.division) == ("inference", "closed")
        and scenario in ("", entry.scenario)
    )
    return [(c.before, c.after) for c in software_changes(wanted, known).changes]


def software(entries: Sequence[Entry], known: Definitions) -> FigureData | None:
    """Return figure 10; None without a pair.

    Args:
        entries: of the record.
        known: the rounds, and what changed.
    """
    pairs = software_pairs(entries, known)
    if not pairs:
        return None
    datacenter = software_pairs((e for e in entries if e.category is Category.DATACENTER), known)
    points = [
        _change(old, new) for old, new in sorted(pairs, key=lambda pair: order(pair[1].round))
    ]
    everywhere = software_pairs(entries, known, "")
    return FigureData(
        number="10",
        title="Efficiency from round to round on the same hardware",
        basis=Basis.RECORD,
        kind=Kind.HISTOGRAM,
        series=(
            Series(name=f"{len(points)} pairs", points=tuple(points)),
            Series(
                name=f"{len(datacenter)} of datacenter systems",
                points=tuple(_change(*pair) for pair in datacenter),
            ),
        ),
        x_label="Change of energy efficiency (%)",
        y_label="Pairs",
        notes=(
            "one submitter, system, processor, accelerator and number of accelerators",
            "rounds next to each other; a benchmark that changed between them is left out",
            _summary("Offline", pairs),
            _summary("Offline, datacenter", datacenter),
            _summary("all scenarios", everywhere),
            *absent((e for e in entries if e.suite == "inference"), known),
        ),
    )


def percent(old: Entry, new: Entry) -> float:
    """Return the change of efficiency from one result to another, %."""
    before, after = old.per_joule or 0.0, new.per_joule or 0.0
    return 100 * (after - before) / before


def _change(old: Entry, new: Entry) -> Point:
    logs = old.evidence is Evidence.LOGS is new.evidence
    return replace(
        of_entry(new, y=percent(old, new), note="" if logs else "from a table, not from logs"),
        label=f"{label_of(old)} -> {label_of(new)} {new.name}",
        keys=(old.key, new.key),
        sources=(*old.sources, *new.sources),
    )


def _summary(what: str, pairs: Sequence[tuple[Entry, Entry]]) -> str:
    changes = [percent(*pair) for pair in pairs]
    if not changes:
        return f"{what}: no pairs"
    better = 100 * sum(change > 0 for change in changes) / len(changes)
    close = 100 * sum(abs(change) <= _CLOSE for change in changes) / len(changes)
    return (
        f"{what}: {len(changes)} pairs, {min(changes):+.1f} to {max(changes):+.1f} %, median "
        f"{median(changes):+.1f} %, mean {mean(changes):+.1f} %; {better:.0f} % improve, "
        f"{close:.0f} % stay within {_CLOSE:.0f} %"
    )


def one_system(entries: Sequence[Entry]) -> FigureData | None:
    """Return figure 11a: ResNet-50 on R282-Z93 with five accelerators; None without two rounds.

    Args:
        entries: of the record.
    """
    edge = [entry for entry in entries if entry.category is Category.EDGE]
    found = [entry for wanted in systems(*_R282) if (entry := _of(edge, wanted)) is not None]
    if len(found) < 2:
        return None
    series = (
        ("Energy efficiency", "samples/J", [entry.per_joule or 0.0 for entry in found]),
        ("Performance", "samples/s", [entry.performance or 0.0 for entry in found]),
        ("Power", "W", [entry.power_w or 0.0 for entry in found]),
    )
    return FigureData(
        number="11a",
        title="ResNet-50 on one system through versions of the software",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=tuple(
            Series(name=name, unit=unit, points=tuple(_bars(found, values)))
            for name, unit, values in series
        ),
        x_label="Round",
        y_label="First round = 1",
        notes=tuple(_hardware_changes(found)),
    )


def _of(entries: Sequence[Entry], wanted: Wanted) -> Entry | None:
    entry = offline(entries, wanted, "resnet50")
    complete = entry is not None and entry.per_joule and entry.performance and entry.power_w
    return entry if complete else None


def _bars(found: Sequence[Entry], values: Sequence[float]) -> Iterator[Point]:
    for entry, value in zip(found, values, strict=True):
        note = "" if entry.evidence is Evidence.LOGS else "from a table, not from logs"
        yield replace(of_entry(entry, y=value / values[0], note=note), absolute=value)


def _hardware_changes(found: Sequence[Entry]) -> Iterator[str]:
    """Yield where the hardware of a system did not stay."""
    for old, new in pairwise(found):
        for what in ("processor", "accelerator", "accelerators"):
            before, after = getattr(old, what), getattr(new, what)
            if before != after:
                said = f"{what.removesuffix('s')} {before} becomes {after}"
                yield f"from {old.round} to {new.round} {said}: not software alone"
