"""Samples far faster than rows: the mean of each period, whole samples in whole periods."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Periods:
    """Adds samples up to periods of equal length, as they come.

    Args:
        length: samples in a period.
    """

    def __init__(self, length: int) -> None:
        """Begin with the sample of number 0."""
        import numpy as np

        self._np = np
        self._length = length
        self._first, self._sum, self._have = 0, 0.0, 0  # the period that is not over

    def take(self, numbers: Any, values: Any, until: int) -> list[tuple[int, float]]:
        """Return number and mean of each period that is over.

        A period of which less than half arrived is left out.

        Args:
            numbers: place of each sample in the trace, increasing; shape (n,), whole numbers.
            values: shape (n,).
            until: the number before which all that will ever come has come.
        """
        np, over = self._np, until // self._length
        period = np.concatenate(([self._first], numbers // self._length))
        starts = np.concatenate(([0], np.flatnonzero(np.diff(period)) + 1))
        sums = np.add.reduceat(np.concatenate(([self._sum], values)), starts)
        have = np.diff(np.concatenate((starts, [len(period)])))
        have[0] += self._have - 1  # what was carried stands at the front as one value
        period = period[starts]
        last = len(period) - 1 if period[-1] == over else len(period)
        self._first = over
        self._sum, self._have = (
            (0.0, 0) if last == len(period) else (float(sums[-1]), int(have[-1]))
        )
        enough = np.flatnonzero(2 * have[:last] >= self._length).tolist()
        return [(int(period[k]), float(sums[k] / have[k])) for k in enough]
