"""What this machine can read, how accurate it is, and how often it really updates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import (
    JoulemarkError,
    MeterError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
)
from joulemark.core.interfaces import Meter
from joulemark.meters import METERS, parse_spec
from joulemark.meters._system import describe_system
from joulemark.meters.surroundings import advice, kinds

NOT_SENSORS = frozenset({"replay", "host", "virtual"})
"""Meters that a survey leaves out: they bring no sensor of this machine."""
WATCH_S = 1.0
"""How long each meter is read as fast as it can be."""
_PAUSE_S = 0.0005


@dataclass(frozen=True, slots=True)
class ChannelSurvey:
    """One channel of a meter.

    Attributes:
        channel: what it is.
        update_s: median time between two changes of its value; None if it changed less than twice.
        watts: mean power meanwhile; None where it cannot be told.
    """

    channel: Channel
    update_s: float | None
    watts: float | None


@dataclass(frozen=True, slots=True)
class MeterSurvey:
    """One meter.

    Attributes:
        name: registry name.
        state: ``ready``, ``denied`` (a right is missing), ``extra`` (a package is missing) or
            ``absent``.
        channels: what it reads.
        problems: what cannot be read, why, and the command that would give it.
    """

    name: str
    state: str
    channels: tuple[ChannelSurvey, ...]
    problems: tuple[UnavailableError, ...]


def survey(
    names: Sequence[str] | None = None,
    *,
    watch_s: float = WATCH_S,
    monotonic: Clock = time.monotonic_ns,
    make: Callable[[str], Meter] | None = None,
    around: set[str] | None = None,
) -> list[MeterSurvey]:
    """Open every meter, read it as fast as it can be read, and return what was found.

    Args:
        names: registry names, with settings where one needs them (``ipmi:host=ADDRESS``); all
            that read sensors by default.
        watch_s: how long each meter is read.
        monotonic: the clock.
        make: gives a meter by its name; from the registry by default.
        around: containers, hypervisors and clouds around this process; by default the real ones.
    """
    around = kinds(describe_system()) if around is None else around
    wanted = [n for n in METERS.names() if n not in NOT_SENSORS] if names is None else names
    found = [_look(name, make or _from_registry, watch_s, monotonic) for name in wanted]
    return [meter if meter.channels else _advised(meter, around) for meter in found]


def _advised(meter: MeterSurvey, around: set[str]) -> MeterSurvey:
    """Add what its surroundings keep from a meter, unless it says so itself."""
    said = {problem.what for problem in meter.problems}
    more = [each for each in advice(meter.name, around) if each.what not in said]
    return replace(meter, problems=(*meter.problems, *more))


def _from_registry(spec: str) -> Meter:
    name, settings = parse_spec(spec)
    meter: Meter = METERS.load(name)(settings)
    return meter


def _look(name: str, make: Callable[[str], Meter], watch_s: float, monotonic: Clock) -> MeterSurvey:
    try:
        meter = make(name)
        meter.open(monotonic)
    except UnavailableError as error:
        return MeterSurvey(name, _state(error), (), (error,))
    try:
        channels = _watch(meter, watch_s, monotonic)
        return MeterSurvey(name, "ready", channels, tuple(meter.missing))
    except MeterError as error:
        failed = UnavailableError(error.what, where=error.where, remedy=error.remedy)
        return MeterSurvey(name, "absent", (), (failed,))
    finally:
        meter.close()


def _state(error: JoulemarkError) -> str:
    if isinstance(error, PermissionNeededError):
        return "denied"
    return "extra" if isinstance(error, MissingExtraError) else "absent"


def _watch(meter: Meter, watch_s: float, monotonic: Clock) -> tuple[ChannelSurvey, ...]:
    seen: dict[int, list[tuple[int, float]]] = {}
    summed = {i for i, c in enumerate(meter.channels) if c.quantity is Quantity.INTERVAL}
    end = monotonic() + round(watch_s * NS)
    while True:
        for moment, raw, index in meter.read().rows():
            samples = seen.setdefault(index, [])
            value = raw + samples[-1][1] if index in summed and samples else raw
            if not samples or samples[-1][1] != value:
                samples.append((moment, value))
        if monotonic() >= end:
            break
        time.sleep(_PAUSE_S)
    return tuple(
        ChannelSurvey(channel, _spacing(seen.get(i, [])), _watts(channel, seen.get(i, [])))
        for i, channel in enumerate(meter.channels)
    )


def _spacing(samples: list[tuple[int, float]]) -> float | None:
    """Return the median time between changes; the first sample is no change."""
    times = [moment for moment, _ in samples[1:]]
    steps = [(b - a) / NS for a, b in pairwise(times)]
    return median(steps) if steps else None


def _watts(channel: Channel, samples: list[tuple[int, float]]) -> float | None:
    if not samples or not channel.carries_energy:
        return None
    if channel.quantity is Quantity.POWER:
        return sum(value for _, value in samples) / len(samples) * channel.scale
    (first, low), (last, high) = samples[0], samples[-1]
    if last <= first or high < low:
        return None
    return (high - low) * channel.scale * NS / (last - first)
