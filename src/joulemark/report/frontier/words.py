"""Numbers of candidates and answers as short texts."""

from __future__ import annotations

from joulemark.analysis.frontier.candidate import Candidate, Measure, Metric
from joulemark.analysis.frontier.recommend import Answer, Target
from joulemark.core.units import digits, si, with_u95
from joulemark.report.format import NOTHING, clean

_SCALED = ("s", "J", "W", "Hz")
"""Units that take a prefix."""
DIGITS = 4


def bare(unit: str) -> str:
    """Return a unit without what energy is counted for: J of J/request; tokens/s stays."""
    return "J" if unit.startswith("J/") else unit


def number(value: float, unit: str, count: int = DIGITS) -> str:
    """Return a number with its unit."""
    if bare(unit) in _SCALED:
        return si(value, unit, count)
    return f"{digits(value, count)} {unit}".strip()


def amount(one: Candidate | None, metric: Metric, count: int = DIGITS) -> str:
    """Return a candidate's number with its interval, where it has one; a dash for none."""
    measure = None if one is None else one.measures.get(metric.name)
    if measure is None:
        return NOTHING
    unit = bare(metric.unit)
    if measure.u95 and unit in _SCALED:
        return with_u95(measure.value, measure.u95, unit)
    interval = f" ± {digits(measure.u95, 2)}" if measure.u95 else ""
    return number(measure.value, unit, count) + interval


def short(measure: Measure | None, metric: Metric) -> str:
    """Return a number alone, of three digits."""
    return NOTHING if measure is None else number(measure.value, bare(metric.unit), 3)


def saving(share: float | None) -> str:
    """Return a saving as what it does to the energy: ``−44 %``; a dash for none.

    >>> saving(0.441), saving(-0.0352), saving(0.0)
    ('−44 %', '+3.5 %', '0 %')
    """
    if share is None:
        return NOTHING
    percent = -100 * share
    if not abs(percent) >= 0.05:
        return "0 %"
    text = f"{abs(percent):.0f}" if abs(percent) >= 9.95 else f"{abs(percent):.1f}"
    return f"{'−' if percent < 0 else '+'}{text} %"


def target_text(target: Target, answer: Answer) -> str:
    """Return a target in words: ``mean time per output token at most 100 ms``."""
    metric = answer.group.metrics[target.metric]
    way = "at least" if metric.more else "at most"
    bound = number(target.bound, bare(metric.unit))
    return f"{clean(metric.title or metric.name, 60)} {way} {bound}"


def confidence_text(answer: Answer) -> str:
    """Return with which confidence the target is met."""
    if answer.recommended is None or not answer.targets:
        return ""
    if answer.confidence is None:
        return "no interval in the data: no confidence can be stated"
    said = f"{100 * answer.confidence:.1f} %" if answer.confidence < 0.999 else "99.9 % or more"
    assumed = any(answer.recommended.measures[target.metric].assumed for target in answer.targets)
    return f"met with a confidence of {said}" + (" (interval assumed)" if assumed else "")


def command_lines(one: Candidate | None, limit: int = 2000) -> list[str]:
    """Return the commands that set a candidate up, each safe to show."""
    lines = [] if one is None else one.command.splitlines()
    return [clean(line, limit) for line in lines if line.strip()]
