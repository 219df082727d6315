"""Changes in words: software, hardware, accuracy target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.trends.changes import Change, Changes
from joulemark.analysis.trends.hardware import Generations
from joulemark.analysis.trends.statistics import Summary
from joulemark.report.format import clean
from joulemark.report.trends.writing import Printed, around, signed, whose

MOST = 40
"""So many single changes are told; --json has all."""
HEAD = ("from", "to", "change", "±", "apart", "benchmark", "whose")
GENERATIONS = ("accelerator", "next", "n", "least", "median", "95 %", "most")
_APART = {True: "yes", False: "no", None: "?"}
_FEW = "fewer than 3 changes: nothing is summed up"
SOFTWARE = (
    "same organisation, system, processor, accelerators and nodes, rounds next to each other; "
    "whatever a submitter changed without saying so of the hardware is in the change, and so is "
    "how a repeat would scatter."
)
_GENERATION = (
    "same organisation and benchmark; where both have a result of one round, that round, else the "
    "older one's last round and the newer one's first."
)
ACCURACY = "same organisation, machine and round; the change is that of 99.9 after 99."


def print_changes(to: Printed, found: Changes, title: str, note: str) -> None:
    """Print what changes come to, and the single ones where they are few.

    Args:
        to: where to.
        found: of one kind.
        title: what they are of.
        note: what they have in common.
    """
    to.title(title)
    to.lines((*summary_lines(found), note))
    to.lines(("",))
    ordered = sorted(found.changes, key=lambda change: change.relative)
    shown = ordered if len(ordered) <= MOST else [*ordered[:5], *ordered[-5:]]
    to.table(HEAD, map(change_row, shown), HEAD[5:])
    if len(shown) < len(ordered):
        to.lines((f"The five least and the five most of {len(ordered)}; --json has all.",))


def change_row(change: Change) -> tuple[str, ...]:
    """Return the cells of a change."""
    before, after = change.before, change.after
    return (
        before.round,
        after.round,
        signed(change.relative),
        around(change.u95),
        _APART[change.apart],
        f"{before.name} {before.scenario}".strip(),
        whose(after, 30),
    )


def summary_lines(found: Changes) -> Iterator[str]:
    """Yield what changes come to, in sentences."""
    made = found.summary
    if made is None:
        yield f"n = {len(found.changes)}: {_FEW}"
        return
    yield (
        f"n = {made.count} changes ({found.distinct} distinct pairs of measurements) of "
        f"{made.clusters} machines"
    )
    yield (
        f"median {signed(made.median)}{_interval(made)}, mean {signed(made.mean)}, quartiles "
        f"{signed(made.lower)} and {signed(made.upper)}, {signed(made.least)} to "
        f"{signed(made.most)}"
    )
    yield (
        f"{100 * made.above:.0f} % rise, {100 * made.small:.0f} % stay within ±5 %; "
        f"{found.apart} can be told apart within ±, of {found.unsure} that is not known"
    )


def _interval(made: Summary) -> str:
    if made.interval is None:
        return " (too few machines for an interval)"
    return f" ({signed(made.interval[0])} to {signed(made.interval[1])} at 95 %)"


def print_generations(to: Printed, found: Sequence[Generations]) -> None:
    """Print what the next accelerator of each family brought."""
    for name in dict.fromkeys(of.family.name for of in found):
        all_ = [of for of in found if of.family.name == name]
        to.title(name)
        to.table(GENERATIONS, map(generation_row, all_), GENERATIONS[:2])
        to.lines((f"next of: {all_[0].family.source}", *_mixed(all_), ""))
    to.lines((_GENERATION,))


def generation_row(of: Generations) -> tuple[str, ...]:
    """Return the cells of a step from one accelerator to the next."""
    made = of.changes.summary
    if made is None:
        few = "too few" if of.changes.changes else "none has both"
        return (of.older, of.newer, str(len(of.changes.changes)), "", "", few, "")
    low_high = made.interval
    told = "few machines" if low_high is None else f"{signed(low_high[0])} {signed(low_high[1])}"
    ends = (signed(made.least), signed(made.median), told, signed(made.most))
    return (of.older, of.newer, str(made.count), *ends)


def _mixed(all_: Sequence[Generations]) -> Iterator[str]:
    changes = [change for of in all_ for change in of.changes.changes]
    mixed = sum(change.before.round != change.after.round for change in changes)
    other = sum(change.before.accelerators != change.after.accelerators for change in changes)
    if mixed:
        yield f"software changed as well in {mixed} of {len(changes)}: they are of two rounds"
    if other:
        yield f"the number of accelerators differs in {other} of {len(changes)}"


def share_below(found: Changes, change: Change) -> float:
    """Return the share of changes that are smaller than one's own."""
    values = [other.relative for other in found.changes]
    return sum(value < change.relative for value in values) / len(values) if values else 0.0


def own_lines(change: Change, found: Changes) -> Iterator[str]:
    """Yield what is to be said of a change between two runs of one's own."""
    names = (clean(entry.key, 60) for entry in (change.before, change.after))
    yield (
        f"your runs, {' to '.join(names)}: {signed(change.relative)} {around(change.u95)}, more "
        f"than {100 * share_below(found, change):.0f} % of the {len(found.changes)} published"
    )
