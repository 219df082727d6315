"""All rules on tiny sessions, and a session held against them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from joulemark.core.finding import Finding
from joulemark.formats.tiny.session import TinySession
from joulemark.rules.rule import Rule
from joulemark.rules.tiny import accuracy, files, samples, windows
from joulemark.rules.tiny.review import TinyReview

TinyRule = Rule[TinyReview]


@cache
def all_rules() -> tuple[TinyRule, ...]:
    """Return every rule, in the order in which findings are shown."""
    return (*files.RULES, *windows.RULES, *samples.RULES, *accuracy.RULES)


def review(
    subject: TinySession | TinyReview, rules: Iterable[TinyRule] | None = None
) -> list[Finding]:
    """Return what rules find in a session.

    Args:
        subject: the session, or its review.
        rules: to apply; by default all.
    """
    about = subject if isinstance(subject, TinyReview) else TinyReview(subject)
    chosen = all_rules() if rules is None else rules
    return [finding for rule in chosen for finding in rule.findings(about)]
