"""What a result means, in plain English."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.energy import Energy
from joulemark.core.units import count_of, duration, si, with_u95
from joulemark.report.format import axis_unit, clean, percent
from joulemark.report.nesting import order
from joulemark.report.words import kinds, listed

_ABSURD, _MOST_PLACES = 1e30, 12
_NUMBER_AND_UNIT = re.compile(r"(?<=\d) (?=[\d%A-Zµmkn±])|(?<=±) (?=\d)")


_UNREADABLE = (
    Code.NOT_COVERED,
    Code.INVALID_SAMPLE,
    Code.GAP,
    Code.COUNTER_RESET,
    Code.WRAP_AMBIGUOUS,
    Code.METER_LOST,
    Code.METER_FAILED,
    Code.SAMPLER_LOST,
)
"""Warnings that say why nothing was read."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The result of one phase, for people.

    Attributes:
        phase: its name.
        number: the figure with its interval, without unit; empty where nothing is known.
        unit: of the figure.
        provenance: measured, estimated or declared; empty where nothing was read.
        meaning: what was used for what, and how sure that is.
        source: what the figure holds and where it comes from.
        lacks: what it leaves out.
    """

    phase: str
    number: str
    unit: str
    provenance: str
    meaning: str
    source: str
    lacks: str


def headline(result: PhaseResult) -> Headline:
    """Return the result of a phase in words."""
    phase = clean(result.phase, 80)
    if result.total is None:
        return Headline(phase, "", "", "", _nothing(result), "", "")
    figure = result.per_unit or result.total.joules
    _, slash, of = figure.unit.partition("/")
    number, _, unit = with_u95(figure.value, figure.u95, "J").rpartition(" ")
    return Headline(
        phase=phase,
        number=number,
        unit=_spoken(f"{unit}{slash}{of}"),
        provenance=result.total.provenance.value,
        meaning=_bound(
            " ".join((_used(result, result.total), _interval(result), _above_idle(result)))
        ),
        source=_source(result),
        lacks=f"It leaves out {listed(list(result.lacks))}." if result.lacks else "",
    )


def _bound(text: str) -> str:
    """Return text whose numbers are never parted from their units at the end of a line."""
    return _NUMBER_AND_UNIT.sub("\N{NO-BREAK SPACE}", text.strip())


def _spoken(unit: str) -> str:
    energy, _, of = unit.partition("/")
    return f"{energy} per {clean(of, 40)}" if of else energy


def _nothing(result: PhaseResult) -> str:
    reasons = list(dict.fromkeys(c.code.text for c in result.cautions if c.code in _UNREADABLE))
    return f"No energy could be read in this phase: {'; '.join(reasons) or 'no sensor spoke'}."


def _used(result: PhaseResult, total: Energy) -> str:
    windows = len(result.windows)
    times = f" in {windows} windows" if windows > 1 else ""
    used = f"{si(total.joules.value, 'J')} over {duration(result.duration_s)}{times}"
    if result.power is not None:
        used += f", {si(result.power.value, 'W', 3)} on average"
    if result.work is not None and result.work.count > 0:
        return f"{used}, for {count_of(result.work.count, clean(result.work.unit, 40))}."
    return f"{used}."


def _interval(result: PhaseResult) -> str:
    figure = result.per_unit or (None if result.total is None else result.total.joules)
    if figure is None or not 0 < figure.u95 < _ABSURD:
        return ""
    low, high = figure.value - figure.u95, figure.value + figure.u95
    factor, unit = axis_unit(max(abs(low), abs(high)), figure.unit)
    places = min(max(1 - math.floor(math.log10(figure.u95 / factor)), 0), _MOST_PLACES)
    between = f"between {low / factor:.{places}f} and {high / factor:.{places}f} {_spoken(unit)}"
    if any(part.added and part.channel.is_virtual for part in result.parts):
        return f"A simulation's figure: what it simulates lies {between}, with 95 % confidence."
    if result.total is None or result.total.provenance is Provenance.MEASURED:
        return f"The true figure lies {between}, with 95 % confidence."
    if result.total.provenance is Provenance.DECLARED:
        return f"If the readings are what they are said to be, the true figure lies {between}."
    return f"A model's figure: the true one is believed to lie {between}."


def _above_idle(result: PhaseResult) -> str:
    if result.net is None or result.net.value <= 0 or result.total is None:
        return ""
    gross = result.total.joules.value
    share = result.net.value / gross if gross else None
    text = f"{with_u95(result.net.value, result.net.u95, 'J')} of it"
    return f"{text} ({percent(share)}) came on top of what the machine draws when idle."


def _source(result: PhaseResult) -> str:
    added = sorted((part.channel for part in result.parts if part.added), key=order)
    meters = listed(list(dict.fromkeys(clean(channel.meter, 40) for channel in added)))
    held = kinds(added)
    if not held or result.total is None:
        return ""
    software = [channel for channel in added if channel.is_virtual]
    if software:
        return (
            f"It is the energy of {held} ({meters}), and {kinds(software)} is software: a "
            "rehearsal, in which nothing was measured."
        )
    if result.total.provenance is Provenance.MEASURED:
        return f"It is the energy of {held}, read from their own sensors ({meters})."
    if all(channel.provenance is Provenance.DECLARED for channel in added):
        return f"It is the energy of {held}, as others read it ({meters}); nothing was read here."
    guessed = [c for c in added if c.provenance is not Provenance.MEASURED]
    if len(guessed) == len(added):
        return f"It is the energy of {held}, computed by a model ({meters}): no sensor was read."
    return (
        f"It is the energy of {held} ({meters}); {kinds(guessed)} has no sensor that could be "
        "read and comes from a model, so the whole counts as estimated."
    )
