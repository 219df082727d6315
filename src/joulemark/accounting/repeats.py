"""How well a figure repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulemark.core.student import NORMAL_975, student_975
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


def with_repeats(value: Value, values: list[float], of: str, *, fewest: int | None = None) -> Value:
    """Return a mean with the scatter of its repeats as one more uncertainty.

    The scatter holds the random terms already (GUM 4.2), so only what goes beyond them is added.
    That few repeats know their scatter badly is in it: it is counted as the standard uncertainty
    whose normal interval is that of Student's t. What few repeats happen to agree in is no proof
    that they agree, so the interval is never narrower than the repeats alone make it.

    Whoever stops as soon as the repeats agree stops where they agree by chance, and the usual
    interval is too short (it holds in 90 to 93 % of cases). With Student's factor for the fewest
    repeats at which one could have stopped it holds in 95 to 97 %.

    Args:
        value: the mean, with the terms of its parts.
        values: the same figure of each repeat.
        of: what was repeated.
        fewest: repeats after which it could have been the last, depending on how they agreed;
            None where their number was settled beforehand.
    """
    if len(values) < 2:
        return value
    known = value.only(lambda source: source.term in RANDOM).u
    dof = degrees_of_freedom(len(values), fewest)
    scatter = student_975(dof) / NORMAL_975 * _standard_error(values)
    return value.plus(Source(Term.REPEATS, of), math.sqrt(max(scatter**2 - known**2, 0.0)))


def fewest_repeats(settings: Mapping[str, Any]) -> int | None:
    """Return after how many windows ``bench`` could have stopped; None where that was settled.

    Args:
        settings: of a run.
    """
    bench = settings.get("bench", settings.get("serving"))
    repeats = bench.get("repeats") if isinstance(bench, Mapping) else None
    return repeats if isinstance(repeats, int) else None


def degrees_of_freedom(count: int, fewest: int | None = None) -> int:
    """Return the degrees of freedom of the scatter of at least two repeats.

    Args:
        count: how many there are.
        fewest: repeats after which it could have been the last, as for :func:`with_repeats`.
    """
    return max(min(count, fewest or count), 2) - 1


def _standard_error(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))
