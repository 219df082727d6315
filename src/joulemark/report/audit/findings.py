"""Findings on a measurement, by rule, each with its place on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.described import Described
from joulemark.report.audit.cited import Cited, visible
from joulemark.report.audit.reading import Member, or_none
from joulemark.report.audit.summary import ORDER
from joulemark.report.checked_json import where
from joulemark.report.format import clean

MOST_OF_A_RULE = 100
"""Findings of one rule that a page lists."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One finding.

    Attributes:
        message: what was seen.
        where: file and line, relative to the power directory where the file lies in it.
        whole: the same relative to the root of the tree.
        anchor: of the line on the page; empty if it is not shown.
        results: numbers of the results it was found on, from 1; empty for all of them.
    """

    message: str
    where: str
    whole: str
    anchor: str
    results: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What one rule found.

    Attributes:
        rule: its id.
        anchor: of the group on the page.
        severity: of its findings.
        about: what the rule demands; empty for a rule that is not known.
        source: where that stands.
        advice: how to mend a result.
        found: the findings.
        more: how many are not listed.
    """

    rule: str
    anchor: str
    severity: Severity
    about: str
    source: str
    advice: str
    found: list[Occurrence]
    more: int


_Key = tuple[str, str, str, int | None]


def groups(members: Sequence[Member], known: Mapping[str, Described], cited: Cited) -> list[Group]:
    """Return the findings on the results of a measurement, the gravest rules first.

    A finding that is the same on several results stands once.

    Args:
        members: the results.
        known: the rules in words.
        cited: takes the lines that are cited.
    """
    by_rule: dict[tuple[int, str], dict[_Key, _Found]] = {}
    for number, member in enumerate(members, 1):
        for finding in member.checked.findings:
            rule = by_rule.setdefault((ORDER[finding.severity], finding.rule), {})
            file = _same_file(finding.file, member, members[0])
            key = (finding.rule, finding.message, file, finding.line)
            if key not in rule:
                rule[key] = _Found(finding, member, file, [])
            if number not in rule[key].numbers:
                rule[key].numbers.append(number)
    ordered = sorted(by_rule.items(), key=lambda item: item[0][0])
    return [_group(list(found.values()), known, cited, len(members)) for _, found in ordered]


@dataclass(frozen=True, slots=True)
class _Found:
    finding: Finding
    member: Member
    file: str
    numbers: list[int]


def _group(
    found: list[_Found], known: Mapping[str, Described], cited: Cited, members: int
) -> Group:
    finding = found[0].finding
    rule = known.get(finding.rule)
    return Group(
        rule=clean(finding.rule, 80),
        anchor=anchor_of(finding.rule),
        severity=finding.severity,
        about="" if rule is None else rule.demands,
        source="" if rule is None else rule.source,
        advice="" if rule is None else rule.advice,
        found=[_occurrence(one, cited, members) for one in found[:MOST_OF_A_RULE]],
        more=max(len(found) - MOST_OF_A_RULE, 0),
    )


def anchor_of(rule: str) -> str:
    """Return the anchor of a rule's findings."""
    return "rule-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in rule)


def _occurrence(one: _Found, cited: Cited, members: int) -> Occurrence:
    finding = one.finding
    file = one.file or finding.file
    whole = _place(file, finding.line) if file else where(one.member.checked, finding)
    return Occurrence(
        message=clean(finding.message, 1000),
        where=visible(shortened(whole, one.member, file), 400),
        whole=visible(whole, 1000),
        anchor=cited.cite(file, finding.line, finding.rule, _content(file, one)),
        results=() if len(one.numbers) == members else tuple(one.numbers),
    )


def shortened(whole: str, member: Member, file: str) -> str:
    """Return a place relative to the power directory if the file lies in it."""
    folder = member.directory.path
    return whole.removeprefix(f"{folder}/") if _within(file, folder) else whole


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"


def _content(file: str, one: _Found) -> bytes | None:
    directory = one.member.directory
    name = _within(file, directory.path) or _within(one.finding.file, directory.path)
    if name not in directory.entries:
        return None
    return or_none(lambda: directory.read(name))


def _within(file: str, folder: str) -> str:
    """Return a file's path relative to a power directory; empty if it lies elsewhere."""
    prefix = f"{folder}/" if folder else ""
    return file.removeprefix(prefix) if file.startswith(prefix) else ""


def _same_file(file: str, member: Member, first: Member) -> str:
    """Return the first result's copy of a file, where it is a copy."""
    name = _within(file, member.directory.path)
    if member is first or name not in first.directory.entries:
        return file
    mine = or_none(lambda: member.directory.read(name))
    same = mine is not None and mine == or_none(lambda: first.directory.read(name))
    return first.directory.name_of(name) if same else file
