"""Accuracy of MLPerf Tiny recomputed from what a board answered, and duty of the wake word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.core.value import Source, Term, Value

PAUSE_S = 0.5
"""Detections closer than this are one."""
AFTER_S = 0.5
"""A word counts as detected up to so long after its end."""


def top1(labels: Sequence[int], answers: Sequence[Sequence[float]]) -> float:
    """Return the share of inputs whose largest answer is that of their class; NaN without any.

    Args:
        labels: class of each input.
        answers: what the board answered to each; the first of equal ones counts.
    """
    if not labels:
        return math.nan
    pairs = zip(labels, answers, strict=True)
    right = sum(
        1 for label, answer in pairs if answer and int(np.argmax(np.asarray(answer))) == label
    )
    return right / len(labels)


def area_under_curve(anomalous: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the area under the receiver's curve; NaN if all or none are anomalous.

    It is the chance that an anomalous input scores higher than a normal one, ties half.

    Args:
        anomalous: of each input.
        scores: of each input, higher for what is less normal.
    """
    flags = np.asarray(anomalous, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    high, low = values[flags], np.sort(values[~flags])
    if not len(high) or not len(low):
        return math.nan
    below = np.searchsorted(low, high, side="left")
    upto = np.searchsorted(low, high, side="right")
    return float((below + upto).sum() / (2.0 * len(high) * len(low)))


@dataclass(frozen=True, slots=True)
class Duty:
    """How much of the time the streaming wake word computes.

    Attributes:
        period_s: between two begins.
        computing_s: of one computation.
        count: of how many both are means.
        scatter_s: standard deviation of the computations.
    """

    period_s: float
    computing_s: float
    count: int = 1
    scatter_s: float = 0.0

    @property
    def share(self) -> float:
        """Share of time that it computes."""
        return self.computing_s / self.period_s

    @property
    def value(self) -> Value:
        """Share of time that it computes, with the scatter of the computations."""
        share = Value(self.share, "1")
        if self.count < 2:
            return share
        source = Source(Term.REPEATS, "duty", dof=self.count - 1)
        return share.plus(source, self.scatter_s / math.sqrt(self.count) / self.period_s)

    @property
    def throughput(self) -> float:
        """Inferences a second if it computed all the time; NaN if it never does."""
        return 1.0 / self.computing_s if self.computing_s > 0 else math.nan


def duty_of(starts_s: Sequence[float], stops_s: Sequence[float]) -> Duty | None:
    """Return the duty from begins and ends of computations; None of fewer than two.

    Args:
        starts_s: begins.
        stops_s: ends, one for each begin.
    """
    count = min(len(starts_s), len(stops_s))
    if count < 2 or not starts_s[count - 1] > starts_s[0]:
        return None
    period = (starts_s[count - 1] - starts_s[0]) / (count - 1)
    lengths = [stop - start for start, stop in zip(starts_s, stops_s, strict=False)]
    return Duty(period, sum(lengths) / count, count, float(np.std(lengths, ddof=1)))


def detections(
    words_s: Sequence[tuple[float, float]], detected_s: Sequence[float]
) -> tuple[int, int, int]:
    """Return true positives, false negatives and false positives of the wake word.

    Args:
        words_s: when words were spoken, begin and end.
        detected_s: when the board detected, rising.
    """
    events: list[float] = []
    last = -math.inf
    for time in detected_s:
        if time - last >= PAUSE_S:
            events.append(time)
        last = time
    heard = [False] * len(words_s)
    false = 0
    for event in events:
        within = [at for at, (a, b) in enumerate(words_s) if a <= event <= b + AFTER_S]
        if not within:
            false += 1
        for at in within:
            heard[at] = True
    return sum(heard), len(words_s) - sum(heard), false
