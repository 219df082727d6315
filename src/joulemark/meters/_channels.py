"""Channels as JSON values and back, with the standard library only."""

from __future__ import annotations

import math

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.errors import FormatError
from joulemark.core.record import names
from joulemark.core.scope import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum
    from typing import Any, TypeVar

    Kind = TypeVar("Kind", bound=StrEnum)

REQUIRED = ("name", "meter", "part", "domain", "quantity", "unit")
"""What a channel must say; everything else has a default."""


def channel_to(channel: Channel) -> dict[str, Any]:
    """Return a channel as JSON values: enums as their values, tuples as lists."""
    record = {name: getattr(channel, name) for name in _CHANNEL}
    accuracy = channel.accuracy
    for name in ("domain", "quantity", "provenance", "instrument"):
        record[name] = record[name].value
    record["accuracy"] = {name: getattr(accuracy, name) for name in names(Accuracy)}
    record["covers"] = [domain.value for domain in channel.covers]
    record["nodes"] = list(channel.nodes)
    return record


def channel_from(record: object, *, where: str = "channel") -> Channel:
    """Return the channel that JSON values describe.

    Keys that this version does not know are left out, so that a later version may add some.

    Args:
        record: what ``channel_to`` gave.
        where: what it is, for messages.

    Raises:
        FormatError: if something required is missing, or a value is of the wrong kind.
    """
    if not isinstance(record, dict):
        raise FormatError("a channel is a JSON object", where=where)
    for name in REQUIRED:
        if name not in record:
            raise FormatError(f"{name} is missing", where=where)
    known = {
        name: convert(record[name], f"{where}.{name}")
        for name, convert in _CHANNEL.items()
        if name in record
    }
    return Channel(**known)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise FormatError(f"{value!r:.40} is not a text", where=where)
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):  # JSON may hold an integer of any length
            number = float(value)
            if math.isfinite(number):
                return number
    raise FormatError(f"{value!r:.40} is not a finite number", where=where)


def _text_or_none(value: object, where: str) -> str | None:
    return None if value is None else _text(value, where)


def _number_or_none(value: object, where: str) -> float | None:
    return None if value is None else _number(value, where)


def _one_of(kind: type[Kind], value: object, where: str) -> Kind:
    for member in kind:
        if member.value == value:
            return member
    choice = ", ".join(member.value for member in kind)
    raise FormatError(f"{value!r:.40} is none of {choice}", where=where)


def _domain(value: object, where: str) -> Domain:
    return _one_of(Domain, value, where)


def _quantity(value: object, where: str) -> Quantity:
    return _one_of(Quantity, value, where)


def _provenance(value: object, where: str) -> Provenance:
    return _one_of(Provenance, value, where)


def _instrument(value: object, where: str) -> Instrument:
    return _one_of(Instrument, value, where)


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise FormatError(f"{value!r:.40} is not a list", where=where)
    return tuple(_text(item, f"{where}[{place}]") for place, item in enumerate(value))


def _domains(value: object, where: str) -> tuple[Domain, ...]:
    if not isinstance(value, list):
        raise FormatError(f"{value!r:.40} is not a list", where=where)
    return tuple(_domain(item, f"{where}[{place}]") for place, item in enumerate(value))


def _accuracy(value: object, where: str) -> Accuracy:
    if not isinstance(value, dict):
        raise FormatError(f"{value!r:.40} is not a JSON object", where=where)
    known: dict[str, Any] = {}
    for name in names(Accuracy):
        if name in value:
            convert = _text if name == "source" else _number
            known[name] = convert(value[name], f"{where}.{name}")
    return Accuracy(**known)


_CHANNEL: dict[str, Callable[[object, str], Any]] = {
    "name": _text,
    "meter": _text,
    "part": _text,
    "domain": _domain,
    "quantity": _quantity,
    "unit": _text,
    "scale": _number,
    "node": _text,
    "nodes": _texts,
    "parent": _text_or_none,
    "wrap": _number_or_none,
    "resolution": _number,
    "accuracy": _accuracy,
    "provenance": _provenance,
    "instrument": _instrument,
    "update_s": _number_or_none,
    "window_s": _number_or_none,
    "max_power_w": _number_or_none,
    "rated_w": _number_or_none,
    "floor": _number_or_none,
    "covers": _domains,
    "calibration": _text,
    "source": _text,
    "note": _text,
}
