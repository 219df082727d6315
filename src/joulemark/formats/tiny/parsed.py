"""What the files of a tiny session say, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.inference.parsed import Problem

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]


class Printed(NamedTuple):
    """A number as a runner printed it.

    Attributes:
        value: the number.
        places: decimal places that were printed.
        line: where it stands, from 1.
    """

    value: float
    places: int
    line: int

    @property
    def step(self) -> float:
        """One unit of its last digit."""
        return float(10.0**-self.places)


@dataclass(frozen=True, slots=True, eq=False)
class EnergyTrace:
    """``trace1-energy.bin``.

    Attributes:
        name: the file.
        rate: samples a second.
        samples: energy of each sample, µJ, shape (n,); a view of the file's bytes.
        problems: what is odd in it.
    """

    name: str
    rate: float
    samples: Singles
    problems: tuple[Problem, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds that it says it lasts."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Stamps:
    """``trace1-timestamps.json``: the falling edges of the board's pin.

    Attributes:
        name: the file.
        seconds: since the begin of the trace.
        problems: what is odd in it.
    """

    name: str
    seconds: tuple[float, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Inference:
    """One command ``infer`` and what came of it.

    Attributes:
        line: of its begin.
        file: the input that was loaded before, without folders; empty if not known.
        iterations: measured inferences.
        warmups: inferences before them.
        results: what the board answered.
        started_s: by the host's clock, at the begin of the measured inferences; None if unknown.
        ended_s: likewise at their end.
    """

    line: int
    file: str = ""
    iterations: int = 0
    warmups: int = 0
    results: tuple[float, ...] = ()
    started_s: float | None = None
    ended_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyLog:
    """``log.txt`` of either runner.

    Attributes:
        name: the file.
        runner: its name and version, "EnergyRunner 3.0.10" or "MLCommons runner"; else who wrote
            the files in their place.
        run: EnergyRunner's name of the run ("ML Energy 1.0.1").
        session: id of the session (date and time).
        mode: of the board's firmware, ``energy`` or ``performance``; empty if it did not say.
        config: settings of the benchmark by key (iterWarmup, iterInfer, runMode, model …).
        board: name, profile and model, by these names, as the board answered.
        inferences: in order.
        laps: the board's stamps, µs, of the source that has the most of them.
        meter: name of the energy monitor as registered ("lpm01a", "js110"); empty if not known.
        voltage_v: as the monitor reported at the end; None if it did not.
        dropped: packets dropped, and out of how many; None if the monitor does not say.
        drop_limit_percent: the threshold set; None if none was.
        captured: samples and stamps of each trial, as the Python runner counts them.
        trace_on_s: when the trace began by the host's clock; None if not known.
        trace_off_s: likewise its end.
        finished: whether the session was ended and saved.
        virtual: whether it says that board and monitor were simulated.
        errors: messages ``e-[…]`` and like ones, with their lines.
        problems: what could not be read.
    """

    name: str
    runner: str = ""
    run: str = ""
    session: str = ""
    mode: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    board: Mapping[str, str] = field(default_factory=dict)
    inferences: tuple[Inference, ...] = ()
    laps: tuple[int, ...] = ()
    meter: str = ""
    voltage_v: float | None = None
    dropped: tuple[int, int] | None = None
    drop_limit_percent: float | None = None
    captured: tuple[tuple[int, int], ...] = ()
    trace_on_s: float | None = None
    trace_off_s: float | None = None
    finished: bool = False
    virtual: bool = False
    errors: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedWindow:
    """What a runner printed of one window or trial; None for what it did not.

    Attributes:
        index: EnergyRunner's window (it lies between stamps ``index - 1`` and ``index``, from 0),
            or the Python runner's trial from 0.
        line: where it begins.
        at_s: its begin.
        seconds: its length.
        energy_uj: its energy.
        power_uw: its mean power.
        per_inference_uj: energy of an inference.
        inferences: how many.
        throughput: inferences a second.
        met: whether the runner says that it is long enough; None if it says nothing.
    """

    index: int
    line: int
    at_s: Printed | None = None
    seconds: Printed | None = None
    energy_uj: Printed | None = None
    power_uw: Printed | None = None
    per_inference_uj: Printed | None = None
    inferences: int | None = None
    throughput: Printed | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """``results.txt`` of either runner, or the end of a log; None for what is not printed.

    Attributes:
        name: the file.
        energy: windows with energy.
        performance: windows with throughput.
        median_uj: energy of an inference.
        median_throughput: inferences a second.
        top1_percent: accuracy of a classifier.
        auc: area under the curve.
        detections: true positives, false negatives, false positives of the streaming wake word.
        duty: share of time that it computes.
        period_s: between two of its inferences.
        streaming_throughput: inferences a second if it computed all the time.
        problems: what could not be read.
    """

    name: str
    energy: tuple[ReportedWindow, ...] = ()
    performance: tuple[ReportedWindow, ...] = ()
    median_uj: Printed | None = None
    median_throughput: Printed | None = None
    top1_percent: Printed | None = None
    auc: Printed | None = None
    detections: tuple[int, int, int] | None = None
    duty: Printed | None = None
    period_s: Printed | None = None
    streaming_throughput: Printed | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """``script.async``: what EnergyRunner was told.

    Attributes:
        name: the file.
        commands: in order.
        voltage_v: the last voltage it sets; None if it sets none.
        iterations: measured inferences and warm-ups of each command ``infer``.
        inputs: the input files it loads, without folders.
        problems: what could not be read.
    """

    name: str
    commands: tuple[str, ...]
    voltage_v: float | None = None
    iterations: tuple[tuple[int, int], ...] = ()
    inputs: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunnerTrial:
    """One element of ``results.json``.

    Attributes:
        mode: ``e``, ``p`` or ``a``; empty if it does not say.
        file: the input, without folders.
        label: the class it belongs to; None if it does not say.
        results: what the board answered.
        iterations: measured inferences.
        warmups: inferences before them.
        elapsed_us: by the board's own clock; None without.
        samples_j: energy of each ms, J, shape (n,); None without power.
        stamps: sample at which each edge came, in order.
        counters: number of each edge as the monitor counts them; -1 where it is no number.
        voltage_v: as configured; None without.
        starts_s: begins of the streaming wake word's computations.
        stops_s: their ends.
        detections_s: when it detected.
        words_s: when words were spoken, begin and end.
    """

    mode: str = ""
    file: str = ""
    label: int | None = None
    results: tuple[float, ...] = ()
    iterations: int = 0
    warmups: int = 0
    elapsed_us: float | None = None
    samples_j: Floats | None = None
    stamps: tuple[int, ...] = ()
    counters: tuple[int, ...] = ()
    voltage_v: float | None = None
    starts_s: tuple[float, ...] = ()
    stops_s: tuple[float, ...] = ()
    detections_s: tuple[float, ...] = ()
    words_s: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerResults:
    """``results.json`` of the Python runner.

    Attributes:
        name: the file.
        trials: in order.
        problems: what is odd in it.
    """

    name: str
    trials: tuple[RunnerTrial, ...]
    problems: tuple[Problem, ...] = ()
