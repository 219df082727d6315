"""Settings as frozen dataclasses, made from JSON values.

Each field carries ``help`` in its metadata, and ``choices``, ``least`` or ``most`` where they
apply, so that flags can be made from the fields and checked in one place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, field, fields
from typing import Any, TypeVar

from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Settings

Made = TypeVar("Made")


def setting(default: Any, text: str, **bounds: Any) -> Any:
    """Return a field of settings: its default, its help and its bounds."""
    return field(default=default, metadata={"help": text, **bounds})


def settings_of(kind: type[Made], values: Settings) -> Made:
    """Return settings of a kind from JSON values; what is not named keeps its default.

    Args:
        kind: dataclass whose fields were made by :func:`setting`.
        values: by the names of its fields.

    Raises:
        UsageError: if a name is unknown, or a value is of another kind or out of its bounds.
    """
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise UsageError(
                f"no setting is called {name!r}", remedy=f"choose from {', '.join(known)}"
            )
    return kind(**{name: _checked(known[name], value) for name, value in values.items()})


def _checked(item: Field[Any], value: Any) -> Any:
    where = f"setting {item.name}"
    kind: Any = type(item.default)
    if type(value) is not kind and (kind, type(value)) != (float, int):
        raise UsageError(f"{value!r} is not a {kind.__name__}", where=where)
    choices = item.metadata.get("choices")
    if choices:
        return _chosen(value, choices, where)
    if kind in (int, float):
        _check_bounds(value, item.metadata, where)
    return kind(value)


def _chosen(value: str, choices: tuple[str, ...], where: str) -> str:
    for choice in choices:
        if value.lower() == choice.lower():
            return choice
    raise UsageError(
        f"{value!r} is not known", where=where, remedy=f"choose from {', '.join(choices)}"
    )


def _check_bounds(value: float, bounds: Mapping[str, Any], where: str) -> None:
    least, most = bounds.get("least", -math.inf), bounds.get("most", math.inf)
    if not least <= value <= most:
        raise UsageError(f"{value} is not within {least} to {most}", where=where)
