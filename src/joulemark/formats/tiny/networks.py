"""The reference networks of MLPerf Tiny, as data: what one inference is.

Parameters, operations and sizes are counted from the int8 ``.tflite`` files of
``benchmark/training`` in mlcommons/tiny (commit 1afd2c9, 2026-05-12); inputs, targets and rounds
are those of its rules. Operations are multiply-accumulates of convolutions and dense layers alone;
counts that add pooling and residual additions are up to 0.3 % larger. The network of a submission
of the open division, or one that prunes, does other work than these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One reference network.

    Attributes:
        model: as a board names it: ``kws01``.
        benchmark: ``ad``, ``ic``, ``kws``, ``vww`` or ``sww``.
        task: in words.
        data: the set that its accuracy is told of.
        network: its kind.
        input: shape.
        output: shape.
        input_bytes: of one input as it is sent to a board.
        int8_bytes: size of the quantised file.
        parameters: of the network.
        macs: multiply-accumulates of an inference; of the streaming wake word, of one step.
        metric: ``top1`` or ``auc`` (0 … 1), or ``wrong words`` (false alarms, and words missed).
        target: least accuracy of the closed division; most wrong words.
        since: the round that it came with.
    """

    model: str
    benchmark: str
    task: str
    data: str
    network: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    input_bytes: int
    int8_bytes: int
    parameters: int
    macs: int
    metric: str
    target: float
    since: str


@cache
def networks() -> tuple[Network, ...]:
    """Return every reference network; that of a benchmark's first round comes first."""
    data = files(__package__).joinpath("data/networks.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Network, ...])


def network(name: str) -> Network | None:
    """Return a network by its model (``ic02``) or benchmark (``ic``); None of another name."""
    found = (one for one in networks() if name in (one.model, one.benchmark))
    return next(found, None)
