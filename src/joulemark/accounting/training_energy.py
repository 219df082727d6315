"""The score of an MLPerf Training result, twice: as published, and in the run.

Each run is the sum of its logs; a result is the olympic mean of its runs, in the order of their
time and not of their energy, times the scaling factor that the review set for it. Both figures take
the same runs. Energies are published in kJ; all here is J, s and W.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from joulemark.accounting.training_in_run import Seen, in_run
from joulemark.accounting.training_official import Algorithm, counted, published_joules
from joulemark.accounting.training_record import Kind, PowerRecord
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.value import Value, total

KWH = 3.6e6
"""Joules of a kilowatt hour."""
NOT_PUBLISHED, NOT_IN_RUN = "not as published", "not in the run"
"""Which figure of a log a reason is about."""


@dataclass(frozen=True, slots=True)
class LogEnergy:
    """The energy of one node or switch in one run.

    Attributes:
        name: ``node_0`` …
        kind: what it is.
        published: J, as the official summarizer has it; None if it fails.
        in_run: between start and stop of the run; None if nothing can be said.
        seen: what its log holds of the run; None where a declared power stands for it, or nothing.
        reasons: why there is no figure.
    """

    name: str
    kind: Kind
    published: float | None
    in_run: Energy | None
    seen: Seen | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunEnergy:
    """One run.

    Attributes:
        name: of its result file.
        start: ns.
        stop: ns.
        converged: whether it reached its target.
        logs: of each node and switch, in the order given.
        lost: what is said of logs that could not be read; with one there is no figure of the run.
    """

    name: str
    start: int
    stop: int
    converged: bool
    logs: tuple[LogEnergy, ...]
    lost: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Time to train, s."""
        return (self.stop - self.start) / NS


@dataclass(frozen=True, slots=True)
class Part:
    """The mean of the counted runs, times the scaling factor.

    Attributes:
        published: J; None where the official summarizer fails.
        in_run: J; None where a run says nothing.
    """

    published: float | None
    in_run: Value | None


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a result.

    Attributes:
        algorithm: version of the official summarizer.
        scale: the scaling factor.
        runs: names of the counted runs, fastest first.
        seconds: time to train times the scaling factor, s; None of no run.
        whole: all energy.
        compute: that of the nodes.
        interconnect: that of the switches.
        logs: that of each node and switch, by its name; one that a counted run lacks counts
            nothing there.
        reasons: why a figure is missing, each with its run and log.
    """

    algorithm: Algorithm
    scale: float
    runs: tuple[str, ...]
    seconds: float | None
    whole: Part
    compute: Part
    interconnect: Part
    logs: dict[str, Part]
    reasons: tuple[str, ...] = ()

    @property
    def published_kwh(self) -> float | None:
        """The published energy, kWh."""
        return None if self.whole.published is None else self.whole.published / KWH

    @property
    def in_run_kwh(self) -> Value | None:
        """The energy in the run, kWh."""
        return None if self.whole.in_run is None else self.whole.in_run.scaled(1 / KWH, "kWh")

    @property
    def published_w(self) -> float | None:
        """The published energy over the time to train, W."""
        return (
            self.whole.published / self.seconds if self.whole.published and self.seconds else None
        )

    @property
    def in_run_w(self) -> Value | None:
        """The energy in the run over the time to train, W."""
        if self.whole.in_run is None or not self.seconds:
            return None
        return self.whole.in_run.scaled(1 / self.seconds, "W")


def run_energy(
    name: str,
    start: int,
    stop: int,
    records: Iterable[PowerRecord],
    algorithm: Algorithm,
    *,
    converged: bool = True,
) -> RunEnergy:
    """Return the energies of a run; each log is used and let go before the next is asked for.

    Args:
        name: of the run.
        start: ns.
        stop: ns.
        records: the logs.
        algorithm: version of the official summarizer.
        converged: whether the run reached its target.
    """
    logs = tuple(log_energy(record, start, stop, algorithm) for record in records)
    return RunEnergy(name, start, stop, converged, logs)


def log_energy(record: PowerRecord, start: int, stop: int, algorithm: Algorithm) -> LogEnergy:
    """Return the energy of one log in a run, as published and between two moments (ns)."""
    reasons: list[str] = []
    published: float | None = None
    try:
        published = published_joules(record, (stop - start) / NS, algorithm)
    except ValueError as error:
        reasons.append(f"{record.name}: {NOT_PUBLISHED}: {error}")
    energy, seen = None, None
    try:
        energy, seen = in_run(record, start, stop)
    except ValueError as error:
        reasons.append(f"{record.name}: {NOT_IN_RUN}: {error}")
    return LogEnergy(record.name, record.kind, published, energy, seen, tuple(reasons))


def score(
    runs: Sequence[RunEnergy], benchmark: str, algorithm: Algorithm, scale: float = 1.0
) -> Score:
    """Return the score of a result.

    Args:
        runs: all of its runs.
        benchmark: its name, which says how many runs are left out.
        algorithm: version of the official summarizer, for the record.
        scale: the scaling factor.
    """
    converged = [run for run in runs if run.converged]
    failed = len(runs) - len(converged)
    taken = [converged[i] for i in counted([r.seconds for r in converged], failed, benchmark)]
    reasons = [
        f"{run.name}: {reason}" for run in taken for log in run.logs for reason in log.reasons
    ]
    reasons += [f"{run.name}: {lost}" for run in taken for lost in run.lost]
    reasons += [
        f"{run.name}: no log of a node's power"
        for run in taken
        if not any(log.kind is Kind.NODE for log in run.logs)
    ]
    if not taken:
        reasons.append(f"of {len(runs)} runs {failed} did not converge; none is left to count")
    of_log: dict[str, list[LogEnergy]] = {}
    for run in taken:
        for log in run.logs:
            of_log.setdefault(log.name, []).append(log)
    logs = [log for run in taken for log in run.logs]
    factor = scale / len(taken) if taken else None
    nodes = [log for log in logs if log.kind is Kind.NODE]
    lost = any(run.lost or not any(log.kind is Kind.NODE for log in run.logs) for run in taken)
    all_read = None if lost else factor
    return Score(
        algorithm=algorithm,
        scale=scale,
        runs=tuple(run.name for run in taken),
        seconds=None if factor is None else factor * sum(run.seconds for run in taken),
        whole=_part(logs, all_read),
        compute=_part(nodes, all_read),
        interconnect=_part([log for log in logs if log.kind is Kind.SWITCH], all_read),
        logs={name: _part(of_log[name], factor) for name in of_log},
        reasons=tuple(reasons),
    )


def _part(logs: list[LogEnergy], factor: float | None) -> Part:
    """Return the sum of logs times a factor; None where one has no figure, or without a factor."""
    if factor is None:
        return Part(None, None)
    published = [log.published for log in logs if log.published is not None]
    energies = [log.in_run.joules for log in logs if log.in_run is not None]
    return Part(
        published=factor * sum(published) if len(published) == len(logs) else None,
        in_run=total(energies, "J").scaled(factor, "J") if len(energies) == len(logs) else None,
    )
