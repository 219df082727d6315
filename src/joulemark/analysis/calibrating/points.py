"""Pairs of readings of two meters over the same stretches of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Points:
    """Energies of two meters, stretch by stretch; all arrays have shape (n,).

    Attributes:
        target_j: energy by the target, J.
        reference_j: energy by the reference, J.
        seconds: length of each stretch, s.
        target_u_j: standard uncertainty of the target's energy that differs from stretch to
            stretch and is known beforehand (the step of its readings), J.
        reference_u_j: likewise.
        groups: workload of each stretch.
        labels: what each stretch is called in messages.
        utilisation: mean utilisation in each stretch; None where it is not asked for.
    """

    target_j: Floats
    reference_j: Floats
    seconds: Floats
    target_u_j: Floats
    reference_u_j: Floats
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    utilisation: Floats | None = None

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.seconds)

    @property
    def target_w(self) -> Floats:
        """Mean power by the target, W."""
        return self.target_j / self.seconds

    @property
    def reference_w(self) -> Floats:
        """Mean power by the reference, W."""
        return self.reference_j / self.seconds

    @property
    def names(self) -> list[str]:
        """The workloads, in the order of their first stretch."""
        return list(dict.fromkeys(self.groups))

    @property
    def places(self) -> Places:
        """Which of ``names`` each stretch belongs to."""
        order = {name: place for place, name in enumerate(self.names)}
        return np.array([order[name] for name in self.groups], dtype=np.int64)

    @property
    def design(self) -> Floats:
        """What the coefficients are multiplied with: W, 1, and utilisation; shape (n, 2 or 3)."""
        columns = [self.target_w, np.ones(len(self))]
        if self.utilisation is not None:
            columns.append(self.utilisation)
        return np.stack(columns, axis=1)

    def at(self, chosen: Sequence[int] | Places) -> Points:
        """Return some of the stretches."""
        kept = np.asarray(chosen, dtype=np.int64)
        return Points(
            target_j=self.target_j[kept],
            reference_j=self.reference_j[kept],
            seconds=self.seconds[kept],
            target_u_j=self.target_u_j[kept],
            reference_u_j=self.reference_u_j[kept],
            groups=tuple(self.groups[i] for i in kept),
            labels=tuple(self.labels[i] for i in kept),
            utilisation=None if self.utilisation is None else self.utilisation[kept],
        )
