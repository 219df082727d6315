"""What a session with a board is to be, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from joulemark.accounting.duty_cycle import DutyCycle
from joulemark.core.finding import Finding, Severity
from joulemark.core.value import Value
from joulemark.formats.tiny.figures import TinyFigures
from joulemark.formats.tiny.networks import Network
from joulemark.workloads.tiny.inputs import SEED

ENERGY, PERFORMANCE, ACCURACY = "energy", "performance", "accuracy"
MODES = (ENERGY, PERFORMANCE, ACCURACY)
WINDOW_S = 10.0
"""Least length of a window (rules of MLPerf Tiny; the user guide of EnergyRunner)."""
FEWEST = 10
"""Fewest inferences of one (likewise)."""
TRIALS = 5
MARGIN = 1.03
"""By how much the number of inferences is chosen for a longer window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TinySettings:
    """What a session is to be.

    Attributes:
        mode: ``energy``, ``performance`` or ``accuracy``.
        volts: of the supply; needed for energy.
        warmups: inferences before each window.
        window_s: least length of a window.
        trials: windows, each with another input.
        inputs: folder of the official files; None for made-up inputs.
        seed: of made-up inputs.
        most_inputs: of an accuracy run; None for all.
        duty_hz: inferences a second at which the average power is measured, too; None for not.
        baud: of the board, told to a relay that takes it; None for EEMBC's, which does not.
        system: what the board is, in the words of whoever measures.
        virtual: whether it is a rehearsal.
    """

    mode: str = ENERGY
    volts: float | None = None
    warmups: int = 1
    window_s: float = WINDOW_S
    trials: int = TRIALS
    inputs: Path | None = None
    seed: int = SEED
    most_inputs: int | None = None
    duty_hz: float | None = None
    baud: int | None = None
    system: str = ""
    virtual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFigures:
    """Average power with sleep, modelled and measured.

    Attributes:
        rate: inferences a second.
        cycle: what it is modelled of; what waking up costs is taken at half the rate.
        sleep: power asleep, measured by itself, W.
        sleep_found: the same, from the average power at two rates.
        slow: average power at half the rate, measured, W.
        measured: at the rate.
        modelled: at the rate.
        volts: of the supply.
    """

    rate: float
    cycle: DutyCycle
    sleep: Value
    sleep_found: Value
    slow: Value
    measured: Value
    modelled: Value
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyOutcome:
    """What came of a session.

    Attributes:
        path: the run.
        settings: as given.
        model: as the board names it.
        network: the reference network of that model; None if it is not one.
        name: vendor that the board names.
        iterations: inferences of a window; 0 of an accuracy run.
        figures: recomputed from the files that were written.
        findings: why the result cannot stand, and what else has to be known.
        duty: average power with sleep; None if not asked for.
        folders: where the files of each layout are, by its name.
        true_j: energy of an inference as it truly was, of a rehearsal; None of a measurement.
        true_sleep_w: likewise the power asleep.
    """

    path: Path
    settings: TinySettings
    model: str
    network: Network | None
    name: str
    iterations: int
    figures: TinyFigures
    findings: Sequence[Finding]
    duty: DutyFigures | None = None
    folders: dict[str, Path] = field(default_factory=dict)
    true_j: float | None = None
    true_sleep_w: float | None = None

    @property
    def refused(self) -> bool:
        """Whether the result cannot stand."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
