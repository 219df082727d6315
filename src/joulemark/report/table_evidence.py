"""How much a result is worth as evidence: one line for each phase, and every condition."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.results import PhaseResult
from joulemark.core.evidence import Condition, Evidence, Tier
from joulemark.report.format import clean
from joulemark.report.table_phases import new_table

WIDTHS = (16, 29, 27, 5)
"""Columns: condition, what the tier asks for, what was seen, whether that is enough."""
COLOUR = {
    Tier.ESTIMATED: "yellow",
    Tier.ON_CHIP: "default",
    Tier.CROSS_CHECKED: "green",
    Tier.CALIBRATED: "green",
    Tier.ACCREDITED: "green",
}


def rank(evidence: Evidence) -> str:
    """Return the tier in words: "on-chip counter (tier 2 of 5)"."""
    declared = "declared: " if evidence.declared else ""
    return f"{declared}{evidence.tier.label} (tier {int(evidence.tier)} of {len(Tier)})"


def reason(evidence: Evidence) -> str:
    """Return why the tier is not a higher one; nothing at the highest."""
    if evidence.next is None:
        return ""
    first = "; ".join(clean(_said(condition), 160) for condition in evidence.failed[:1])
    more = len(evidence.failed) - 1
    others = f" (and {more} more)" if more > 0 else ""
    if evidence.demotions:
        return f"demoted from {evidence.next.label}: {first}{others}"
    return f"not {evidence.next.label}: {first}{others}"


def _said(condition: Condition) -> str:
    return f"{condition.name}: {condition.seen}; asked: {condition.required}"


def evidence_lines(results: Sequence[PhaseResult]) -> RenderableType:
    """Return a line for each phase: its tier, and the first reason why it is not a higher one."""
    shown: list[RenderableType] = [Text("Evidence", style="bold")]
    for result in results:
        evidence = result.evidence
        line = Text(f"{clean(result.phase, 50)}: ", overflow="fold")
        if evidence is None:
            line.append("none, as nothing was read", style="yellow")
        else:
            line.append(rank(evidence), style=COLOUR[evidence.tier])
            why = reason(evidence)
            line.append(f"; {why}" if why else "", style="dim")
        shown.append(line)
    return Group(*shown)


def evidence_tables(result: PhaseResult) -> RenderableType:
    """Return every condition of every tier of one phase."""
    phase, evidence = clean(result.phase, 50), result.evidence
    if evidence is None:
        return Text(f"Evidence of {phase}: none, as nothing was read.")
    shown: list[RenderableType] = [
        Text(f"Evidence of {phase}: {rank(evidence)}", style="bold", overflow="fold")
    ]
    for tier, conditions in evidence.checks.items():
        failed = len(evidence.failed_of(tier))
        said = f"{failed} of {len(conditions)} fail" if failed else "every condition holds"
        table = new_table()
        table.title = Text(f"tier {int(tier)}, {tier.label}: {said}")
        table.title_justify = "left"
        for heading, width in zip(("condition", "asked", "seen", "holds"), WIDTHS, strict=True):
            table.add_column(Text(heading), width=width, overflow="fold")
        for condition in conditions:
            _add(table, condition)
        shown += [table, Text()]
    return Group(*shown[:-1])


def _add(table: Table, condition: Condition) -> None:
    table.add_row(
        Text(condition.name),
        Text(clean(condition.required, 120), style="dim"),
        Text(clean(condition.seen, 160)),
        Text("yes" if condition.holds else "no", style="green" if condition.holds else "yellow"),
    )
