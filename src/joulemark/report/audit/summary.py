"""What the page of a tree says of one result: little enough to hold thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from joulemark.core.finding import Finding, Severity, Verdict
from joulemark.formats.inference.directory import Place
from joulemark.procedures.checked import Amount, Checked, Measured
from joulemark.procedures.kinds import Outcome
from joulemark.report.checked_json import where
from joulemark.report.format import clean
from joulemark.rules.official.outcome import Word

MOST_MESSAGE, MOST_PLACE = 300, 300
ORDER: Mapping[Severity, int] = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one rule found on one result.

    Attributes:
        rule: its id.
        severity: of its findings.
        count: how many there are.
        message: of the first.
        where: file and line of that.
    """

    rule: str
    severity: Severity
    count: int
    message: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One result.

    Attributes:
        tree: what the person called the tree.
        path: the power directory.
        place: where it belongs; its round is the one whose rules were applied.
        verdict: what the findings come to.
        seen: by rule, the gravest first.
        metric: as published.
        efficiency: work per joule.
        average_power_w: of the integral, W.
        official: the official checker of the round on it: pass, warn or fail; None if unknown.
        official_checks: the official checks that do not pass.
        page: its page, relative to the page of the tree; empty for none.
    """

    tree: str
    path: str
    place: Place = field(default_factory=Place)
    verdict: Verdict
    seen: tuple[Seen, ...] = ()
    metric: Amount | None = None
    efficiency: Amount | None = None
    average_power_w: Measured | None = None
    official: Verdict | None = None
    official_checks: tuple[str, ...] = ()
    page: str = ""


def summary_of(checked: Checked, outcomes: Mapping[str, Outcome], page: str) -> Summary:
    """Return what is kept of a result.

    Args:
        checked: what the check came to.
        outcomes: of the official checks; empty if nobody asked.
        page: its page.
    """
    return Summary(
        tree=checked.tree,
        path=checked.path,
        place=checked.place,
        verdict=checked.verdict,
        seen=_seen(checked),
        metric=checked.metric,
        efficiency=checked.efficiency,
        average_power_w=checked.average_power_w,
        official=official_verdict(outcomes),
        official_checks=tuple(
            name for name, one in outcomes.items() if one.verdict in (Word.FAIL, Word.EXC)
        ),
        page=page,
    )


def official_verdict(outcomes: Mapping[str, Outcome]) -> Verdict | None:
    """Return what the official checks come to: it passes with warnings; None without any."""
    words = {one.verdict for one in outcomes.values()}
    if not words:
        return None
    if words & {Word.FAIL, Word.EXC}:
        return Verdict.FAIL
    return Verdict.WARN if Word.WARN in words else Verdict.PASS


def _seen(checked: Checked) -> tuple[Seen, ...]:
    counts: Counter[str] = Counter(finding.rule for finding in checked.findings)
    first: dict[str, Finding] = {}
    for finding in checked.findings:
        first.setdefault(finding.rule, finding)
    ordered = sorted(first.values(), key=lambda finding: ORDER[finding.severity])
    return tuple(
        Seen(
            rule=one.rule,
            severity=one.severity,
            count=counts[one.rule],
            message=clean(one.message, MOST_MESSAGE),
            where=clean(where(checked, one), MOST_PLACE),
        )
        for one in ordered
    )
