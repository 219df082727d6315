"""One phase of one run, reduced to what a comparison needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joulemark.accounting.repeats import fewest_repeats
from joulemark.accounting.results import PhaseResult, WindowResult
from joulemark.core.channel import Channel, Provenance
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.run import Run, System
from joulemark.core.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One window.

    Attributes:
        start: ns UTC.
        seconds: its length.
        covered_s: time of it that valid readings cover, s.
        joules: gross energy, J; None where nothing was read.
        net: energy above idle, J; None where unknown.
        count: work done in it; 1 where none was counted.
    """

    start: int
    seconds: float
    covered_s: float
    joules: float | None
    net: float | None
    count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One phase of one run.

    Attributes:
        run: id of the run.
        title: what was measured.
        procedure: which procedure made the run.
        joulemark: version that wrote it.
        started: ns UTC.
        took_s: how long the whole run took, idle windows and all, s; None if never recorded.
        system: the machine.
        settings: of procedure, workload and meters.
        environment: interpreter, packages, revision of the source.
        codes: codes of the warnings that concern the run or this phase.
        phase: its name.
        unit: unit of work; empty where none was counted.
        lacks: what the total leaves out, in words.
        channels: channels of the parts that the total adds up.
        provenance: of the total; None where nothing was read.
        evidence: name of the tier of evidence; empty where it is not known.
        energy: gross energy of all windows, J, without the scatter of repeats.
        net: the same above idle; None where idle power is unknown.
        repeats: the windows, in the order of time.
    """

    run: str
    title: str
    procedure: str
    joulemark: str
    started: int
    took_s: float | None = None
    system: System
    settings: Mapping[str, Any]
    environment: Mapping[str, Any]
    codes: frozenset[str]
    phase: str
    unit: str
    lacks: tuple[str, ...]
    channels: tuple[Channel, ...]
    provenance: Provenance | None
    evidence: str = ""
    energy: Value | None
    net: Value | None
    repeats: tuple[Repeat, ...]

    @property
    def fewest(self) -> int | None:
        """Windows after which the run could have ended, depending on how they agreed."""
        return fewest_repeats(self.settings)

    @property
    def count(self) -> float:
        """Work of all windows; their number where none was counted."""
        return sum(repeat.count for repeat in self.repeats)

    @property
    def seconds(self) -> float:
        """Time in all windows, s."""
        return sum(repeat.seconds for repeat in self.repeats)

    @property
    def covered_s(self) -> float:
        """Time in all windows that valid readings cover, s."""
        return sum(repeat.covered_s for repeat in self.repeats)

    @property
    def coverage(self) -> float:
        """Share of the time that valid readings cover; 1 where there was no time."""
        return self.covered_s / self.seconds if self.seconds > 0 else 1.0

    @property
    def watts(self) -> float | None:
        """Mean power over the covered time, W; None where nothing was read."""
        if self.energy is None or not self.covered_s > 0:
            return None
        return self.energy.value / self.covered_s


def observed(run: Run, result: PhaseResult) -> Observation:
    """Return what a comparison needs of one phase of a run.

    Args:
        run: the record.
        result: what the phase came to.
    """
    cautions = [c for c in run.cautions if c.phase in ("", result.phase)]
    counted = result.work is not None and result.work.count > 0
    return Observation(
        run=run.id,
        title=run.title,
        procedure=run.procedure,
        joulemark=run.joulemark,
        started=run.anchor.utc_ns,
        took_s=None if run.stopped is None else (run.stopped - run.anchor.utc_ns) / NS,
        system=run.system,
        settings=run.settings,
        environment=run.environment,
        codes=frozenset(c.code.value for c in (*cautions, *result.cautions)),
        phase=result.phase,
        unit=result.work.unit if result.work is not None and counted else "",
        lacks=result.lacks,
        channels=tuple(part.channel for part in result.parts if part.added),
        provenance=None if result.total is None else result.total.provenance,
        evidence="" if result.evidence is None else result.evidence.tier.label,
        energy=None if result.total is None else result.total.joules,
        net=result.net,
        repeats=in_order(_repeat(window, counted=counted) for window in result.windows),
    )


def in_order(repeats: Iterable[Repeat]) -> tuple[Repeat, ...]:
    """Return windows in the order of time."""
    return tuple(sorted(repeats, key=lambda repeat: repeat.start))


def _repeat(result: WindowResult, *, counted: bool) -> Repeat:
    window, total = result.window, result.total
    return Repeat(
        start=window.start,
        seconds=window.duration_s,
        covered_s=_covered_s(total, window.duration_s),
        joules=None if total is None else total.joules.value,
        net=None if result.net is None else result.net.value,
        count=window.work.count if counted and window.work is not None else 1.0,
    )


def _covered_s(total: Energy | None, seconds: float) -> float:
    return 0.0 if total is None else total.coverage * seconds
