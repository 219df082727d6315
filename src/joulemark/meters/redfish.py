"""Redfish: power of a whole node as its baseboard controller tells it, over HTTPS.

Never looked for: a host must be named, and name and password are taken from the environment or a
keyring (``JOULEMARK_BMC_USER``, ``JOULEMARK_BMC_PASSWORD``). An energy counter is read where it
has news and counts finely enough; else ``EnvironmentMetrics.PowerWatts``; else, on older
controllers, ``Power.PowerControl``. How often the sensor has news is found by watching it when the
meter is opened. Times are ours: the controller's clock is only compared with it.

One connection and one session serve all readings, in a thread of their own: see ``_remote``.
TLS is verified; ``verify=false`` is recorded as a caution. It has met the virtual controller of
:mod:`joulemark.virtual` and no hardware yet.
"""

from __future__ import annotations

import time

from joulemark.core.baseboard import ASSUMED
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.record import replace
from joulemark.meters._remote import PACE_S, Remote
from joulemark.meters._remote_settings import (
    Address,
    address,
    names_of,
    only_known,
    seconds_setting,
    text_setting,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joulemark.core.interfaces import Settings
    from joulemark.meters._credentials import Credentials
    from joulemark.meters._redfish import Redfish as Service
    from joulemark.meters._redfish_chassis import Counter, Source
    from joulemark.meters._redfish_points import Asker, Point
    from joulemark.meters._watching import Seen

PART = "node"
WATCH_S = 3.0
SETTINGS = (
    "host", "port", "user", "auth", "cafile", "verify", "chassis", "node",
    "pace_s", "timeout_s", "watch_s",
)  # fmt: skip


class Redfish(Remote):
    """Power of a node, by its baseboard controller.

    Args:
        at: which controller, and how to talk to it; None for none.
        chassis: names of chassis: the node, then boards in it; the node is found if none is named.
        node: host that the controller belongs to.
        pace_s: time between two questions.
        watch_s: how long the sensor is watched when it is opened.
        background: whether a thread asks; else each ``read`` asks once.
        who: gives name and password.
        connect: gives the service, not begun; by default over HTTPS.
        wait: lets time pass, s.
        monotonic: clock for watching, s.
        utc: our clock, to be compared with the controller's, s since 1970.
    """

    name = "redfish"

    def __init__(
        self,
        at: Address | None = None,
        *,
        chassis: Sequence[str] = (),
        node: str = "localhost",
        pace_s: float = PACE_S,
        watch_s: float = WATCH_S,
        background: bool = True,
        who: Callable[[], Credentials] | None = None,
        connect: Callable[[Credentials], Service] | None = None,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(pace_s=pace_s, background=background)
        self._at = at
        self._chassis = tuple(chassis)
        self._node = node
        self._watch_s = watch_s
        self._who = who
        self._connect_to = connect
        self._wait = wait
        self._monotonic = monotonic
        self._utc = utc

    def _connect(self) -> _Bmc:
        at = self._at
        if at is None:
            raise UnavailableError(
                "no baseboard controller is named",
                where="meter redfish",
                remedy="joulemark run --meter redfish:host=ADDRESS … with JOULEMARK_BMC_USER and "
                "JOULEMARK_BMC_PASSWORD set; docs/meters-bmc.md tells more",
            )
        from joulemark.meters._redfish_chassis import clock_ahead_s, named, node

        service = at.service(self._who, self._connect_to)
        try:
            service.begin()
            sources = [named(service, name) for name in self._chassis] or [node(service)]
            ahead_s = clock_ahead_s(service, self._utc)
            device = _Bmc(service, self._channels(at, service, sources, ahead_s))
        except BaseException:
            service.close()
            raise
        if not at.verify:
            device.cautions.append(Caution(Code.UNVERIFIED_DEVICE, f"{self.name}: {at.origin}"))
        self.facts.update(at.facts(service), clock_ahead_s=ahead_s)
        return device

    def _channels(
        self, at: Address, service: Service, sources: list[Source], ahead_s: float | None
    ) -> tuple[list[Channel], Asker]:
        """Watch the sensors; return the channels, and what reads them."""
        from joulemark.meters._redfish_points import Asker
        from joulemark.meters._watching import fine_enough, watch

        counted = [source.counter for source in sources if source.counter]
        asker = Asker(service, [*(s.power for s in sources), *(c.point for c in counted)])
        seen = watch(asker.ask, clock=self._monotonic, wait=self._wait, watch_s=self._watch_s)
        of_counters = iter(seen[len(sources) :])
        energies: list[tuple[Channel, Point]] = []
        powers: list[tuple[Channel, Point]] = []
        for place, (source, saw) in enumerate(zip(sources, seen, strict=False)):
            channel = self._channel(at, place, source, saw, _notes(source, ahead_s))
            if source.counter:
                saw_energy = next(of_counters)
                watts = saw.values[-1] if saw.values else None
                why_not = fine_enough(saw_energy, source.counter.joules, watts)
                if why_not:
                    note = f"{channel.note}; its energy counter is not used: {why_not}"
                    channel = replace(channel, note=note)
                else:
                    counter = _counter(channel, source.counter, saw_energy, self._pace_s)
                    energies.append((counter, source.counter.point))
            powers.append((channel, source.power))
        kept = [*energies, *powers]
        return [channel for channel, _ in kept], Asker(service, [point for _, point in kept])

    def _channel(
        self, at: Address, place: int, source: Source, seen: Seen, notes: list[str]
    ) -> Channel:
        """Return the channel of a chassis's power; the first chassis is the node."""
        part = PART if place == 0 else f"board-{source.chassis:.40}"
        here = "" if self._node == "localhost" else f"@{self._node}"
        return Channel(
            name=f"{self.name}/{part}{here}/power",
            meter=self.name,
            part=part,
            domain=Domain.NODE if place == 0 else Domain.BOARD,
            quantity=Quantity.POWER,
            unit="W",
            node=self._node,
            parent=None if place == 0 else PART,
            resolution=seen.decimal,
            accuracy=source.about.accuracy or ASSUMED,
            instrument=Instrument.PLATFORM,
            update_s=seen.update_s or source.about.update_s,
            max_power_w=source.about.most_w,
            rated_w=source.rated_w,
            source=f"{at.origin} {source.power}",
            note="; ".join(notes),
        )


def _counter(power: Channel, counter: Counter, seen: Seen, pace_s: float) -> Channel:
    """Return the channel of an energy counter, given that of the power of the same chassis.

    Its rows are its changes: each is at most a pace old.
    """
    return replace(
        power,
        name=f"{power.name.removesuffix('/power')}/energy",
        quantity=Quantity.ENERGY,
        unit=counter.unit,
        scale=counter.joules,
        resolution=seen.decimal,
        update_s=pace_s,
        source=f"{power.source.partition(' ')[0]} {counter.point}",
    )


def _notes(source: Source, ahead_s: float | None) -> list[str]:
    notes = [source.model or f"chassis {source.chassis:.40}", f"as its {source.way} says"]
    if ahead_s is not None and abs(ahead_s) >= 1:
        way = "ahead of" if ahead_s > 0 else "behind"
        notes.append(f"its clock is {abs(ahead_s):.0f} s {way} ours and is not used")
    return notes


class _Bmc:
    """A controller that is asked."""

    def __init__(self, service: Service, made: tuple[list[Channel], Asker]) -> None:
        self.channels, self._asker = made
        self.failures = self._asker.failures
        self.cautions: list[Caution] = []
        self._service = service

    def ask(self) -> list[float | None]:
        return self._asker.ask()

    def interrupt(self) -> None:
        self._service.interrupt()

    def close(self) -> None:
        self._service.close()


def redfish(settings: Settings) -> Redfish:
    """Make the meter from JSON settings; see ``docs/meters-bmc.md``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("redfish", settings, SETTINGS)
    chassis = names_of("redfish", settings, "chassis")
    if "host" not in settings and settings:
        raise UsageError("host is missing", where="meter redfish", remedy="redfish:host=ADDRESS")
    return Redfish(
        address("redfish", settings, port=443, kind="BMC") if settings else None,
        chassis=chassis,
        node=text_setting("redfish", settings, "node", "localhost"),
        pace_s=seconds_setting("redfish", settings, "pace_s", PACE_S),
        watch_s=seconds_setting("redfish", settings, "watch_s", WATCH_S),
    )
