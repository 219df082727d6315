"""A named stretch of time, and the work done in it."""

from __future__ import annotations

from joulemark.core.clock import NS
from joulemark.core.record import field, record
from joulemark.core.words import StrEnum

PAUSES = "shift_pauses_s"
"""Name of the fact that says how long the delays were together by which a procedure led its work
through the period of a sensor, s."""


class Role(StrEnum):
    """What a window is for."""

    MEASURE = "measure"
    IDLE = "idle"
    WARM_UP = "warm-up"
    RANGING = "ranging"
    """The same load beforehand, from which the ranges of an analyser are set; no result."""
    DISTURBANCE = "disturbance"
    """With the sampler and without, to see what measuring costs; no energy is told of it."""


@record(frozen=True, slots=True)
class Work:
    """Work done: a count of a unit (sample, token, image, step, run).

    Attributes:
        count: how many; more than zero where energy per unit is to be shown.
        unit: singular name of the unit.
    """

    count: float
    unit: str


@record(frozen=True, slots=True, kw_only=True)
class Window:
    """A named stretch on the run's clock.

    Attributes:
        phase: name; windows of one name are repeats of one phase.
        start: ns UTC.
        stop: ns UTC; None while the window is open, or when its end was never recorded.
        role: what it is for.
        work: what was done in it.
        facts: other numbers of that stretch (loss, accuracy, percentiles of latency …).
        process: pid of the marking process.
        edge_u_s: standard uncertainty of the time of each edge, s (clocks of other programs).
    """

    phase: str
    start: int
    stop: int | None = None
    role: Role = Role.MEASURE
    work: Work | None = None
    facts: dict[str, float] = field(default_factory=dict)
    process: int = 0
    edge_u_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length in seconds; zero while open."""
        return 0.0 if self.stop is None else (self.stop - self.start) / NS
