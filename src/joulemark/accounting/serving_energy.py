"""What a window of serving came to, each number by a definition with a version.

A number is stored and shown with the name of its definition. A definition that changes gets a new
version, and the old name keeps the old meaning; nothing falls back from one to another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.repeats import degrees_of_freedom, half_width
from joulemark.accounting.serving_windows import V2, V3, Steady, Unknown
from joulemark.accounting.serving_words import BEYOND, PER_IMAGE_IN, PER_VIDEO_IN
from joulemark.accounting.serving_work import Counts, Floats, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.student import student_975
from joulemark.core.value import Source, Term, Value

BATCHES = 12
"""Parts of a window whose scatter says how well it stands for the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number means.

    Attributes:
        name: with its version.
        unit: of the number.
        text: the meaning.
    """

    name: str
    unit: str
    text: str


PER_OUTPUT, PER_INPUT = "energy-per-output-token/1", "energy-per-input-token/1"
PER_TOTAL, PER_REQUEST = "energy-per-total-token/1", "energy-per-request/1"
PER_SECOND = "energy-per-second/1"
WHOLE = "energy of the stated parts in the window, idle power included, "
"""How the texts of ratios begin."""
_BY_WORK: Mapping[str, tuple[str, str]] = {
    PER_OUTPUT: (
        "J/token",
        "by tokens of answers that were read in it, reasoning included, whole or cut off",
    ),
    PER_INPUT: (
        "J/token",
        "by tokens of prompts whose first token of an answer was read in it, cached or not",
    ),
    PER_TOTAL: ("J/token", "by the input and output tokens of these definitions"),
    PER_REQUEST: (
        "J/request",
        "by requests, each by the share of its output tokens that was read in it",
    ),
    PER_SECOND: ("W", "by its length"),
}
_CALLS = (
    "energy of the stated parts in the window while a call of the pipeline was under way, idle "
    "power included, calls that the window cuts by the share of their time, "
)
_OTHERS: Mapping[str, tuple[str, str]] = {
    "energy-per-prefill-token/1": (
        "J/token",
        (
            "what energy rises by with each prompt token that is computed, decoding being equal: "
            "regression over parts of the window"
        ),
    ),
    "energy-per-decode-token/1": (
        "J/token",
        (
            "what energy rises by with each token that is generated, prompts being equal: "
            "regression over parts of the window"
        ),
    ),
    "power-base/1": (
        "W",
        (
            "what the regression leaves for time alone; the rest of an engine that is loaded, "
            "not the idle power of one that waits"
        ),
    ),
    "energy-of-request/1": (
        "J",
        (
            "of each part of the window its energy, divided among what was in it in proportion "
            "to the terms of the regression: prompt tokens, generated tokens, and base power "
            "shared equally by the requests that are served; while there are none it belongs "
            "to nobody"
        ),
    ),
    "energy-per-good-request/1": (
        "J/request",
        (
            "all energy of the stated parts in the window, idle power and other requests included, "
            "by the requests that kept the service level, each by its share in the window"
        ),
    ),
    "energy-per-image/1": ("J/image", _CALLS + "by the images that they made, likewise"),
    "energy-per-video/1": ("J/video", _CALLS + "by the videos that they made, likewise"),
    "energy-idle/1": (
        "J",
        "idle power before and after the run, by the window's length; part of the energies above",
    ),
    "energy-host/1": (
        "J",
        "energy of the host's parts in the window, beside and not in energies of devices",
    ),
}
DEFINITIONS: Mapping[str, tuple[str, str]] = {**_BY_WORK, **_OTHERS, **BEYOND}
"""Unit and meaning by name; ``definition`` returns both in full."""
MLENERGY_FIGURES: Mapping[str, tuple[str, str]] = {
    V2: ("ML.ENERGY/energy-per-token/V2", "ML.ENERGY/energy-per-request/V2"),
    V3: ("ML.ENERGY/energy-per-token/V3", "ML.ENERGY/energy-per-request/V3"),
}
"""Names of the figures that each rule of ML.ENERGY gives; ``formats.mlenergy`` has their words."""


def definition(name: str) -> Definition:
    """Return a definition of ours by its name.

    Raises:
        KeyError: if there is none of that name and version.
    """
    unit, text = DEFINITIONS[name]
    return Definition(name=name, unit=unit, text=(WHOLE if name in _BY_WORK else "") + text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Energy and work of one window.

    Attributes:
        energy: of the parts that serve.
        idle: how much of it the parts would have used idling, J; None where that is unknown.
        host: energy of the host's parts, which is not in ``energy``; None where nothing read it.
        figures: by the name of their definition; one whose work is zero is left out.
    """

    energy: Energy
    idle: Value | None
    host: Energy | None
    figures: Mapping[str, Value]


def account(
    work: Work,
    supply: Supply,
    window: Steady,
    *,
    idle_w: Value | None = None,
    host: Supply | None = None,
) -> Account:
    """Return what a window came to by our definitions.

    To the uncertainty of the meter comes how well so long a window stands for the service: the
    scatter of the ratio over equal parts of it.

    Args:
        work: of the run.
        supply: energy of what served.
        window: the part that counts.
        idle_w: idle power of the same parts, W.
        host: energy of the host's parts.
    """
    start, stop = window.start, window.stop
    edges = even_edges(start, stop, BATCHES)
    counts, energy = work.between(edges), supply.between(start, stop)
    joules = supply.steps(edges)
    figures = {}
    for name, done in _denominators(counts).items():
        if done.sum() > 0:
            figures[name] = ratio(energy.joules, joules, done, DEFINITIONS[name][0])
    return Account(
        energy=energy,
        idle=None if idle_w is None else idle_w.scaled((stop - start) / NS, "J"),
        host=None if host is None else host.between(start, stop),
        figures=figures,
    )


def _denominators(counts: Counts) -> dict[str, Floats]:
    return {
        PER_OUTPUT: counts.tokens_out,
        PER_INPUT: counts.tokens_in,
        PER_TOTAL: counts.tokens_in + counts.tokens_out,
        PER_REQUEST: counts.requests,
        PER_SECOND: counts.seconds,
        PER_IMAGE_IN: counts.images,
        PER_VIDEO_IN: counts.videos,
    }


def ratio(energy: Value, joules: Floats, done: Floats, unit: str) -> Value:
    """Return energy by work, with the scatter of the ratio over parts of the window.

    The ratio estimator of survey sampling (Cochran, Sampling Techniques, 6.4); what neighbouring
    parts share widens it: ``sqrt((1 + r) / (1 - r))``, ``r`` the correlation of neighbouring
    residuals where that is above zero. Of few parts it comes out too low, by about
    ``(1 + 3 r) / n`` (Marriott and Pope, Biometrika 41, 1954), which is put back. The ratio is
    skewed where its work is what scatters: the longer side of the interval of its inverse counts.

    Args:
        energy: of the whole, J.
        joules: of each part, J, shape (n,), at least two.
        done: work in each part, shape (n,), not all zero.
        unit: of the result.
    """
    value = energy.scaled(1 / float(done.sum()), unit)
    count, rest = len(joules), joules - joules.sum() / done.sum() * done
    square = float(rest @ rest)
    if square == 0:
        return value
    seen = float(rest[1:] @ rest[:-1]) / square
    alike = min(max(seen + (1 + 3 * seen) / count, 0.0), 0.9)
    u = math.sqrt(count * square / (count - 1) * (1 + alike) / (1 - alike)) / float(done.sum())
    beside = min(student_975(count - 1.0) * u / abs(value.value), 0.5) if value.value else 0.0
    return value.plus(Source(Term.WORK, "window", count - 1.0), u / (1 - beside))


def mlenergy_figures(work: Work, supply: Supply, window: Steady) -> Mapping[str, float] | Unknown:
    """Return energy per token and per request as ML.ENERGY computes them, J, by name.

    Energy per request is energy per output token of the window times the mean output of all
    requests of the run; they state no uncertainty.

    Args:
        work: of the run.
        supply: energy of the GPUs.
        window: by one of their rules.
    """
    if window.rule not in MLENERGY_FIGURES:
        return Unknown(f"{window.rule} is no rule of ML.ENERGY")
    tokens = float(work.between(np.array([window.start, window.stop])).tokens_out[0])
    if tokens == 0:
        return Unknown("no token was read in the window")
    per_token = supply.between(window.start, window.stop).joules.value / tokens
    token, request = MLENERGY_FIGURES[window.rule]
    return {token: per_token, request: per_token * float(work.tokens_out.mean())}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether another repeat is worth its time, and why."""

    more: bool
    reason: str


def another(values: list[float], *, goal: float, fewest: int = 3, most: int = 10) -> Decision:
    """Return whether a point needs another repeat.

    The interval is that of :func:`joulemark.accounting.repeats.with_repeats`, which knows that
    whoever stops when repeats agree may stop by chance.

    Args:
        values: the figure of each repeat so far.
        goal: relative 95 % half-width to come to.
        fewest: repeats before which nothing is judged, at least two.
        most: repeats after which it ends in any case.
    """
    count = len(values)
    if count < fewest:
        return Decision(more=True, reason=f"{count} of at least {fewest} repeats")
    dof = degrees_of_freedom(count, fewest)
    half = half_width(values) * student_975(dof) / student_975(count - 1)
    said = f"95 % half-width {100 * half:.2g} % after {count} repeats; goal {100 * goal:.2g} %"
    if half > goal and count >= most:
        return Decision(more=False, reason=f"{said}; {most} are the most")
    return Decision(more=half > goal, reason=said)
