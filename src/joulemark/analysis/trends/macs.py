"""Energy of one multiply-accumulate operation, by what the reference networks need."""

from __future__ import annotations

import functools
import statistics
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from joulemark.analysis.record.comparing import converted
from joulemark.analysis.record.definitions import Definitions, definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import best
from joulemark.analysis.trends.changes import measurement
from joulemark.analysis.trends.lines import Line, lines
from joulemark.core.errors import UsageError
from joulemark.formats.tiny.networks import networks

FILE = "data/macs.toml"
_TINY = "reference network of MLPerf Tiny, counted from its file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Macs:
    """What a benchmark needs.

    Attributes:
        suite: which.
        benchmark: without variant.
        macs: of one sample.
        of: what a sample is.
        check: what came of counting again.
        since: first round of it; empty for all.
    """

    suite: str
    benchmark: str
    macs: float
    of: str
    check: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class PerMac:
    """One line by the operation.

    Attributes:
        line: with entries in samples; of 99 and 99.9 each is its own.
        macs: of a sample.
        best: the entry of least energy.
        least: its energy of one operation, J.
        median: of all results, J.
    """

    line: Line
    macs: Macs
    best: Entry
    least: float
    median: float


def per_mac(entries: Iterable[Entry], known: Definitions | None = None) -> tuple[PerMac, ...]:
    """Return the energy of an operation for every line whose benchmark is known, fewest MACs first.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    known = known or definitions()
    found = (_of(line, known) for line in lines(entries, known))
    made = (one for one in found if one is not None)
    return tuple(sorted(made, key=lambda one: (one.macs.macs, one.line.subject)))


def macs_of(suite: str, benchmark: str, round_: str = "") -> Macs | None:
    """Return what a sample of a benchmark needs; None where nothing says.

    Args:
        suite: which.
        benchmark: without variant.
        round_: in which a network may be another; the latest if empty.
    """
    found = _known().get((suite, benchmark))
    if found is None or (found.since and order(round_) < order(found.since)):
        return None
    return found


def needs(line: Line) -> Macs | None:
    """Return what a sample of a line needs; None where nothing says."""
    if not line.entries:
        return None
    last = line.entries[-1]
    return macs_of(last.suite, last.benchmark, last.round)


def energy_of_mac(entry: Entry, known: Definitions | None = None) -> float | None:
    """Return the energy of one operation of a result, J; None where it does not follow."""
    macs = macs_of(entry.suite, entry.benchmark, entry.round)
    if macs is None or (entry.suite == "tiny" and entry.target):
        return None
    try:
        joules = _in_samples(entry, known).energy_j
    except UsageError:
        return None
    return None if joules is None else joules / macs.macs


def _in_samples(entry: Entry, known: Definitions | None) -> Entry:
    """Return an entry in samples; an inference of a board is one."""
    return entry if entry.suite == "tiny" else converted(entry, "sample", known)


def _of(line: Line, known: Definitions) -> PerMac | None:
    macs = needs(line)
    if macs is None:
        return None
    once = {measurement(entry): entry for entry in line.entries}
    energies = [joules for e in once.values() if (joules := energy_of_mac(e, known)) is not None]
    if not energies:
        return None
    return PerMac(line, macs, best(line.entries), min(energies), statistics.median(energies))


@functools.cache
def _known() -> Mapping[tuple[str, str], Macs]:
    text = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    large = (Macs(suite="inference", **each) for each in tomllib.loads(text)["macs"])
    return {(one.suite, one.benchmark): one for one in (*_tiny(), *large)}


def _tiny() -> Iterator[Macs]:
    """Yield those of the boards' networks; a larger one of the same benchmark is a variant."""
    named: dict[str, Macs] = {}
    for one in networks():
        made = Macs(suite="tiny", benchmark=one.benchmark, macs=one.macs, of=one.data, check=_TINY)
        named.setdefault(one.benchmark, made)
    yield from named.values()
