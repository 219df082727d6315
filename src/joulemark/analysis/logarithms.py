"""The difference of two logarithms whose errors are not small.

To first order an error e of a reading R moves ln R by e/R. Where an offset is a fifth of a reading
that is too little: what was read is then R, and what is true is R - e, whose logarithm moves by
ln(1 - e/R). So each error is taken at both ends of its 95 % interval, in both readings at once
where it is one error, and the larger of the two moves counts. It is the same for B/A and A/B.
"""

from __future__ import annotations

import math

from joulemark.core.student import NORMAL_975
from joulemark.core.value import Value


def difference(b: Value, a: Value) -> Value:
    """Return ``b - a`` of two logarithms with relative standard uncertainties.

    Args:
        b: a logarithm.
        a: another; an error that both have by term and name is one error.
    """
    known = {(source.term, source.of): source for source in a.parts}
    mine = {known.get((source.term, source.of), source): u for source, u in b.parts.items()}
    parts = {
        source: _moved(mine.get(source, 0.0), a.parts.get(source, 0.0))
        for source in dict.fromkeys((*mine, *a.parts))
    }
    return Value(b.value - a.value, b.unit, parts)


def _moved(b: float, a: float) -> float:
    """Return by how much an error moves the difference, as a standard uncertainty with its sign.

    Args:
        b: its relative standard uncertainty in B.
        a: in A.
    """
    if b == a:
        return 0.0
    ends = [(1 - k * a, 1 - k * b) for k in (-NORMAL_975, NORMAL_975)]
    if any(end <= 0 for pair in ends for end in pair):
        return math.copysign(math.inf, b - a)
    far = max(abs(math.log(high / low)) for low, high in ends)
    return math.copysign(far / NORMAL_975, b - a)
