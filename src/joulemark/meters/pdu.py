"""Rack power strips: what the outlets of a node draw, over SNMP or Redfish.

Never looked for: a strip must be named, and which outlet feeds which node. Several outlets of one
node are added up, those of several strips too (``host`` is then a list, an outlet is
``HOST/OUTLET``). An outlet that draws power and is not named is a caution (``foreign-outlet``); a
strip that cannot prove who it is (SNMP v2c, or ``verify=false``) is another.

Name and password, SNMP community and v3 passphrases come from the environment or a keyring
(``JOULEMARK_PDU_USER``, ``JOULEMARK_PDU_PASSWORD``, ``JOULEMARK_PDU_PRIVACY_PASSWORD``). What is
read of which maker's tables, and from which text, says ``_snmp_strip``. It has met the virtual
strips of :mod:`joulemark.virtual` and no hardware yet.
"""

from __future__ import annotations

import time

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.record import replace
from joulemark.meters._remote import PACE_S, Remote
from joulemark.meters._remote_settings import only_known, seconds_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from joulemark.core.interfaces import Settings
    from joulemark.meters._outlets import Group, Outlets
    from joulemark.meters._strips import Strip
    from joulemark.meters._watching import Seen

WATCH_S = 3.0
PART = "wall"
ASSUMED = Accuracy(
    gain=0.05, source="assumed ±5 %: the strip does not say how well its outlets are metered"
)
SETTINGS = (
    "host", "outlets", "speak", "port", "user", "version", "authentication", "privacy", "mib",
    "strip", "auth", "cafile", "verify", "pace_s", "timeout_s", "watch_s",
)  # fmt: skip


class Pdu(Remote):
    """What outlets of power strips draw.

    Args:
        strips: gives the strips, not begun; None for none.
        outlets: what each outlet feeds.
        pace_s: time between two questions.
        watch_s: how long the outlets are watched when they are opened.
        background: whether a thread asks; else each ``read`` asks once.
        wait: lets time pass, s.
        monotonic: clock for watching, s.
    """

    name = "pdu"

    def __init__(
        self,
        strips: Callable[[], Sequence[Strip]] | None = None,
        *,
        outlets: Mapping[str, str] | None = None,
        pace_s: float = PACE_S,
        watch_s: float = WATCH_S,
        background: bool = True,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(pace_s=pace_s, background=background)
        self._strips = strips
        self._outlets = dict(outlets or {})
        self._watch_s = watch_s
        self._wait = wait
        self._monotonic = monotonic

    def _connect(self) -> Outlets:
        if self._strips is None:
            raise UnavailableError(
                "no power strip is named",
                where="meter pdu",
                remedy="joulemark run --meter 'pdu:host=ADDRESS,outlets=[\"1\"]' … with "
                "JOULEMARK_PDU_PASSWORD set; docs/meters-bmc.md tells more",
            )
        from joulemark.meters._outlets import Outlets, groups

        strips = self._strips()
        try:
            for strip in strips:
                strip.begin()
            found = groups(strips, self._outlets)
            device = Outlets(strips, found)
            device.look_around()
            self._choose(device, strips, found)
        except BaseException:
            for strip in strips:
                strip.close()
            raise
        for strip in strips:
            if not strip.proven:
                device.cautions.append(Caution(Code.UNVERIFIED_DEVICE, f"pdu: {strip.where}"))
        self.facts["strips"] = [{"where": strip.where, "model": strip.model} for strip in strips]
        return device

    def _choose(self, device: Outlets, strips: Sequence[Strip], found: Sequence[Group]) -> None:
        """Watch the outlets, and settle which values are read."""
        from joulemark.meters._watching import fine_enough, watch

        def flat() -> list[float | None]:
            return [value for pair in device.ask_groups() for value in pair]

        seen = watch(flat, clock=self._monotonic, wait=self._wait, watch_s=self._watch_s)
        energies: list[tuple[Channel, tuple[int, bool]]] = []
        powers: list[tuple[Channel, tuple[int, bool]]] = []
        for place, group in enumerate(found):
            power, energy = seen[2 * place], seen[2 * place + 1]
            channel = _channel(strips, group, power)
            if energy.values:
                watts = power.values[-1] if power.values else None
                why_not = fine_enough(energy, 1.0, watts)
                if why_not:
                    note = f"{channel.note}; its energy counters are not used: {why_not}"
                    channel = replace(channel, note=note)
                else:
                    step_j = sum(strips[strip].step_j for strip, _ in group.members)
                    made = _counter(channel, step_j, self._pace_s)
                    energies.append((made, (place, True)))
            powers.append((channel, (place, False)))
        device.channels = [channel for channel, _ in (*energies, *powers)]
        device.kept = [kept for _, kept in (*energies, *powers)]
        for strip in strips:
            strip.energies = bool(energies)


def _channel(strips: Sequence[Strip], group: Group, seen: Seen) -> Channel:
    """Return the channel of the power of a node, or of a switch."""
    from joulemark.meters._strips import together

    of = {(i, outlet.name): outlet for i, strip in enumerate(strips) for outlet in strip.outlets}
    members = [of[member] for member in group.members]
    accuracy = together([outlet.accuracy for outlet in members], ASSUMED)
    names = [f"{of[m]} of {strips[m[0]].where}" for m in group.members]
    ways = dict.fromkeys(f"{strips[i].model} ({strips[i].way})" for i, _ in group.members)
    part = group.node if group.switch else PART
    here = "" if group.node == "localhost" or group.switch else f"@{group.node}"
    paces = [outlet.update_s for outlet in members if outlet.update_s]
    return Channel(
        name=f"pdu/{part}{here}/power",
        meter="pdu",
        part=part,
        domain=Domain.SWITCH if group.switch else Domain.WALL,
        quantity=Quantity.POWER,
        unit="W",
        node="localhost" if group.switch else group.node,
        resolution=seen.decimal,
        accuracy=accuracy,
        instrument=Instrument.PLATFORM if accuracy is ASSUMED else Instrument.EXTERNAL,
        update_s=seen.update_s or max(paces, default=None),
        source="; ".join(f"outlet {name}" for name in names),
        note="; ".join(ways),
    )


def _counter(power: Channel, step_j: float, pace_s: float) -> Channel:
    """Return the channel of the energy counters of the same outlets; its rows are its changes."""
    return replace(
        power,
        name=f"{power.name.removesuffix('/power')}/energy",
        quantity=Quantity.ENERGY,
        unit="J",
        resolution=step_j,
        update_s=pace_s,
    )


def pdu(settings: Settings) -> Pdu:
    """Make the meter from JSON settings; see ``docs/meters-bmc.md``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("pdu", settings, SETTINGS)
    if not settings:
        return Pdu()
    if "host" not in settings:
        raise UsageError("host is missing", where="meter pdu", remedy="pdu:host=ADDRESS,outlets=…")
    from joulemark.meters._outlets import outlets_setting
    from joulemark.meters._strip_settings import strips_of

    return Pdu(
        strips_of(settings),
        outlets=outlets_setting(settings.get("outlets", {})),
        pace_s=seconds_setting("pdu", settings, "pace_s", PACE_S),
        watch_s=seconds_setting("pdu", settings, "watch_s", WATCH_S),
    )
