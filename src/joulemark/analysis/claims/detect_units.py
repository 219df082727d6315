"""Figures in another unit than they say: J for mJ, kJ for J, tokens for samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.suspicion import Suspicion, of_rows, source, told
from joulemark.analysis.record.definitions import definitions
from joulemark.core.units import digits
from joulemark.formats.results.declared import DURATION, PER_RUN, WATTS, DeclaredResult
from joulemark.formats.results.names import counts_tokens
from joulemark.rules.results.others import family

NAME = "unit"
NEAR = 4.0
"""A figure that is off by a known factor, times or divided by no more than this, is in that unit.
The ratio of two benchmarks differs by less between nearly all systems."""
THOUSANDS = (1e3, 1e6)
EXACT = 1.02
"""Where another source states the same result, a slipped unit leaves nothing else between them."""
POWER_FAR = 30.0
"""Power of one accelerator is within this of that of the others."""


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield the rows whose figures are in another unit than they say."""
    for row in corpus.audited:
        found = _label(row) or _slipped(corpus, row) or _run(corpus, row)
        if found is not None:
            yield found


def _label(row: DeclaredResult) -> Suspicion | None:
    """Return what is wrong with a unit that the benchmark does not count in."""
    unit = row.performance_unit
    if row.suite != "inference" or unit not in ("samples/s", "queries/s", "tokens/s"):
        return None
    said = next((r for r in row.remarks if r.startswith("stated in ")), "")
    tokens = counts_tokens(row.benchmark, row.round)
    wrong = tokens != (unit == "tokens/s")
    if not said and not wrong:
        return None
    stated = said.removeprefix("stated in ").partition(";")[0] if said else unit
    right = "tokens/s" if tokens else "samples/s"
    what = f"{told(row)}: its rate is labelled {stated}; {row.benchmark} counts {right[:-2]}"
    evidence = [f"in round {row.round or 'of this row'} the benchmark counts {right[:-2]}"]
    return of_rows(NAME, [row], what, evidence, f"label it {right}; do not convert it")


def _slipped(corpus: Corpus, row: DeclaredResult) -> Suspicion | None:
    """Return a unit that slipped by a known factor, as another source or other results tell."""
    value = row.per_joule
    if value is None or not 0 < value < math.inf:
        return None
    foretold, near, how = _foretold(corpus, row)
    factor = known_factor(value / foretold, _factors(row), near) if foretold else None
    if factor is None or foretold is None:
        return None
    unit, usual = row.per_joule_unit, corpus.usual(row)
    evidence = [f"{digits(value, 3)} {unit}; {how} {digits(foretold, 3)}"]
    if usual is not None and near == NEAR:
        evidence.append(f"{row.accelerator} gives {digits(usual, 3)} elsewhere, the median")
        if _away(value / factor, usual) > _away(value, usual):
            return None
    figure, mended, new = _which(corpus, row, factor)
    what = f"{told(row)}: {figure} is off by a factor of {digits(_above(factor), 4)}"
    return of_rows(NAME, [row], what, evidence, f"{figure} {mended}", new)


def _foretold(corpus: Corpus, row: DeclaredResult) -> tuple[float | None, float, str]:
    """Return the work per joule a row should state, how nearly that is known, and from what."""
    right = corpus.trusted(row)
    if right is not None and right.per_joule_unit == row.per_joule_unit:
        return right.per_joule, EXACT, f"{source(right)} gives"
    return corpus.expected.of(row), NEAR, "its other results foretell"


def _away(value: float, usual: float) -> float:
    return abs(math.log(value / usual))


def _factors(row: DeclaredResult) -> Sequence[float]:
    tokens = definitions().tokens_per_sample(family(row.benchmark))
    return (*THOUSANDS, tokens) if tokens else THOUSANDS


def known_factor(ratio: float, factors: Sequence[float], near: float = NEAR) -> float | None:
    """Return the known factor, or its inverse, that a ratio is near to; None if it is near none.

    Args:
        ratio: of what is stated to what it should be.
        factors: greater than one.
        near: how near, as a factor.
    """
    if not 0 < ratio < math.inf:
        return None
    away = abs(math.log(ratio))
    best = min(factors, key=lambda factor: abs(away - math.log(factor)))
    if abs(away - math.log(best)) > math.log(near):
        return None
    return best if ratio > 1 else 1 / best


def _above(factor: float) -> float:
    return max(factor, 1 / factor)


def _which(corpus: Corpus, row: DeclaredResult, factor: float) -> tuple[str, str, float]:
    """Return which figure of a row is off, what it should be, and that as a number."""
    power = row.power or math.nan
    right = power * factor
    elsewhere = corpus.elsewhere(row) if row.power_unit == WATTS else None
    if row.power_unit == WATTS and (
        elsewhere is None or elsewhere.apart(power) <= elsewhere.apart(right)
    ):
        rate = (row.performance or math.nan) / factor
        return "rate", f"should be {digits(rate, 5)} {row.performance_unit}", rate
    figure = "power" if row.power_unit == WATTS else "energy"
    return figure, f"should be {digits(right, 5)} {row.power_unit}", right


def _run(corpus: Corpus, row: DeclaredResult) -> Suspicion | None:
    """Return a unit that slipped in the energy or the time of a training."""
    own = accelerator_power(row)
    if own is None:
        return None
    others = [
        power
        for other in corpus.known
        if other.power_unit == PER_RUN and other.key != row.key
        for power in (accelerator_power(other),)
        if power is not None
    ]
    if len(others) < 3:  # two may both be wrong
        return None
    others.sort()
    usual = others[len(others) // 2]
    factor = known_factor(own / usual, (*THOUSANDS, 60.0))
    if factor is None or not max(own / usual, usual / own) > POWER_FAR / 2:
        return None
    figure = "energy" if _above(factor) != 60.0 else "time"  # minutes
    what = f"{told(row)}: {figure} is off by a factor of {digits(_above(factor), 4)}"
    evidence = [f"{digits(own, 3)} W for each accelerator; the others {digits(usual, 3)} W"]
    mended = (row.power or math.nan) / factor
    return of_rows(
        NAME,
        [row],
        what,
        evidence,
        f"energy should be {digits(mended, 5)} {row.power_unit}",
        mended,
    )


def accelerator_power(row: DeclaredResult) -> float | None:
    """Return the mean power of a training for each of its accelerators, W; None if not told."""
    if row.power_unit != PER_RUN or row.performance_unit != DURATION:
        return None
    if not row.power or not row.performance or not row.accelerators:
        return None
    return row.power / row.performance / row.accelerators
