"""Makers of channels, traces and windows, and an exact integral to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.trace import Trace
from joulemark.core.value import Value
from joulemark.core.window import Role, Window, Work

T0 = 1_784_000_000_123_456_789
"""An instant of 2026: too long for the 53 bits of a float."""

PLAIN: dict[str, Any] = {
    "name": "m/part",
    "meter": "m",
    "part": "part",
    "domain": Domain.PACKAGE,
}


def power(**more: Any) -> Channel:
    """A channel of power in W."""
    return Channel(**{**PLAIN, "quantity": Quantity.POWER, "unit": "W", **more})


def counter(**more: Any) -> Channel:
    """A channel that counts energy in J."""
    return Channel(**{**PLAIN, "quantity": Quantity.ENERGY, "unit": "J", **more})


def intervals(**more: Any) -> Channel:
    """A channel of energy since the sample before, in J."""
    return Channel(**{**PLAIN, "quantity": Quantity.INTERVAL, "unit": "J", **more})


def part(name: str, domain: Domain, parent: str | None = None, /, **more: Any) -> Channel:
    """A channel of power of a named part, by a meter of its own."""
    named: dict[str, Any] = {"name": f"m/{name}", "part": name, "domain": domain, "parent": parent}
    return power(**{**named, **more})


def exact(
    channel: Channel, gain: float = 0.0, offset_w: float = 0.0, model: float = 0.0
) -> Channel:
    """The same channel with other accuracy."""
    return replace(channel, accuracy=Accuracy(gain=gain, offset_w=offset_w, model=model))


def trace(channel: Channel, seconds: Iterable[float], values: Iterable[float]) -> Trace:
    """A trace with times in seconds after T0."""
    return Trace.of(channel, [T0 + round(s * NS) for s in seconds], list(values))


def steady(channel: Channel, watts: float, stop: float, every: float = 0.1) -> Trace:
    """Constant power from 0 to ``stop`` s, as power or as a counter."""
    seconds = np.arange(round(stop / every) + 1) * every
    values = np.full_like(seconds, watts)
    if channel.quantity is Quantity.ENERGY:
        values = watts * seconds
    elif channel.quantity is Quantity.INTERVAL:
        values = np.full_like(seconds, watts * every)
    return trace(channel, seconds.tolist(), (values / channel.scale).tolist())


def at(seconds: float) -> int:
    """ns of a time in seconds after T0."""
    return T0 + round(seconds * NS)


def window(
    phase: str,
    start: float,
    stop: float | None,
    role: Role = Role.MEASURE,
    work: Work | None = None,
    edge_u_s: float = 0.0,
) -> Window:
    """A window with edges in seconds after T0."""
    end = None if stop is None else at(stop)
    return Window(phase=phase, start=at(start), stop=end, role=role, work=work, edge_u_s=edge_u_s)


def joules(value: float, coverage: float = 1.0, **more: Any) -> Energy:
    """An energy without uncertainty."""
    plain: dict[str, Any] = {"joules": Value(value, "J"), "provenance": Provenance.MEASURED}
    return Energy(**{**plain, "coverage": coverage, **more})


def integral(times: Sequence[int], watts: Sequence[float], start: int, stop: int) -> Fraction:
    """Integrate straight lines between points exactly, J; zero outside of them."""
    total = Fraction(0)
    for (t1, t2), (p1, p2) in zip(pairwise(times), pairwise(watts), strict=True):
        low, high = max(t1, start), min(t2, stop)
        if low < high:
            slope = (Fraction(p2) - Fraction(p1)) / (t2 - t1)
            mean = Fraction(p1) + slope * (Fraction(low + high, 2) - t1)
            total += mean * (high - low) / NS
    return total


@st.composite
def lines(draw: st.DrawFn, most: int = 25) -> tuple[list[int], list[float]]:
    """Times (ns) and watts of a piecewise-linear power, without gaps."""
    steps = draw(st.lists(st.integers(1_000, 400_000_000), min_size=1, max_size=most))
    watts = st.floats(1e-3, 1e4, allow_subnormal=False)
    values = draw(st.lists(watts, min_size=len(steps) + 1, max_size=len(steps) + 1))
    return [T0 + passed for passed in accumulate([0, *steps])], values
