"""What a comparison says, in plain English."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from joulemark.analysis.compare import Comparison, Verdict
from joulemark.analysis.gate import ONE_SIDED, Outcome
from joulemark.analysis.instruments import Known
from joulemark.analysis.metrics import Metric
from joulemark.analysis.observed import Observation
from joulemark.analysis.power import MOST, Outlook
from joulemark.analysis.scatter import CONFIDENCE, Level, Scatter
from joulemark.analysis.sides import Shared
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.units import digits, duration
from joulemark.core.value import Term
from joulemark.report.format import clean, percent
from joulemark.report.words import listed

_FIGURES: Mapping[Metric, str] = {
    Metric.ENERGY: "energy per {}",
    Metric.NET: "energy above idle per {}",
    Metric.GROSS: "energy per repeat",
    Metric.POWER: "mean power",
    Metric.TIME: "time per {}",
}
_KNOWN: Mapping[Known, str] = {
    Known.PROVEN: "the same device, by its unique number",
    Known.ASSUMED: "assumed to be the same: host, processor and place of reading agree",
    Known.CALIBRATED: "applied to both",
    Known.SAID: "the same, as you say (--same-meters)",
}
_CANCELS: Mapping[Term, str] = {
    Term.OFFSET: "Cancels as far as both draw the same power",
    Term.MODEL: "Cancels as far as both draw the same power",
}
_SURE = "with 95 % confidence"
_LARGE, _MOST_PLACES = 2.0, 6
_MOST_NAMES = 2
_SHOWN_SHARE = 0.01
"""Terms with a smaller share of the variance are not named."""


def figure_name(comparison: Comparison) -> str:
    """Return what is compared: "energy per sample"."""
    unit = clean(comparison.a[0].unit or "repeat", 30)
    return _FIGURES[comparison.question.metric].format(unit)


def headline(comparison: Comparison) -> str:
    """Return the verdict in one sentence."""
    name, limits = figure_name(comparison), comparison.interval()
    if comparison.verdict is Verdict.NOT_COMPARABLE:
        return f"A and B are not comparable: {_reasons(comparison)}."
    ratio = comparison.value or math.nan
    if limits is None:
        return (
            f"A and B cannot be told apart: neither repeats, so that nothing is known of their "
            f"scatter (B/A of the {name} is {digits(ratio, 4)})."
        )
    shown = ratios(ratio, *limits)
    between = f"{shown[1]} to {shown[2]} {_SURE}"
    if comparison.verdict is Verdict.UNDECIDED:
        return (
            f"A and B cannot be told apart at this length: B/A of the {name} is {shown[0]}, "
            f"{between}."
        )
    margin = _bound(comparison.question.margin)
    if comparison.verdict is Verdict.EQUIVALENT:
        return f"B's {name} equals A's within {margin}: B/A is {shown[0]}, {between}."
    small = all(abs(math.log(limit)) <= math.log1p(comparison.question.margin) for limit in limits)
    less = f"; that is within the margin of {margin}" if small else ""
    return f"B's {name} is {_change(ratio, limits)} {_SURE}{less}."


def _reasons(comparison: Comparison) -> str:
    """Return why sides cannot be compared, each reason once with all that was seen."""
    seen: dict[str, list[str]] = {}
    for refusal in comparison.refused:
        seen.setdefault(refusal.reason.text, []).append(clean(refusal.detail))
    return "; ".join(f"{text} ({', '.join(details)})" for text, details in seen.items())


def _change(ratio: float, limits: tuple[float, float]) -> str:
    """Return a ratio and its limits as a change: "4.2 % lower than A's, 2.9 to 5.5 %"."""
    if not 1 / _LARGE <= ratio <= _LARGE:
        shown = ratios(ratio, *limits)
        return f"{shown[0]} times A's, {shown[1]} to {shown[2]}"
    low, high = sorted(abs(limit - 1) for limit in limits)
    word = "higher" if ratio > 1 else "lower"
    shown = ratios(*(100 * change for change in (abs(ratio - 1), low, high)), fewest=0)
    return f"{shown[0]} % {word} than A's, {shown[1]} to {shown[2]} %"


def ratios(*values: float, fewest: int = 2) -> tuple[str, ...]:
    """Return a ratio and its two limits with as many places as their distance deserves.

    Args:
        values: what to show alike.
        fewest: places that are shown at least.
    """
    apart = max(values) - min(values)
    if not 0 < apart < 100:
        return tuple(digits(value, 4) for value in values)
    places = min(max(1 - math.floor(math.log10(apart / 2)), fewest), _MOST_PLACES)
    return tuple(f"{value:.{places}f}" for value in values)


def gate_sentence(comparison: Comparison, outcome: Outcome, bound: float) -> str:
    """Return what a gate says of a comparison, in one sentence."""
    said, limits = _bound(bound), comparison.interval(ONE_SIDED)
    name = figure_name(comparison)
    if outcome is Outcome.NOT_COMPARABLE:
        return f"Whether the {name} rose by more than {said} cannot be said."
    if limits is None:
        return f"Whether the {name} rose by more than {said} cannot be told. {advice(comparison)}"
    low, high = (_signed(limit - 1) for limit in limits)
    if outcome is Outcome.PASSED:
        return f"The {name} did not rise by more than {said}: at most {high} {_SURE}."
    if outcome is Outcome.EXCEEDED:
        return f"The {name} rose by more than {said}: at least {low} {_SURE}."
    text = f"Whether the {name} rose by more than {said} cannot be told: {low} to {high}."
    return f"{text} {advice(comparison)}"


def _bound(share: float) -> str:
    """Return a share as a person would write it: "5 %", "0.25 %"."""
    return f"{100 * share:.4g} %"


def _signed(share: float) -> str:
    return percent(abs(share), sign="-" if share < 0 else "+")


def advice(comparison: Comparison) -> str:
    """Return what would tell A and B apart; nothing where they are not comparable."""
    seen, ratio = comparison.outlook, comparison.ratio
    if seen is None or ratio is None:
        return ""
    wanted = f"a difference of {_bound(seen.difference)}"
    if seen.unknown:
        return f"Measure each at least three times to learn how many repeats tell {wanted}."
    if seen.floor >= seen.difference:
        return (
            f"No number of repeats tells {wanted}: errors that do not cancel hide up to "
            f"{percent(seen.floor)} ({listed(_uncancelled(comparison))}). {_help(comparison)}"
        )
    return _more(seen, ratio.scatter, wanted)


def _more(seen: Outlook, scatter: Scatter, wanted: str) -> str:
    what = "runs" if scatter.level is Level.RUNS else "repeats"
    if seen.more is None or seen.seconds is None:
        return f"More than {MOST} {what} of each would be needed to tell {wanted}."
    if seen.more == 0:
        return f"There are enough {what} to tell {wanted} in four cases of five."
    time = duration(seen.seconds)
    return (
        f"{seen.more} more {what} of each (about {time} in all) would tell {wanted} in four cases "
        "of five."
    )


def _help(comparison: Comparison) -> str:
    """Return what would make an error smaller that repeats do not."""
    if _estimated(comparison):
        return "What would help: a sensor instead of the model (see joulemark meters)."
    return (
        "What would help: the same machine and meter for both, a calibration of the meters, or a "
        "better meter."
    )


def _uncancelled(comparison: Comparison) -> list[str]:
    terms = {} if comparison.ratio is None else comparison.ratio.whole(CONFIDENCE).budget()
    return [
        term.value
        for term in terms
        if term in (Term.GAIN, Term.OFFSET, Term.MODEL, Term.CALIBRATION, Term.IDLE)
    ]


def notes(comparison: Comparison) -> Iterator[str]:
    """Yield what a reader must know to trust the interval, one sentence or two each."""
    ratio = comparison.ratio
    if ratio is None:
        return
    yield _scattered(ratio.scatter, drawn=ratio.drawn is not None)
    yield from _cancelled(ratio.shared)
    remains = _remains(comparison)
    if remains:
        yield f"The interval holds: {remains}."
    if _estimated(comparison):
        yield _modelled(comparison)
    busy = [name for name, side in _sides(comparison) if _warned(side, Code.OTHER_LOAD)]
    if busy:
        yield (
            f"Other programs used the processor during {listed(busy)}; what they did to time and "
            "energy is in the figures, and not in the interval."
        )
    if Code.QUICK.value in comparison.a[0].codes:
        yield "Both are quick runs: short windows and few repeats."
    if any(_warned(side, Code.STAND_IN_DATA) for _, side in _sides(comparison)):
        yield "The data set is a stand-in, not the named benchmark set."


def _cancelled(shared: Iterable[Shared]) -> Iterator[str]:
    """Yield what cancels: the errors of one kind together, a few of their instruments by name."""
    groups: dict[tuple[Term, Known], list[str]] = {}
    for one in shared:
        groups.setdefault((one.term, one.by.known), []).append(clean(one.by.name, 120))
    for (term, known), names in groups.items():
        distinct = list(dict.fromkeys(names))
        more = len(distinct) - _MOST_NAMES
        named = [*distinct[:_MOST_NAMES], f"{more} more"] if more > 0 else distinct
        yield f"{_CANCELS.get(term, 'Cancels')}: {term.value} of {listed(named)}, {_KNOWN[known]}."


def _sides(comparison: Comparison) -> list[tuple[str, tuple[Observation, ...]]]:
    return [("A", comparison.a), ("B", comparison.b)]


def _warned(side: tuple[Observation, ...], code: Code) -> bool:
    return any(code.value in one.codes for one in side)


def _count(number: int, what: str) -> str:
    return f"{number} {what.removesuffix('s') if number == 1 else what}"


def _scattered(scatter: Scatter, *, drawn: bool) -> str:
    a, b = scatter.counts
    what = scatter.level.value
    method = "Student's t and bootstrap, the wider" if drawn else "Student's t"
    if scatter.paired:
        text = f"Scatter from {a} pairs of {what}, each of A with one of B ({method})."
    elif math.isfinite(scatter.u):
        text = f"Scatter from {_count(a, what)} of A and {b} of B ({method})."
    else:
        text = "There is a single repeat of each."
    if scatter.borrowed:
        text += " The side with one repeat is taken to scatter like the other."
    if scatter.level is Level.WINDOWS:
        text += (
            " What changes from one run to the next is not in the interval: for that, give "
            "several runs of each, made in turn (A B A B …)."
        )
    return text


def _remains(comparison: Comparison) -> str:
    """Return the terms of the ratio's interval with their shares of its variance."""
    value = None if comparison.ratio is None else comparison.ratio.whole(CONFIDENCE)
    if value is None or not 0 < value.u < math.inf:
        return ""
    shares = {term: (u / value.u) ** 2 for term, u in value.budget().items()}
    named = [f"{t.value} {percent(share)}" for t, share in shares.items() if share > _SHOWN_SHARE]
    return ", ".join(named)


def _estimated(comparison: Comparison) -> bool:
    timed = comparison.question.metric is Metric.TIME
    return comparison.a[0].provenance is Provenance.ESTIMATED and not timed


def _modelled(comparison: Comparison) -> str:
    if comparison.ratio is not None and any(s.term is Term.MODEL for s in comparison.ratio.shared):
        return (
            "Both figures come from a model, not from a sensor. Its error is taken to cancel as "
            "far as both draw the same power, because machine and kind of load are the same; that "
            "is an assumption."
        )
    return (
        "Both figures come from a model, not from a sensor. Its error does not cancel, because "
        "machine or kind of load differ."
    )
