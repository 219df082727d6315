"""Whose a published bar of figures 7 and 9 is, where it is not of the result that it names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from joulemark.analysis.figures.differing import APART, Difference
from joulemark.analysis.figures.points import label_of
from joulemark.analysis.figures.targets import bert_pairs
from joulemark.analysis.figures.workloads import Workload, workloads
from joulemark.analysis.record.comparing import converted
from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry
from joulemark.core.errors import UsageError
from joulemark.core.units import digits, si


def with_energies(
    found: Iterable[Difference], entries: Sequence[Entry], known: Definitions
) -> tuple[Difference, ...]:
    """Return differences of figure 7, with the results that have the published energy.

    A bar that no result has gets what the system of the other bars of its series has.

    Args:
        found: the differences.
        entries: of the record.
        known: tokens of a sample.
    """
    of = {workload.name: workload for workload in workloads()}
    listed = list(found)
    owners = [list(_owners(one, of[one.x], entries, known)) for one in listed]
    done = []
    for one, whose in zip(listed, owners, strict=True):
        texts = [f"{si(one.published or 0.0, 'J')} is what {name(e)} has" for e in whose[:1]]
        if not whose:
            donor = _donor(one, listed, owners)
            texts = list(_of_donor(donor, of[one.x], entries)) if donor else []
        done.append(replace(one, why=(*texts, *one.why)))
    return tuple(done)


def with_ratios(found: Iterable[Difference], entries: Iterable[Entry]) -> tuple[Difference, ...]:
    """Return differences of figure 9, with the system of the round that has the published ratio.

    Args:
        found: the differences.
        entries: of the record.
    """
    pairs = bert_pairs(entries)
    return tuple(replace(one, why=(*_of_ratio(one, pairs), *one.why)) for one in found)


def _of_ratio(one: Difference, pairs: Iterable[tuple[Entry, Entry]]) -> Iterator[str]:
    for low, high in pairs:
        ratio = (high.per_joule or 0.0) / (low.per_joule or math.inf)
        published = one.published if low.round == one.x else None
        if published is not None and abs(ratio - published) <= APART * ratio:
            size = f", {low.accelerators:.0f} accelerators" if low.accelerators else ""
            yield f"{digits(published, 3)} is what {name(low)} has{size}"


def name(entry: Entry) -> str:
    """Return whose a result is, for people."""
    parts = (label_of(entry), entry.system or entry.system_name, entry.round, entry.scenario)
    return " ".join(dict.fromkeys(filter(None, parts)))


def _owners(
    one: Difference, workload: Workload, entries: Iterable[Entry], known: Definitions
) -> Iterator[Entry]:
    if one.published is None or one.series == "MACs":
        return
    for entry in _of_workload(workload, entries):
        energy = _energy(entry, known)
        if energy is not None and abs(energy - one.published) <= APART * energy:
            yield entry


def _of_workload(workload: Workload, entries: Iterable[Entry]) -> Iterator[Entry]:
    suite = "tiny" if workload.category == "tiny" else "inference"
    for entry in entries:
        if (entry.suite, entry.benchmark, entry.target, entry.division) == (
            suite,
            workload.benchmark,
            workload.target,
            "closed",
        ):
            yield entry


def _energy(entry: Entry, known: Definitions) -> float | None:
    """Return the energy of a sample or an inference, J; None if nothing tells it."""
    if entry.suite == "tiny":
        return entry.energy_j
    try:
        return converted(entry, "sample", known).energy_j
    except UsageError:
        return None


def _donor(
    one: Difference, listed: Sequence[Difference], owners: Sequence[Sequence[Entry]]
) -> tuple[str, str] | None:
    """Return round and system of most other bars of a series."""
    counted = Counter(
        (whose[0].round, whose[0].system)
        for other, whose in zip(listed, owners, strict=True)
        if whose and other.series == one.series and other is not one
    )
    best = counted.most_common(1)
    return best[0][0] if best and best[0][1] > 1 else None


def _of_donor(
    donor: tuple[str, str], workload: Workload, entries: Iterable[Entry]
) -> Iterator[str]:
    for entry in _of_workload(workload, entries):
        if (entry.round, entry.system) == donor and entry.energy_j:
            yield f"the other bars are of {name(entry)}, which has {si(entry.energy_j, 'J')}"
