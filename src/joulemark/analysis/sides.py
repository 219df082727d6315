"""The two sides of a comparison as one number: the logarithm of B/A, with what is left of errors.

Each run's figure is taken as its logarithm, whose uncertainties are relative; a side is the mean of
its runs. So errors of one instrument cancel to the last digit in the difference of two sides, and
B/A and A/B have the same interval turned round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.repeats import RANDOM, with_repeats
from joulemark.analysis.bootstrap import Bootstrap, bootstrap
from joulemark.analysis.instruments import Instrument, Sizes, instrument, renamed
from joulemark.analysis.logarithms import difference
from joulemark.analysis.metrics import Metric, figure, single, unit_of
from joulemark.analysis.observed import Observation
from joulemark.analysis.quantile import factor
from joulemark.analysis.scatter import Level, Pairs, Replicate, Scatter, are_paired, scatter
from joulemark.core.value import Source, Term, Value, total

Runs = Sequence[Observation]
Errors = list[tuple[Term, Instrument]]


@dataclass(frozen=True, slots=True)
class Shared:
    """An error that both sides have from one instrument.

    Attributes:
        term: its kind.
        by: whose error it is.
    """

    term: Term
    by: Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRatio:
    """The logarithm of B/A.

    Attributes:
        known: with the uncertainties that its windows know of, by source.
        scatter: how the repeats scatter.
        drawn: the bootstrap of it; None where there are too few repeats.
        shared: errors that cancel, wholly or in part.
    """

    known: Value
    scatter: Scatter
    drawn: Bootstrap | None
    shared: tuple[Shared, ...]

    def whole(self, level: float) -> Value:
        """Return it with the scatter of the repeats, so that a normal interval of it is the one.

        The scatter is widened by Student's t or by the bootstrap, whichever is wider. It holds the
        random terms, so only what goes beyond them is added (GUM 4.2).

        Args:
            level: two-sided confidence.
        """
        wide = factor(level, self.scatter.dof)
        if self.drawn is not None:
            wide = max(wide, self.drawn.factor(level))
        seen = wide / factor(level) * self.scatter.u if self.scatter.u > 0 else 0.0
        beyond = math.sqrt(max(seen**2 - self._random_u**2, 0.0))
        return self.known.plus(Source(Term.REPEATS, "B/A"), beyond)

    def half_width(self, level: float) -> float:
        """Return the half-width of its interval at a two-sided confidence."""
        return factor(level) * self.whole(level).u

    @property
    def _random_u(self) -> float:
        return self.known.only(lambda source: source.term in RANDOM).u

    @property
    def u_random(self) -> float:
        """Standard uncertainty that more repeats reduce."""
        return max(self._random_u, self.scatter.u)

    @property
    def u_systematic(self) -> float:
        """Standard uncertainty that no number of repeats reduces."""
        return self.known.only(lambda source: source.term not in RANDOM).u


def log_ratio(
    a: Runs, b: Runs, metric: Metric, *, pairs: Pairs = Pairs.AUTO, same_meters: bool = False
) -> LogRatio:
    """Return the logarithm of B/A of comparable runs.

    Args:
        a: runs of A, at least one.
        b: runs of B, at least one.
        metric: what is compared; every run has it, above zero.
        pairs: which repeats belong together.
        same_meters: take the meters of all runs for the same instruments.
    """
    errors = [_errors(side, metric, same=same_meters) for side in (a, b)]
    sizes: dict[tuple[Term, str], float] = {}
    for term, by in (*errors[0], *errors[1]):
        sizes[term, by.key] = max(sizes.get((term, by.key), 0.0), by.size)
    side_a, side_b = (side_of(side, metric, same=same_meters, sizes=sizes) for side in (a, b))
    value = difference(side_b, side_a)
    for source, u in _other_power(a, b, metric, value):
        value = value.plus(source, u)
    first, second, level = replicates(a, b, metric)
    fewest = (None, None) if level is Level.RUNS else (a[0].fewest, b[0].fewest)
    return LogRatio(
        known=value,
        scatter=scatter(first, second, level, pairs, fewest),
        drawn=bootstrap(first, second, paired=are_paired(first, second, pairs)),
        shared=_shared(*errors),
    )


def side_of(runs: Runs, metric: Metric, *, same: bool = False, sizes: Sizes | None = None) -> Value:
    """Return the mean logarithm of a figure of several runs, with relative uncertainties.

    Args:
        runs: of one side; each has the figure, above zero.
        metric: which figure.
        same: see :func:`joulemark.analysis.instruments.renamed`.
        sizes: likewise.

    Raises:
        ValueError: if a run does not have the figure.
    """
    logarithms = []
    for one in runs:
        value = figure(one, metric)
        if value is None:
            raise ValueError(f"{one.run} has no {metric}")
        relative = renamed(value, one, same=same, sizes=sizes).scaled(1 / value.value, "1")
        logarithms.append(Value(math.log(value.value), "1", relative.parts))
    return total(logarithms, "1").scaled(1 / len(runs), "1")


def figure_of(runs: Runs, metric: Metric) -> Value | None:
    """Return a figure of one side with the scatter of its repeats; None where it is not known."""
    each = [figure(one, metric) for one in runs]
    if any(value is None or not value.value > 0 for value in each):
        return None if len(each) > 1 else each[0]
    side = side_of(runs, metric)
    centre = math.exp(side.value)
    parts = {source: relative * centre for source, relative in side.parts.items()}
    mean = Value(centre, unit_of(runs[0], metric), parts)
    if len(runs) > 1:
        return with_repeats(mean, [value.value for value in each if value], "runs")
    single_figures = (single(repeat, metric) for repeat in runs[0].repeats)
    values = [x for x in single_figures if x is not None]
    return with_repeats(mean, values, "windows", fewest=runs[0].fewest)


def replicates(a: Runs, b: Runs, metric: Metric) -> tuple[list[Replicate], list[Replicate], Level]:
    """Return what counts as one repeat of each side, in the order of time."""
    if max(len(a), len(b)) > 1:
        return _runs(a, metric), _runs(b, metric), Level.RUNS
    return _windows(a[0], metric), _windows(b[0], metric), Level.WINDOWS


def _logarithms(one: Observation, metric: Metric) -> list[float]:
    each = (single(repeat, metric) for repeat in one.repeats)
    return [math.log(value) for value in each if value is not None]


def _runs(runs: Runs, metric: Metric) -> list[Replicate]:
    found = [
        Replicate(
            start=one.started,
            value=side_of([one], metric).value,
            inner=tuple(_logarithms(one, metric)),
            seconds=one.seconds if one.took_s is None else one.took_s,
        )
        for one in runs
    ]
    return sorted(found, key=lambda run: run.start)


def _windows(one: Observation, metric: Metric) -> list[Replicate]:
    each = zip(one.repeats, _logarithms(one, metric), strict=True)
    return [Replicate(r.start, value, (value,), r.seconds) for r, value in each]


def _other_power(a: Runs, b: Runs, metric: Metric, ratio: Value) -> list[tuple[Source, float]]:
    """Return what a shared model's error leaves in a ratio of loads of different power.

    A model is a line, idle power plus a slope, both uncertain by u. With the idle share s of the
    power, ln(P_B/P_A) has the standard uncertainty |s_B - s_A|·√2·u, and the shares differ by no
    more than 1 - P_min/P_max.
    """
    if metric is Metric.TIME:
        return []
    watts = [[one.watts for one in side if one.watts] for side in (a, b)]
    if not all(watts):
        return []
    means = sorted(sum(side) / len(side) for side in watts)
    apart = 1 - means[0] / means[1] if means[1] > 0 else 0.0
    models = [side_of(side, metric).only(lambda s: s.term is Term.MODEL).u for side in (a, b)]
    left = ratio.only(lambda source: source.term is Term.MODEL).u
    u = math.sqrt(2) * apart * max(models)
    return [(Source(Term.MODEL, "loads of different power"), u)] if u > left else []


def _errors(runs: Runs, metric: Metric, *, same: bool) -> Errors:
    """Return the errors of a side that belong to instruments."""
    found: Errors = []
    for one in runs:
        value = figure(one, metric)
        for source in value.parts if value is not None else ():
            by = instrument(source, one, same=same)
            if by is not None:
                found.append((source.term, by))
    return found


def _shared(a: Errors, b: Errors) -> tuple[Shared, ...]:
    both = [Shared(term, by) for term, by in set(a) & set(b) if term is not Term.CLOCK]
    return tuple(sorted(both, key=lambda shared: (shared.term, shared.by)))
