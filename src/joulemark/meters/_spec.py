"""How a meter and its settings are written on a command line."""

from __future__ import annotations

import json
import re
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.meters import MAX_SPEC

_KEY = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*")


def parse(spec: str) -> tuple[str, dict[str, Any]]:
    """Return name and settings; see :func:`joulemark.meters.parse_spec`.

    Raises:
        UsageError: if it is not written so, or names a setting twice.
    """
    if len(spec) > MAX_SPEC:
        raise UsageError(f"a meter written with {len(spec)} characters", remedy="use a shorter one")
    name, _, rest = spec.partition(":")
    name = name.strip()
    if not name:
        raise _misspelt(spec, "the name of the meter is missing")
    settings: dict[str, Any] = {}
    while rest.strip():
        match = _KEY.match(rest)
        if match is None:
            raise _misspelt(spec, f"no setting begins at {rest[:40]!r}")
        if match[1] in settings:
            raise _misspelt(spec, f"setting {match[1]!r} is given twice")
        settings[match[1]], rest = _value(rest[match.end() :])
    return name, settings


def _misspelt(spec: str, what: str) -> UsageError:
    return UsageError(
        what, where=f"meter {spec[:80]!r}", remedy="write it like rapl:root=/sys/class/powercap"
    )


def _value(text: str) -> tuple[Any, str]:
    """Return the value at the beginning of ``text`` and what follows its comma."""
    try:
        value, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(text)
    except (ValueError, RecursionError):
        end = -1
    if end >= 0:
        after = text[end:].lstrip()
        if not after or after.startswith(","):
            return value, after[1:]
    plain, _, rest = text.partition(",")
    return plain.strip(), rest


def _refuse(constant: str) -> None:
    raise ValueError(constant)
