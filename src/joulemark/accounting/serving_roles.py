"""Energy of parts by the role that they have in serving, such as prefill and decode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.boundary import contains, parents_of
from joulemark.accounting.curve import Curve
from joulemark.accounting.serving_energy import BATCHES, DEFINITIONS, ratio
from joulemark.accounting.serving_windows import Steady
from joulemark.accounting.serving_words import DECODE_ROLE, PREFILL_ROLE
from joulemark.accounting.serving_work import Counts, Times, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.channel import Channel
from joulemark.core.errors import UsageError
from joulemark.core.value import Value, total

PREFILL, DECODE = "prefill", "decode"
"""Roles that have a figure of their own."""
UNASSIGNED = "unassigned"
"""What is left of the whole; no role is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnergy:
    """Energy of one role.

    Attributes:
        role: its name.
        parts: names of its parts, ``node/part``; of what is left those that no role has.
        joules: energy in the window, J.
        figures: by the name of their definition.
    """

    role: str
    parts: tuple[str, ...]
    joules: Value
    figures: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Energy of a window by role.

    Attributes:
        whole: energy of all parts that are added, J.
        roles: in the order in which they were told; their energies and ``rest`` add up to it.
        rest: what belongs to no role, J: parts without one, and what a part that contains others
            draws itself.
    """

    whole: Value
    roles: tuple[RoleEnergy, ...]
    rest: RoleEnergy


def by_role(
    work: Work,
    supply: Supply,
    window: Steady,
    roles: Mapping[str, Sequence[str]],
    *,
    inside: Supply | None = None,
) -> Roles:
    """Return the energy of each role in a window.

    Args:
        work: of the run.
        supply: the parts that are added: the whole.
        window: the part of the run that counts.
        roles: names of parts by role, ``gpu-0`` or ``node/gpu-0`` (``gpu0`` is the same).
        inside: parts that lie within those of ``supply`` and were read too.

    Raises:
        UsageError: if a part is unknown, means several, or has two roles, itself or as a part of
            another; or a role has no name or no part.
    """
    curves = [*supply.curves, *(() if inside is None else inside.curves)]
    named = {role: _found(role, parts, curves) for role, parts in roles.items()}
    _refuse_overlaps(named)
    edges = even_edges(window.start, window.stop, BATCHES)
    counts, whole = work.between(edges), supply.between(window.start, window.stop).joules
    found = tuple(_role(role, own, window, edges, counts) for role, own in named.items())
    taken = {part for one in found for part in one.parts}
    rest = RoleEnergy(
        role=UNASSIGNED,
        parts=tuple(name for name in map(name_of, supply.curves) if name not in taken),
        joules=whole - total([one.joules for one in found], whole.unit),
        figures={},
    )
    return Roles(whole=whole, roles=found, rest=rest)


def refuse_unread(roles: Mapping[str, Sequence[str]], channels: Iterable[Channel]) -> None:
    """Refuse roles of parts whose energy is not read, before anything is measured.

    Args:
        roles: names of parts by role.
        channels: what is read.

    Raises:
        UsageError: if a part is not among them.
    """
    there = [channel for channel in channels if channel.carries_energy]
    known = {_plain(name) for c in there for name in (c.part, f"{c.node}/{c.part}")}
    for role, parts in roles.items():
        for part in parts:
            if _plain(part) not in known:
                names = ", ".join(dict.fromkeys(channel.part for channel in there))
                raise UsageError(
                    f"no part that is read is called {part!r:.60} (role {role})",
                    remedy=f"there are {names or 'none'}",
                )


def name_of(curve: Curve) -> str:
    """Return the full name of the part that a curve is of."""
    return f"{curve.channel.node}/{curve.channel.part}"


def _role(
    role: str, curves: Sequence[Curve], window: Steady, edges: Times, counts: Counts
) -> RoleEnergy:
    own = Supply(tuple(curves))
    joules, figures = own.between(window.start, window.stop).joules, dict[str, Value]()
    done = {PREFILL: (PREFILL_ROLE, counts.tokens_in), DECODE: (DECODE_ROLE, counts.tokens_out)}
    name, tokens = done.get(role, ("", np.zeros(1)))
    if tokens.sum() > 0:
        figures[name] = ratio(joules, own.steps(edges), tokens, DEFINITIONS[name][0])
    return RoleEnergy(role=role, parts=tuple(map(name_of, curves)), joules=joules, figures=figures)


def _found(role: str, parts: Sequence[str], curves: Sequence[Curve]) -> list[Curve]:
    remedy = f"there are {', '.join(map(name_of, curves)) or 'none'}"
    if not role or role == UNASSIGNED or not parts:
        raise UsageError(f"the role {role!r:.40} has no name or no part", remedy=remedy)
    found: list[Curve] = []
    for part in parts:
        like = [one for one in curves if _plain(part) in _names(one)]
        exact = [one for one in like if part in (name_of(one), one.channel.part)] or like
        if len(exact) != 1:
            reason = "several parts are" if exact else "no part that was read is"
            raise UsageError(f"{reason} called {part!r:.60}", remedy=remedy)
        if exact[0] in found:
            raise UsageError(f"{part} is named twice in the role {role}", remedy=remedy)
        found += exact
    return found


def _names(curve: Curve) -> tuple[str, str]:
    return _plain(name_of(curve)), _plain(curve.channel.part)


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def _refuse_overlaps(named: Mapping[str, Sequence[Curve]]) -> None:
    """Raise if energy would be in two roles, or twice in one."""
    each = [(role, curve) for role, curves in named.items() for curve in curves]
    parents = parents_of(curve.channel for _, curve in each)
    for place, (role, curve) in enumerate(each):
        for other, another in each[place + 1 :]:
            a, b = curve.channel, another.channel
            if curve is another:
                what = f"{name_of(curve)} is in the roles {role} and {other}"
            elif contains(a, b, parents) or contains(b, a, parents):
                what = f"of {name_of(curve)} and {name_of(another)} one contains the other"
            else:
                continue
            raise UsageError(what, remedy="let each part have one role")
