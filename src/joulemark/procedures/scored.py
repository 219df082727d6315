"""What is asked of a score, what is scored, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from joulemark.core.finding import Finding, Severity, Verdict, verdict
from joulemark.procedures.checked import ROOT, Measured

OWN = "own"
"""Stands for the official summarizer that scored a result's own round."""
ALGORITHMS = {"2024": "2024-05", "present": "2024-09", OWN: OWN}
"""Versions of the official summarizer by the words that a person uses."""
NOT_SCORED = "joulemark/not-scored"
"""The rule that an energy which is there to be scored has its figures."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be scored: the folder of a benchmark, or a session.

    Attributes:
        kind: ``training`` or ``tiny``.
        tree: which of the trees it lies in, by number.
        path: relative to the root of the tree; empty for the root itself.
        files: how its reader names each file (path relative to the folder, or kind), path in the
            tree, size (-1 unknown), identity.
    """

    kind: str
    tree: int
    path: str
    files: tuple[tuple[str, str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Both:
    """An energy, J, twice; None where it cannot be had.

    Attributes:
        official: as the official summarizer has it, a number without an uncertainty.
        in_run: between start and stop of the runs.
    """

    official: float | None = None
    in_run: Measured | None = None

    def scaled(self, factor: float) -> Both:
        """Return both times a factor."""
        return Both(
            None if self.official is None else self.official * factor,
            None
            if self.in_run is None
            else Measured(self.in_run.value * factor, self.in_run.u95 * factor),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFigures:
    """A node or switch, in the runs that count.

    Attributes:
        name: ``node_0`` …
        kind: ``node`` or ``switch``.
        energy: its part of the score.
        readings: fewest in a run; None where a declared power stands for it, or nothing.
        longest_gap_s: longest time of a run without a reading; None likewise.
        coverage: least share of a run that is not in a hole; None likewise.
        shift_s: seconds by which its stamps were shifted, for their time zone.
    """

    name: str
    kind: str
    energy: Both
    readings: int | None = None
    longest_gap_s: float | None = None
    coverage: float | None = None
    shift_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """One run; nothing is scaled.

    Attributes:
        name: of its result file.
        seconds: from start to stop; None where its log does not tell.
        converged: whether it reached its target.
        counted: whether the olympic mean takes it.
        energy: of all its nodes and switches.
    """

    name: str
    seconds: float | None
    converged: bool
    counted: bool
    energy: Both


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFigures:
    """The score of a benchmark; energies and times are times the scaling factor.

    Attributes:
        algorithm: version of the official summarizer.
        scale: the scaling factor.
        ttt_s: time to train, s; None of no run.
        whole: all energy.
        compute: that of the nodes.
        interconnect: that of the switches.
        budget: standard uncertainty of the energy in the run by kind, J.
        logs: each node and switch.
        runs: each run.
    """

    algorithm: str
    scale: float
    ttt_s: float | None
    whole: Both
    compute: Both
    interconnect: Both
    budget: Mapping[str, float]
    logs: tuple[LogFigures, ...]
    runs: tuple[RunFigures, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One measured window of a session, and what was printed of it.

    Attributes:
        seconds: its length.
        inferences: in it.
        per_inference_uj: energy of an inference, µJ; None without inferences.
        reported_uj: the same as printed.
        power_w: mean power.
    """

    seconds: float
    inferences: int
    per_inference_uj: float | None
    reported_uj: float | None
    power_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyScore:
    """The figures of a session; None where one cannot be had.

    Attributes:
        mode: ``energy``, ``performance`` or ``accuracy``; empty if not known.
        variant: folders between benchmark and mode, as the open division has them.
        meter: the energy monitor; empty if not known.
        volts: of the supply.
        rate_hz: samples a second.
        reported_uj: median energy of an inference as printed, µJ.
        places: decimal places that were printed of it.
        recomputed: the same from the samples, µJ.
        windows: what was measured.
        throughput: inferences a second, the median.
        reported_throughput: the same as printed.
        power_w: mean power of the longest window.
        reported_power_w: the same as printed.
        reported_duty: share of time that the streaming wake word computes, as printed.
        duty: share of time that the streaming wake word computes.
        period_s: between two of its computations.
        detected: its true positives, false negatives, false positives.
        metric: of the accuracy: ``top1`` or ``auc``; empty without.
        accuracy: recomputed from the board's answers, 0 … 1.
        reported_accuracy: as printed, 0 … 1.
        inputs: of how many inputs.
        macs: operations of an inference of the reference network.
        energy_per_mac_j: energy of one of them.
    """

    mode: str = ""
    variant: str = ""
    meter: str = ""
    volts: float | None = None
    rate_hz: float | None = None
    reported_uj: float | None = None
    places: int | None = None
    recomputed: Measured | None = None
    windows: tuple[Window, ...] = ()
    throughput: float | None = None
    reported_throughput: float | None = None
    power_w: Measured | None = None
    reported_power_w: float | None = None
    reported_duty: float | None = None
    duty: Measured | None = None
    period_s: float | None = None
    detected: tuple[int, int, int] | None = None
    metric: str = ""
    accuracy: float | None = None
    reported_accuracy: float | None = None
    inputs: int | None = None
    macs: int | None = None
    energy_per_mac_j: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What the score of one benchmark or session came to.

    Attributes:
        kind: ``training`` or ``tiny``.
        tree: what the person called the tree.
        path: the folder, relative to the tree, or to the round that the tree lies in; a dot for
            the tree itself.
        round, division, submitter, system, benchmark: where it belongs; empty if not known.
        training: figures of MLPerf Training; None of others.
        tiny: figures of MLPerf Tiny; None of others.
        reasons: why a figure is missing or what is special about it, by its name.
        findings: what rules found; files are relative as the path is.
    """

    kind: str
    tree: str
    path: str
    round: str = ""
    division: str = ""
    submitter: str = ""
    system: str = ""
    benchmark: str = ""
    training: TrainingFigures | None = None
    tiny: TinyScore | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the findings come to."""
        return verdict(self.findings)


def lost(target: Target, tree: str, what: str) -> Scored:
    """Return the result of what could not be scored.

    Args:
        target: the benchmark or session.
        tree: name of its tree.
        what: what happened, in words.
    """
    finding = Finding(
        rule="joulemark/internal", severity=Severity.ERROR, message=what, file=target.path
    )
    return Scored(
        kind=target.kind,
        tree=tree,
        path=target.path or ROOT,
        reasons={"energy": what},
        findings=(finding,),
    )
