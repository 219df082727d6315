"""The configuration to choose: the least energy that meets the targets.

A target is met with the confidence that is asked for if the upper one-sided bound of the number is
at most the target. Without an interval the number itself is compared, and the answer says that it
has no confidence to state. With nothing but a budget of energy, the fastest within it is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from joulemark.analysis.frontier.candidate import Candidate, Group, Measure, Metric
from joulemark.analysis.frontier.pareto import Frontier, frontier, told_apart
from joulemark.core.student import NORMAL_975
from joulemark.core.units import digits, si

CONFIDENCE = 0.95
FASTER = "least time within the budget"
LEAST = "least energy that meets the target"
NO_TARGET = "least energy of all"


@dataclass(frozen=True, slots=True)
class Target:
    """What a configuration has to meet.

    Attributes:
        metric: name of the metric.
        bound: largest number that is good enough, in the unit of the metric; the smallest where
            more is better.
    """

    metric: str
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found for a group.

    Attributes:
        group: it.
        time: the metric that stands for time.
        energy: the metric that stands for energy.
        targets: what was asked for.
        fastest: the best in time; None where no candidate has both numbers.
        recommended: the one to choose; None where none meets the targets.
        rule: how it was chosen.
        reason: why none was; empty if one was.
        refused: whether the group cannot be asked this at all.
        confidence: that it meets the targets, at least; None where no interval tells.
        tied: candidates that meet the targets and whose energy cannot be told from its.
        default: what one gets without choosing; None where nothing tells.
        default_meets: whether that one meets the targets too.
        frontier: of time and energy.
    """

    group: Group
    time: Metric
    energy: Metric
    targets: tuple[Target, ...]
    fastest: Candidate | None
    recommended: Candidate | None
    rule: str
    reason: str
    refused: bool
    confidence: float | None
    tied: tuple[Candidate, ...]
    default: Candidate | None
    default_meets: bool
    frontier: Frontier

    @property
    def saving_vs_fastest(self) -> float | None:
        """Share of the fastest one's energy that is saved."""
        return self._saving(self.fastest)

    @property
    def saving_vs_default(self) -> float | None:
        """Share of the default's energy that is saved; negative where the default needs less."""
        return self._saving(self.default)

    def _saving(self, than: Candidate | None) -> float | None:
        if self.recommended is None or than is None or not than.has(self.energy.name):
            return None
        base = than.measures[self.energy.name].value
        return 1 - self.recommended.measures[self.energy.name].value / base if base else None


def recommend(
    group: Group,
    targets: Sequence[Target] = (),
    *,
    time: str = "",
    energy: str = "",
    confidence: float = CONFIDENCE,
    refused: str = "",
) -> Answer:
    """Return the configuration to choose from a group.

    Args:
        group: comparable candidates.
        targets: what it has to meet, all of them; one on the metric of energy is a budget.
        time: name of the metric that stands for time; empty: the group's own.
        energy: likewise for energy.
        confidence: with which targets are to be met, from 0.5 below 1.
        refused: why nothing can be recommended, whatever the numbers; empty otherwise.
    """
    by = group.metrics[time or group.time], group.metrics[energy or group.energy]
    known = [one for one in group.candidates if one.has(by[0].name, by[1].name)]
    meeting = [one for one in known if _meets(one, targets, group.metrics, confidence)]
    rule = _rule(targets, by[1])
    order = by if rule == FASTER else (by[1], by[0])
    chosen = None if refused else min(meeting, key=lambda one: _order(one, *order), default=None)
    reason = refused or ("" if chosen else _reason(known, targets, group.metrics, confidence))
    default = None if chosen is None else group.default_for(chosen)
    return Answer(
        group=group,
        time=by[0],
        energy=by[1],
        targets=tuple(targets),
        fastest=min(known, key=lambda one: _order(one, *by), default=None),
        recommended=chosen,
        rule=rule,
        reason=reason,
        refused=bool(refused),
        confidence=_confidence(chosen, targets, group.metrics),
        tied=tuple(_tied(chosen, meeting, order[0])),
        default=default,
        default_meets=default in meeting,
        frontier=frontier(known, *by),
    )


def _rule(targets: Sequence[Target], energy: Metric) -> str:
    if not targets:
        return NO_TARGET
    return FASTER if all(target.metric == energy.name for target in targets) else LEAST


def _order(one: Candidate, first: Metric, second: Metric) -> tuple[float, float, str]:
    costs = [metric.cost(one.measures[metric.name].value) for metric in (first, second)]
    return costs[0], costs[1], one.name


def _meets(
    one: Candidate,
    targets: Sequence[Target],
    metrics: Mapping[str, Metric],
    confidence: float,
) -> bool:
    for target in targets:
        measure = one.measures.get(target.metric)
        if measure is None:
            return False
        metric = metrics[target.metric]
        if metric.cost(measure.value) + margin(measure, confidence) > metric.cost(target.bound):
            return False
    return True


def margin(measure: Measure, confidence: float) -> float:
    """Return how far the one-sided bound lies above a number."""
    if not measure.u95:
        return 0.0
    return measure.u95 / NORMAL_975 * NormalDist().inv_cdf(confidence)


def _confidence(
    chosen: Candidate | None, targets: Sequence[Target], metrics: Mapping[str, Metric]
) -> float | None:
    """Return the least confidence with which a candidate meets a target."""
    if chosen is None or not targets:
        return None
    found = []
    for target in targets:
        measure, metric = chosen.measures[target.metric], metrics[target.metric]
        if not measure.u95:
            return None
        room = metric.cost(target.bound) - metric.cost(measure.value)
        found.append(NormalDist().cdf(room / (measure.u95 / NORMAL_975)))
    return min(found)


def _tied(
    chosen: Candidate | None, meeting: Sequence[Candidate], metric: Metric
) -> list[Candidate]:
    """Return the others that meet the targets and cannot be told from the chosen one."""
    if chosen is None:
        return []
    own = chosen.measures[metric.name]
    others = [one for one in meeting if one is not chosen]
    return [one for one in others if not told_apart(one.measures[metric.name], own)]


def _reason(
    known: Sequence[Candidate],
    targets: Sequence[Target],
    metrics: Mapping[str, Metric],
    confidence: float,
) -> str:
    """Return why no candidate meets the targets."""
    if not known:
        return "no configuration states both numbers"
    for target in targets:
        metric = metrics[target.metric]
        stating = [one for one in known if one.has(target.metric)]
        if any(_meets(one, [target], metrics, confidence) for one in stating):
            continue
        of = f"{metric.title or metric.name}"
        bound = _told(target.bound, metric)
        if not stating:
            return f"no configuration states {of}"
        best = min(metric.cost(one.measures[target.metric].value) for one in stating)
        sure = any(one.measures[target.metric].u95 for one in stating)
        how = f" with {100 * confidence:g} % confidence" if sure else ""
        return f"no configuration meets {of} {bound}{how}; the best has {_told(abs(best), metric)}"
    return "each target is met by some configuration, but not all by one"


def _told(value: float, metric: Metric) -> str:
    unit = metric.unit.partition("/")[0]
    return si(value, unit) if unit in ("s", "J", "W") else f"{digits(value)} {metric.unit}".strip()
