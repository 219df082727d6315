"""estimate: a model of processor and memory power, where no sensor can be read.

A counter in joules that is linear in two other counters::

    E(t) = idle power · (t − origin) + k · processor time

with k = (full power − idle power) / hardware threads, in joules per second of processor time.
Every process that knows origin and root computes the same energy at any moment, so the counter can
be read at each edge of a window by whoever marks it.

Processor time is that of one process and what it started where ``root_pid`` is given: other
programs' work, a client on the same cores for instance, is then not billed, while the idle power of
the machine is. Without it, all work of the machine counts.

Where the watts come from, and how far off they may be: :mod:`joulemark.meters._power_model`.
"""

from __future__ import annotations

from _thread import allocate_lock  # threading, which is heavier, is not needed for a lock

from joulemark.core.block import Block
from joulemark.core.channel import Channel, Instrument, Provenance, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.core.run import System
from joulemark.core.scope import ExitStack
from joulemark.meters._billed import SETTINGS, Billed
from joulemark.meters._polled import only_known
from joulemark.meters._power_model import PARTS, Model, power_models
from joulemark.meters._proc import CpuTime, hertz
from joulemark.meters._system import describe_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from joulemark.core.interfaces import Settings

UPDATE_S = 0.01
"""The kernel tells processor time in ticks of this length."""
EVERY_NS = 90_000_000
"""Sampled at most ten times a second (ticks come a little early or late): in less time than this a
model that counts ticks has next to nothing new to say. Edges of windows are read at once."""

Describe: TypeAlias = "Callable[[str, str], System]"


class Estimate:
    """Modelled energy of processor and memory, or of a whole server.

    Args:
        billed: whose processor time is billed, and where the kernel's files are.
        parts: ``cpu``, ``dram`` or both.
        origin_ns: when the counter was zero, ns on the run's clock; None for when it is opened.
        describe: tells the machine, given where proc and sys are.

    Attributes:
        name: registry name.
        channels: what is estimated; known after ``open``.
        missing: what could not be opened; always empty.
        failures: errors of single channels; always empty.
    """

    name = "estimate"

    def __init__(
        self,
        billed: Billed | None = None,
        *,
        parts: tuple[str, ...] = PARTS,
        origin_ns: int | None = None,
        describe: Describe = describe_system,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self._billed = billed or Billed()
        self._parts = parts
        self._given_origin = origin_ns
        self._describe = describe
        self._owned = ExitStack()
        self._lock = allocate_lock()
        self._clock: Clock | None = None
        self._cpu_s: Callable[[], float] = float
        self._lines: tuple[tuple[float, float], ...] = ()
        self._origin = 0
        self._due: int | None = None

    def open(self, clock: Clock) -> None:
        """Choose the models; see :class:`joulemark.core.interfaces.Meter`.

        Raises:
            UnavailableError: if there is no model for what is asked, or no such process.
        """
        self.close()
        with ExitStack() as owned:
            machine = CpuTime(self._billed.proc, hertz())
            owned.callback(machine.close)
            system = self._describe(self._billed.proc, self._billed.sys)
            models = power_models(system, machine.threads, self._parts)
            tree = self._billed.tree(clock)
            self._cpu_s = machine.busy_s
            if tree is not None:
                owned.callback(tree.close)
                self._cpu_s = tree.cpu_s
            self._owned = owned.pop_all()
        per_s = [(model.full_w - model.idle_w) / machine.threads for model in models]
        self._lines = tuple((m.idle_w, k) for m, k in zip(models, per_s, strict=True))
        self.channels = tuple(
            _channel(model, k, str(self._billed)) for model, k in zip(models, per_s, strict=True)
        )
        self._clock, self._due = clock, None
        self._origin = clock() if self._given_origin is None else self._given_origin

    def read(self) -> Block:
        """Return a row of each counter; none within 0.09 s of the last.

        Raises:
            MeterError: if processor time cannot be read.
        """
        now = self._now()
        if self._due is not None and now < self._due:
            return Block()
        self._due = now + EVERY_NS
        return self.read_edges()

    def read_edges(self) -> Block:
        """Return a row of each counter.

        Raises:
            MeterError: if processor time cannot be read.
        """
        self._now()
        with self._lock:  # the marking thread may ask while the sampling thread does
            cpu_s = self._cpu_s()
            now = self._now()
        seconds = (now - self._origin) / NS
        energies = [idle_w * seconds + per_s * cpu_s for idle_w, per_s in self._lines]
        return Block.of((now, joules, place) for place, joules in enumerate(energies))

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        self._clock = None
        self._owned.close()

    def _now(self) -> int:
        if self._clock is None:
            raise MeterError("read while closed", where="meter estimate")
        return self._clock()


def _channel(model: Model, per_s: float, billed: str) -> Channel:
    return Channel(
        name=f"estimate/{'cpu' if model.part == 'package' else model.part}",
        meter="estimate",
        part=model.part,
        domain=model.domain,
        quantity=Quantity.ENERGY,
        unit="J",
        resolution=per_s / hertz(),
        accuracy=model.accuracy,
        provenance=Provenance.ESTIMATED,
        instrument=Instrument.MODEL,
        update_s=UPDATE_S,
        rated_w=model.rated_w,
        covers=model.covers,
        source=f"processor time of {billed}" if per_s else "constant",
        note=model.note,
    )


def estimate(settings: Settings) -> Estimate:
    """Return the model of processor and memory.

    Settings: those of :mod:`joulemark.meters._billed`, ``parts`` and ``origin_ns``.

    Raises:
        UsageError: if a setting is unknown or makes no sense.
    """
    only_known("estimate", settings, (*SETTINGS, "parts", "origin_ns"))
    parts, origin = settings.get("parts", list(PARTS)), settings.get("origin_ns")
    known = isinstance(parts, list | tuple) and all(part in PARTS for part in parts)
    if not known or not parts:
        raise UsageError(
            f"parts is {parts!r}",
            where="meter estimate",
            remedy='choose from ["cpu", "dram"]',
        )
    if origin is not None and (isinstance(origin, bool) or not isinstance(origin, int)):
        raise UsageError(f"origin_ns is {origin!r}, not a time in ns", where="meter estimate")
    return Estimate(
        Billed.of("estimate", settings),
        parts=tuple(part for part in PARTS if part in parts),
        origin_ns=origin,
    )
