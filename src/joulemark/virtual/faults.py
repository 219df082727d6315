"""What is wrong with a virtual instrument, by name.

====== ============================ ==========================================================
name   settings (s unless said)     what happens
====== ============================ ==========================================================
stalls after, lasting, every        it does not answer for a while, and its sensor rests as well
clock  offset                       its own clock is ahead by so much (below zero: behind)
frozen after                        its sensor shows the same value for ever
coarse every                        its sensor takes a new value so seldom
drops  share                        this share of the requests is lost, at even distances
====== ============================ ==========================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from joulemark.core.errors import UsageError
from joulemark.meters import parse_spec

GOLDEN = 0.6180339887498949
_DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "stalls": {"after": 30.0, "lasting": 30.0, "every": math.inf},
    "clock": {"offset": 18000.0},
    "frozen": {"after": 30.0},
    "coarse": {"every": 10.0},
    "drops": {"share": 0.2},
}


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of one instrument; by default none. Times count from its start, s.

    Attributes:
        stalls_after: when it first stops to answer.
        stalls_lasting: for how long.
        stalls_every: from one stall to the next.
        clock_offset: its clock minus the true one.
        frozen_after: from when its value does not change.
        coarse_every: time between two values; 0 for the pace of the instrument.
        drops_share: share of the requests that are lost.
    """

    stalls_after: float = math.inf
    stalls_lasting: float = 0.0
    stalls_every: float = math.inf
    clock_offset: float = 0.0
    frozen_after: float = math.inf
    coarse_every: float = 0.0
    drops_share: float = 0.0

    def stalled_since(self, moment: float) -> float | None:
        """Return when the stall began that a moment lies in; None where it answers."""
        passed = moment - self.stalls_after
        if not passed >= 0:
            return None
        inside = passed % self.stalls_every if math.isfinite(self.stalls_every) else passed
        return moment - inside if inside < self.stalls_lasting else None

    def dropped(self, count: int) -> bool:
        """Whether the request of this number is lost."""
        return (count * GOLDEN) % 1.0 < self.drops_share

    def moment_shown(self, moment: float, update_s: float) -> float:
        """Return of which moment the value is that the sensor shows, s.

        Args:
            moment: when it is read.
            update_s: its own pace.
        """
        pace = max(self.coarse_every, update_s)
        since = self.stalled_since(moment)
        moving = min(moment, self.frozen_after, moment if since is None else since)
        return math.floor(moving / pace) * pace


def faults(told: Sequence[str]) -> Faults:
    """Return faults that are written as ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``.

    >>> faults(["clock:offset=-3600"]).clock_offset
    -3600.0

    Raises:
        UsageError: for a name or setting that there is not, and for senseless values.
    """
    found = Faults()
    for text in told:
        name, given = parse_spec(text)
        if name not in _DEFAULTS:
            names = ", ".join(_DEFAULTS)
            raise UsageError(f"no fault is called {name!r}", remedy=f"choose from {names}")
        values = dict(_DEFAULTS[name])
        values.update((key, _number(name, key, value)) for key, value in given.items())
        found = replace(found, **{f"{name}_{key}": value for key, value in values.items()})
    if not 0 <= found.drops_share < 1:
        raise UsageError(f"a share of {found.drops_share:g}", where="fault drops")
    if found.stalls_every <= found.stalls_lasting:
        raise UsageError("every is not longer than lasting", where="fault stalls")
    return found


def _number(name: str, key: str, value: object) -> float:
    if key not in _DEFAULTS[name]:
        known = f"it has {', '.join(_DEFAULTS[name])}"
        raise UsageError(f"it has no setting {key!r}", where=f"fault {name}", remedy=known)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    if not usable or (key != "offset" and float(str(value)) < 0):
        raise UsageError(f"{key} is {value!r:.40}", where=f"fault {name}")
    return float(str(value))
