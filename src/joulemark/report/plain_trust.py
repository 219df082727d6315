"""Cross-checks and evidence of a result as plain JSON values, for programs."""

from __future__ import annotations

import math
from typing import Any

from joulemark.accounting.balance import Agreement, Balance
from joulemark.accounting.crosscheck import CrossCheck
from joulemark.accounting.finding import Finding
from joulemark.accounting.motion import Motion
from joulemark.core.channel import Channel
from joulemark.core.evidence import Condition, Evidence, Tier
from joulemark.core.value import Value


def evidence_json(evidence: Evidence | None) -> dict[str, Any] | None:
    """Return the tier with every condition of every tier; null where nothing was read."""
    if evidence is None:
        return None
    return {
        "tier": evidence.tier.label,
        "level": int(evidence.tier),
        "meter_class_allows": evidence.claim.label,
        "declared": evidence.declared,
        "demoted_by": [condition.name for condition in evidence.demotions],
        "failed": [condition.name for condition in evidence.failed],
        "conditions": [
            _condition(tier, condition)
            for tier, conditions in evidence.checks.items()
            for condition in conditions
        ],
    }


def _condition(tier: Tier, condition: Condition) -> dict[str, Any]:
    return {
        "tier": tier.label,
        "level": int(tier),
        "name": condition.name,
        "required": condition.required,
        "seen": condition.seen,
        "holds": condition.holds,
    }


def balance_json(check: CrossCheck) -> dict[str, Any]:
    """Return what the meters of a phase say of each other."""
    return {
        "wholes": [_balance(balance) for balance in check.balances],
        "channels": [_agreement(agreement) for agreement in check.agreements],
        "findings": [finding_json(finding) for finding in check.findings],
        "impossible": bool(check.impossible),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding: its code, what it means, what was seen, and whether it can be true."""
    return {
        "code": finding.code.value,
        "text": finding.code.text,
        "detail": finding.detail,
        "channels": list(finding.channels),
        "impossible": finding.impossible,
    }


def _number(value: Value | None) -> dict[str, float] | None:
    if value is None or not math.isfinite(value.value):
        return None
    return {"value": value.value, "u95": value.u95}


def _named(channel: Channel) -> dict[str, str]:
    return {"part": channel.part, "node": channel.node, "channel": channel.name}


def _balance(balance: Balance) -> dict[str, Any]:
    pairs = zip(balance.parts, balance.parts_w, strict=True)
    return {
        **_named(balance.whole),
        "average_power_w": _number(balance.whole_w),
        "parts": [{**_named(channel), "average_power_w": _number(w)} for channel, w in pairs],
        "parts_w": _number(balance.sum_w),
        "rest_w": _number(balance.rest_w),
        "rest_share": balance.share,
        "verdict": balance.verdict.value,
        "rest_may_hold": list(balance.may_hold),
        "motion": None if balance.motion is None else _motion(balance.motion),
    }


def _motion(motion: Motion) -> dict[str, Any]:
    return {
        "slope": {"value": motion.slope, "u95": motion.u95},
        "correlation": motion.correlation,
        "moved_w": motion.moved_w,
        "behind_s": motion.lag_s,
        "behind_explained_s": motion.lag_u_s,
        "steps": motion.steps,
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        **_named(agreement.other),
        "average_power_w": _number(agreement.other_w),
        "beside": agreement.channel.name,
        "ratio": _number(agreement.ratio),
        "agrees": agreement.agrees,
        "motion": None if agreement.motion is None else _motion(agreement.motion),
    }
