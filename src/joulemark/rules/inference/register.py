"""Every rule, those of each round, and what they find in a directory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from joulemark.core.finding import Finding
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.rules.inference import (
    analyser,
    around,
    clocks,
    console,
    files,
    loadgen,
    power,
    ranges,
    readings,
    session,
)
from joulemark.rules.inference.policy import policy_of
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Rule

InferenceRule = Rule[Review]


@cache
def all_rules() -> tuple[InferenceRule, ...]:
    """Return every rule of every round, in the order in which findings are shown."""
    return (
        *files.RULES,
        *session.RULES,
        *clocks.RULES,
        *analyser.RULES,
        *ranges.RULES,
        *console.RULES,
        *readings.RULES,
        *power.RULES,
        *loadgen.RULES,
        *around.RULES,
    )


@cache
def rules_of(round_: str) -> tuple[InferenceRule, ...]:
    """Return the rules of a round, each with the severity it has there.

    Args:
        round_: ``v1.0`` …; of an unknown one the newest's.
    """
    policy = policy_of(round_)
    return tuple(
        replace(rule, severity=policy.severity.get(rule.id, rule.severity))
        for rule in all_rules()
        if rule.id not in policy.without
    )


def review(
    subject: PowerDirectory | Review, rules: Iterable[InferenceRule] | None = None
) -> list[Finding]:
    """Return what rules find in a power directory.

    Args:
        subject: the directory, or its review.
        rules: to apply; by default those of its round.
    """
    about = subject if isinstance(subject, Review) else Review(subject)
    chosen = rules_of(about.round.name) if rules is None else rules
    return [finding for rule in chosen for finding in rule.findings(about)]
