"""One result of the record, whatever tables, logs and runs it was joined from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.core.words import StrEnum


class Evidence(StrEnum):
    """How far a result can be followed back, the furthest first."""

    LOGS = "raw log recomputed"
    """Its power log is imported, and the figure is computed from it."""
    REPOSITORY = "results repository"
    """A program stated it from logs that are not imported (``cm-result.json``, a results.json)."""
    PAGE = "results page"
    """It stands on a page of results, or in a table made from one."""
    OWN = "own run"
    """A run of this store that nobody published."""


class Category(StrEnum):
    """The scale of a system, as its results are published."""

    TINY = "tiny"
    EDGE = "edge"
    DATACENTER = "datacenter"
    TRAINING = "training"
    UNKNOWN = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One result.

    A system that is published as both edge and datacenter has one entry for each.

    Attributes:
        key: short and lasting: the same in every import of the same result.
        suite: ``inference``, ``training``, ``tiny``, ``ml.energy``; empty for one's own run.
        category: the scale of its system.
        round: ``v1.0`` …; empty for one's own run.
        date: day of publication of the round, ISO; empty if not known.
        division: ``closed``, ``open`` or ``network``.
        submitter: who.
        system: its short name, as paths have it.
        system_name: its name for people.
        public_id: MLCommons' number; empty where no table states it.
        benchmark: in MLPerf's spelling, without accuracy variant: ``bert``, ``resnet50``, ``kws``.
        target: the accuracy variant: ``99``, ``99.9``, or empty.
        scenario: LoadGen's name; empty for other suites.
        processor: name.
        accelerator: name; empty without.
        accelerators: in the whole system; None if unknown.
        nodes: None if unknown.
        software: as stated.
        work: singular name of the unit of work as published: sample, query, token, inference, run.
        performance: units of work a second; a latency or a time is not one: None then.
        latency_s: of a query or an inference, or the time to train, s; None without.
        power_w: mean power, W; None where it is not stated and does not follow.
        energy_j: of a unit of work, J; None likewise.
        u95: half-width of the 95 % interval of power and energy, relative; None where unknown.
        evidence: how far it can be followed back.
        passed: whether our default rules pass its log; None where there is no log.
        runs: names of the stored runs behind it.
        copies: keys of entries whose power log is a byte copy of this one's.
        sources: where it stands: ``file:line``, most trusted first.
        doubts: what rules on stated results found, each as ``rule: what was seen``.
        remarks: what else is odd, contradictions between its sources among it.
    """

    key: str
    suite: str
    category: Category
    round: str
    date: str
    division: str
    submitter: str
    system: str
    system_name: str
    public_id: str
    benchmark: str
    target: str
    scenario: str
    processor: str
    accelerator: str
    accelerators: float | None
    nodes: float | None
    software: str
    work: str
    performance: float | None
    latency_s: float | None
    power_w: float | None
    energy_j: float | None
    u95: float | None
    evidence: Evidence
    passed: bool | None = None
    runs: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def per_joule(self) -> float | None:
        """Work per joule; None without energy, or with one that is next to none."""
        found = 1 / self.energy_j if self.energy_j else math.inf
        return found if math.isfinite(found) else None

    @property
    def name(self) -> str:
        """Benchmark and accuracy variant as published: ``bert-99.9``."""
        return f"{self.benchmark}-{self.target}" if self.target else self.benchmark
