"""What the page shows of the evidence of a result: rows of text, ready to be set."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.accounting.results import PhaseResult
from joulemark.core.evidence import Condition
from joulemark.report.format import clean
from joulemark.report.table_evidence import rank, reason


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition of a tier."""

    name: str
    required: str
    seen: str
    holds: bool


@dataclass(frozen=True, slots=True)
class TierView:
    """One tier: its name, how many of its conditions fail, and all of them."""

    name: str
    failed: int
    rows: list[ConditionRow]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """The evidence of one phase; ``rank`` is empty where nothing was read."""

    phase: str
    rank: str
    reason: str
    tiers: list[TierView]


def evidence_view(result: PhaseResult) -> EvidenceView:
    """Return what the page shows of a result's evidence."""
    phase, evidence = clean(result.phase, 60), result.evidence
    if evidence is None:
        return EvidenceView(phase, "", "", [])
    tiers = [
        TierView(
            name=f"tier {int(tier)}, {tier.label}",
            failed=len(evidence.failed_of(tier)),
            rows=[_row(condition) for condition in conditions],
        )
        for tier, conditions in evidence.checks.items()
    ]
    return EvidenceView(phase, rank(evidence), reason(evidence), tiers)


def _row(condition: Condition) -> ConditionRow:
    return ConditionRow(
        name=condition.name,
        required=condition.required,
        seen=clean(condition.seen, 160),
        holds=condition.holds,
    )
