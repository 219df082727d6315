"""Values of one metric of a server by its labels, and how those of its parts are put together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from joulemark.accounting.serving_names import PRIORITY, REPLICAS

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Labels = frozenset[tuple[str, str]]
Series = Mapping[Labels, Floats]
"""Values of one metric at each reading by its labels, NaN where a reading had none."""


def of_all(series: Series) -> Series:
    """Return what is counted over all priorities, where there is such a thing."""
    every = {labels: values for labels, values in series.items() if (PRIORITY, "") in labels}
    return every or series


def grouped(series: Series) -> Floats:
    """Return one row for each group of labels; of parts that tell the same the largest counts."""
    groups: dict[Labels, Floats] = {}
    for labels, values in series.items():
        key = frozenset(pair for pair in labels if pair[0] not in REPLICAS)
        groups[key] = np.fmax(groups[key], values) if key in groups else values
    return np.array(list(groups.values()))
