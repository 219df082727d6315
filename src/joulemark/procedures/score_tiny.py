"""Score a session of MLPerf Tiny."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from statistics import median

from joulemark.accounting.tiny_energy import energy_per_mac
from joulemark.core.errors import FormatError
from joulemark.core.value import Value
from joulemark.formats.tiny.figures import TinyFigures
from joulemark.formats.tiny.networks import network, networks
from joulemark.formats.tiny.parsed import Reported
from joulemark.formats.tiny.session import TinySession
from joulemark.procedures.judging import measured
from joulemark.procedures.scored import TinyScore, Window

STREAMING, OPEN, ENERGY, ACCURACY = "sww", "open", "energy", "accuracy"
MICRO = 1e6
OF_ENERGY = ("recomputed_uj", "windows_s", "per_window_uj", "power_w")
NOT_PRINTED = "it is not printed"
NO_SAMPLES = "neither a trace nor results.json is there"
NO_WINDOW = "there is no measured window"


def score_tiny(session: TinySession) -> tuple[TinyScore, dict[str, str]]:
    """Return the figures of a session, and why some are missing.

    Raises:
        UnavailableError: if the tree cannot be read.
    """
    printed = _printed(session)
    try:
        figures = session.figures
    except FormatError as error:
        names = (*OF_ENERGY, "throughput", "accuracy", "energy_per_mac_j")
        return printed, _without(session, printed, dict.fromkeys(names, str(error)))
    score = _recomputed(printed, figures, session.known_reported)
    macs, why = _macs(session)
    unit = _of_an_inference(figures)
    if unit is None:
        why = why or "there is no energy of an inference"
    elif macs is not None:
        score = replace(score, energy_per_mac_j=measured(energy_per_mac(unit, macs)))
    score = replace(score, macs=macs)
    reasons = {"energy_per_mac_j": why} if score.energy_per_mac_j is None else {}
    return score, _without(session, score, reasons)


def _printed(session: TinySession) -> TinyScore:
    """Return what a session says of itself."""
    try:
        mode = session.mode
    except FormatError:
        mode = ""
    score = TinyScore(mode=mode, variant=session.place.variant)
    reported = session.known_reported
    if reported is None:
        return score
    rate = reported.streaming_throughput or reported.median_throughput
    percent, auc = reported.top1_percent, reported.auc
    share = auc.value if auc is not None else None
    return replace(
        score,
        reported_uj=None if reported.median_uj is None else reported.median_uj.value,
        places=None if reported.median_uj is None else reported.median_uj.places,
        reported_throughput=None if rate is None else rate.value,
        reported_accuracy=share if percent is None else percent.value / 100,
        reported_power_w=_power(reported),
        reported_duty=None if reported.duty is None else reported.duty.value,
        period_s=None if reported.period_s is None else reported.period_s.value,
        detected=reported.detections,
    )


def _power(reported: Reported) -> float | None:
    """Return the printed mean power of the longest window, W."""
    told = [
        (one.seconds.value if one.seconds is not None else 0.0, one.power_uw.value)
        for one in reported.energy
        if one.power_uw is not None
    ]
    return max(told)[1] / MICRO if told else None


def _recomputed(printed: TinyScore, figures: TinyFigures, reported: Reported | None) -> TinyScore:
    """Return what a session says of itself, and what its samples and answers say."""
    accuracy, duty = figures.accuracy, figures.duty
    rates = [rate for rate in figures.throughput if isfinite(rate)]
    median_rate = median(rates) if rates else None
    return replace(
        printed,
        meter=figures.meter,
        volts=figures.volts,
        rate_hz=figures.rate_hz,
        recomputed=measured(figures.median.scaled(MICRO, "µJ")),
        windows=_windows(figures, reported),
        throughput=median_rate if duty is None else _finite(duty.throughput),
        power_w=measured(figures.power),
        duty=None if duty is None else measured(duty.value),
        period_s=printed.period_s if duty is None else duty.period_s,
        detected=figures.detected or printed.detected,
        metric="" if accuracy is None else accuracy.metric,
        accuracy=None if accuracy is None else _finite(accuracy.value),
        inputs=None if accuracy is None else accuracy.inputs,
    )


def _windows(figures: TinyFigures, reported: Reported | None) -> tuple[Window, ...]:
    told = () if reported is None else reported.energy
    printed = [one.per_inference_uj for one in told]
    if len(printed) != len(figures.windows):
        printed = [None] * len(figures.windows)
    return tuple(
        Window(
            seconds=one.seconds,
            inferences=one.inferences,
            per_inference_uj=_finite(one.per_inference_uj),
            reported_uj=None if said is None else said.value,
            power_w=_finite(one.power.value),
        )
        for one, said in zip(figures.windows, printed, strict=True)
    )


def _of_an_inference(figures: TinyFigures) -> Value | None:
    """Return the energy of what a network does once, J: of streaming, that of one step."""
    if figures.duty is not None:
        power = figures.power
        return None if power is None else power.scaled(figures.duty.period_s, "J")
    return figures.median if isfinite(figures.median.value) else None


def _macs(session: TinySession) -> tuple[int | None, str]:
    """Return the operations of a session's network, or why they are not known."""
    if session.place.division == OPEN:
        return None, "the open division may run any network"
    folders = {folder.lower() for folder in session.path.split("/")}
    named = next((one for one in networks() if one.model in folders), None)
    found = named or network(session.benchmark)
    return (None, "the benchmark is not known") if found is None else (found.macs, "")


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _without(session: TinySession, score: TinyScore, reasons: dict[str, str]) -> dict[str, str]:
    """Return reasons, with those of the figures that are missing for none of these."""
    said = dict(reasons)
    apart = f"the session is one of {score.mode}" if score.mode not in ("", ENERGY) else ""
    if score.reported_uj is None:
        said["reported_uj"] = apart or NOT_PRINTED
    if score.recomputed is None:
        none = NO_WINDOW if session.entries.keys() & {"trace", "runner"} else NO_SAMPLES
        for name in OF_ENERGY:
            said.setdefault(name, apart or none)
    if score.throughput is None:
        said.setdefault("throughput", "no file tells how long the inferences took")
    if score.accuracy is None:
        said.setdefault("accuracy", "only sessions of accuracy and their answers tell it")
    if score.power_w is not None:
        said.pop("power_w", None)
    return said
