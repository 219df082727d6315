"""Check one result: rules or the official checker's verdicts, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, TypeVar

from joulemark.core.errors import FormatError, JoulemarkError
from joulemark.core.finding import Finding, Severity, verdict
from joulemark.core.value import Value
from joulemark.procedures.checked import (
    OWN,
    ROOT,
    Amount,
    Asked,
    Checked,
    Measured,
    Target,
)
from joulemark.procedures.kinds import Kind, Published, Subject
from joulemark.rules.rule import Rule

MOST_OF_A_RULE = 1000
"""Findings of one rule on one result that are kept."""
INTERNAL, UNREADABLE, UNKNOWN_ROUND, NO_OFFICIAL = (
    "joulemark/internal",
    "joulemark/unreadable",
    "joulemark/round",
    "joulemark/no-official",
)
"""What the check itself may find, whatever is asked for."""

_Got = TypeVar("_Got")


def judge(subject: Subject, target: Target, tree: str, asked: Asked, kind: Kind) -> Checked:
    """Return what a check of one result comes to; whatever goes wrong is a finding.

    Args:
        subject: the result.
        target: the same, as it was found.
        tree: what the person called the tree.
        asked: how to check.
        kind: what to check with.
    """
    one = _Judge(subject, target, asked)
    one.settle_round(kind)
    official: dict[str, str] | None = None
    revision = ""
    if asked.as_official:
        revision = one.revision(kind.revisions)
        official = one.official(kind, revision)
    else:
        one.rules(kind)
    figures = one.guarded("figures", lambda: kind.figures(subject))
    found = tuple(writable(f) for f in one.findings if _kept(f.rule, asked))
    return Checked(
        tree=plain(tree),
        path=plain(target.path or ROOT),
        kind=target.kind,
        round=one.round,
        place=replace(target.place, round=one.round),
        verdict=verdict(found),
        findings=found,
        metric=_amount(figures.metric) if figures else None,
        efficiency=_amount(figures.efficiency) if figures else None,
        energy_j=measured(figures.energy_j) if figures else None,
        average_power_w=measured(figures.average_power_w) if figures else None,
        official=official,
        revision=revision,
    )


class _Judge:
    """Collects findings on one result."""

    def __init__(self, subject: Subject, target: Target, asked: Asked) -> None:
        self.subject = subject
        self.asked = asked
        self.round = target.place.round or asked.round
        self.findings: list[Finding] = []
        self._where = target.path

    def settle_round(self, kind: Kind) -> None:
        """Find out the round where neither path nor person told it, and say so."""
        guess = kind.guess_round
        if not self.round and guess is not None:
            self.round = self.guarded("round", lambda: guess(self.subject)) or ""
            by = f"its files look like {self.round}" if self.round else "nor do its files"
            what = f"the path does not tell the round, {by}; --round names it"
            self._note(what, UNKNOWN_ROUND, Severity.NOTE)
        self.subject.place = replace(self.subject.place, round=self.round)

    def revision(self, known: Sequence[str]) -> str:
        """Return which official checker is to speak; the newest where that of the round is none."""
        wanted = self.round if self.asked.as_official == OWN else self.asked.as_official
        return wanted if wanted in known or not known else known[-1]

    def rules(self, kind: Kind) -> None:
        """Apply the rules of the round that are asked for."""
        rules = self.guarded("rules", lambda: kind.rules(self.round))
        subject = self.guarded("review", lambda: kind.review(self.subject))
        for rule in rules or ():
            if subject is not None and self.asked.wants(rule.id):
                self.guarded(rule.id, lambda rule=rule: self._apply(rule, subject))  # type: ignore[misc]

    def _apply(self, rule: Rule[Any], subject: object) -> None:
        found = rule.findings(subject)
        self.findings += found[:MOST_OF_A_RULE]
        if len(found) > MOST_OF_A_RULE:
            more = f"… and {len(found) - MOST_OF_A_RULE} more of this kind"
            self._note(more, rule.id, rule.severity)

    def official(self, kind: Kind, revision: str) -> dict[str, str]:
        """Return the official verdicts; those that are no OK become findings."""
        mended, ask = self.asked.mended, kind.official
        if ask is None:
            self._note("no official checker of such results is known", NO_OFFICIAL, Severity.NOTE)
            return {}
        verdicts = self.guarded("official", lambda: ask(self.subject, revision, mended))
        outcomes = verdicts or {}
        for name, one in outcomes.items():
            if one.verdict != "OK":
                severity = Severity.WARNING if one.verdict == "WARN" else Severity.ERROR
                self._note(
                    one.message or f"{name} answers {one.verdict}",
                    f"official/{name}",
                    severity,
                    one.file or self._where,
                    one.line,
                )
        return {name: str(one.verdict) for name, one in outcomes.items()}

    def guarded(self, what: str, do: Callable[[], _Got]) -> _Got | None:
        """Return what a function returns; that it fails is a finding, once for each reason."""
        try:
            return do()
        except FormatError as error:
            if what != "figures":  # the rule about that file has said so
                self._once(UNREADABLE, error.what, error.where)
        except FileNotFoundError as error:
            self._once(UNREADABLE, "the file is missing", str(error))
        except OSError as error:
            self._once(UNREADABLE, error.strerror or str(error), str(error.filename or ""))
        except JoulemarkError as error:
            self._once(UNREADABLE, error.what, error.where)
        except Exception as error:  # noqa: BLE001 # one rule must not end the check of thousands
            self._once(INTERNAL, f"{what} failed: {type(error).__name__}: {str(error)[:300]}", "")
        return None

    def _once(self, rule: str, what: str, where: str) -> None:
        finding = Finding(
            rule=rule, severity=Severity.ERROR, message=what, file=where or self._where
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def _note(
        self, what: str, rule: str, severity: Severity, file: str = "", line: int | None = None
    ) -> None:
        where = file or self._where
        self.findings.append(
            Finding(rule=rule, severity=severity, message=what, file=where, line=line)
        )


def _kept(rule: str, asked: Asked) -> bool:
    """Return whether a finding is wanted; that something could not be looked at always is."""
    return rule in (INTERNAL, UNREADABLE) or asked.wants(rule)


def writable(finding: Finding) -> Finding:
    """Return a finding whose texts can be written anywhere; few need a change."""
    message, file = plain(finding.message), plain(finding.file)
    if (message, file) == (finding.message, finding.file):
        return finding
    return Finding(
        rule=finding.rule, severity=finding.severity, message=message, file=file, line=finding.line
    )


def plain(text: str) -> str:
    """Return text without the halves of characters that names of files may hold."""
    return text.encode("utf-8", "replace").decode()


def _amount(value: Published | None) -> Amount | None:
    return None if value is None or not isfinite(value.value) else Amount(value.value, value.unit)


def measured(value: Value | None) -> Measured | None:
    """Return a number with its half-width; None if there is none, or it is not finite."""
    if value is None or not (isfinite(value.value) and isfinite(value.u95)):
        return None
    return Measured(value.value, value.u95)
