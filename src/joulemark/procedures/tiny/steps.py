"""The steps of a session with a board, in their order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from joulemark.core.clock import NS, Clock
from joulemark.core.errors import BoardError, UsageError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.core.window import Role
from joulemark.formats.tiny.networks import Network, network
from joulemark.procedures.tiny.keeping import PHASE, Keeper
from joulemark.procedures.tiny.settings import (
    ACCURACY,
    ENERGY,
    FEWEST,
    MARGIN,
    PERFORMANCE,
    TinySettings,
)
from joulemark.procedures.tiny.taken import Taken, Trial
from joulemark.workloads.tiny.dialogue import SLICE_S, Dialogue
from joulemark.workloads.tiny.dut import Dut, Inferred
from joulemark.workloads.tiny.inputs import Input, made_up, official
from joulemark.workloads.tiny.line import Line
from joulemark.workloads.tiny.links import TIMEOUT_S, Direct, IoManager, Link

STREAMING = "sww"
ENOUGH_S = 1.0
"""A trial so long tells the time of an inference to 0.2 %, at one stamp a ms."""
MOST_TRIALS = 8
MOST_INFERENCES = 1_000_000
LONGEST_TRIAL_S = 120.0
DISCHARGE_S = 2.0
"""Without supply before the board is asked whether it lives; EnergyRunner waits as long."""
AROUND_S = 1.0
"""Of trace before the first input and after the last window, as in EnergyRunner's script."""
SPARE_S = 5.0

Tell = Callable[[str, int, int], None]
"""Told what is done, which of them it is, and how many there are."""
Maker = Callable[[str, int, int], list[Input]]
"""Makes inputs up, of a model, so many bytes each, so many."""


@dataclass(frozen=True, slots=True)
class Station:
    """What a board is measured with.

    Attributes:
        line: to the board, or to the relay before it.
        relayed: whether there is a relay.
        monitor: the energy monitor, not open; None without.
        clock: ns UTC.
        slice_s: how often the monitor is read while the board is waited for.
        make: makes inputs up.
    """

    line: Line
    relayed: bool
    monitor: EnergyMonitor | None
    clock: Clock
    slice_s: float = SLICE_S
    make: Maker = field(default=made_up)


class Steps:
    """The steps of one session.

    Args:
        station: what is measured with.
        keeper: keeps it.
        settings: what the session is to be.
        tell: told of progress.
    """

    def __init__(
        self, station: Station, keeper: Keeper, settings: TinySettings, tell: Tell
    ) -> None:
        """Set the dialogue up; nothing is said."""
        self.keeper = keeper
        self.settings = settings
        self._station = station
        self._tell = tell
        self.dialogue = Dialogue(
            station.line, station.clock, keeper.note, keeper.pump, slice_s=station.slice_s
        )
        self.link: Link = (IoManager if station.relayed else Direct)(self.dialogue)
        self.dut = Dut(self.link, energy=settings.mode == ENERGY)
        self.parasitic = False

    # ------------------------------------------------------------------ supply

    def prepare(self) -> None:
        """Set a relay up."""
        if isinstance(self.link, IoManager):
            self.link.prepare(self.settings.baud)

    def power_on(self) -> None:
        """Power the board and wait for it.

        Raises:
            BoardError: if it does not start, or has the firmware of another mode.
        """
        monitor, volts = self._station.monitor, self.settings.volts
        if monitor is None or not monitor.feeds or volts is None:
            if not self.dut.alive(TIMEOUT_S):
                raise BoardError(
                    "the board does not answer",
                    remedy="power it, and look at its port and its rate",
                )
        else:
            monitor.power_on(volts)
            if not self.parasitic:
                self.dut.boot()
        said = self.dut.mode
        wanted = ENERGY if self.settings.mode == ENERGY else PERFORMANCE
        if said and said != wanted:
            raise BoardError(
                f"the board has the firmware of {said} mode",
                remedy=f"flash that of {wanted} mode (EE_CFG_ENERGY_MODE {int(wanted == ENERGY)})",
            )

    def power_off(self) -> None:
        """Take the supply away, and see whether the board lives without."""
        monitor = self._station.monitor
        if monitor is None or not monitor.feeds or self.settings.volts is None:
            return
        monitor.power_off()
        self.dialogue.pause(DISCHARGE_S)
        self.parasitic = self.dut.alive()

    # ------------------------------------------------------------------ what it is

    def identify(self) -> tuple[str, str, str, Network]:
        """Return name, profile and model of the board, and the reference network of that.

        Raises:
            BoardError: if it runs no network of the benchmark.
        """
        name = self.dut.name()
        profile, model = self.dut.profile()
        known = network(model)
        if known is None:
            raise BoardError(f"the board runs {model!r}, no model of MLPerf Tiny")
        if known.benchmark == STREAMING:
            raise BoardError(
                "the streaming wake word is fed by a recording, which this bench cannot play",
                remedy="measure it with the Python runner and ST's interface board, then joulemark "
                "score its files",
            )
        return name, profile, model, known

    def inputs(self, known: Network) -> list[Input]:
        """Return what the board is fed."""
        chosen, accuracy = self.settings, self.settings.mode == ACCURACY
        count = chosen.most_inputs if accuracy else chosen.trials
        if chosen.inputs is not None:
            return official(chosen.inputs, known.model, count, whole=accuracy)
        made = self._station.make(known.model, known.input_bytes, count or 100)
        if accuracy and any(one.label is None for one in made):
            raise UsageError(
                "made-up inputs tell nothing of accuracy",
                remedy="name the folder of the official ones with --inputs",
            )
        return made

    # ------------------------------------------------------------------ work

    def calibrate(self, first: Input) -> tuple[int, float]:
        """Return how many inferences make a window long enough, and how long one takes, s.

        Raises:
            BoardError: if the board gives no stamps.
        """
        self.dut.load(first.pieces[0])
        count = FEWEST
        for _ in range(MOST_TRIALS):
            seconds = self._timed(count)
            if seconds >= ENOUGH_S or count >= MOST_INFERENCES:
                single = seconds / count
                wanted = math.ceil(self.settings.window_s * MARGIN / single)
                return max(FEWEST, min(wanted, MOST_INFERENCES)), single
            more = math.ceil(1.2 * count * ENOUGH_S / max(seconds, 1e-3))
            count = min(max(2 * count, more), MOST_INFERENCES)
        raise BoardError(f"{count} inferences take no time; look at the board's stamps")

    def _timed(self, count: int) -> float:
        """Return how long so many inferences take, by the pin or the board's own clock, s."""
        if self.settings.mode != ENERGY:
            laps = self.dut.infer(count, 0, LONGEST_TRIAL_S).laps_us
            if len(laps) != 2:
                raise BoardError(
                    f"the board gave {len(laps)} stamps, not two", remedy="mend its th_timestamp"
                )
            return ((laps[1] - laps[0]) % (1 << 32)) / 1e6
        trace = self.keeper.begin_trace()
        self.dut.infer(count, 0, LONGEST_TRIAL_S)
        self.keeper.end_trace()
        if len(trace.edges) != 2:
            raise BoardError(
                f"the monitor saw the pin fall {len(trace.edges)} times, not twice",
                remedy="wire the board's pin to it (D7 of an LPM01A, GPI of a Joulescope)",
            )
        bounds = trace.edges[0], trace.edges[1]
        self.keeper.window("calibration", bounds, Role.RANGING, count)
        return (bounds[1] - bounds[0]) / NS

    def run(self, taken: Taken, inputs: Sequence[Input], count: int, single_s: float) -> None:
        """Run every input, and mark the windows whose edges were seen."""
        warmups = self.settings.warmups if self.settings.mode != ACCURACY else 0
        patience = SPARE_S + 3 * (count + warmups) * single_s
        try:
            for at, source in enumerate(inputs):
                self._tell(source.file, at, len(inputs))
                for segment, piece in enumerate(source.pieces):
                    inferred = self._one(source, piece, count, warmups, patience)
                    taken.trials.append(Trial(source, segment, inferred, count, warmups))
                    self.mark(taken, len(taken.trials) - 1)
        finally:
            self.mark(taken, len(taken.trials) - 1)

    def _one(
        self, source: Input, piece: bytes, count: int, warmups: int, patience: float
    ) -> Inferred:
        self.keeper.line("parser", f'Command "bloadp "{source.file}""')
        self.keeper.muted(lambda: self.dut.load(piece))
        self.keeper.line("parser", "m-bloadp-done")
        return self.dut.infer(count, warmups, patience)

    def mark(self, taken: Taken, last: int) -> None:
        """Mark the windows of trials before ``last`` that are not marked and were seen.

        The edges of the trial before the last have come for sure: an input was loaded meanwhile.
        """
        while taken.marked < last:
            bounds = taken.bounds(taken.trials[taken.marked])
            if bounds is not None and taken.trace is not None:
                edge_u_s = 12**-0.5 / taken.trace.rate_hz
                count = taken.trials[taken.marked].count
                self.keeper.window(PHASE, bounds, Role.MEASURE, count, edge_u_s)
            taken.marked += 1
