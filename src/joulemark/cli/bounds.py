"""Bounds of ``recommend`` and ``frontier`` on any metric: a budget, goodput, at most, at least."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from joulemark.core.errors import UsageError
from joulemark.core.units import parse

if TYPE_CHECKING:
    from joulemark.analysis.frontier.candidate import Group
    from joulemark.analysis.frontier.recommend import Target


def budget_of(energy: str, args: Namespace) -> list[Target]:
    """Return the budget of energy, where one was given.

    Raises:
        UsageError: if it is no quantity.
    """
    from joulemark.analysis.frontier.recommend import Target

    if args.budget is None:
        return []
    plain = bool(args.x) and args.budget.replace(".", "", 1).isdecimal()
    return [Target(energy, float(args.budget) if plain else parse(args.budget, "J"))]


def bounds_of(group: Group, args: Namespace) -> list[Target]:
    """Return the bounds on metrics of a group.

    Raises:
        UsageError: if a bound is none, or the group has no such metric, or the other way of it is
            better.
    """
    from joulemark.analysis.frontier.recommend import Target
    from joulemark.analysis.frontier.served import GOODPUT

    found = []
    if args.goodput is not None:
        found.append(Target(_metric(group, GOODPUT), args.goodput))
    for flag, texts in (("--at-most", args.at_most), ("--at-least", args.at_least)):
        for text in texts:
            name, _, number = text.partition("=")
            try:
                bound = float(number)
            except ValueError:
                raise UsageError(f"{flag} {text!r:.40} is no NAME=NUMBER") from None
            metric = _metric(group, name)
            _see(group, metric, flag, said=name in args.more)
            found.append(Target(metric, bound))
    return found


def _metric(group: Group, name: str) -> str:
    """Return the metric of a name, or of the column that a sweep has it in."""
    from joulemark.analysis.frontier.served import name_of

    for one in (name, name_of(name)):
        if one in group.metrics:
            return one
    known = ", ".join(group.metrics)
    raise UsageError(f"no metric {name!r:.40}", where=group.name, remedy=f"there is {known}")


def _see(group: Group, name: str, flag: str, *, said: bool) -> None:
    """Refuse a bound to the side that is better anyway."""
    more = group.metrics[name].more
    if flag == "--at-least" and not more:
        remedy = f"write --at-most, or --more {name} if more of it is better"
        raise UsageError(f"less of {name} is better", where=flag, remedy=remedy)
    if flag == "--at-most" and more and not said:
        raise UsageError(f"more of {name} is better", where=flag, remedy="write --at-least")
