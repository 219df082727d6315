"""Which outlets belong to which node, and what all of them draw together.

Every outlet of a strip belongs to the job, or there is something in the rack that a reader of the
figure does not know of: an outlet that draws power and is not named is a caution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel
from joulemark.core.errors import JoulemarkError, MeterError, UnavailableError, UsageError
from joulemark.core.record import record
from joulemark.meters._strips import Drawn, Outlet, Strip

FOREIGN_W = 2.0
"""An outlet that draws more is in use; an empty one may show a watt."""
LONGEST_SKIP = 16
"""Questions that a silent strip is spared at most, so that it costs the others little."""
SWITCH = "switch:"
"""Before the name of what an outlet feeds, if that is a switch and no node."""

Member = tuple[int, str]
"""Place of a strip, and an outlet of it."""


@record(frozen=True, slots=True)
class Group:
    """The outlets of one node, or of one switch.

    Attributes:
        node: its name.
        switch: whether it is a switch.
        members: its outlets.
    """

    node: str
    switch: bool
    members: tuple[Member, ...]

    def drawn(self, told: Mapping[Member, Drawn]) -> tuple[float | None, float | None]:
        """Return power (W) and energy (J) of all its outlets; None where one is not known."""
        values = [told.get(member, (None, None)) for member in self.members]
        return _sum(power for power, _ in values), _sum(energy for _, energy in values)


def _sum(values: Iterator[float | None]) -> float | None:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def groups(strips: Sequence[Strip], wanted: Mapping[str, str]) -> list[Group]:
    """Return who is fed by what, in the order of their first outlets.

    Args:
        strips: power strips that were begun.
        wanted: what each outlet feeds, by ``OUTLET``; of several strips by ``HOST/OUTLET``.

    Raises:
        UnavailableError: if no outlet is named, or one that there is not.
    """
    there = {
        _name(strips, place, outlet): (place, outlet.name)
        for place, strip in enumerate(strips)
        for outlet in strip.outlets
    }
    if not wanted:
        raise UnavailableError("no outlet is named", where="meter pdu", remedy=_remedy(strips))
    members: dict[str, list[Member]] = {}
    for outlet, feeds in wanted.items():
        if outlet not in there:
            raise UnavailableError(
                f"there is no outlet {outlet!r:.60}", where="meter pdu", remedy=_remedy(strips)
            )
        members.setdefault(feeds, []).append(there[outlet])
    return [
        Group(feeds.removeprefix(SWITCH), feeds.startswith(SWITCH), tuple(found))
        for feeds, found in members.items()
    ]


def _name(strips: Sequence[Strip], place: int, outlet: Outlet) -> str:
    if len(strips) == 1:
        return outlet.name
    return f"{strips[place].where.partition('://')[2]}/{outlet.name}"


def _remedy(strips: Sequence[Strip]) -> str:
    """Return how outlets are named, with what each of them draws now."""
    lines = []
    for place, strip in enumerate(strips):
        drawn = strip.ask([outlet.name for outlet in strip.outlets])
        for outlet in strip.outlets:
            watts = drawn[outlet.name][0]
            label = f" ({outlet.label:.40})" if outlet.label else ""
            lines.append(f"{_name(strips, place, outlet)}{label} {watts or 0:.0f} W")
    return f'outlets={{"OUTLET":"NODE"}} or outlets=["OUTLET"]; there are {", ".join(lines):.1000}'


def outlets_setting(value: object) -> dict[str, str]:
    """Return what each outlet feeds, from the setting ``outlets``.

    Args:
        value: an object of outlets and what they feed, or a list of outlets of this node.

    Raises:
        UsageError: if it is neither.
    """
    if isinstance(value, list):
        value = dict.fromkeys(
            (each if isinstance(each, str) else "" for each in value), "localhost"
        )
    if not isinstance(value, dict) or not all(map(_is_outlet, value.items())):
        raise UsageError(
            f"outlets is {value!r:.80}",
            where="meter pdu",
            remedy='write outlets={"1":"node-0","2":"node-0"}, or outlets=["1","2"] for this node',
        )
    return dict(value)


def _is_outlet(pair: tuple[object, object]) -> bool:
    outlet, feeds = pair
    if not isinstance(outlet, str) or not isinstance(feeds, str):
        return False
    whole = outlet and feeds.removeprefix(SWITCH)
    return bool(whole) and (outlet + feeds).isprintable() and len(outlet + feeds) < 200


class Outlets:
    """Asks strips for what their outlets draw: those of a group each time, the others in turn.

    Args:
        strips: power strips that were begun.
        found: who is fed by what.

    Attributes:
        channels: one for each value of an answer; set by whoever has watched the values.
        kept: for each channel, the place of its group and whether it is the energy counter.
        failures: what was wrong with single values.
        cautions: outlets that draw power and feed nobody.
    """

    def __init__(self, strips: Sequence[Strip], found: Sequence[Group]) -> None:
        """Keep both; nothing is asked."""
        self.channels: Sequence[Channel] = ()
        self.kept: Sequence[tuple[int, bool]] = ()
        self.failures: list[MeterError] = []
        self.cautions: list[Caution] = []
        self._strips = tuple(strips)
        self._groups = tuple(found)
        named = {member for group in found for member in group.members}
        self._named = [
            [outlet.name for outlet in strip.outlets if (place, outlet.name) in named]
            for place, strip in enumerate(strips)
        ]
        self._others = [
            [outlet for outlet in strip.outlets if (place, outlet.name) not in named]
            for place, strip in enumerate(strips)
        ]
        self._turn = 0
        self._skips = [0] * len(strips)
        self._skipped = [0] * len(strips)
        self._foreign: set[Member] = set()

    def look_around(self) -> None:
        """Ask for every outlet that feeds nobody, once.

        Raises:
            MeterError: if a strip does not answer.
        """
        for place, strip in enumerate(self._strips):
            others = self._others[place]
            if others:
                self._judge(place, others, strip.ask([outlet.name for outlet in others]))

    def ask(self) -> list[float | None]:
        """Return the values of the channels now.

        Raises:
            MeterError: if no strip answers.
        """
        drawn = self.ask_groups()
        return [drawn[place][int(counter)] for place, counter in self.kept]

    def ask_groups(self) -> list[tuple[float | None, float | None]]:
        """Return power (W) and energy (J) of each group now.

        Raises:
            MeterError: if no strip answers.
        """
        told: dict[Member, Drawn] = {}
        errors: list[JoulemarkError] = []
        for place in range(len(self._strips)):
            if self._skips[place] > 0:
                self._skips[place] -= 1
                continue
            try:
                told.update(self._ask_strip(place))
                self._skipped[place] = 0
            except JoulemarkError as error:
                errors.append(error)
                self._skipped[place] = min(2 * self._skipped[place] + 1, LONGEST_SKIP)
                self._skips[place] = self._skipped[place] if len(self._strips) > 1 else 0
        self._turn += 1
        if errors and not told:
            raise errors[0]
        self.failures += [e if isinstance(e, MeterError) else MeterError(str(e)) for e in errors]
        return [group.drawn(told) for group in self._groups]

    def _ask_strip(self, place: int) -> dict[Member, Drawn]:
        strip, others = self._strips[place], self._others[place]
        looked_at = [others[self._turn % len(others)]] if others else []
        names = self._named[place] + [outlet.name for outlet in looked_at]
        drawn = strip.ask(names) if names else {}
        self.failures += strip.failures
        strip.failures.clear()
        self._judge(place, looked_at, drawn)
        return {(place, name): value for name, value in drawn.items()}

    def _judge(self, place: int, outlets: Sequence[Outlet], drawn: Mapping[str, Drawn]) -> None:
        """Warn, once for each, of outlets that draw power and feed nobody who is named."""
        for outlet in outlets:
            watts = drawn[outlet.name][0]
            if watts is None or watts <= FOREIGN_W or (place, outlet.name) in self._foreign:
                continue
            self._foreign.add((place, outlet.name))
            seen = f"pdu: outlet {outlet} of {self._strips[place].where} draws {watts:.4g} W"
            self.cautions.append(Caution(Code.FOREIGN_OUTLET, seen))

    def interrupt(self) -> None:
        """End a question that another thread is waiting for."""
        for strip in self._strips:
            strip.interrupt()

    def close(self) -> None:
        """Let go of the strips."""
        for strip in self._strips:
            strip.close()
