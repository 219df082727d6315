"""Measure what measuring costs: short stretches of the work with the sampler and without, in turn.

In a stretch without, the sampling process rests: it reads nothing, and wakes twice a second only to
see that this process lives. The stretches are windows of a role of their own: no energy is told of
them, and what is missing in them is no gap of a measured window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from joulemark.accounting.disturbance import Effect, effect, orders, slowdown
from joulemark.accounting.phases import phases
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.errors import UsageError
from joulemark.core.record import replace
from joulemark.core.window import Role
from joulemark.meters.sampling import SamplerProcess
from joulemark.procedures.live import Tell
from joulemark.procedures.marker import Mark
from joulemark.procedures.session import Session
from joulemark.store.reader import open_run

RESULT = "disturbance"
"""Name of the result in a run."""
WITH, WITHOUT = "with sampler", "without sampler"
"""Phases of the stretches."""
STRETCH_S = 2.0
"""Length of a stretch of a workload that works for as long as it is asked to, s."""
WORTH = 0.01
"""A slowdown that is certainly larger is worth a warning."""
_ENOUGH = 0.99
"""Share of a stretch that counters must cover for its energy to be known."""

Stretch = Callable[[Mark], Mapping[str, float]]
"""Works once, tells the mark what was done, and returns rates of work per second by name; none ends
all stretches, and nothing is said."""


def disturb(session: Session, pairs: int, stretch: Stretch, tell: Tell | None = None) -> None:
    """Measure the slowdown, and add it to the run as the result ``disturbance``.

    Args:
        session: begun, sampling in a process.
        pairs: how often each; rounded up to an even number of at least four.
        stretch: works once.
        tell: told of progress.

    Raises:
        UsageError: if the sampler is a thread of this process, which cannot be stopped.
    """
    sampler = session.sampler
    if not isinstance(sampler, SamplerProcess):
        raise UsageError("a sampling thread cannot rest", remedy="name meters instead of objects")
    first, began = orders(pairs), time.monotonic()
    stretches: list[_Pair] = []
    for on_first in first:
        if tell is not None and stretches:
            spent = time.monotonic() - began
            tell("disturbance", spent, spent * len(first) / len(stretches), None)
        pair = {on: _once(session, sampler, stretch, on=on) for on in (on_first, not on_first)}
        if not (pair[True].rates and pair[False].rates):
            return
        stretches.append(pair)
    if sampler.alive():
        _keep(session, stretches, first)


@dataclass(frozen=True, slots=True)
class _Stretch:
    rates: Mapping[str, float]
    length_s: float
    cpu_s: float


_Pair = Mapping[bool, _Stretch]
"""The stretch with the sampler (True) and the one without."""


def _once(session: Session, sampler: SamplerProcess, stretch: Stretch, *, on: bool) -> _Stretch:
    phase = WITH if on else WITHOUT
    before, began = _cpu_s(sampler.pid), time.monotonic()
    with _sampling(sampler, on=on), session.window(phase, Role.DISTURBANCE) as mark:
        rates = stretch(mark)
    return _Stretch(rates, time.monotonic() - began, _cpu_s(sampler.pid) - before)


def _keep(session: Session, stretches: list[_Pair], first: list[bool]) -> None:
    """Add to the run what came out, and a warning if the slowdown is certainly large."""
    slowed = {}
    for name in stretches[0][True].rates:
        rates = [(p[True].rates[name], p[False].rates[name]) for p in stretches]
        if all(rate > 0 for pair in rates for rate in pair):
            slowed[name] = slowdown(rates, first)
    length_s = sum(pair[True].length_s for pair in stretches)
    cpu_s = sum(pair[True].cpu_s for pair in stretches)
    watts = _watts(session.path, first)
    session.result(
        RESULT,
        {
            "pairs": len(first),
            "stretch_s": length_s / len(first),
            "period_s": session.options.period_s,
            "slowdown": {name: _json(each) for name, each in slowed.items()},
            "sampler_cpu_s": cpu_s,
            "sampler_cpu_share": cpu_s / length_s,
            "sampler_power_w": None if watts is None else _json(watts),
        },
    )
    for name, each in slowed.items():
        if each.value - each.u95 > WORTH:
            seen = f"{name} by {100 * each.value:.2g} ± {100 * each.u95:.2g} %"
            session.caution(Code.DISTURBED, seen)


@contextmanager
def _sampling(sampler: SamplerProcess, *, on: bool) -> Iterator[None]:
    """Let the sampler rest in the block unless it is to be on; it goes on whatever happens."""
    if on:
        yield
        return
    sampler.pause()
    try:
        yield
    finally:
        sampler.resume()


def _json(found: Effect) -> dict[str, float]:
    return {"value": found.value, "u95": found.u95}


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process, s; zero where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _watts(path: Path, first: list[bool]) -> Effect | None:
    """Return the mean power that the sampler adds, W; None where no sensor tells.

    Only energy counters can tell: they are read at the edges of windows by this process, whether
    the sampler rests or not.
    """
    stored = open_run(path)
    windows = [w for w in stored.run.windows if w.role is Role.DISTURBANCE]
    measured = [replace(window, role=Role.MEASURE) for window in windows]
    power: dict[str, list[float]] = {}
    for result in phases(measured, stored.traces().values()):
        for window in result.windows:
            energy = window.total
            if energy is None or energy.coverage < _ENOUGH:
                return None
            if energy.provenance is not Provenance.MEASURED:
                return None
            power.setdefault(result.phase, []).append(
                energy.joules.value / window.window.duration_s
            )
    pairs = zip(power.get(WITH, ()), power.get(WITHOUT, ()), strict=True)
    differences = [sampled - without for sampled, without in pairs]
    return effect(differences, first) if len(differences) == len(first) else None
