"""Quality beside energy: how many answers are right, and what a right one costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.serving_energy import BATCHES, DEFINITIONS, ratio
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.accounting.serving_words import PER_CORRECT
from joulemark.accounting.serving_work import Times, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.request import Request
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value

Marks = Mapping[str, bool | None]
"""By the id of a request whether its answer is right; None where nothing tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How many answers are right.

    Attributes:
        correct: right answers.
        checked: answers that were held against a right one.
        prompts: different prompts among these.
        effective: answers that tell as much if each were to a prompt of its own: fewer than
            ``checked`` where the same prompt was asked again and answered alike.
        low: lower end of Wilson's 95 % interval of the share.
        high: upper end.
    """

    correct: int
    checked: int
    prompts: int
    effective: float
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right answers by checked ones."""
        return self.correct / self.checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a right answer costs.

    Attributes:
        value: energy by right answers, J.
        low: lower end of the 95 % interval, which is not symmetric, J.
        high: upper end, J.
    """

    value: Value
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Quality of a window.

    Attributes:
        accuracy: of the checked answers, or why there is none.
        cost: of a right answer, or why that is unknown.
        unchecked: requests in the window that nothing tells of: without a right answer, or not
            whole.
    """

    accuracy: Accuracy | Unknown
    cost: Cost | Unknown
    unchecked: int


def wilson(correct: float, count: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (J. Am. Stat. Assoc. 22, 1927).

    Args:
        correct: how often it was so, 0 to ``count``.
        count: how often it could have been, above zero; need not be whole.
    """
    z2, share = NORMAL_975**2, correct / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = NORMAL_975 / (1 + z2 / count)
    half *= math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return (
        0.0 if correct == 0 else max(middle - half, 0.0),
        1.0 if correct == count else min(middle + half, 1.0),
    )


def accuracy_of(marks: Sequence[tuple[str, bool]]) -> Accuracy | Unknown:
    """Return how many answers are right.

    Answers to one prompt are alike (greedy decoding gives the same each time): the interval is
    Wilson's with the effective number of answers, as in surveys with clusters (Franco et al.,
    J. Survey Stat. Methodol. 7, 2019); where all are right or all wrong that of prompts.

    Args:
        marks: of each checked answer its prompt, and whether it is right.
    """
    if not marks:
        return Unknown("no answer was held against a right one")
    names, place = np.unique([prompt for prompt, _ in marks], return_inverse=True)
    right = np.array([float(fine) for _, fine in marks])
    count, groups, share = len(marks), len(names), float(right.mean())
    effective = float(groups)
    if 0 < share < 1 and groups > 1:
        off = np.bincount(place, right - share, groups)
        variance = float(off @ off) * groups / (groups - 1) / count**2
        alike = variance * (count - 1) / (share * (1 - share))
        effective = min(max(count / alike if alike > 0 else count, 1.0), float(count))
    low, high = wilson(share * effective, effective)
    return Accuracy(
        correct=int(right.sum()),
        checked=count,
        prompts=groups,
        effective=effective,
        low=low,
        high=high,
    )


def quality(work: Work, supply: Supply, window: Steady, marks: Marks) -> Quality:
    """Return accuracy in a window and the energy of a right answer.

    Args:
        work: of the run.
        supply: energy of what served.
        window: the part that counts.
        marks: by the id of a request whether its answer is right; None or absent where nothing
            tells.
    """
    edges = even_edges(window.start, window.stop, BATCHES)
    told = told_in(work, window, marks)
    accuracy = accuracy_of(checked_of(told))
    return Quality(
        accuracy=accuracy,
        cost=_cost(work, supply, edges, marks, accuracy, sum(r.answer is None for r, _ in told)),
        unchecked=sum(fine is None for _, fine in told),
    )


def told_in(work: Work, window: Steady, marks: Marks) -> list[tuple[Request, bool | None]]:
    """Return the requests of whose output a part was read in a window, and their marks."""
    spans = work.outputs
    inside = (spans.end > window.start) & (spans.end <= window.stop)
    there = np.flatnonzero(np.bincount(spans.owner, inside, len(work.requests)) > 0)
    return [(work.requests[i], marks.get(work.requests[i].id)) for i in there]


def checked_of(told: Sequence[tuple[Request, bool | None]]) -> list[tuple[str, bool]]:
    """Return of each checked answer its prompt, and whether it is right."""
    return [(one.prompt or one.id, fine) for one, fine in told if fine is not None]


def _cost(
    work: Work,
    supply: Supply,
    edges: Times,
    marks: Marks,
    accuracy: Accuracy | Unknown,
    unanswerable: int,
) -> Cost | Unknown:
    if isinstance(accuracy, Unknown):
        return accuracy
    if unanswerable:
        reason = f"{unanswerable} requests in the window have no right answer to be held against"
        return Unknown(f"{reason}: their energy is not that of answers")
    joules, steps = supply.between(int(edges[0]), int(edges[-1])).joules, supply.steps(edges)
    requests = work.between(edges).requests
    right = np.array([float(marks.get(one.id) is True) for one in work.requests])
    shares = work.shares() * right[work.outputs.owner]
    correct = float(work.outputs.counted(edges, shares).sum())
    if correct == 0:
        least = joules.value / max(float(requests.sum()) * _most(accuracy), 1e-300)
        return Unknown(
            f"none of {accuracy.checked} answers is right: one costs more than {least:.3g} J"
        )
    unit = DEFINITIONS[PER_CORRECT][0]
    per_request = ratio(joules, steps, requests, "J/request")
    value = per_request.scaled(float(requests.sum()) / correct, unit)
    u = (accuracy.high - accuracy.low) / (2 * NORMAL_975) / accuracy.share
    value = value.plus(Source(Term.WORK, "accuracy"), u * value.value)
    return _interval(value, per_request, accuracy)


def _most(accuracy: Accuracy) -> float:
    """Return the upper end of an accuracy of none."""
    return wilson(0.0, accuracy.effective)[1]


def _interval(value: Value, per_request: Value, accuracy: Accuracy) -> Cost:
    """Return the interval of a quotient from those of its parts, in logarithms (MOVER).

    Donner and Zou (Stat. Methods Med. Res. 21, 2012): each end takes the end of the accuracy that
    pulls to it.
    """
    energy = per_request.u95 / per_request.value
    down = math.hypot(energy, math.log(accuracy.high / accuracy.share))
    up = math.hypot(energy, math.log(accuracy.share / max(accuracy.low, 1e-300)))
    return Cost(
        value=value,
        low=value.value * math.exp(-down),
        high=value.value * math.exp(min(up, 700.0)),
    )
