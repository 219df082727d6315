"""What is known of a load beside its energy: what the server told, how the machine was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from joulemark.accounting.context import context
from joulemark.accounting.serving_counters import (
    Reading,
    ServerCounters,
    server_counters,
    server_levels,
)
from joulemark.accounting.serving_labels import Floats, Times
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.throttling import HeldDown, held_down
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from joulemark.procedures.serving.repeat import Repeat
from joulemark.store.requests import Scraped


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Of one load.

    Attributes:
        server: what the server told over the window that counts, or why nothing.
        whole: likewise over the whole load.
        machine: mean of every state that was recorded, over the window that counts, SI, by the name
            of its channel; empty without a window.
        held: why clocks were held down in it.
        levels: what the server told over the whole load, by the names of
            ``accounting.serving_names``: when it was read, ns, and what it was.
    """

    server: ServerCounters | str
    whole: ServerCounters | str
    machine: Mapping[str, float] = field(default_factory=dict)
    held: tuple[HeldDown, ...] = ()
    levels: Mapping[str, tuple[Times, Floats]] = field(default_factory=dict)


def aside_of(repeat: Repeat, scraped: Sequence[Scraped], traces: Sequence[Trace]) -> Aside:
    """Return what is known beside the energy of a load.

    Args:
        repeat: the load.
        scraped: what the server told during the whole run.
        traces: of the run.
    """
    own = [Reading.of(one.time, one.text) for one in scraped if one.repeat == repeat.number]
    load, window = repeat.load, repeat.window
    whole = server_counters(own, load.start, load.stop or load.start)
    levels = server_levels(own)
    if isinstance(window, Unknown):
        return Aside(server=f"no window counts: {window.reason}", whole=whole, levels=levels)
    stretch = Window(phase=load.phase, start=window.start, stop=window.stop)
    return Aside(
        server=server_counters(own, window.start, window.stop),
        whole=whole,
        machine=context([stretch], list(traces)),
        held=tuple(held_down(window.start, window.stop, traces)),
        levels=levels,
    )
