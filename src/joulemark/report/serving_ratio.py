"""Why B costs more than A, in the terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from joulemark.accounting.serving_factors import VERSION
from joulemark.analysis.serving_ratio import (
    BATCH,
    DEVICES,
    GAP,
    MEMORY,
    PACE,
    PAUSES,
    POWER,
    PROMPTS,
    STEP,
    TOKENS,
    Factor,
    Hop,
    Why,
    interval,
    together,
)
from joulemark.core.units import digits, si
from joulemark.core.value import Value
from joulemark.report.format import NOTHING, clean

WIDTH = 80
_SAME, _NEARLY = 1e-9, 0.005
TITLES: Mapping[str, tuple[str, str]] = {
    TOKENS: ("tokens a request", ""),
    PROMPTS: ("all by all but prompts", ""),
    STEP: ("time of a step", "s"),
    GAP: ("usual step", "s"),
    PAUSES: ("mean by usual step", ""),
    MEMORY: ("a step reads", "B"),
    PACE: ("time of a byte", "s"),
    BATCH: ("requests at once", ""),
    DEVICES: ("devices", ""),
    POWER: ("power of a device", "W"),
}
"""What a factor is called, and the unit that is shown."""
_STEPS = frozenset({STEP, GAP, PAUSES, MEMORY, PACE, BATCH})
"""Factors that go together: a step that more requests share takes longer."""
_OF_PIPELINES = {TOKENS: "denoising steps", BATCH: "made at once"}
SENSES: Mapping[str, tuple[str, str]] = {
    TOKENS: ("answers are longer", "answers are shorter"),
    PROMPTS: ("prompts take more", "prompts take less"),
    STEP: ("a step is slower", "a step is quicker"),
    GAP: ("a token is slower", "a token is quicker"),
    PAUSES: ("more waits", "fewer waits"),
    MEMORY: ("a step reads more", "a step reads less"),
    PACE: ("bytes come slower", "bytes come faster"),
    BATCH: ("fewer share a step", "more share a step"),
    DEVICES: ("more devices", "fewer devices"),
    POWER: ("each draws more", "each draws less"),
}
"""What it means that a factor raises the energy, or lowers it."""


def print_why(answer: Why, file: TextIO | None = None) -> None:
    """Print an answer in 80 columns."""
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    whole = answer.whole
    console.print(Text(headline(whole), style="bold", overflow="fold"))
    for letter, one in (("A", whole.a), ("B", whole.b)):
        console.print(Text(f"{letter}: {clean(one.name, 100)}", overflow="fold"))
    console.print()
    console.print(_factors(whole))
    console.print()
    if len(answer.hops) > 1:
        console.print(_path(answer))
        console.print()
    for sentence in sentences(answer):
        console.print(Text(sentence, overflow="fold"))


def headline(hop: Hop) -> str:
    """Return the whole of it in one sentence."""
    unit = f"J/{hop.a.per}"
    numbers = f"{si(hop.a.energy.value, unit)} → {si(hop.b.energy.value, unit)}"
    return f"B costs {_times(hop.log)} of what A costs: {numbers}"


def sentences(answer: Why) -> list[str]:
    """Return what must be said beside the table."""
    hop = answer.whole
    said = [*_largest(hop), *_owed(answer)]
    if hop.untold:
        said.append(f"Not told by both, and so not looked at: {', '.join(hop.untold)}.")
    sides = [hop.a, *(one.b for one in answer.hops)]
    said += [f"{clean(s.name, 60)}: {clean(r)}." for s in sides for r in s.remarks]
    if interval(hop.log) is None:
        said.append("The numbers state no uncertainty: nothing tells how well they repeat.")
    return said


def _largest(hop: Hop) -> Iterator[str]:
    if abs(hop.log.value) <= _SAME or not hop.factors:
        return
    sign = math.copysign(1.0, hop.log.value)
    most = max(hop.factors, key=lambda factor: sign * factor.log.value)
    if sign * most.log.value > 0:
        yield f"Most of it: {sense(most)} (×{digits(most.ratio, 3)})."
    steps = [factor for factor in hop.factors if factor.name in _STEPS]
    if any(factor.name == BATCH and abs(factor.log.value) > _NEARLY for factor in steps):
        product = math.exp(sum(factor.log.value for factor in steps))
        yield f"How long a step is and how many share it make ×{digits(product, 3)} together."


def _owed(answer: Why) -> Iterator[str]:
    hop = answer.whole
    if len(answer.hops) > 1:
        return
    if len(hop.changed) == 1:
        yield f"Only the {hop.changed[0]} differs: {_change(hop, hop.changed[0])}."
        return
    changes = "; ".join(_change(hop, name) for name in hop.changed)
    yield f"What differs: {changes or 'nothing that is told'}."
    if len(hop.changed) > 1:
        yield (
            f"It is owed to {together(hop.changed)}; one more run or configuration in between, "
            "with some of it changed, would tell them apart."
        )


def _change(hop: Hop, name: str) -> str:
    """Return what differs, without what is the same in both."""
    a, b = (side.traits[name].split(", ") for side in (hop.a, hop.b))
    first, second = ([x for x in one if x not in other] for one, other in ((a, b), (b, a)))
    before, after = (clean(", ".join(one), 60) or "none" for one in (first, second))
    return f"{name} ({before} → {after})"


def sense(factor: Factor) -> str:
    """Return what it means that a factor is not one."""
    if abs(factor.log.value) <= _NEARLY:
        return "the same" if abs(factor.log.value) <= _SAME else "nearly the same"
    ends = interval(factor.log)
    if ends is not None and ends[0] <= 1 <= ends[1]:
        return "may be the same"
    return SENSES[factor.name][factor.log.value < 0]


def title(factor: Factor, per: str) -> str:
    """Return what a factor is called."""
    own = _OF_PIPELINES.get(factor.name) if per != "request" else None
    return own or TITLES[factor.name][0]


def _factors(hop: Hop) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("factor", no_wrap=True)
    for name in ("A", "B", "energy", *_head(hop)):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for factor in hop.factors:
        unit = TITLES[factor.name][1]
        table.add_row(
            Text(title(factor, hop.a.per)),
            Text(si(factor.a.value, unit, 3) if unit else digits(factor.a.value, 3)),
            Text(si(factor.b.value, unit, 3) if unit else digits(factor.b.value, 3)),
            *_cells(factor.log, hop),
            Text(sense(factor)),
        )
    table.add_row("product", "", "", *_cells(hop.log, hop), "")
    return table


def _head(hop: Hop) -> tuple[str, ...]:
    return () if interval(hop.log) is None else ("95 %",)


def _cells(log: Value, hop: Hop) -> list[Text]:
    """Return a ratio, and its interval where the whole has one."""
    ends = interval(log)
    said = NOTHING if ends is None else f"{digits(ends[0], 3)} … {digits(ends[1], 3)}"
    ratio = Text(f"×{digits(math.exp(log.value), 3)}")
    return [ratio, Text(said)] if _head(hop) else [ratio]


def _path(answer: Why) -> Table:
    whole = answer.whole
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("to", overflow="fold")
    table.add_column("owed to", overflow="fold")
    for name in ("energy", *_head(whole)):
        table.add_column(name, justify="right", no_wrap=True)
    for hop in answer.hops:
        table.add_row(Text(clean(hop.b.name, 40)), Text(hop.cause), *_cells(hop.log, whole))
    table.add_row("product", "", *_cells(whole.log, whole))
    return table


def _times(log: Value) -> str:
    ends = interval(log)
    said = digits(math.exp(log.value), 3)
    return said if ends is None else f"{said} ({digits(ends[0], 3)} … {digits(ends[1], 3)})"


def why_json(answer: Why) -> dict[str, Any]:
    """Return an answer as plain JSON values."""
    return {
        "definition": VERSION,
        "per": answer.whole.a.per,
        **_hop_json(answer.whole),
        "hops": [_hop_json(hop) for hop in answer.hops] if len(answer.hops) > 1 else [],
    }


def _hop_json(hop: Hop) -> dict[str, Any]:
    return {
        "a": {"name": hop.a.name, "energy_j": hop.a.energy.value, "remarks": list(hop.a.remarks)},
        "b": {"name": hop.b.name, "energy_j": hop.b.energy.value, "remarks": list(hop.b.remarks)},
        "ratio": hop.ratio,
        **_ends(hop.log),
        "changed": {name: [hop.a.traits[name], hop.b.traits[name]] for name in hop.changed},
        "owed_to": hop.cause,
        "untold": list(hop.untold),
        "factors": [
            {
                "name": one.name,
                "title": title(one, hop.a.per),
                "unit": one.a.unit,
                "a": one.a.value,
                "b": one.b.value,
                "ratio": one.ratio,
                **_ends(one.log),
                "sense": sense(one),
                "moved_by": together(one.by),
            }
            for one in hop.factors
        ],
    }


def _ends(log: Value) -> dict[str, float | None]:
    low, high = interval(log) or (None, None)
    return {"low": low, "high": high}
