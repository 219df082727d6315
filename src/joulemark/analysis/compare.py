"""Compare two sides: the ratio B/A with its interval, a verdict, and what would tell them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from joulemark.analysis.comparable import Difference, Refusal, differences, refusals
from joulemark.analysis.metrics import Metric
from joulemark.analysis.observed import Observation
from joulemark.analysis.power import Outlook, outlook
from joulemark.analysis.scatter import CONFIDENCE, Pairs
from joulemark.analysis.sides import LogRatio, figure_of, log_ratio
from joulemark.core.value import Value

MARGIN = 0.02
"""Relative difference that does not matter, where nothing else is said: what `bench` repeats to."""

_LARGEST = 700.0
"""The exponential of a larger number overflows."""

Runs = Sequence[Observation]


class Verdict(StrEnum):
    """What can be said of B against A."""

    LOWER = "lower"
    HIGHER = "higher"
    EQUIVALENT = "equivalent"
    """The whole interval lies within the margin."""
    UNDECIDED = "undecided"
    """They cannot be told apart at this length."""
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of two sides.

    Attributes:
        metric: the figure.
        margin: relative difference that does not matter.
        pairs: which repeats belong together.
        same_meters: take the meters of all runs for the same instruments.
        any_load: whether runs of serving may differ in model, prompts and arrivals.
    """

    metric: Metric = Metric.ENERGY
    margin: float = MARGIN
    pairs: Pairs = Pairs.AUTO
    same_meters: bool = False
    any_load: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The answer for one phase.

    Attributes:
        question: what was asked.
        a: runs of A, the baseline.
        b: runs of B.
        figures: figure of A and of B with its own interval; None where it was not measured.
        verdict: what can be said.
        ratio: logarithm of B/A; None where they are not comparable.
        refused: why they are not comparable.
        differences: in what else they differ.
        outlook: what more repeats would bring; None where they are not comparable.
    """

    question: Question
    a: tuple[Observation, ...]
    b: tuple[Observation, ...]
    figures: tuple[Value | None, Value | None]
    verdict: Verdict
    ratio: LogRatio | None = None
    refused: tuple[Refusal, ...] = ()
    differences: tuple[Difference, ...] = ()
    outlook: Outlook | None = None

    @property
    def phase(self) -> str:
        """Name of the phase; of both where they differ."""
        return " / ".join(dict.fromkeys((self.a[0].phase, self.b[0].phase)))

    @property
    def value(self) -> float | None:
        """B/A; None where they are not comparable."""
        return None if self.ratio is None else _exponential(self.ratio.known.value)

    def interval(self, level: float = CONFIDENCE) -> tuple[float, float] | None:
        """Return the interval of B/A; None where they are not comparable or nothing repeats.

        Args:
            level: two-sided confidence; 0.90 gives the one-sided 95 % limits.
        """
        half = math.inf if self.ratio is None else self.ratio.half_width(level)
        if self.ratio is None or not math.isfinite(half):
            return None
        centre = self.ratio.known.value
        return _exponential(centre - half), _exponential(centre + half)


def compare(a: Runs, b: Runs, question: Question | None = None) -> Comparison:
    """Compare one phase of two sides.

    Args:
        a: the same phase of one run or several runs of A, the baseline.
        b: of B.
        question: what is asked.
    """
    question = question or Question()
    metric = question.metric
    refused = refusals([*a, *b], metric, any_load=question.any_load)
    found = Comparison(
        question=question,
        a=tuple(a),
        b=tuple(b),
        figures=(figure_of(a, metric), figure_of(b, metric)),
        verdict=Verdict.NOT_COMPARABLE,
        refused=refused,
        differences=differences(a, b),
    )
    if refused:
        return found
    ratio = log_ratio(a, b, metric, pairs=question.pairs, same_meters=question.same_meters)
    return replace(
        found,
        verdict=_verdict(ratio, question.margin),
        ratio=ratio,
        outlook=outlook(ratio.scatter, ratio.u_random, ratio.u_systematic, question.margin),
    )


def _exponential(logarithm: float) -> float:
    return math.exp(min(max(logarithm, -_LARGEST), _LARGEST))


def _verdict(ratio: LogRatio, margin: float) -> Verdict:
    half, centre = ratio.half_width(CONFIDENCE), ratio.known.value
    if centre + half < 0:
        return Verdict.LOWER
    if centre - half > 0:
        return Verdict.HIGHER
    within = -math.log1p(margin) <= centre - half and centre + half <= math.log1p(margin)
    return Verdict.EQUIVALENT if within else Verdict.UNDECIDED
