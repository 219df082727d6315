"""Rules on the power that was read: whether it can be true, and of which side of a PSU it is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from joulemark.accounting.training_record import Kind
from joulemark.core.finding import Severity
from joulemark.core.units import count_of, duration
from joulemark.rules.rule import Seen, rule
from joulemark.rules.training.facts import LogFacts
from joulemark.rules.training.policy import EFFICIENCY, node_limits_w
from joulemark.rules.training.review import Case, TrainingReview, worst_of

STILL_S, STILL_READINGS, STILL_SHARE = 30.0, 10, 0.25
"""A reading stands still for this long, in so many readings, for this share of a run."""
HELD, STRAIGHT = 2.0, 0.4
"""Readings for each change of value, and share of them on straight lines: of the published logs of
nodes none has more than 1.27 and 0.20; those of a loop that asks faster than its meter answers, or
that were filled in, do."""
SPIKE = 2.0
"""A reading beyond this many times what a node may draw in the mean."""
_UNITS = ((1e3, "kW"), (1e-3, "mW"), (1e6, "MW"))
_PSU = "power_measurement: Measure at the PSUs"
_DC = re.compile(r"(?<![a-z])dc(?![a-z])", re.IGNORECASE)
_EFFICIENCY = re.compile(r"80\s*\+|80\s*plus|efficien|titanium|platinum psu", re.IGNORECASE)


@rule(
    "training/bad-readings",
    source="our own: a node that computes draws power",
    severity=Severity.ERROR,
    advice="Look why the meter gave no power; measure again.",
)
def bad_readings(review: TrainingReview) -> Iterator[Seen]:
    """Every reading is a number above zero."""
    cases = []
    for facts in review.logs:
        if facts.bad:
            told = ", ".join(f"{bad.amount:.0f} {name}" for name, bad in facts.bad.items())
            count = sum(bad.amount for bad in facts.bad.values())
            line = min(bad.line for bad in facts.bad.values())
            what = f"of {count_of(facts.readings, 'reading')}: {told}"
            cases.append(Case(count, what, facts.file, line))
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/implausible-power",
    source="our own: accelerators in training draw a good part of their power, and no more",
    severity=Severity.ERROR,
    advice="Write watts; look which outlets or nodes the meter's reading is of.",
)
def implausible_power(review: TrainingReview) -> Iterator[Seen]:
    """The mean power of a node is what its accelerators and its host can draw."""
    least, most = _limits(review)
    cases = []
    for facts, one in review.over:
        watts = one.mean_w
        if facts.kind is Kind.NODE and math.isfinite(watts) and not least <= watts <= most:
            unit = _unit(watts, least, most)
            what = f"{watts:.4g} W in the mean, a node draws {least:.0f} to {most:.0f} W{unit}"
            off = max(watts / most, least / watts) if watts > 0 else math.inf
            cases.append(Case(off, what, facts.file))
    yield from worst_of(cases, len(review.nodes), "node log")


def _limits(review: TrainingReview) -> tuple[float, float]:
    system = review.system
    if system is None:
        return node_limits_w(None, "")
    model = system.document.get("accelerator_model_name")
    return node_limits_w(system.accelerators, model if isinstance(model, str) else "")


def _unit(watts: float, least: float, most: float) -> str:
    for factor, name in _UNITS:
        if least <= watts * factor <= most:
            return f"; it would do so if these were {name}"
    return ""


@rule(
    "training/spike",
    source="our own: no node draws several times what its parts can",
    severity=Severity.WARNING,
    advice="Look at the reading; a meter that gives one such gives others that do not show.",
)
def spike(review: TrainingReview) -> Iterator[Seen]:
    """No single reading is far beyond what a node can draw."""
    _, most = _limits(review)
    cases = [
        Case(facts.highest.amount, f"a reading of {facts.highest.amount:.4g} W", facts.file,
             facts.highest.line)
        for facts, one in review.over
        if facts.kind is Kind.NODE and one.mean_w <= most and facts.highest.amount > SPIKE * most
    ]  # fmt: skip
    yield from worst_of(cases, len(review.nodes), "node log")


@rule(
    "training/frozen",
    source="our own: power in training moves from second to second",
    severity=Severity.ERROR,
    advice="Look whether the meter went on; measure again.",
)
def frozen(review: TrainingReview) -> Iterator[Seen]:
    """The readings of a node do not stand still for a good part of the run."""
    cases = []
    for facts, one in review.over:
        long = one.still.amount >= min(STILL_S, one.seconds / 2)
        share = one.still.amount / one.seconds
        if facts.kind is not Kind.NODE or one.still_readings < STILL_READINGS or not long:
            continue
        if share >= STILL_SHARE:
            what = f"{count_of(one.still_readings, 'reading')} of one value, "
            what += f"{duration(one.still.amount)} of a run of {duration(one.seconds)}"
            cases.append(Case(share, what, facts.file, one.still.line))
    yield from worst_of(cases, len(review.nodes), "node log")


@rule(
    "training/filled-in",
    source="power_measurement: Report 1 Measurement per Second",
    severity=Severity.ERROR,
    advice="Hand in what was measured, no more; use a meter that measures every second.",
)
def filled_in(review: TrainingReview) -> Iterator[Seen]:
    """Readings are measurements: neither one repeated, nor points on a line between two."""
    cases = []
    for facts, one in review.over:
        course = one.course
        if facts.kind is not Kind.NODE or one.still.amount >= STILL_SHARE * one.seconds:
            continue
        if course.held >= HELD:
            what = f"a value stands for {course.held:.1f} readings in the mean: they are repeated"
            cases.append(Case(course.held, what, facts.file))
        elif course.straight >= STRAIGHT:
            what = f"{100 * course.straight:.0f} % of the readings lie on lines between others"
            cases.append(Case(course.straight, what, facts.file))
    yield from worst_of(cases, len(review.nodes), "node log")


@rule(
    "training/efficiency-missing",
    source=_PSU,
    severity=Severity.ERROR,
    advice="Write conversion_eff into every log (1 where DC was read), or say that DC was read.",
)
def efficiency_missing(review: TrainingReview) -> Iterator[Seen]:
    """A log states how its readings become power of the DC side, unless that is what was read."""
    without = [facts for facts in review.nodes if facts.readings and not facts.efficiencies]
    if not without:
        return
    if len(without) == len(review.nodes) and _says_dc(review):
        return
    others = len(review.nodes) - len(without)
    told = f"; {count_of(others, 'other log')} with one" if others else ""
    what = "no conversion_eff, and nothing says that DC was read: stripped, or AC counted as DC"
    yield from worst_of([Case(0.0, what + told, f.file) for f in without], len(review.nodes))


def _says_dc(review: TrainingReview) -> bool:
    """Say whether the names of a result, or its description, call its power that of the DC side."""
    place, system = review.directory.place, review.system
    texts: list[object] = [place.submitter, place.system]
    if system is not None:
        document = system.document
        texts += [system.system_name, document.get("hw_notes"), document.get("sw_notes")]
    return any(isinstance(text, str) and _DC.search(text) for text in texts)


@rule(
    "training/efficiency-value",
    source=_PSU + ", e.g. the 80Plus rating at the operating point",
    severity=Severity.ERROR,
    advice="State the efficiency of the power supplies at the load of the run.",
)
def efficiency_value(review: TrainingReview) -> Iterator[Seen]:
    """A conversion efficiency is stated once, and power supplies can have it."""
    cases = []
    for facts in review.logs:
        wrong = _wrong(facts)
        if wrong:
            cases.append(Case(len(facts.efficiencies), wrong, facts.file, facts.efficiency_line))
    yield from worst_of(cases, len(review.logs))


def _wrong(facts: LogFacts) -> str:
    if not facts.efficiencies:
        return ""
    if len(set(facts.efficiencies)) > 1:
        return (
            f"{len(facts.efficiencies)} values of conversion_eff, {facts.efficiencies[0]:g} first"
        )
    value = facts.efficiencies[-1]
    dc = [side for side in facts.sides if side.upper() == "DC"]
    if value == 1.0 and (dc or not facts.sides):
        return ""
    if not EFFICIENCY[0] <= value <= EFFICIENCY[1]:
        return (
            f"a conversion_eff of {value:g}; supplies have {EFFICIENCY[0]:g} to {EFFICIENCY[1]:g}"
        )
    return f"a conversion_eff of {value:g} where DC was read" if dc else ""


@rule(
    "training/efficiency-differs",
    source=_PSU,
    severity=Severity.WARNING,
    advice="State one efficiency for supplies of one kind at one load.",
)
def efficiency_differs(review: TrainingReview) -> Iterator[Seen]:
    """The nodes of a result, which are alike, state the same efficiency."""
    stated = Counter(facts.efficiencies[-1] for facts in review.nodes if facts.efficiencies)
    if len(stated) > 1:
        told = ", ".join(
            f"{value:g} in {count_of(count, 'log')}" for value, count in stated.most_common(4)
        )
        yield f"conversion_eff is {told}", review.folder, None


@rule(
    "training/efficiency-document",
    source=_PSU + " (efficiency must be documented)",
    severity=Severity.WARNING,
    advice="Name the power supplies and their rating (80 Plus …) in hw_notes of the description.",
)
def efficiency_document(review: TrainingReview) -> Iterator[Seen]:
    """Where AC is converted, the system's description says where the efficiency is from."""
    converted = [f for f in review.nodes if f.efficiencies and f.efficiencies[-1] != 1.0]
    if not converted or review.system is None:
        return
    texts = [value for value in review.system.document.values() if isinstance(value, str)]
    if not any(_EFFICIENCY.search(text) for text in texts):
        value = converted[0].efficiencies[-1]
        what = f"a conversion_eff of {value:g}, and nothing in the description on power supplies"
        yield what, review.system.name, None


RULES = (
    bad_readings,
    implausible_power,
    spike,
    frozen,
    filled_in,
    efficiency_missing,
    efficiency_value,
    efficiency_differs,
    efficiency_document,
)
