"""Where a published figure is from: which rows hold it, or give it when they are put together.

A figure may be of another system, scenario or unit than it is said to be, have two digits swapped,
or be made of two rows that are not of one result. The search asks every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from joulemark.analysis.claims.detect_identity import swapped
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits, si

CLOSE = 2e-4
"""Two plotted numbers of many digits are the same figure if they are this near, relative."""
_FOLLOWS = 2e-5
"""So near is a number that was divided by another one and then written with ten digits."""
_UNITS = {"energy_j": "J", "power_w": "W", "latency_s": "s"}


@dataclass(frozen=True, slots=True)
class Named:
    """A plotted number, and the result that it is said to be of.

    Attributes:
        name: of its point.
        value: the number.
        cited: public number.
        benchmark: with variant.
        scenario: LoadGen's name.
    """

    name: str
    value: float
    cited: str
    benchmark: str
    scenario: str


def holders(wanted: Sequence[Named], entries: Sequence[Entry], quantity: str) -> list[Suspicion]:
    """Return where numbers stand that are not those of the results they are cited from.

    Args:
        wanted: the numbers.
        entries: of the record, converted to the unit of work of the numbers.
        quantity: attribute of an entry that the numbers are of.
    """
    found: dict[str, list[tuple[Named, Entry]]] = {}
    for one in wanted:
        for entry in entries:
            if one.benchmark == entry.name and _is(one.value, getattr(entry, quantity)):
                found.setdefault(_owner(entry), []).append((one, entry))
                if _own(one, entry) and _exactly(one.value, getattr(entry, quantity)):
                    found.setdefault("", []).append((one, entry))
    right = {one.name for one, _ in found.pop("", ())}
    open_ = [one for one in wanted if one.name not in right]
    made: list[Suspicion] = []
    for held in sorted(found.values(), key=len, reverse=True):
        pairs = [(one, entry) for one, entry in held if one in open_]
        if pairs:
            made.append(_of(pairs, quantity))
            open_ = [one for one in open_ if one not in {o for o, _ in pairs}]
    return made


def _is(value: float, other: float | None) -> bool:
    """Return whether a number is a figure, as far as it was written, or but for swapped digits."""
    if other is None or other <= 0:
        return False
    return _exactly(value, other) or swapped(value, other)


def _exactly(value: float, other: float) -> bool:
    return abs(value - other) <= _written(value)


def _own(one: Named, entry: Entry) -> bool:
    return entry.public_id == one.cited and entry.scenario == one.scenario


def _written(value: float) -> float:
    """Return half a step of the last digit of a number as it is written."""
    text = f"{value:.12g}"
    mantissa, _, exponent = text.partition("e")
    places = len(mantissa.partition(".")[2])
    power = int(exponent) if exponent else 0
    return max(0.5 * 10.0 ** (power - places), CLOSE * value)


def _owner(entry: Entry) -> str:
    return f"{entry.public_id} {entry.system_name or entry.system} {entry.scenario}".strip()


def _of(pairs: Sequence[tuple[Named, Entry]], quantity: str) -> Suspicion:
    (one, entry) = pairs[0]
    names = ", ".join(dict.fromkeys(of.name for of, _ in pairs))
    same = entry.public_id == one.cited
    detector = "scenario" if same else "identity"
    owner = _owner(entry)
    evidence = [_seen(of, held, quantity) for of, held in pairs]
    if _own(one, entry):
        detector = "identity"
        what = f"{names}: two digits of the figure of {one.cited} are swapped"
        mended = f"take the figure of {one.cited}"
    elif same:
        what = f"{names}: the {entry.scenario} result of {one.cited}, not its {one.scenario} result"
        mended = f"take the {one.scenario} result"
    else:
        what = f"{names}: cited as {one.cited}, but the figures of {owner}"
        mended = f"cite {entry.public_id or owner}, or take the figures of {one.cited}"
    return Suspicion(
        detector=detector,
        what=what,
        keys=tuple(dict.fromkeys(held.key for _, held in pairs)),
        sources=tuple(dict.fromkeys(s for _, held in pairs for s in held.sources[:1])),
        evidence=tuple(dict.fromkeys(evidence)),
        correction=mended,
    )


def _seen(one: Named, entry: Entry, quantity: str) -> str:
    value = getattr(entry, quantity)
    odd = abs(one.value - value) > _written(one.value)
    unit = _UNITS.get(quantity, "")
    text = f"{one.name}: {si(one.value, unit)}; {entry.name} has {si(value, unit, 5)}"
    return f"{text}: two digits are swapped" if odd else text


def series(
    wanted: Sequence[Named], known: Sequence[Sequence[Entry]], quantity: str
) -> Iterator[Suspicion]:
    """Yield the system whose figures, divided by its first, are a series of numbers.

    Args:
        wanted: the numbers, the first of them 1.
        known: for each number, the entries of its round.
        quantity: attribute of an entry that the numbers are of.
    """
    for first in known[0]:
        base = getattr(first, quantity)
        if not base or first.scenario != wanted[0].scenario:
            continue
        chain = [first]
        for one, of_round in zip(wanted[1:], known[1:], strict=True):
            held = next((e for e in of_round if _follows(one, e, first, quantity)), None)
            if held is None:
                break
            chain.append(held)
        if len(chain) == len(wanted) and chain[0].public_id != wanted[0].cited:
            yield _chain(wanted, chain)
            return


def _follows(one: Named, entry: Entry, first: Entry, quantity: str) -> bool:
    value, base = getattr(entry, quantity), getattr(first, quantity)
    same = (entry.name, entry.scenario, entry.category) == (
        first.name,
        first.scenario,
        first.category,
    )
    if not same or not value or not base:
        return False
    return bool(abs(value / base - one.value) <= _FOLLOWS * one.value)


def _chain(wanted: Sequence[Named], chain: Sequence[Entry]) -> Suspicion:
    cited = ", ".join(one.cited for one in wanted)
    held = ", ".join(entry.public_id or entry.system for entry in chain)
    first = chain[0]
    return Suspicion(
        detector="identity",
        what=f"cited as {cited}, but the figures of {held}",
        keys=tuple(entry.key for entry in chain),
        sources=tuple(dict.fromkeys(s for entry in chain for s in entry.sources[:1])),
        evidence=(
            f"every number is that of {first.system_name or first.system}, to five digits",
            f"{digits(first.accelerators or 0, 3)} accelerators, {first.category}",
        ),
        correction=f"cite {held}, or take the figures of {cited}",
    )
