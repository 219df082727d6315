"""All rules on training results, and a result held against them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from joulemark.core.finding import Finding
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.rules.rule import Rule
from joulemark.rules.training import clocks, nodes, power, runs, sampling
from joulemark.rules.training.review import TrainingReview

TrainingRule = Rule[TrainingReview]


@cache
def all_rules() -> tuple[TrainingRule, ...]:
    """Return every rule, in the order in which findings are shown."""
    return (*runs.RULES, *clocks.RULES, *sampling.RULES, *nodes.RULES, *power.RULES)


def review(
    subject: BenchmarkDirectory | TrainingReview, rules: Iterable[TrainingRule] | None = None
) -> list[Finding]:
    """Return what rules find in a result.

    Args:
        subject: the folder of a benchmark, or its review.
        rules: to apply; by default all.
    """
    about = subject if isinstance(subject, TrainingReview) else TrainingReview(subject)
    chosen = all_rules() if rules is None else rules
    return [finding for rule in chosen for finding in rule.findings(about)]
