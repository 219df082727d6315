"""How much a figure is worth as evidence: tiers, conditions, and what a run says of its conduct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Tier(IntEnum):
    """The tiers of evidence, the weakest first."""

    ESTIMATED = 1
    ON_CHIP = 2
    CROSS_CHECKED = 3
    CALIBRATED = 4
    ACCREDITED = 5

    @property
    def label(self) -> str:
        """Its name for people."""
        return LABELS[self]


LABELS: Mapping[int, str] = {
    1: "estimated",
    2: "on-chip counter",
    3: "cross-checked platform sensor",
    4: "calibrated external meter",
    5: "accredited analyser under protocol",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a tier asks for.

    Attributes:
        name: what is looked at.
        required: what the tier asks for, in words with numbers.
        seen: what the result has.
        holds: whether that is enough.
    """

    name: str
    required: str
    seen: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The tier of one result, and why it is not a higher one.

    Attributes:
        tier: the highest tier of which every condition holds.
        claim: the tier that the meters' class alone would allow.
        declared: whether the figure was played back or handed over rather than read by the run.
        checks: every condition of every tier above the first, as it was found.
    """

    tier: Tier
    claim: Tier
    declared: bool
    checks: Mapping[Tier, tuple[Condition, ...]]

    @property
    def next(self) -> Tier | None:
        """The tier whose conditions are the nearest to hold: the claimed one, else one higher."""
        if self.claim > self.tier:
            return self.claim
        return None if self.tier is Tier.ACCREDITED else Tier(self.tier + 1)

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions of that tier that do not hold."""
        return () if self.next is None else self.failed_of(self.next)

    @property
    def demotions(self) -> tuple[Condition, ...]:
        """The conditions that cost the result a tier that its meters' class would allow."""
        return self.failed if self.claim > self.tier else ()

    def failed_of(self, tier: Tier) -> tuple[Condition, ...]:
        """Return the conditions of one tier that do not hold."""
        return tuple(condition for condition in self.checks.get(tier, ()) if not condition.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A measurement protocol that a run followed, as far as evidence asks.

    Attributes:
        name: which one, with its version.
        ranging: whether a ranging run set the meter's ranges before the testing run.
        testing: whether the figures are those of a testing run with fixed ranges.
        clock_offset_s: largest difference seen between the clocks of meter and load; None if
            nobody looked.
        files: SHA-256 of the meter's own logs by their names.
        calibrated: dates on which its meters were calibrated, by channel.
    """

    name: str
    ranging: bool = False
    testing: bool = False
    clock_offset_s: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    calibrated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a run was conducted.

    Attributes:
        ticks: samples that were due.
        skipped: of these, how many were not taken in time.
        protocol: the protocol that it followed; None for none.
    """

    ticks: int = 0
    skipped: int = 0
    protocol: Protocol | None = None
