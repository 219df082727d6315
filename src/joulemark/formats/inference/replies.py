"""What PTDaemon answers: its identity, the analyser's ranges, and the uncertainty of a run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from joulemark.formats.inference.parsed import Exchange

NO_CALIBRATION = "no_cal_date"
_VERSION = re.compile(r"version=([^,-]+)-")
_CALIBRATED, _INSTRUMENT = -2, -1
"""Fields of the identity, counted from its end."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The reply to ``Identify``.

    Attributes:
        model: name of the analyser, by which it is accepted.
        version: of PTDaemon; empty if it does not say.
        calibrated: date of its calibration as written; empty if it does not say.
        instrument: maker, model, serial number and firmware, joined by semicolons; or empty.
    """

    model: str
    version: str
    calibrated: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Ranges:
    """The reply to ``RR``.

    Attributes:
        amps_auto: whether the current range is chosen by the analyser; None if it does not say.
        amps: range, A; None if it does not say.
        volts_auto: likewise of the voltage.
        volts: likewise, V.
    """

    amps_auto: bool | None
    amps: float | None
    volts_auto: bool | None
    volts: float | None


@dataclass(frozen=True, slots=True)
class StatedUncertainty:
    """The reply to ``Uncertainty``: of all readings since the last ``Go``.

    Attributes:
        mean: relative; None if it was never known.
        largest: relative; None if it was never known.
        readings: how many there were.
        over: of them above the limit.
        unknown: of them without a statement.
    """

    mean: float | None
    largest: float | None
    readings: int
    over: int
    unknown: int


def reply_to(messages: Iterable[Exchange], command: str) -> str:
    """Return the first reply to a command; empty if it was not given."""
    return next((m.reply for m in messages if m.command == command), "")


def identity(reply: str) -> Identity | None:
    """Return what an analyser says it is; None of an empty reply."""
    if not reply:
        return None
    fields = reply.split(",")
    version = _VERSION.search(reply)
    long = len(fields) > 2 - _CALIBRATED
    calibrated = fields[_CALIBRATED].strip() if long else ""
    return Identity(
        model=fields[0],
        version=version.group(1) if version else "",
        calibrated="" if calibrated == NO_CALIBRATION else calibrated,
        instrument=fields[_INSTRUMENT].strip() if ";" in fields[_INSTRUMENT] else "",
    )


def ranges(reply: str) -> Ranges | None:
    """Return ranges; None of what is no such reply."""
    name, *fields = reply.split(",")
    if name != "Ranges" or len(fields) != 4:  # two of each
        return None
    amps_auto, amps, volts_auto, volts = (_number(field) for field in fields)
    return Ranges(_flag(amps_auto), _positive(amps), _flag(volts_auto), _positive(volts))


def stated_uncertainty(reply: str) -> StatedUncertainty | None:
    """Return the uncertainty of a run; None of what is no such reply."""
    name, *fields = reply.split(",")
    numbers = [_number(field) for field in fields]
    if name != "Uncertainty" or len(numbers) != 7 or None in numbers:
        return None
    mean, _, largest, total, over, _, unknown = (number or 0.0 for number in numbers)
    known = 0 < mean < 1 and largest > 0
    return StatedUncertainty(
        mean=mean if known else None,
        largest=largest if known else None,
        readings=int(total),
        over=int(over),
        unknown=int(unknown),
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _flag(number: float | None) -> bool | None:
    return {0.0: False, 1.0: True}.get(-1.0 if number is None else number)


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None
