"""Words for what a run holds: one place for the wording of tables and pages."""

from __future__ import annotations

from collections.abc import Mapping

from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.run import Run, Status
from joulemark.core.units import digits
from joulemark.core.value import Term
from joulemark.core.window import Role
from joulemark.report.format import percent

TERMS: Mapping[Term, str] = {
    Term.GAIN: "accuracy class of the meters, relative",
    Term.OFFSET: "accuracy class of the meters, constant",
    Term.MODEL: "the model that stands in for a sensor",
    Term.RESOLUTION: "the smallest step of the readings",
    Term.SAMPLING: "power between two readings",
    Term.EDGES: "when exactly a window began and ended",
    Term.COVERAGE: "time without valid samples",
    Term.CLOCK: "the clocks",
    Term.IDLE: "idle power before and after",
    Term.REPEATS: "scatter of the repeats beyond the other terms",
    Term.WORK: "how much work was done",
    Term.CALIBRATION: "the calibration: its fit, and another workload",
}
"""What each term of an uncertainty budget comes from."""

PROVENANCE: Mapping[Provenance, str] = {
    Provenance.MEASURED: "read from sensors",
    Provenance.ESTIMATED: "computed, by a model or a simulation: no sensor was read",
    Provenance.DECLARED: "stated by somebody, not read here",
}

ROLES: Mapping[Role, str] = {
    Role.MEASURE: "measured",
    Role.IDLE: "idle",
    Role.WARM_UP: "warm-up",
    Role.RANGING: "to set the ranges",
    Role.DISTURBANCE: "with and without the sampler",
}

STATUS: Mapping[Status, str] = {
    Status.RUNNING: "never closed: it is still running, or it was killed",
    Status.COMPLETE: "complete",
    Status.INTERRUPTED: "stopped before its end",
    Status.FAILED: "it ended with an error",
}

_KINDS: Mapping[Domain, tuple[str, str]] = {
    Domain.WALL: ("the wall socket", "wall sockets"),
    Domain.NODE: ("the whole machine", "whole machines"),
    Domain.PSYS: ("the platform", "platforms"),
    Domain.PACKAGE: ("the processor package", "processor packages"),
    Domain.CORE: ("the processor cores", "groups of processor cores"),
    Domain.UNCORE: ("the processor's graphics", "processors' graphics"),
    Domain.DRAM: ("the memory", "sockets' memory"),
    Domain.GPU: ("the GPU", "GPUs"),
    Domain.BOARD: ("the board", "boards"),
    Domain.SWITCH: ("the network switch", "network switches"),
    Domain.RAIL: ("a supply rail", "supply rails"),
    Domain.HOST: ("the host", "hosts"),
}

STATES: Mapping[Quantity, str] = {
    Quantity.UTILISATION: "Utilisation",
    Quantity.CPU_TIME: "Busy hardware threads",
    Quantity.MEMORY: "Memory",
    Quantity.FREQUENCY: "Clock",
    Quantity.TEMPERATURE: "Temperature",
    Quantity.VOLTAGE: "Voltage",
    Quantity.CURRENT: "Current",
    Quantity.POWER_FACTOR: "Power factor",
}

DISCLAIMER = "computed by joulemark; not an MLPerf result; not verified by MLCommons"
"""What must stand beside every figure of a run whose load followed MLPerf's rules."""


def disclaimer(run: Run) -> str:
    """Return the sentence that a run by MLPerf's rules must carry, else nothing."""
    by_rules = run.procedure.startswith("mlperf-")
    by_rules = by_rules or any("loadgen" in name.lower() for name in run.results)
    return DISCLAIMER if by_rules else ""


def kinds(channels: list[Channel]) -> str:
    """Return what kinds of parts channels belong to: "the memory and 2 GPUs"."""
    counts: dict[Domain, int] = {}
    for channel in channels:
        counts[channel.domain] = counts.get(channel.domain, 0) + 1
    named = [
        _KINDS[domain][0] if count == 1 else f"{count} {_KINDS[domain][1]}"
        for domain, count in counts.items()
    ]
    return listed(named)


def listed(items: list[str]) -> str:
    """Return items as English text: "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def accuracy(of: Accuracy) -> str:
    """Return an accuracy class, 95 %: "±5.0 % ±5 W, model ±50 %"."""
    terms = []
    if of.gain:
        terms.append(percent(of.gain, sign="±"))
    if of.offset_w:
        terms.append(f"±{digits(of.offset_w, 2)} W")
    if of.model:
        terms.append(f"model {percent(of.model, sign='±')}")
    return " ".join(terms) or "not stated"
