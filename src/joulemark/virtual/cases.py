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
    "gpu-window-25-locked": power.window_25_locked,
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
    "bench-locked": procedures.bench_locked,
    "loadgen-processor": procedures.loadgen_processor,
    "loadgen-gpu": procedures.loadgen_gpu,
    "phases-inside": procedures.phases_inside,
    "ratio-one-board": procedures.ratio_one_board,
    "ratio-two-boards": procedures.ratio_two_boards,
    "sum-of-boards": procedures.sum_of_boards,
    "node": procedures.node,
}

_EDGES = "where in an update the load begins and ends is unknown; both edges may err to one side"
_SUM = "how much of their gain boards share is unknown; in a sum all of it is taken"
_HIDDEN = (
    "utilisation says that a load comes and goes, the readings do not show it; what they miss may "
    "be anything up to the rated power (with bench's delays see bench-locked)"
)

_EXACT = f"{_EDGES}; the recording does not say that its times are exact"

_NOTES: Mapping[str, str] = {
    "gpu-counter-short": _EDGES,
    "gpu-window-1s-steps": _EDGES,
    "gpu-short": _EDGES,
    "server": _EDGES,
    "analyser": f"{_EDGES}; the recording does not say over which time it averages",
    "logger": _EDGES,
    "smart-meter": "the errors of two steps make a triangle, of which 1.96 u holds 96 %",
    "bench-even": _EXACT,
    "bench-wild": _EXACT,
    "ratio-one-board": _EDGES,
    "gpu-window-25-square": _HIDDEN,
    "gpu-window-25-own-pace": _HIDDEN,
    "gpu-window-25-locked": _HIDDEN,
    "gpu-window-25-ramp": "a load between the sensor's looks might have been anywhere it was seen",
    "gpu-broken": "the time without an answer may have held up to the highest power seen",
    "rail-steps": "evenly scattered readings know a slow load better than chance would",
    "rail-square": "evenly scattered readings know a square wave better than chance would",
    "bench-uneven": "Student's factor is that of the fewest windows after which it may stop",
    "bench-locked": "the delays lead the sensor evenly through the job, better than chance would",
    "sum-of-boards": _SUM,
}
"""Why the intervals of a case hold more often than they would have to, or less often."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of measurement of one kind of load.

    Attributes:
        name: by which it is asked for.
        draw: makes one measurement, and says what it gave beside the truth.
        note: why its intervals hold more often than they would have to, or less; else empty.
    """

    name: str
    draw: Draw
    note: str = ""

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
    return [Case(name, _DRAWS[name], _NOTES.get(name, "")) for name in asked]
