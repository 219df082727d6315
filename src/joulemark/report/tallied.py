"""Findings of many results, counted by rule: what is held grows with the rules only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from joulemark.core.finding import Finding, Severity
from joulemark.report.format import clean

WIDTH = 80
ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "default"}
_MOST_MESSAGE = 300
Key = tuple[int, str]
"""Gravity, from 0, and id of a rule."""


@dataclass(slots=True)
class RuleTally:
    """What one rule found.

    Attributes:
        severity: of its findings.
        findings: how many.
        results: on how many results.
        example: the first of them, in words.
        place: file and line of that.
    """

    severity: Severity
    example: str
    place: str
    findings: int = 0
    results: int = 0


class Tallied:
    """Counts findings as results come.

    Attributes:
        rules: by severity and id.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rules: dict[Key, RuleTally] = {}

    def add(self, findings: Iterable[Finding], place: Callable[[Finding], str]) -> set[Key]:
        """Count the findings of one result.

        Args:
            findings: all of them.
            place: returns file and line of one.

        Returns:
            The rules that found something.
        """
        seen: set[Key] = set()
        for finding in findings:
            key = (ORDER[finding.severity], finding.rule)
            if key not in self.rules:
                message = clean(finding.message, _MOST_MESSAGE)
                where = clean(place(finding), _MOST_MESSAGE)
                self.rules[key] = RuleTally(finding.severity, message, where)
            self.rules[key].findings += 1
            self.rules[key].results += key not in seen
            seen.add(key)
        return seen

    def lines(self, total: int) -> Iterator[tuple[str, str]]:
        """Yield lines of at most 80 columns that tell what each rule found, each with its style.

        Args:
            total: how many results there are.
        """
        for (_, rule), one in sorted(self.rules.items()):
            yield "", ""
            count = f"{one.findings} on {one.results} of {total} results"
            head = f"{one.severity.value:8}{clean(rule, 44)}"
            yield f"{head}{count:>{max(WIDTH - len(head), len(count) + 1)}}", _STYLE[one.severity]
            for line in wrap(one.example, WIDTH - 8, break_on_hyphens=False):
                yield f"        {line}", "default"
            for line in _folded(one.place, WIDTH - 8):
                yield f"        {line}", "bright_black"


def _folded(path: str, width: int) -> Iterator[str]:
    """Yield a path in lines that end at a slash where that is possible."""
    line = ""
    for part in re.findall(r"[^/]*/?", path):
        if line and len(line) + len(part) > width:
            yield line
            line = ""
        line += part
        while len(line) > width:
            yield line[:width]
            line = line[width:]
    if line:
        yield line
