"""Student's t: the factor that turns a standard uncertainty into a 95 % half-width."""

from __future__ import annotations

import math

NORMAL_975 = 1.959963984540054
"""97.5 % point of the normal distribution."""

_SMALL = (12.7062047362, 4.3026527297, 3.1824463053, 2.7764451052, 2.5705818366, 2.4469118511)
"""97.5 % points of t for 1 to 6 degrees of freedom."""


def student_975(dof: float) -> float:
    """Return the 97.5 % point of Student's t for any ``dof`` of at least 1.

    Up to six degrees of freedom a table, between its rows the logarithm linear in 1/dof (at most
    3 % too wide, never too narrow); above, the Cornish-Fisher expansion (Abramowitz and Stegun
    26.7.5), within 2e-4.
    """
    if dof >= len(_SMALL):
        return NORMAL_975 if math.isinf(dof) else _expansion(dof)
    low = max(int(dof), 1)
    if dof <= low:
        return _SMALL[low - 1]
    share = (1 / low - 1 / dof) / (1 / low - 1 / (low + 1))
    return _SMALL[low - 1] * math.pow(_SMALL[low] / _SMALL[low - 1], share)


def _expansion(dof: float) -> float:
    z = NORMAL_975
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    inverse = 1 / dof
    return z + inverse * (g1 + inverse * (g2 + inverse * (g3 + inverse * g4)))
