"""IPMI: power of a whole node as its baseboard controller tells it, by DCMI.

Never looked for: a host must be named (``ipmi:host=ADDRESS``), with name and password in the
environment or a keyring (``JOULEMARK_BMC_USER``, ``JOULEMARK_BMC_PASSWORD``), or the way through
this machine's kernel (``ipmi:device=/dev/ipmi0``).

Times are ours, midway between question and answer. The controller stamps its readings in whole
seconds by a clock that may be hours off; the stamp only tells a value that it holds from a new one.
The pace of the sensor is found by watching it; a value that is held for longer than two of its
paces is not repeated any more: there are no samples then, and coverage falls.

It asks in a thread of its own: see ``_remote``. It has met the virtual controller of
:mod:`joulemark.virtual` and no hardware yet.
"""

from __future__ import annotations

import time

from joulemark.core.baseboard import ASSUMED
from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.errors import JoulemarkError, MeterError, UnavailableError, UsageError
from joulemark.core.scope import suppress
from joulemark.meters import _dcmi
from joulemark.meters._remote import PACE_S, Remote
from joulemark.meters._remote_settings import (
    host_setting,
    only_known,
    port_setting,
    seconds_setting,
    text_setting,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from joulemark.core.caution import Caution
    from joulemark.core.interfaces import Settings
    from joulemark.meters._dcmi import Way

PART = "node"
PORT = 623
WATCH_S = 3.0
LATE_S = 1.0
"""An answer that takes longer is of a moment that is not known well enough."""
LONGEST_HOLD_S = 30.0
"""So long a value may be held by a sensor of unknown pace."""
SHORTEST_HOLD_S = 3.0
"""Stamps are whole seconds, and a question may be lost."""
MOST_W = 65535.0
"""The largest reading of sixteen bits."""
SETTINGS = ("host", "port", "device", "user", "node", "pace_s", "watch_s")


class Ipmi(Remote):
    """Power of a node, by its baseboard controller.

    Args:
        way: gives the way to the controller; None where none is named.
        node: host that the controller belongs to.
        pace_s: time between two questions.
        watch_s: how long the sensor is watched when it is opened.
        background: whether a thread asks; else each ``read`` asks once.
        wait: lets time pass, s.
        monotonic: clock for watching and waiting, s.
        utc: our clock, to be compared with the controller's, s since 1970.
    """

    name = "ipmi"

    def __init__(
        self,
        way: Callable[[], Way] | None = None,
        *,
        node: str = "localhost",
        pace_s: float = PACE_S,
        watch_s: float = WATCH_S,
        background: bool = True,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(pace_s=pace_s, background=background)
        self._way = way
        self._node = node
        self._watch_s = watch_s
        self._wait = wait
        self._monotonic = monotonic
        self._utc = utc

    def _connect(self) -> _Bmc:
        if self._way is None:
            raise UnavailableError(
                "no baseboard controller is named",
                where="meter ipmi",
                remedy="joulemark run --meter ipmi:host=ADDRESS … with JOULEMARK_BMC_USER and "
                "JOULEMARK_BMC_PASSWORD set, or ipmi:device=/dev/ipmi0 for this machine's own; "
                "docs/meters-bmc.md tells more",
            )
        way = self._way()
        try:
            return self._watched(_Bmc(way, self._monotonic))
        except BaseException:
            way.close()
            raise

    def _watched(self, device: _Bmc) -> _Bmc:
        """Look at the controller and its sensor for a while; note what was found."""
        from joulemark.meters._watching import watch

        first = device.reading()
        facts = device.facts(self._utc)
        seen, stamps = watch(
            device.both, clock=self._monotonic, wait=self._wait, watch_s=self._watch_s
        )
        found = [each for each in (seen.update_s, stamps.update_s) if each]
        if found:
            device.longest_hold_s = max(2 * min(found), SHORTEST_HOLD_S)
        facts["period_s"], facts["stamped"] = first.period_s, first.stamp is not None
        facts["suite"] = getattr(device.way, "suite", None)
        self.facts.update(facts)
        device.channels = (self._channel(device, min(found, default=None), facts),)
        return device

    def _channel(self, device: _Bmc, update_s: float | None, facts: dict[str, Any]) -> Channel:
        here = "" if self._node == "localhost" else f"@{self._node}"
        return Channel(
            name=f"{self.name}/{PART}{here}/power",
            meter=self.name,
            part=PART,
            domain=Domain.NODE,
            quantity=Quantity.POWER,
            unit="W",
            node=self._node,
            resolution=1.0,
            accuracy=ASSUMED,
            instrument=Instrument.PLATFORM,
            update_s=update_s,
            max_power_w=MOST_W,
            source=f"{device.way.where}: Get Power Reading",
            note="; ".join(_notes(update_s, facts)),
        )


def _notes(update_s: float | None, facts: dict[str, Any]) -> list[str]:
    notes = [f"baseboard controller, DCMI {facts.get('dcmi', 'of an unknown version')}"]
    if "identifier" in facts:
        notes.append(f"it calls itself {facts['identifier']}")
    if update_s is None:
        notes.append("no change was seen while it was watched: its pace is not known")
    ahead_s = facts.get("clock_ahead_s")
    if ahead_s is not None and abs(ahead_s) > 1.5:
        way = "ahead of" if ahead_s > 0 else "behind"
        notes.append(f"its clock is {abs(ahead_s):.0f} s {way} ours and is not used")
    if not facts["stamped"]:
        notes.append("it stamps no readings, so values that it holds are not known")
    return notes


class _Bmc:
    """A controller that is asked."""

    def __init__(self, way: Way, monotonic: Callable[[], float]) -> None:
        self.channels: tuple[Channel, ...] = ()
        self.failures: list[MeterError] = []
        self.cautions: list[Caution] = []
        self.way = way
        self._monotonic = monotonic
        self.longest_hold_s = LONGEST_HOLD_S
        self._last: tuple[int, int | None] | None = None
        self._moves = False
        self._moved_at = 0.0
        self._told = False

    def reading(self) -> _dcmi.Power:
        """Return a reading.

        Raises:
            MeterError: if there is none now.
            UnavailableError: if there never will be.
        """
        return _dcmi.power(*self.way.ask(*_dcmi.POWER), self.way.where)

    def both(self) -> tuple[float, float | None]:
        """Return power and stamp."""
        reading = self.reading()
        return float(reading.watts), None if reading.stamp is None else float(reading.stamp)

    def facts(self, utc: Callable[[], float]) -> dict[str, Any]:
        """Return what the controller says of itself; what it does not say is left out."""
        found: dict[str, Any] = {}
        for request, tells in (
            (_dcmi.DEVICE, _dcmi.device),
            (_dcmi.CAPABILITIES, _dcmi.capabilities),
            (_dcmi.SEL_TIME, lambda code, data: _clock(code, data, utc)),
        ):
            with suppress(JoulemarkError):
                found.update(tells(*self.way.ask(*request)))
        with suppress(JoulemarkError):
            found.update(_dcmi.identifier(self.way.ask))
        return found

    def ask(self) -> list[float | None]:
        """Return the power; nothing where it is the value of the last answer, held.

        Raises:
            MeterError: if there is no answer, or it came too late to be of a known moment.
        """
        before = self._monotonic()
        reading = self.reading()
        now = self._monotonic()
        if now - before > LATE_S:
            raise MeterError(f"an answer took more than {LATE_S:g} s", where=self.way.where)
        shown = reading.watts, reading.stamp
        if shown != self._last:
            self._moves = self._moves or (self._last is not None and shown[1] != self._last[1])
            self._last, self._moved_at, self._told = shown, now, False
        elif self._moves and now - self._moved_at > self.longest_hold_s:
            self._tell()
            return [None]
        return [float(reading.watts)]

    def _tell(self) -> None:
        """Note once that the sensor stands still."""
        if not self._told:
            self._told = True
            held = f"it holds its value and its stamp for more than {self.longest_hold_s:g} s"
            self.failures.append(MeterError(held, where=self.way.where))

    def interrupt(self) -> None:
        self.way.interrupt()

    def close(self) -> None:
        self.way.close()


def _clock(code: int, data: bytes, utc: Callable[[], float]) -> dict[str, object]:
    """Return how far the controller's clock is ahead of ours, s; its seconds are whole."""
    its = _dcmi.sel_time(code, data)
    return {} if its is None else {"clock_ahead_s": round(its + 0.5 - utc(), 1)}


def ipmi(settings: Settings) -> Ipmi:
    """Make the meter from JSON settings; see ``docs/meters-bmc.md``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("ipmi", settings, SETTINGS)
    way = _way(settings) if settings else None
    return Ipmi(
        way,
        node=text_setting("ipmi", settings, "node", "localhost"),
        pace_s=seconds_setting("ipmi", settings, "pace_s", PACE_S),
        watch_s=seconds_setting("ipmi", settings, "watch_s", WATCH_S),
    )


def _way(settings: Settings) -> Callable[[], Way]:
    """Return what gives the way to a controller; the network or the kernel."""
    device = text_setting("ipmi", settings, "device", "")
    if bool(device) is ("host" in settings):
        raise UsageError(
            "a host or a device must be named, and not both",
            where="meter ipmi",
            remedy="ipmi:host=ADDRESS or ipmi:device=/dev/ipmi0",
        )
    if device:
        from joulemark.meters._ipmi_local import Local

        return lambda: Local(device)
    host, port = host_setting("ipmi", settings), port_setting("ipmi", settings, PORT)
    user = text_setting("ipmi", settings, "user", "")

    def lan() -> Way:
        from joulemark.meters._credentials import credentials
        from joulemark.meters._ipmi_lan import Lan

        return Lan(host, port, credentials(host, user=user))

    return lan
