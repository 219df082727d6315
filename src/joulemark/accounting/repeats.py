"""How well a figure repeats."""

from __future__ import annotations

import math

from joulemark.core.student import student_975
from joulemark.core.value import Source, Term, Value

RANDOM = frozenset({Term.RESOLUTION, Term.SAMPLING, Term.EDGES, Term.COVERAGE})
"""Terms that differ from window to window, so that repeats show them too."""


def half_width(values: list[float]) -> float:
    """Return the relative 95 % half-width of the mean of repeats; infinite below two.

    Systematic errors are the same in every repeat and are not in it.
    """
    if len(values) < 2:
        return math.inf
    mean = sum(values) / len(values)
    if mean == 0:
        return math.inf
    return student_975(len(values) - 1) * _standard_error(values) / abs(mean)


def with_repeats(value: Value, values: list[float], of: str) -> Value:
    """Return a mean with the scatter of its repeats as one more uncertainty.

    The scatter holds the random terms already (GUM 4.2), so only what goes beyond them is added.

    Args:
        value: the mean, with the terms of its parts.
        values: the same figure of each repeat.
        of: what was repeated.
    """
    if len(values) < 2:
        return value
    known = value.only(lambda source: source.term in RANDOM).u
    beyond = math.sqrt(max(_standard_error(values) ** 2 - known**2, 0.0))
    return value.plus(Source(Term.REPEATS, of, dof=len(values) - 1), beyond)


def _standard_error(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))
