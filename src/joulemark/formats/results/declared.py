"""One result as somebody stated it, whatever table it stands in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

LOGS = "logs"
"""The kind of a result that was computed from its logs."""
WATTS, PER_QUERY, PER_RUN, PER_INFERENCE = "W", "J/query", "J/run", "J/inference"
"""Units of a stated power or energy."""
RATES = ("samples/s", "queries/s", "tokens/s")
"""Units of performance that can be divided by watts."""
PER_OUTPUT = ("J/request", "J/image", "J/video")
OUTPUT_RATES = ("requests/s", "images/s", "videos/s")
"""Units of generative inference (ML.ENERGY); its energy is that of the GPUs alone."""
MLENERGY = "ml.energy"
"""Suite and kind of its results."""
DIFFERS = "another statement of this result differs"
"""Remark on a statement that contradicts an earlier one in the same kind of table."""
LATENCY, DURATION = "s/query", "s"
"""Other units of performance: a latency, and the time that a training took."""

_DIGITS = 16
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredResult:
    """One result.

    Attributes:
        kind: the kind of table: ``cm-result``, ``results-page``, or ``logs`` for the result of a
            power directory, computed from its logs.
        identity: what makes it this result and no other, within its kind.
        sources: where it stands, each as ``file:line`` (of a JSON list its place, from 1).
        suite: ``inference``, ``training``, ``tiny`` or ``ml.energy``.
        round: ``v1.0`` …; the generation of ML.ENERGY.
        division: ``closed``, ``open`` or ``network``; empty where the table does not say.
        submitter: who.
        system: its short name, as paths have it; empty where the table does not say.
        system_name: its name for people.
        system_type: ``datacenter``, ``edge`` or both.
        public_id: MLCommons' number of the submission.
        location: where it lies in the repository of results.
        benchmark: its name in MLPerf's own spelling, as :func:`.names.benchmark` gives it.
        scenario: LoadGen's name; empty for other suites.
        accelerator: name of the accelerators; empty without.
        accelerators: how many in the system; None if unknown.
        processor: name of the processors.
        nodes: how many; None if unknown.
        software: as stated.
        performance: a rate, a latency in s or a time in s; None where none is stated.
        performance_unit: its unit.
        power: W, or J of a query, run, inference or output; None where none is stated.
        power_unit: its unit.
        inferred: whether it was inferred from another scenario; None if unknown.
        rows: how many rows state it, repeated ones included.
        rated_w: what the power supplies of the system are rated for, W; None if unknown.
        tree: what was imported, as the person named it.
        sha256: of the first file it stands in.
        run: the stored run that it was computed from; empty for none.
        remarks: what is odd in it, as the reader saw it.
    """

    kind: str
    identity: str
    sources: tuple[str, ...]
    suite: str = "inference"
    round: str = ""
    division: str = ""
    submitter: str = ""
    system: str = ""
    system_name: str = ""
    system_type: str = ""
    public_id: str = ""
    location: str = ""
    benchmark: str = ""
    scenario: str = ""
    accelerator: str = ""
    accelerators: float | None = None
    processor: str = ""
    nodes: float | None = None
    software: str = ""
    performance: float | None = None
    performance_unit: str = ""
    power: float | None = None
    power_unit: str = ""
    inferred: bool | None = None
    rows: int = 1
    rated_w: float | None = None
    tree: str = ""
    sha256: str = ""
    run: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A short name that is the same for the same result in any import."""
        text = f"{self.kind}\0{self.identity}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]

    @property
    def per_joule(self) -> float | None:
        """Work per joule, in the unit of :attr:`per_joule_unit`; None where it is not stated."""
        if self.power is None or not self.power > 0:
            return None
        if self.power_unit in (PER_QUERY, PER_INFERENCE, *PER_OUTPUT):
            return 1 / self.power
        if self.power_unit != WATTS or self.performance is None:
            return None
        return self.performance / self.power if self.performance_unit in RATES else None

    @property
    def per_joule_unit(self) -> str:
        """Unit of :attr:`per_joule`; empty without one."""
        if self.per_joule is None:
            return ""
        if self.power_unit == WATTS:
            return self.performance_unit.replace("/s", "/J")
        if self.power_unit in PER_OUTPUT:
            return f"{self.power_unit.removeprefix('J/')}s/J"
        return "queries/J" if self.power_unit == PER_QUERY else "inferences/J"


def merged(first: DeclaredResult, other: DeclaredResult) -> DeclaredResult | None:
    """Return two statements of one result as one; None where their figures contradict.

    Rows that state only performance and rows that state only power become one.
    """
    same_rate = _agree(
        (first.performance, first.performance_unit), (other.performance, other.performance_unit)
    )
    if not same_rate or not _agree(
        (first.power, first.power_unit), (other.power, other.power_unit)
    ):
        return None
    rate = first if first.performance is not None else other
    power = first if first.power is not None else other
    return replace(
        first,
        performance=rate.performance,
        performance_unit=rate.performance_unit,
        power=power.power,
        power_unit=power.power_unit,
        run=first.run or other.run,
        sources=joined(first.sources, other.sources),
        remarks=joined(first.remarks, other.remarks),
        rows=first.rows + (0 if set(other.sources) <= set(first.sources) else other.rows),
    )


def joined(first: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of both, each once, in their order."""
    return tuple(dict.fromkeys((*first, *other)))


def together(rows: Iterable[DeclaredResult]) -> list[DeclaredResult]:
    """Return each result once, in the order of first mention; contradicting statements stay apart.

    A statement that contradicts an earlier one of the same result gets an identity of its own,
    with a remark.
    """
    found: dict[str, DeclaredResult] = {}
    for row in rows:
        place, one = row.key, row
        for number in range(2, len(found) + 3):
            if place not in found:
                found[place] = one
                break
            both = merged(found[place], one)
            if both is not None:
                found[place] = both
                break
            one = replace(
                row,
                identity=f"{row.identity}\0{number}",
                remarks=joined(row.remarks, (DIFFERS,)),
            )
            place = one.key
    return list(found.values())


def _agree(first: tuple[float | None, str], other: tuple[float | None, str]) -> bool:
    if first[0] is None or other[0] is None:
        return True
    apart = abs(first[0] - other[0])
    return apart <= _TOLERANCE * max(abs(first[0]), abs(other[0])) and first[1] == other[1]
