"""What the energy of a request is made of: factors that multiply to it exactly.

    energy per request = output tokens per request · time of a step · mean power / mean batch

A request is a share of a token stream here: its tokens, each of which takes a step that all running
requests share. The time of a step is running requests times time by output tokens, so that prompts
that are computed in between, and waiting, are in it. All four are of the same windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.repeats import with_repeats
from joulemark.accounting.serving_energy import BATCHES, ratio
from joulemark.accounting.serving_split import Split
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.accounting.serving_work import Floats, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.value import Value, total

VERSION = "energy-per-request-factors/1"
"""Name of the identity above; another would get another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load, as far as factors need it.

    Attributes:
        work: of it.
        supply: energy of what served.
        window: the part that counts.
        split: factors of prompts and tokens, or why there are none.
    """

    work: Work
    supply: Supply
    window: Steady
    split: Split | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Factors of the energy of a request.

    Attributes:
        energy: J/request.
        tokens: output tokens per request.
        step: time of a step, s.
        batch: mean number of running requests.
        power: mean power, W.
        prompts: share of the energy that prompts took; None where it is not known.
        resident: mean number of tokens in the cache.
    """

    energy: Value
    tokens: Value
    step: Value
    batch: Value
    power: Value
    prompts: Value | None
    resident: float


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What one window or several came to, in parts; each of shape (n,)."""

    joules: Floats
    tokens: Floats
    requests: Floats
    seconds: Floats
    running: Floats
    resident: Floats


def factors_of(loads: Sequence[Load], *, fewest: int | None = None) -> Factors | Unknown:
    """Return the factors of all loads of a run together.

    Args:
        loads: its repeats.
        fewest: repeats after which the run could have ended, as for
            :func:`joulemark.accounting.repeats.with_repeats`.
    """
    if not loads:
        return Unknown("no load has a window that counts")
    sums = [_sums(one) for one in loads]
    if not all(s.requests.sum() > 0 and s.running.sum() > 0 for s in sums):
        return Unknown("no request was served in a window")
    windows = [one.supply.between(one.window.start, one.window.stop).joules for one in loads]
    energy = total(windows, "J")
    if not energy.value > 0:
        return Unknown("no energy was read in the windows")
    every = _Sums(*(np.concatenate(parts) for parts in zip(*map(_columns, sums), strict=True)))

    def factor(top: str, below: str, unit: str) -> Value:
        parts, done = getattr(every, top), getattr(every, below)
        whole = energy if top == "joules" else Value(float(parts.sum()), "1")
        each = [float(getattr(s, top).sum() / getattr(s, below).sum()) for s in sums]
        return with_repeats(ratio(whole, parts, done, unit), each, f"{top}/{below}", fewest=fewest)

    return Factors(
        energy=factor("joules", "requests", "J/request"),
        tokens=factor("tokens", "requests", "token/request"),
        step=factor("running", "tokens", "s"),
        batch=factor("running", "seconds", "1"),
        power=factor("joules", "seconds", "W"),
        prompts=_prompts(loads, energy),
        resident=float(every.resident.sum() / every.seconds.sum()),
    )


def _columns(sums: _Sums) -> tuple[Floats, ...]:
    return sums.joules, sums.tokens, sums.requests, sums.seconds, sums.running, sums.resident


def _sums(load: Load) -> _Sums:
    edges = even_edges(load.window.start, load.window.stop, BATCHES)
    counts = load.work.between(edges)
    return _Sums(
        joules=load.supply.steps(edges),
        tokens=counts.tokens_out,
        requests=counts.requests,
        seconds=counts.seconds,
        running=np.diff(load.work.served.integral(edges)),
        resident=counts.resident,
    )


def _prompts(loads: Sequence[Load], energy: Value) -> Value | None:
    """Return the share of the energy that prompts took; None where a load was not split."""
    found = []
    for one in loads:
        split = one.split
        if isinstance(split, Unknown) or "prefill" in split.inseparable:
            return None
        edges = np.array([one.window.start, one.window.stop])
        tokens = float(one.work.between(edges).prefill[0])
        found.append(split.factors["prefill"].scaled(tokens, "J"))
    share = total(found, "J").over(energy, "1")
    return share if 0 <= share.value < 1 else None
