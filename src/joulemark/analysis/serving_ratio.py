"""Why B costs more than A: the ratio of their energies split into factors that multiply to it.

The energy of a request (or image) is a product: see ``accounting.serving_factors``. So the ratio of
two is the product of the ratios of their factors, exactly, and its logarithm is a sum
(decision 11). What a factor is *owed to* is another question: it is answered only where one thing
alone differs between the two. Where several differ they are named together, unless runs in between
change them one at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from joulemark.analysis.logarithms import difference
from joulemark.core.errors import UsageError
from joulemark.core.value import Source, Term, Value

TOKENS, PROMPTS, STEP, GAP, PAUSES = "tokens", "prompts", "step", "gap", "pauses"
MEMORY, PACE, BATCH, DEVICES, POWER = "memory", "pace", "batch", "devices", "power"
MODEL, PRECISION, DEVICE, PARALLEL, SOFTWARE, WORK, LOAD = (
    *("model", "precision", "device", "devices", "software", "work", "load"),
)
"""What may differ between two sides."""
_SPEED = (MODEL, PRECISION, DEVICE, PARALLEL, SOFTWARE, WORK, LOAD)
MOVED_BY: Mapping[str, tuple[str, ...]] = {
    TOKENS: (MODEL, PRECISION, SOFTWARE, WORK, LOAD),
    PROMPTS: _SPEED,
    STEP: _SPEED,
    GAP: _SPEED,
    PAUSES: _SPEED,
    MEMORY: (MODEL, PRECISION, SOFTWARE, WORK, LOAD),
    PACE: _SPEED,
    BATCH: _SPEED,
    DEVICES: (PARALLEL,),
    POWER: _SPEED,
}
"""What may move a factor. Arrivals of their own fill the batch by how fast the server is."""
EXACT = 1e-6
"""How well the factors of a side must multiply to its energy, relative."""
_LARGEST = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One configuration as it was measured or published.

    Attributes:
        name: short, for tables.
        per: what the energy is of: ``request``, ``image`` or ``video``.
        energy: J.
        terms: ``tokens`` (steps, of a diffusion pipeline), ``step`` (s), ``batch`` and ``power``
            (W, of all devices), with tokens · step · power / batch = energy. May have:
            ``devices``; ``prompts``, the share of the energy that prompts took; ``gap``, the usual
            time between two tokens (s); ``memory``, bytes that a step reads.
        traits: what it is, by the names above; one that is not known is absent.
        remarks: what is odd about it.
    """

    name: str
    per: str
    energy: Value
    terms: Mapping[str, Value]
    traits: Mapping[str, str]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor of a ratio.

    Attributes:
        name: one of the names above.
        a: its value in A.
        b: in B.
        log: logarithm of what it multiplies the energy by.
        by: what may have moved it, of what differs.
    """

    name: str
    a: Value
    b: Value
    log: Value
    by: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """What it multiplies the energy by."""
        return math.exp(self.log.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """From one configuration to the next.

    Attributes:
        a: the first.
        b: the second.
        log: logarithm of the ratio of their energies.
        factors: they multiply to it.
        changed: what differs.
        untold: what only one of them tells, and neither can be said to differ nor to agree.
    """

    a: Side
    b: Side
    log: Value
    factors: tuple[Factor, ...]
    changed: tuple[str, ...]
    untold: tuple[str, ...] = field(default=())

    @property
    def ratio(self) -> float:
        """Energy of B by that of A."""
        return math.exp(self.log.value)

    @property
    def cause(self) -> str:
        """What it is owed to, in words; several things are named together."""
        return together(self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer.

    Attributes:
        whole: from the first to the last.
        hops: between neighbours; one, if there was nothing in between.
    """

    whole: Hop
    hops: tuple[Hop, ...]


def why(sides: Sequence[Side]) -> Why:
    """Return what makes the difference between the first and the last.

    Args:
        sides: two, or more where those in between change one thing at a time.

    Raises:
        UsageError: if they are not of one kind, or a factor is not above zero.
    """
    if len(sides) < 2:
        raise UsageError("there is nothing to compare it with", remedy="name a second one")
    kinds = {side.per for side in sides}
    if len(kinds) > 1:
        raise UsageError(f"energy per {' and per '.join(sorted(kinds))} cannot be compared")
    used = frozenset.intersection(*(frozenset(side.terms) for side in sides))
    hops = tuple(_hop(a, b, used) for a, b in pairwise(sides))
    return Why(whole=_hop(sides[0], sides[-1], used), hops=hops)


def interval(log: Value) -> tuple[float, float] | None:
    """Return the 95 % interval of a ratio from that of its logarithm; None where none is known."""
    half = log.u95
    if not log.parts:
        return None
    low, high = (min(max(log.value + sign * half, -_LARGEST), _LARGEST) for sign in (-1, 1))
    return math.exp(low), math.exp(high)


def together(names: Sequence[str]) -> str:
    """Return several things as one cause."""
    if len(names) < 2:
        return names[0] if names else "nothing that is told"
    return f"{', '.join(names[:-1])} and {names[-1]}, together"


def _hop(a: Side, b: Side, used: frozenset[str]) -> Hop:
    names = list(dict.fromkeys((*a.traits, *b.traits)))
    both = [name for name in names if name in a.traits and name in b.traits]
    changed = tuple(name for name in both if a.traits[name] != b.traits[name])
    first, second = _terms(a, used), _terms(b, used)
    factors = tuple(
        Factor(
            name=name,
            a=first[name],
            b=second[name],
            log=_factor_log(a, b, name, second[name], first[name]),
            by=tuple(trait for trait in changed if trait in MOVED_BY[name]),
        )
        for name in first
    )
    return Hop(
        a=a,
        b=b,
        log=_of_other_power(a, b, _log(b.energy, a.energy, 1)),
        factors=factors,
        changed=changed,
        untold=tuple(name for name in names if name not in both),
    )


def _factor_log(a: Side, b: Side, name: str, second: Value, first: Value) -> Value:
    log = _log(second, first, -1 if name == BATCH else 1)
    return _of_other_power(a, b, log) if name == POWER else log


def _of_other_power(a: Side, b: Side, log: Value) -> Value:
    """Return a logarithm with what a shared model's error leaves in loads of different power.

    As for comparisons (decision 11): √2·u·(1 - P_min/P_max).
    """
    low, high = sorted((a.terms[POWER].value, b.terms[POWER].value))
    models = [_logarithm(one.energy).only(lambda s: s.term is Term.MODEL).u for one in (a, b)]
    u = math.sqrt(2) * (1 - low / high) * max(models)
    left = log.only(lambda source: source.term is Term.MODEL).u
    return log.plus(Source(Term.MODEL, "loads of different power"), u) if u > left else log


def _terms(side: Side, used: frozenset[str]) -> dict[str, Value]:
    """Return the factors of a side that all sides know, in the order in which they are told.

    Raises:
        UsageError: if one is not above zero.
        ValueError: if they do not multiply to the energy.
    """
    terms = {name: side.terms[name] for name in side.terms if name in used}
    low = [name for name, value in terms.items() if name != PROMPTS and not value.value > 0]
    if low or not side.energy.value > 0:
        what = f"its {low[0]} is" if low else "its energy is"
        raise UsageError(f"{what} not above zero: there is no ratio", where=side.name)
    found = {TOKENS: terms[TOKENS]} if TOKENS in terms else {}
    power, step = terms[POWER], terms[STEP]
    if TOKENS in side.terms and TOKENS not in used:  # the other does not count its steps
        step = step.scaled(side.terms[TOKENS].value, "s")
    if PROMPTS in terms:
        rest = Value(1.0, "1") - terms[PROMPTS]
        found[PROMPTS] = Value(1.0, "1").over(rest, "1")
        power = power.over(found[PROMPTS], "W")
    if GAP in terms:
        found[PAUSES] = step.over(terms[GAP], "1")
        step = terms[GAP]
    if MEMORY in terms:
        found |= {MEMORY: terms[MEMORY], PACE: step.over(terms[MEMORY], "s/B")}
    else:
        found[GAP if GAP in terms else STEP] = step
    found[BATCH] = terms[BATCH]
    if DEVICES in terms:
        found[DEVICES] = terms[DEVICES]
        power = power.over(terms[DEVICES], "W")
    found[POWER] = power
    _hold(side, found)
    return found


def _hold(side: Side, found: Mapping[str, Value]) -> None:
    product = math.prod(
        1 / value.value if name == BATCH else value.value for name, value in found.items()
    )
    if abs(product / side.energy.value - 1) > EXACT:
        raise ValueError(f"{side.name}: its factors make {product}, not {side.energy.value}")


def _log(b: Value, a: Value, sign: int) -> Value:
    """Return the logarithm of B by A, or of A by B; errors of one source cancel."""
    first, second = (b, a) if sign > 0 else (a, b)
    return difference(_logarithm(first), _logarithm(second))


def _logarithm(value: Value) -> Value:
    relative = value.scaled(1 / value.value, "1")
    return Value(math.log(value.value), "1", relative.parts)
