"""One load of a run of serving: its windows, and what each figure of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from joulemark.accounting.serving_energy import Account, account, mlenergy_figures
from joulemark.accounting.serving_split import Split, split
from joulemark.accounting.serving_windows import (
    ALL,
    MLENERGY,
    STEADY,
    Demands,
    Steady,
    Unknown,
    steady,
    whole,
)
from joulemark.accounting.serving_work import Work, work_of
from joulemark.accounting.supply import Supply
from joulemark.core.clock import NS
from joulemark.core.request import Request
from joulemark.core.value import Value
from joulemark.core.window import Window
from joulemark.loads.serving.checking import marks_of
from joulemark.loads.serving.latency import Latency, Target, latency_of
from joulemark.procedures.serving.settings import number_of, slo_of
from joulemark.store.requests import Kept

CLOSED, SATURATION = "closed", "saturation"
"""Kinds of arrivals whose steady state is at a target."""
RAMP = "ramp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One load.

    Attributes:
        number: from 0.
        load: its window: warm-up, steady state and drain.
        requests: all of them, in the order of their end.
        texts: answers by the id of their request, where they were kept.
        work: of those that were answered.
        windows: by the name of the rule, or why there is none.
        window: the one that counts.
        latency: of the requests that ended in it, by its length; None without a window.
        accounts: by what they are of: ``all``, and ``accelerators`` and ``host`` where there are
            accelerators; empty without a window.
        mlenergy: figures by the names and rules of ML.ENERGY.
        split: factors of the whole load, or why there are none.
        mean_batch: mean number of requests that ran in the window.
        marks: by the id of a request whether its answer is right, None where nothing tells; None
            where no prompt has a right answer.
    """

    number: int
    load: Window
    requests: tuple[Request, ...]
    texts: Mapping[str, str]
    work: Work
    windows: Mapping[str, Steady | Unknown]
    window: Steady | Unknown
    latency: Latency | None
    accounts: Mapping[str, Account]
    mlenergy: Mapping[str, float]
    split: Split | Unknown
    mean_batch: float | None
    marks: Mapping[str, bool | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Supplies of the run: all parts, and where there are accelerators these and the rest."""

    every: Supply
    accelerators: Supply | None = None
    host: Supply | None = None


def repeat_of(
    number: int,
    window: Window,
    kept: Sequence[Kept],
    settings: Mapping[str, Any],
    parts: Parts | None,
    idle_w: Value | None,
    rule: str,
) -> Repeat:
    """Return what one load came to.

    Args:
        number: of the repeat, from 0.
        window: of its load.
        kept: the requests of the run.
        settings: of the serving.
        parts: whose energy counts; None where nothing was read.
        idle_w: power of all of them idling.
        rule: which window counts.
    """
    own = [entry for entry in kept if entry.repeat == number]
    requests = tuple(entry.request for entry in own)
    work = work_of(requests)
    found = {} if parts is None else _windows(work, parts.every, settings)
    nothing = Unknown("no energy was read")
    counts = found.get(rule, nothing if parts is None else Unknown(f"no rule is called {rule}"))
    there = counts if isinstance(counts, Steady) else None
    texts = {entry.request.id: entry.text for entry in own if entry.text}
    return Repeat(
        number=number,
        load=window,
        requests=requests,
        texts=texts,
        work=work,
        windows=found,
        window=counts,
        latency=None if there is None else within(requests, there, slo_of(settings)),
        accounts={} if parts is None or there is None else _accounts(work, parts, there, idle_w),
        mlenergy={} if parts is None else _mlenergy(work, parts, found),
        split=nothing if parts is None else _split(work, parts.every),
        mean_batch=None if there is None else _mean_batch(work, there),
        marks=marks_of(requests, texts if settings.get("keep_text") is True else None),
    )


def _windows(
    work: Work, supply: Supply, settings: Mapping[str, Any]
) -> dict[str, Steady | Unknown]:
    arrivals = settings.get("arrivals")
    kind = arrivals.get("kind") if isinstance(arrivals, Mapping) else None
    target = number_of(arrivals.get("concurrency")) if isinstance(arrivals, Mapping) else None
    batch, usual = number_of(settings.get("batch")), Demands()
    demands = Demands(
        seconds=number_of(settings.get("seconds")) or usual.seconds,
        updates=int(number_of(settings.get("updates")) or usual.updates),
    )
    ours: Steady | Unknown
    if kind == SATURATION and batch is None:
        ours = Unknown("all requests came at once, and the largest batch was not told (--batch)")
    elif kind == RAMP:
        ours = Unknown("a ramp of arrivals has no steady state")
    elif kind == SATURATION:
        ours = steady(work, supply, target=batch, running=True, demands=demands)
    else:
        ours = steady(work, supply, target=target if kind == CLOSED else None, demands=demands)
    found = {STEADY: ours, ALL: whole(work)}
    most = int(batch or target or 0)
    for name, rule in MLENERGY.items():
        lacking = Unknown("the largest batch was not told (--batch)")
        found[name] = rule(work, most) if most else lacking
    return found


def within(requests: Sequence[Request], window: Steady, slo: Target | None) -> Latency:
    """Return latency and rates of the requests that ended in a window."""
    ended = [r for r in requests if r.ended is not None and window.start < r.ended <= window.stop]
    return latency_of(ended, slo, duration_s=(window.stop - window.start) / NS)


def _accounts(work: Work, parts: Parts, window: Steady, idle_w: Value | None) -> dict[str, Account]:
    found = {"all": account(work, parts.every, window, idle_w=idle_w, host=parts.host)}
    if parts.accelerators is not None and parts.host is not None:
        found["accelerators"] = account(work, parts.accelerators, window)
        found["host"] = account(work, parts.host, window)
    return found


def _mlenergy(
    work: Work, parts: Parts, windows: Mapping[str, Steady | Unknown]
) -> dict[str, float]:
    """Return the figures of ML.ENERGY: of the accelerators alone, where there are any."""
    found: dict[str, float] = {}
    for name in MLENERGY:
        window = windows.get(name)
        if isinstance(window, Steady):
            figures = mlenergy_figures(work, parts.accelerators or parts.every, window)
            found |= {} if isinstance(figures, Unknown) else figures
    return found


def _split(work: Work, supply: Supply) -> Split | Unknown:
    if not work.requests:
        return Unknown("no request was answered")
    return split(work, supply, int(work.sent[0]), int(work.ended.max()))


def _mean_batch(work: Work, window: Steady) -> float:
    before, after = work.served.integral(np.array([window.start, window.stop]))
    return float(after - before) * NS / (window.stop - window.start)
