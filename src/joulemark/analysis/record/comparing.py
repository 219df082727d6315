"""Whether the figures of two results are of one thing, and in which unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from joulemark.analysis.record.definitions import Definitions, Kind, definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.core.errors import UsageError
from joulemark.core.units import digits


def comparable(one: Entry, other: Entry, known: Definitions | None = None) -> bool:
    """Return whether the figures of two results are of one thing, in one unit."""
    return not differences(one, other, known)


def differences(one: Entry, other: Entry, known: Definitions | None = None) -> tuple[str, ...]:
    """Return why the figures of two results must not be compared; empty if they may be.

    Args:
        one: a result.
        other: another, of any suite.
        known: what benchmarks mean; what comes with the package if None.
    """
    return tuple(_differences(one, other, known or definitions()))


def remarks(one: Entry, other: Entry, known: Definitions | None = None) -> tuple[str, ...]:
    """Return what changed between two results that may be compared, and a reader should know."""
    return tuple(_changes(one, other, known or definitions(), Kind.METHOD))


def _differences(one: Entry, other: Entry, known: Definitions) -> Iterator[str]:
    names = [known.benchmark(e.suite, e.benchmark) for e in (one, other)]
    asked = (
        ("suites", one.suite, other.suite),
        ("benchmarks", *names),
        ("accuracy variants", one.target, other.target),
        ("scenarios", one.scenario, other.scenario),
        ("divisions", one.division, other.division),
    )
    for what, first, second in asked:
        if first != second:
            yield f"two {what}: {first or 'none'} and {second or 'none'}"
    yield from _changes(one, other, known, Kind.BREAK)
    if one.work != other.work:
        yield f"two units of work: {one.work or 'none'} and {other.work or 'none'}"


def _changes(one: Entry, other: Entry, known: Definitions, kind: Kind) -> Iterator[str]:
    if one.suite != other.suite:
        return
    for change in known.changes_of(one.suite, one.benchmark, one.scenario):
        if change.kind is kind and change.between(one.round, other.round):
            yield f"since {change.since} {change.what}"


def converted(entry: Entry, work: str, known: Definitions | None = None) -> Entry:
    """Return a result in another unit of work, with a remark that says so.

    Args:
        entry: the result.
        work: singular name of the unit: ``sample``, ``query``, ``token``.
        known: what benchmarks mean; what comes with the package if None.

    Raises:
        UsageError: if nothing says how many of one are in the other.
    """
    if entry.work == work:
        return entry
    known = known or definitions()
    factor = units_in(entry, work, known)
    if factor is None:
        what = f"nothing says how many {work}s of {entry.name} a {entry.work or 'unit'} is"
        remedy = "compare results of the same unit of work"
        raise UsageError(what, where=f"{entry.round} {entry.scenario}".strip(), remedy=remedy)
    text = f"converted: {digits(factor, 4)} {work}s in a {entry.work}{_spread(entry, work, known)}"
    return replace(
        entry,
        work=work,
        performance=None if entry.performance is None else entry.performance * factor,
        energy_j=None if entry.energy_j is None else entry.energy_j / factor,
        remarks=(*entry.remarks, text),
    )


def _spread(entry: Entry, work: str, known: Definitions) -> str:
    """Return by how much a conversion between samples and tokens may be off."""
    of = known.tokens.get(entry.benchmark)
    if of is None or not of.spread or "token" not in (entry.work, work):
        return ""
    return f", to {digits(100 * of.spread, 2)} %"


def units_in(entry: Entry, work: str, known: Definitions) -> float | None:
    """Return how many of another unit of work are in one of a result's; None if unknown."""
    own, wanted = _samples(entry, entry.work, known), _samples(entry, work, known)
    return None if own is None or wanted is None else own / wanted


def _samples(entry: Entry, work: str, known: Definitions) -> float | None:
    """Return how many samples a unit of work is."""
    if work == "sample":
        return 1.0
    if work == "query":
        later = known.changes_of(entry.suite, "", entry.scenario)
        old = any(c.kind is Kind.BREAK and order(entry.round) < order(c.since) for c in later)
        return None if old else known.queries.get(entry.scenario)
    tokens = known.tokens_per_sample(entry.benchmark) if work == "token" else None
    return None if tokens is None else 1 / tokens
