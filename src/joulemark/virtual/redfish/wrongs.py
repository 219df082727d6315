"""What goes wrong with the answers of a virtual Redfish service, by name.

Besides the faults of every virtual instrument (:mod:`joulemark.virtual.faults`) there are those of
a web server, ``NAME`` or ``NAME:after=S,lasting=S``:

========= ========================================================================
late      it answers after 5 s
drip      it answers a byte at a time
busy      status 503 with Retry-After
expired   it forgets every session, once
forbidden status 403 to whatever is a reading
null      readings are null
text      readings are text
html      a login page instead of JSON
huge      a body of 4 MiB
nested    JSON nested 100 000 deep
redirect  it redirects to another host
========= ========================================================================
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.meters import parse_spec

WRONGS = (
    "late", "drip", "busy", "expired", "forbidden", "null", "text", "html", "huge", "nested",
    "redirect",
)  # fmt: skip
_READINGS = {"Reading", "PowerConsumedWatts"}


def wrongs(told: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return when what goes wrong begins and how long it lasts, s, by name.

    Raises:
        UsageError: for a name or setting that there is not.
    """
    found = {}
    for text in told:
        name, given = parse_spec(text)
        if name not in WRONGS:
            raise UsageError(f"no fault is called {name!r}", remedy=f"choose from {WRONGS}")
        after, lasting = given.pop("after", 0.0), given.pop("lasting", math.inf)
        if given or not all(isinstance(each, int | float) for each in (after, lasting)):
            raise UsageError("a fault has after and lasting, s", where=f"fault {text}")
        found[name] = (float(after), float(lasting))
    return found


def has_reading(value: Any) -> bool:
    """Whether there is a reading in a resource."""
    return '"Reading"' in json.dumps(value) or '"PowerConsumedWatts"' in json.dumps(value)


def with_readings(value: Any, reading: object) -> Any:
    """Return a copy in which every reading is another."""
    if isinstance(value, list):
        return [with_readings(each, reading) for each in value]
    if isinstance(value, dict):
        return {
            key: reading if key in _READINGS else with_readings(each, reading)
            for key, each in value.items()
        }
    return value
