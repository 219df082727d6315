"""What a power log of MLPerf Training holds, whoever wrote it: readings, marks, stated factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from joulemark.core.words import StrEnum

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Lines = NDArray[np.int32]


class Kind(StrEnum):
    """What a log is of."""

    NODE = "node"
    """A host of the run: it computes."""
    SWITCH = "switch"
    """A part of the interconnect."""


class Mark(NamedTuple):
    """A line that is no reading.

    Attributes:
        time: ns.
        line: from 1.
        value: the factor or the power (W) that it states; NaN where it states none.
    """

    time: int
    line: int
    value: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class PowerRecord:
    """One power log, in the order of its file.

    Attributes:
        name: of the node or switch: ``node_0`` …
        kind: what it is of.
        time: of the readings, ns, shape (n,), not sorted.
        watts: readings, W, shape (n,); NaN where a reading's value is no number.
        line: of each reading, from 1, shape (n,).
        starts: ``power_measurement_start``.
        stops: ``power_measurement_stop``.
        efficiencies: ``conversion_eff``: factor from what was read to the power of the nodes' DC
            side.
        estimates: ``interconnect_power_est``, W.
    """

    name: str
    kind: Kind
    time: Times
    watts: Floats
    line: Lines
    starts: tuple[Mark, ...] = ()
    stops: tuple[Mark, ...] = ()
    efficiencies: tuple[Mark, ...] = ()
    estimates: tuple[Mark, ...] = ()
