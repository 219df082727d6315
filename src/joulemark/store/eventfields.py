"""Fields of an event, checked by hand: the standard library only."""

from __future__ import annotations

import math

from joulemark.core.errors import FormatError
from joulemark.core.window import Work
from joulemark.store.jsontext import SPELLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import StrEnum
    from typing import Any, TypeAlias, TypeVar

    _Member = TypeVar("_Member", bound=StrEnum)

Event: TypeAlias = "dict[str, Any]"
"""One line of an events file."""

_INT64 = 1 << 63


def value_of(event: Event, name: str, kind: type, default: object = None) -> Any:
    """Return a field that must be of one kind.

    Args:
        event: the event, or an object in it.
        name: the field.
        kind: ``str``, ``int`` (of 64 bits) or ``float``.
        default: its value where it is missing; None means that it must be there.

    Raises:
        FormatError: if it is missing or of another kind.
    """
    value = event.get(name, default)
    if kind is float:
        return _number(value, name)
    if type(value) is not kind:
        raise FormatError(f"{name} is no {kind.__name__}")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise FormatError(f"{name} is no 64-bit number")
    return value


def member_of(kind: type[_Member], event: Event, name: str) -> _Member:
    """Return a field that must be a member of a closed list.

    Raises:
        FormatError: if it is not.
    """
    value = value_of(event, name, str)
    for member in kind:
        if member.value == value:
            return member
    raise FormatError(f"{name} {value!r:.40} is not known")


def work_of(event: Event) -> Work | None:
    """Return the work of a closed window.

    Raises:
        FormatError: if it has no count or no unit.
    """
    work = event.get("work")
    if work is None:
        return None
    if not isinstance(work, dict):
        raise FormatError("work is no object")
    return Work(value_of(work, "count", float), value_of(work, "unit", str))


def facts_of(event: Event) -> dict[str, float]:
    """Return the facts of a closed window.

    Raises:
        FormatError: if one is no number.
    """
    facts = event.get("facts", {})
    if not isinstance(facts, dict):
        raise FormatError("facts are no object")
    return {name: _number(value, f"fact {name!r}") for name, value in facts.items()}


def _number(value: object, name: str) -> float:
    if isinstance(value, str) and value in SPELLED:
        return SPELLED[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(f"{name} is no number")
    try:
        return float(value)
    except OverflowError:  # JSON may hold an integer of any length
        return math.inf if value > 0 else -math.inf
