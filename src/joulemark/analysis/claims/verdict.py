"""Whether a published figure stands, beside what the record gives for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.core.words import StrEnum

SAME = 0.002
"""Figures that differ by no more, relative, are the same."""
TWICE = 2.0
"""A figure that is further off than this says something else."""


class Verdict(StrEnum):
    """What is to be said of a claim, the best first."""

    STANDS = "stands"
    OTHER = "stands with other figures"
    FALLS = "does not follow"
    UNKNOWN = "cannot be verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One figure of a claim.

    Attributes:
        name: of the point; empty where the claim is one figure.
        published: as printed or plotted; None where it is no number.
        recomputed: from the record; None where it does not hold it.
        u95: half-width of its 95 % interval, None where unknown.
        unit: of these; empty for a ratio or a count.
        step: of the last digit as printed; 0 for a plotted number.
        ratio: whether they are ratios, of which one side of 1 means a gain.
        explained: whether it is known where the published figure is from.
        note: what a reader must know of it.
        keys: of the entries of the record behind the recomputed figure.
        sources: where these stand.
    """

    name: str = ""
    published: float | None = None
    recomputed: float | None = None
    u95: float | None = None
    unit: str = ""
    step: float = 0.0
    ratio: bool = False
    explained: bool = False
    note: str = ""
    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, and what became of it.

    Attributes:
        claim: it.
        verdict: on the whole.
        parts: its figures, each with that of the record.
        found: what detectors found in the rows behind it.
        untraced: what could not be followed back.
    """

    claim: Claim
    verdict: Verdict
    parts: Sequence[Part]
    found: Sequence[Suspicion] = ()
    untraced: Sequence[str] = ()


def verdict(part: Part, *, at_least: bool = False) -> Verdict:
    """Return the verdict on one figure.

    It stands if it is the recomputed one to half a step of its last digit, or to 0.2 %. It stands
    with other figures if it was cut instead of rounded; or if it is known where it is from, and it
    says the same with less than twice the figure. Else it does not follow.

    Args:
        part: the figure.
        at_least: whether it is a bound.
    """
    one, other = part.published, part.recomputed
    if one is None or other is None:
        return Verdict.UNKNOWN
    if at_least:
        return Verdict.STANDS if other >= one else Verdict.FALLS
    apart = abs(one - other)
    if apart <= max(part.step / 2, SAME * abs(other)):
        return Verdict.STANDS
    if apart <= part.step:
        return Verdict.OTHER
    return Verdict.OTHER if part.explained and _says_the_same(part) else Verdict.FALLS


def _says_the_same(part: Part) -> bool:
    one, other = part.published, part.recomputed
    if not one or not other or one < 0 or other < 0:
        return False
    near = max(one, other) / min(one, other) < TWICE
    return near and (not part.ratio or _side(one) == _side(other))


def _side(ratio: float) -> int:
    away = math.log(ratio)
    return 0 if abs(away) <= SAME else int(math.copysign(1, away))


def whole(claim: Claim, parts: Sequence[Part]) -> Verdict:
    """Return the verdict on a claim: the worst of its figures; unknown if any is not to be had."""
    found = [verdict(part, at_least=claim.at_least) for part in parts]
    order = (Verdict.FALLS, Verdict.UNKNOWN, Verdict.OTHER, Verdict.STANDS)
    return next((one for one in order if one in found), Verdict.UNKNOWN)
