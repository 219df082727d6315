"""What a run of serving came to: a function of what is stored, computed again at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.accounting.results import PhaseResult
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
from joulemark.core.channel import Channel, Domain, Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.request import Request
from joulemark.core.value import Value
from joulemark.core.window import Role, Window
from joulemark.loads.serving.latency import Latency, Target, latency_of
from joulemark.procedures.results import results_of
from joulemark.store.reader import StoredRun
from joulemark.store.requests import Kept, read_requests

PROCEDURE, PHASE = "serving", "load"
"""Names of the procedure and of the windows of its loads."""
CLOSED, SATURATION = "closed", "saturation"
"""Kinds of arrivals whose steady state is at a target."""
MAIN = "energy-per-output-token/1"
"""The figure whose repeats decide when a bench ends."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingResult:
    """All loads of a run.

    Attributes:
        settings: of the serving, as the run holds them.
        rule: whose window counts.
        parts: names of the parts whose energy is added.
        provenance: of that energy; None where nothing was read.
        idle_w: power of the same parts idling; None where unknown.
        repeats: in their order.
    """

    settings: Mapping[str, Any]
    rule: str
    parts: tuple[str, ...]
    provenance: Provenance | None
    idle_w: Value | None
    repeats: tuple[Repeat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Supplies of the run: all parts, and where there are accelerators these and the rest."""

    every: Supply
    accelerators: Supply | None = None
    host: Supply | None = None


def is_serving(stored: StoredRun) -> bool:
    """Return whether a run is one of serving."""
    return stored.run.procedure == PROCEDURE


def serving_of(stored: StoredRun, *, rule: str | None = None) -> ServingResult:
    """Return what a run of serving came to; one that is still running as far as it has come.

    Args:
        stored: the run.
        rule: which window is to count; by default the one that was asked for when it was made.

    Raises:
        FormatError: if its settings or requests are damaged.
        StoreError: if its files cannot be read.
    """
    settings = stored.run.settings.get("serving")
    if not isinstance(settings, Mapping):
        where = str(stored.path)
        raise FormatError("the run has no settings of serving", where=where)
    rule = rule or str(settings.get("rule") or STEADY)
    results = results_of(stored)
    load = next((r for r in results if r.phase == PHASE), None)
    idle = next((r for r in results if r.role is Role.IDLE), None)
    parts, kept = _parts(stored, load), read_requests(stored.path)
    windows = [w for w in stored.run.windows if w.phase == PHASE and w.stop is not None]
    idle_w = _idle(load, idle)
    repeats = [
        _repeat(number, window, kept, settings, parts, idle_w, rule)
        for number, window in enumerate(windows)
    ]
    return ServingResult(
        settings=settings,
        rule=rule,
        parts=() if parts is None else parts.every.parts,
        provenance=None if load is None or load.total is None else load.total.provenance,
        idle_w=idle_w,
        repeats=tuple(repeats),
    )


def _parts(stored: StoredRun, load: PhaseResult | None) -> _Parts | None:
    added = [] if load is None else [part.channel for part in load.parts if part.added]
    if not added:
        return None
    traces = stored.traces()

    def supply(channels: Sequence[Channel]) -> Supply:
        return Supply.of(traces[channel.name] for channel in channels)

    boards = [channel for channel in added if channel.domain is Domain.GPU]
    rest = [channel for channel in added if channel.domain is not Domain.GPU]
    return _Parts(
        every=supply(added),
        accelerators=supply(boards) if boards else None,
        host=supply(rest) if boards and rest else None,
    )


def _idle(load: PhaseResult | None, idle: PhaseResult | None) -> Value | None:
    """Return the idle power of the parts that are added, if they are those that were idle."""
    if load is None or idle is None or idle.power is None:
        return None
    names = [[part.channel.name for part in r.parts if part.added] for r in (load, idle)]
    return idle.power if sorted(names[0]) == sorted(names[1]) else None


def _repeat(
    number: int,
    window: Window,
    kept: Sequence[Kept],
    settings: Mapping[str, Any],
    parts: _Parts | None,
    idle_w: Value | None,
    rule: str,
) -> Repeat:
    own = [entry for entry in kept if entry.repeat == number]
    requests = tuple(entry.request for entry in own)
    work = work_of(requests)
    found = {} if parts is None else _windows(work, parts.every, settings)
    nothing = Unknown("no energy was read")
    counts = found.get(rule, nothing if parts is None else Unknown(f"no rule is called {rule}"))
    there = counts if isinstance(counts, Steady) else None
    return Repeat(
        number=number,
        load=window,
        requests=requests,
        texts={entry.request.id: entry.text for entry in own if entry.text},
        work=work,
        windows=found,
        window=counts,
        latency=None if there is None else within(requests, there, slo_of(settings)),
        accounts={} if parts is None or there is None else _accounts(work, parts, there, idle_w),
        mlenergy={} if parts is None else _mlenergy(work, parts, found),
        split=nothing if parts is None else _split(work, parts.every),
        mean_batch=None if there is None else _mean_batch(work, there),
    )


def _windows(
    work: Work, supply: Supply, settings: Mapping[str, Any]
) -> dict[str, Steady | Unknown]:
    arrivals = settings.get("arrivals")
    kind = arrivals.get("kind") if isinstance(arrivals, Mapping) else None
    target = _number(arrivals.get("concurrency")) if isinstance(arrivals, Mapping) else None
    batch, usual = _number(settings.get("batch")), Demands()
    demands = Demands(
        seconds=_number(settings.get("seconds")) or usual.seconds,
        updates=int(_number(settings.get("updates")) or usual.updates),
    )
    ours: Steady | Unknown
    if kind == SATURATION and batch is None:
        ours = Unknown("all requests came at once, and the largest batch was not told (--batch)")
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
    ended = [r for r in requests if r.ended is not None and window.start <= r.ended < window.stop]
    return latency_of(ended, slo, duration_s=(window.stop - window.start) / NS)


def slo_of(settings: Mapping[str, Any]) -> Target | None:
    """Return what makes a request good, from the settings of a run; None if nothing was asked."""
    told = settings.get("slo")
    if not isinstance(told, Mapping):
        return None
    bounds = {name: _number(told.get(name)) for name in ("ttft_s", "tpot_s", "latency_s")}
    return Target(**bounds) if any(v is not None for v in bounds.values()) else None


def _accounts(
    work: Work, parts: _Parts, window: Steady, idle_w: Value | None
) -> dict[str, Account]:
    found = {"all": account(work, parts.every, window, idle_w=idle_w, host=parts.host)}
    if parts.accelerators is not None and parts.host is not None:
        found["accelerators"] = account(work, parts.accelerators, window)
        found["host"] = account(work, parts.host, window)
    return found


def _mlenergy(
    work: Work, parts: _Parts, windows: Mapping[str, Steady | Unknown]
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
    import numpy as np

    before, after = work.served.integral(np.array([window.start, window.stop]))
    return float(after - before) * NS / (window.stop - window.start)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def main_figure(result: ServingResult) -> list[float]:
    """Return the figure of each repeat that has it by which repeats are judged."""
    accounts = [repeat.accounts.get("all") for repeat in result.repeats]
    return [a.figures[MAIN].value for a in accounts if a is not None and MAIN in a.figures]
