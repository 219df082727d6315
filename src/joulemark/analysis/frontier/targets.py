"""Targets that a person names: ``--tpot-p99 100ms`` as a bound on a metric of a group.

A target without a statistic is on what its generation states: a time per token (``tpot``) on the
mean where a group has it and else on the median time between tokens, the others on the median. The
answer names the metric. A target on what a group does not hold is refused, and says what is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Group
from joulemark.analysis.frontier.recommend import Target
from joulemark.analysis.frontier.titles import TIMES, title_of
from joulemark.core.errors import UsageError

LATENCY = "latency"
KINDS = (*TIMES, LATENCY)
_NAME = re.compile(r"(tpot|itl|ttft|e2e|latency)(?:-(mean|median|p\d{1,2}(?:\.\d{1,3})?))?")
_USUAL = {"tpot": ("tpot_mean", "itl_p50"), "latency": (LATENCY,)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A target as a person named it.

    Attributes:
        kind: ``tpot``, ``itl``, ``ttft``, ``e2e`` or ``latency``.
        statistic: ``mean``, ``p50``, ``p99`` …; empty for the usual one.
        seconds: the bound.
    """

    kind: str
    statistic: str
    seconds: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics that it may be on, the first that a group has."""
        if self.statistic:
            return (f"{self.kind}_{self.statistic}",)
        return _USUAL.get(self.kind, (f"{self.kind}_p50",))


def asked(name: str, seconds: float) -> Asked:
    """Return a target by its name: ``tpot-p99``, ``ttft``.

    Raises:
        UsageError: if there is no such target.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        remedy = f"there are {', '.join(KINDS)}, with -mean, -median, -p90, -p99 …"
        raise UsageError(f"there is no target {name!r:.40}", remedy=remedy)
    statistic = "p50" if found[2] == "median" else found[2] or ""
    return Asked(found[1], statistic, seconds)


def is_target(name: str) -> bool:
    """Return whether a name is that of a target."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Settled:
    """What targets come to in a group.

    Attributes:
        targets: on metrics of the group.
        refused: why the group cannot be asked this; empty where it can.
    """

    targets: tuple[Target, ...]
    refused: str = ""


def settle(group: Group, wanted: Sequence[Asked]) -> Settled:
    """Return the targets on a group's metrics.

    Of targets on tokens and on batches, those of the group's own kind hold for it; if there are
    none of its kind, it is refused.

    Args:
        group: it.
        wanted: what was asked for; may be none.
    """
    there = group.held()
    batches = LATENCY in there
    own = [one for one in wanted if (one.kind == LATENCY) == batches]
    if wanted and not own:
        names = ", ".join(f"--{one.kind}" for one in wanted)
        return Settled((), f"{names} is no time of this group; {held(group)}")
    targets = []
    for one in own:
        name = next((name for name in one.names if name in there), "")
        if not name:
            return Settled((), f"{title_of(one.names[0])} is not in the data; {held(group)}")
        targets.append(Target(name, one.seconds))
    return Settled(tuple(targets))


def held(group: Group) -> str:
    """Return what times a group has, in words."""
    times = [name for name in group.held() if name.partition("_")[0] in KINDS]
    listed = ", ".join(f"{title_of(name)} (--{name.replace('_', '-')})" for name in times)
    return f"there is {listed}" if times else "it has no time at all"
