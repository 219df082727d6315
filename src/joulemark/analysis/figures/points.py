"""Points that show a figure of a result."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from joulemark.analysis.figures.data import Point
from joulemark.analysis.figures.names import days
from joulemark.analysis.record.definitions import Definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.scales_stated import HARMLESS

CONVERTED = "converted:"
"""How a remark begins on a figure that is in another unit of work than published."""


def sure(entry: Entry) -> bool:
    """Return whether no rule on stated results calls the figures of a result an error."""
    return all(why.partition(":")[0] in HARMLESS for why in entry.doubts)


def of_entry(entry: Entry, *, y: float, x: str = "", note: str = "") -> Point:
    """Return a point that shows a figure of a result.

    Args:
        entry: the result.
        y: the figure.
        x: place on the axis; by default its round.
        note: what a reader must know.
    """
    return Point(
        x=x or entry.round,
        y=y,
        at=day_of(entry),
        label=label_of(entry),
        keys=(entry.key,),
        sources=entry.sources,
        note=note,
    )


def day_of(entry: Entry) -> float | None:
    """Return the days since 1970 of the publication of a result; None if it is not known."""
    try:
        return float(days(date.fromisoformat(entry.date)))
    except ValueError:
        return None


def label_of(entry: Entry) -> str:
    """Return whose a result is: its public number, or submitter and system."""
    return entry.public_id or " ".join(
        filter(None, (entry.submitter, entry.system or entry.system_name))
    )


def absent(entries: Iterable[Entry], known: Definitions) -> tuple[str, ...]:
    """Return which rounds between the first and the last of some results have none of them.

    Args:
        entries: of one suite.
        known: all rounds.

    Returns:
        One sentence, or none.
    """
    found = {entry.round: entry.suite for entry in entries if entry.round}
    if not found:
        return ()
    begin, end = min(found, key=order), max(found, key=order)
    missing = [
        round_
        for round_ in known.dates.get(found[begin], {})
        if round_ not in found and order(begin) < order(round_) < order(end)
    ]
    return (f"the record has none of {', '.join(missing)}",) if missing else ()


def conversions(entry: Entry) -> tuple[str, ...]:
    """Return the remarks on an entry that say how its unit of work was converted."""
    return tuple(remark for remark in entry.remarks if remark.startswith(CONVERTED))
