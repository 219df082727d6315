"""What a session took, and whether it may stand."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from joulemark.core.clock import NS
from joulemark.core.errors import MeterError
from joulemark.core.finding import Finding, Severity
from joulemark.procedures.tiny.keeping import TraceSoFar
from joulemark.procedures.tiny.settings import ENERGY, FEWEST, TinySettings
from joulemark.workloads.tiny.dut import Inferred, Manners
from joulemark.workloads.tiny.inputs import Input

NEAR_S = 0.25
"""How far an edge may lie before and after the board's messages around its window."""
LOST_PERCENT = 0.1
"""``emon-drop-thresh-pct`` of EnergyRunner."""
DRIFT = 0.05
"""Spread of windows; that of the published results of five windows is below 0.3 %."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One input and what came of it.

    Attributes:
        source: the input.
        segment: which of its pieces.
        inferred: what the board said.
        count: inferences.
        warmups: before them.
    """

    source: Input
    segment: int
    inferred: Inferred
    count: int
    warmups: int


@dataclass(slots=True)
class Taken:
    """Everything that was taken.

    Attributes:
        settings: of the session.
        model: as the board names it.
        profile: likewise.
        name: likewise.
        trials: in order.
        trace: of the measured part; None without a monitor.
        parasitic: whether the board answered when its supply was off.
        failures: what the monitor complained of.
        manners: what the board said that it should not have.
        wanted: trials that were asked for.
        marked: of how many trials the windows are in the run.
    """

    settings: TinySettings
    model: str
    profile: str
    name: str
    wanted: int
    trials: list[Trial] = field(default_factory=list)
    trace: TraceSoFar | None = None
    parasitic: bool = False
    failures: list[MeterError] = field(default_factory=list)
    manners: Manners = field(default_factory=Manners)
    marked: int = 0

    def edges(self, trial: Trial) -> list[int]:
        """Return the places, among all edges, of those about a trial."""
        if self.trace is None:
            return []
        first = trial.inferred.began - round(NEAR_S * NS)
        last = trial.inferred.ended + round(NEAR_S * NS)
        return [at for at, edge in enumerate(self.trace.edges) if first <= edge <= last]

    def bounds(self, trial: Trial) -> tuple[int, int] | None:
        """Return begin and end of a trial's window, ns UTC; None if they were not seen."""
        places = self.edges(trial)
        if self.trace is None or len(places) < 2:
            return None
        return self.trace.edges[places[-2]], self.trace.edges[places[-1]]

    def seconds(self, trial: Trial) -> float | None:
        """Return the length of a trial's window; None if it is not known."""
        if self.settings.mode == ENERGY:
            bounds = self.bounds(trial)
            return None if bounds is None else (bounds[1] - bounds[0]) / NS
        laps = trial.inferred.laps_us
        return ((laps[1] - laps[0]) % (1 << 32)) / 1e6 if len(laps) == 2 else None

    def joules(self, trial: Trial) -> float | None:
        """Return the energy of a trial's window by its mean power; None if it is not known."""
        bounds = self.bounds(trial)
        if bounds is None or self.trace is None:
            return None
        return self.trace.mean(*bounds)[0] * (bounds[1] - bounds[0]) / NS


def judged(taken: Taken) -> list[Finding]:
    """Return why a result cannot stand, and what else has to be known of it."""
    rules = (_edges, _windows, _drift, _monitor, _supply, _inputs, _manners)
    return [finding for rule in rules for finding in rule(taken)]


def _found(name: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule=f"bench/{name}", severity=severity, message=message)


def _edges(taken: Taken) -> Iterator[Finding]:
    if taken.settings.mode != ENERGY:
        return
    for at, trial in enumerate(taken.trials, 1):
        count = len(taken.edges(trial))
        if count != 2:
            advice = "look at the wire to the monitor's pin (D7 of an LPM01A)"
            yield _found("edges", f"window {at}: the pin fell {count} times, not 2; {advice}")


def _windows(taken: Taken) -> Iterator[Finding]:
    if taken.settings.mode == "accuracy":
        return
    if len(taken.trials) != taken.wanted:
        yield _found("trials", f"{len(taken.trials)} windows of {taken.wanted}")
    for at, trial in enumerate(taken.trials, 1):
        seconds = taken.seconds(trial)
        if seconds is not None and seconds < taken.settings.window_s:
            least = f"less than {taken.settings.window_s:g} s"
            yield _found("short-window", f"window {at} lasts {seconds:.3f} s, {least}")
        if trial.count < FEWEST:
            yield _found("iterations", f"window {at} has {trial.count} inferences, not {FEWEST}")
        if seconds is None and taken.settings.mode != ENERGY:
            yield _found("stamps", f"window {at}: the board gave no two stamps of its own clock")


def _drift(taken: Taken) -> Iterator[Finding]:
    joules = [taken.joules(trial) for trial in taken.trials]
    single = [
        energy / trial.count
        for energy, trial in zip(joules, taken.trials, strict=True)
        if energy is not None
    ]
    if len(single) < 2 or not statistics.median(single):
        return
    spread = (max(single) - min(single)) / abs(statistics.median(single))
    if not spread <= DRIFT:
        rising = single == sorted(single) or single == sorted(single, reverse=True)
        how = "drift" if rising else "differ"
        what = f"the windows {how} by {100 * spread:.2g} %, more than {100 * DRIFT:g} %"
        yield _found("drift", f"{what}; let the board settle and measure again")


def _monitor(taken: Taken) -> Iterator[Finding]:
    if taken.trace is None:
        return
    total = len(taken.trace.power())
    percent = 100 * taken.trace.lost / max(total, 1)
    if percent > LOST_PERCENT:
        what = f"{taken.trace.lost} of {total} samples lost, {percent:.3g} %"
        yield _found("loss", f"{what}; more than {LOST_PERCENT} %: use a port of its own")
    elif taken.trace.lost:
        what = f"{taken.trace.lost} of {total} samples lost; the one before stands for each"
        yield _found("loss", what, Severity.NOTE)
    for failure in _distinct([str(one) for one in taken.failures]):
        yield _found("monitor", f"the energy monitor complains: {failure}")


def _supply(taken: Taken) -> Iterator[Finding]:
    if taken.parasitic:
        yield _found(
            "parasitic",
            "the board answers while its supply is off: it is fed through its signal pins, and "
            "what it takes there is not measured; use level shifters and one supply",
        )


def _inputs(taken: Taken) -> Iterator[Finding]:
    if taken.trials and not all(trial.source.official for trial in taken.trials):
        what = "made-up inputs: good for energy and speed, not for accuracy nor for a submission"
        yield _found("inputs", what, Severity.WARNING)


def _manners(taken: Taken) -> Iterator[Finding]:
    manners = taken.manners
    if manners.late:
        what = f"{len(manners.late)} lines after m-ready, {manners.late[0][:40]!r} the first"
        advice = "a relay is half duplex, so move debug output before m-ready"
        yield _found("late-lines", f"{what}; {advice}", Severity.WARNING)
    if manners.chatter:
        what = (
            f"{len(manners.chatter)} lines that are no message, {manners.chatter[0][:40]!r} first"
        )
        yield _found("chatter", what, Severity.NOTE)


def _distinct(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))[:5]
