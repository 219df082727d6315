"""Check one power directory: rules or the official checker's verdicts, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Protocol, TypeVar

from joulemark.core.errors import FormatError, JoulemarkError
from joulemark.core.finding import Finding, Severity, verdict
from joulemark.core.value import Value
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.checked import (
    NEWEST,
    OWN,
    ROOT,
    Amount,
    Asked,
    Checked,
    Measured,
    Target,
)
from joulemark.rules.rule import Rule

MOST_OF_A_RULE = 1000
"""Findings of one rule in one directory that are kept."""
INTERNAL, UNREADABLE, UNKNOWN_ROUND = (
    "joulemark/internal",
    "joulemark/unreadable",
    "joulemark/round",
)
"""What the check itself may find, whatever is asked for."""

_Got = TypeVar("_Got")


class Outcome(Protocol):
    """What one check of the official checker says."""

    @property
    def verdict(self) -> str:
        """OK, WARN, FAIL or EXC."""

    @property
    def message(self) -> str:
        """What it says; empty for nothing."""

    @property
    def file(self) -> str:
        """The file it is about; empty for none."""

    @property
    def line(self) -> int | None:
        """The line in it."""


class Published(Protocol):
    """A number and its unit."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def unit(self) -> str:
        """Its unit."""


class Figures(Protocol):
    """What a power directory is worth."""

    @property
    def metric(self) -> Published | None:
        """As published."""

    @property
    def efficiency(self) -> Published | None:
        """As published."""

    @property
    def energy_j(self) -> Value | None:
        """Integral over the window of the test, J."""

    @property
    def average_power_w(self) -> Value | None:
        """Its mean, W."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a check is made of; handed in so that each can be another.

    Attributes:
        open_tree: opens what a person named.
        reopen: opens a tree again in another process, from its token.
        find: yields the power directories of a tree.
        guess_round: of a directory whose path does not tell; empty if nothing tells.
        rules: of a round.
        review: makes of a directory what the rules look at.
        figures: of a directory.
        official: outcomes by name of the check, of one revision of the official checker without
            the faults that are named.
        revisions: the known ones.
    """

    open_tree: Callable[[str], Tree]
    reopen: Callable[[str], Tree]
    find: Callable[[Tree], Iterator[PowerDirectory]]
    guess_round: Callable[[PowerDirectory], str]
    rules: Callable[[str], Sequence[Rule[Any]]]
    review: Callable[[PowerDirectory], Any]
    figures: Callable[[PowerDirectory], Figures]
    official: Callable[[PowerDirectory, str, Collection[str]], Mapping[str, Outcome]]
    revisions: Collection[str]


def judge(
    directory: PowerDirectory, target: Target, tree: str, asked: Asked, parts: Parts
) -> Checked:
    """Return what a check of one directory comes to; whatever goes wrong is a finding.

    Args:
        directory: the directory.
        target: the same, as it was found.
        tree: what the person called the tree.
        asked: how to check.
        parts: what to check with.
    """
    one = _Judge(directory, target, asked)
    one.settle_round(parts)
    official: dict[str, str] | None = None
    revision = ""
    if asked.as_official:
        revision = one.revision(parts.revisions)
        official = one.official(parts, revision)
    else:
        one.rules(parts)
    figures = one.guarded("figures", lambda: parts.figures(directory))
    found = tuple(writable(f) for f in one.findings if _kept(f.rule, asked))
    return Checked(
        tree=plain(tree),
        path=plain(target.path or ROOT),
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
    """Collects findings on one directory."""

    def __init__(self, directory: PowerDirectory, target: Target, asked: Asked) -> None:
        self.directory = directory
        self.asked = asked
        self.round = target.place.round or asked.round
        self.findings: list[Finding] = []
        self._where = target.path

    def settle_round(self, parts: Parts) -> None:
        """Find out the round where neither path nor person told it, and say so."""
        if not self.round:
            self.round = self.guarded("round", lambda: parts.guess_round(self.directory)) or ""
            by = f"its files look like {self.round}" if self.round else "nor do its files"
            what = f"the path does not tell the round, {by}; --round names it"
            self._note(what, UNKNOWN_ROUND, Severity.NOTE)
        self.directory.place = replace(self.directory.place, round=self.round)

    def revision(self, known: Collection[str]) -> str:
        """Return which official checker is to speak."""
        if self.asked.as_official != OWN:
            return self.asked.as_official
        return self.round if self.round in known else NEWEST

    def rules(self, parts: Parts) -> None:
        """Apply the rules of the round that are asked for."""
        rules = self.guarded("rules", lambda: parts.rules(self.round))
        subject = self.guarded("review", lambda: parts.review(self.directory))
        for rule in rules or ():
            if subject is not None and self.asked.wants(rule.id):
                self.guarded(rule.id, lambda rule=rule: self._apply(rule, subject))  # type: ignore[misc]

    def _apply(self, rule: Rule[Any], subject: object) -> None:
        found = rule.findings(subject)
        self.findings += found[:MOST_OF_A_RULE]
        if len(found) > MOST_OF_A_RULE:
            more = f"… and {len(found) - MOST_OF_A_RULE} more of this kind"
            self._note(more, rule.id, rule.severity)

    def official(self, parts: Parts, revision: str) -> dict[str, str]:
        """Return the official verdicts; those that are no OK become findings."""
        mended = self.asked.mended
        verdicts = self.guarded(
            "official", lambda: parts.official(self.directory, revision, mended)
        )
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
