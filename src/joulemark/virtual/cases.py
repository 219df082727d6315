"""All cases by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.virtual import cases_counters as counters
from joulemark.virtual import cases_power as power
from joulemark.virtual import cases_procedures as procedures
from joulemark.virtual import cases_recorded as recorded
from joulemark.virtual.judge import Check
from joulemark.virtual.schedule import Stage

Draw = Callable[[Stage], Sequence[Check]]
"""Makes one measurement, and says what it gave beside the truth."""

_DRAWS: Mapping[str, Draw] = {
    "rapl-steps": counters.rapl_steps,
    "rapl-bursts": counters.rapl_bursts,
    "rapl-short": counters.rapl_short,
    "rapl-drift": counters.rapl_drift,
    "rapl-wrap": counters.rapl_wrap,
    "gpu-counter-steps": counters.gpu_counter_steps,
    "gpu-counter-short": counters.gpu_counter_short,
    "gpu-counter-square": counters.gpu_counter_square,
    "gpu-counter-broken": counters.gpu_counter_broken,
    "gpu-window-100-steps": power.window_100_steps,
    "gpu-window-100-square": power.window_100_square,
    "gpu-window-25-bursts": power.window_25_bursts,
    "gpu-window-25-square": power.window_25_square,
    "gpu-window-25-own-pace": power.window_25_own_pace,
    "gpu-window-25-ramp": power.window_25_ramp,
    "gpu-window-1s-steps": power.window_1s_steps,
    "gpu-window-10-of-20": power.window_10_of_20,
    "gpu-lag": power.lag,
    "gpu-held": power.held,
    "gpu-broken": power.broken,
    "gpu-late": power.late,
    "gpu-short": power.short,
    "rail-steps": power.rail_steps,
    "rail-square": power.rail_square,
    "rail-bursts": power.rail_bursts,
    "server": power.server,
    "analyser": recorded.analyser,
    "logger": recorded.logger,
    "smart-meter": recorded.smart_meter,
    "bench-even": procedures.bench_even,
    "bench-uneven": procedures.bench_uneven,
    "bench-wild": procedures.bench_wild,
    "bench-gpu": procedures.bench_gpu,
    "loadgen-processor": procedures.loadgen_processor,
    "loadgen-gpu": procedures.loadgen_gpu,
    "phases-inside": procedures.phases_inside,
    "ratio-one-board": procedures.ratio_one_board,
    "ratio-two-boards": procedures.ratio_two_boards,
    "sum-of-boards": procedures.sum_of_boards,
    "node": procedures.node,
}

_WIDE: Mapping[str, str] = {}
"""Why the intervals of a case are wider than they would have to be."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of measurement of one kind of load.

    Attributes:
        name: by which it is asked for.
        draw: makes one measurement, and says what it gave beside the truth.
        wide: why its intervals are wider than they would have to be; empty where they are not.
    """

    name: str
    draw: Draw
    wide: str = ""

    @property
    def about(self) -> str:
        """What it is, in a line."""
        return (self.draw.__doc__ or "").strip()


def cases(names: Sequence[str] = ()) -> list[Case]:
    """Return the cases of some names; all of them where none is named.

    Raises:
        UsageError: if there is no case of a name.
    """
    for name in names:
        if name not in _DRAWS:
            raise UsageError(
                f"there is no case {name!r}", remedy=f"choose from {', '.join(_DRAWS)}"
            )
    asked = dict.fromkeys(names or _DRAWS)
    return [Case(name, _DRAWS[name], _WIDE.get(name, "")) for name in asked]
