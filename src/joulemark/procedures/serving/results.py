"""What a run of serving came to: a function of what is stored, computed again at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from joulemark.accounting.results import PhaseResult
from joulemark.accounting.serving_windows import STEADY
from joulemark.accounting.supply import Supply
from joulemark.core.channel import Channel, Domain, Provenance
from joulemark.core.errors import FormatError
from joulemark.core.record import replace
from joulemark.core.run import Status
from joulemark.core.trace import Trace
from joulemark.core.value import Value
from joulemark.core.window import Role, Window
from joulemark.procedures.results import asked_calibration, results_of
from joulemark.procedures.serving.aside import Aside, aside_of
from joulemark.procedures.serving.repeat import Parts, Repeat, repeat_of
from joulemark.store.reader import StoredRun
from joulemark.store.requests import Kept, read_requests, read_scraped
from joulemark.workloads.openai.lag import Lag

PROCEDURE, PHASE = "serving", "load"
"""Names of the procedure and of the windows of its loads."""
MAIN = "energy-per-output-token/1"
"""The figure whose repeats decide when a bench ends."""


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
        lags: how late the client was in each, where it told.
        asides: what else is known of each.
        status: of the run.
        server_exit_code: of a server that joulemark started, if it ended by itself.
        supply: energy of these parts; None where nothing was read.
        inside: that of parts within them that were read too, where roles are told.
        calibration_left: whether the run asks for a calibration, which these figures are without.
    """

    settings: Mapping[str, Any]
    rule: str
    parts: tuple[str, ...]
    provenance: Provenance | None
    idle_w: Value | None
    repeats: tuple[Repeat, ...]
    lags: tuple[Lag | None, ...]
    asides: tuple[Aside, ...]
    status: Status
    server_exit_code: int | None
    supply: Supply | None
    inside: Supply | None
    calibration_left: bool


def is_serving(stored: StoredRun) -> bool:
    """Return whether a run is one of serving."""
    return stored.run.procedure == PROCEDURE


def serving_of(
    stored: StoredRun, *, rule: str | None = None, only: int | None = None
) -> ServingResult:
    """Return what a run of serving came to; one that is still running as far as it has come.

    Args:
        stored: the run.
        rule: which window is to count; by default the one that was asked for when it was made.
        only: number of the only load that is wanted, from 0; None for all.

    Raises:
        FormatError: if its settings or requests are damaged.
        StoreError: if its files cannot be read.
    """
    settings = stored.run.settings.get("serving")
    if not isinstance(settings, Mapping):
        where = str(stored.path)
        raise FormatError("the run has no settings of serving", where=where)
    rule = rule or str(settings.get("rule") or STEADY)
    results = results_of(stored, plain=True)
    load = next((r for r in results if r.phase == PHASE), None)
    idle = next((r for r in results if r.role is Role.IDLE), None)
    traces, kept = stored.traces(), read_requests(stored.path)
    parts = _parts(traces, load)
    windows = [w for w in stored.run.windows if w.phase == PHASE]
    idle_w = _idle(load, idle)
    repeats = [
        repeat_of(number, _ended(window, number, kept), kept, settings, parts, idle_w, rule)
        for number, window in enumerate(windows)
        if only in (None, number)
    ]
    scraped = read_scraped(stored.path)
    return ServingResult(
        settings=settings,
        rule=rule,
        parts=() if parts is None else parts.every.parts,
        provenance=None if load is None or load.total is None else load.total.provenance,
        idle_w=idle_w,
        repeats=tuple(repeats),
        asides=tuple(aside_of(one, scraped, list(traces.values())) for one in repeats),
        lags=_lags(stored, len(repeats)),
        status=stored.run.status,
        server_exit_code=_exit_code(stored),
        supply=None if parts is None else parts.every,
        inside=_inside(traces, load) if settings.get("roles") else None,
        calibration_left=asked_calibration(stored) is not None,
    )


def _exit_code(stored: StoredRun) -> int | None:
    told = stored.run.results.get(PROCEDURE)
    code = told.get("server_exit_code") if isinstance(told, Mapping) else None
    return code if isinstance(code, int) else None


def _ended(window: Window, number: int, kept: Sequence[Kept]) -> Window:
    """Return a window with an end: that of its last request, where its writer was killed."""
    if window.stop is not None:
        return window
    ends = [one.request.ended or 0 for one in kept if one.repeat == number]
    return replace(window, stop=max([window.start, *ends]))


def _lags(stored: StoredRun, count: int) -> tuple[Lag | None, ...]:
    told = stored.run.results.get(PROCEDURE)
    each = told.get("lags") if isinstance(told, Mapping) else None
    each = each if isinstance(each, list) else []
    return tuple(_lag(each[i], stored) if i < len(each) else None for i in range(count))


def _lag(told: object, stored: StoredRun) -> Lag | None:
    try:
        return None if told is None else msgspec.convert(told, Lag)
    except msgspec.ValidationError as error:
        raise FormatError(f"no lag of a client: {error}", where=str(stored.path)) from error


def _parts(traces: Mapping[str, Trace], load: PhaseResult | None) -> Parts | None:
    added = [] if load is None else [part.channel for part in load.parts if part.added]
    if not added:
        return None

    def supply(channels: Sequence[Channel]) -> Supply:
        return Supply.of(traces[channel.name] for channel in channels)

    boards = [channel for channel in added if channel.domain is Domain.GPU]
    rest = [channel for channel in added if channel.domain is not Domain.GPU]
    return Parts(
        every=supply(added),
        accelerators=supply(boards) if boards else None,
        host=supply(rest) if boards and rest else None,
    )


def _inside(traces: Mapping[str, Trace], load: PhaseResult | None) -> Supply | None:
    within = [] if load is None else [part.channel for part in load.parts if not part.added]
    return Supply.of(traces[channel.name] for channel in within) if within else None


def _idle(load: PhaseResult | None, idle: PhaseResult | None) -> Value | None:
    """Return the idle power of the parts that are added, if they are those that were idle."""
    if load is None or idle is None or idle.power is None:
        return None
    names = [[part.channel.name for part in r.parts if part.added] for r in (load, idle)]
    return idle.power if sorted(names[0]) == sorted(names[1]) else None


def main_figure(result: ServingResult) -> list[float]:
    """Return the figure of each repeat that has it by which repeats are judged."""
    accounts = [repeat.accounts.get("all") for repeat in result.repeats]
    return [a.figures[MAIN].value for a in accounts if a is not None and MAIN in a.figures]
