"""Runs of the metered server of the accounting tests, with honest meters and with bent ones."""

from __future__ import annotations

from functools import cache

from tests.accounting import machine
from tests.accounting.machine import also, record, seconds, truth
from tests.report.build import Made, made, run_of

from joulemark.core.run import System
from joulemark.core.trace import Trace

TRUTH = truth(seconds())


def server(*traces: str | Trace) -> Made:
    """A run with some meters, by the names of parts or as traces."""
    found = [record(each) if isinstance(each, str) else each for each in traces]
    return made(run_of(machine.WINDOWS, system=System(host="a", gpus=("X", "X"))), found)


@cache
def honest() -> Made:
    """Every part by its meter, and a second meter on one card."""
    return server(*machine.CHANNELS, also("gpu-0", 1.02 * TRUTH["gpu-0"]))


@cache
def broken() -> Made:
    """A card that shows 2.2 times its power, and another on which two meters disagree."""
    apart = also("gpu-1", 1.5 * TRUTH["gpu-1"])
    return server("wall", "node", record("gpu-0", 2.2 * TRUTH["gpu-0"]), "gpu-1", apart)
