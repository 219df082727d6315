"""A rule: what it demands, where that stands, and the function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from joulemark.core.errors import FormatError
from joulemark.core.finding import Finding, Severity

Subject = TypeVar("Subject")
Seen = tuple[str, str, int | None]
"""What was seen, in words with numbers; the file; the line."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One rule.

    Attributes:
        id: stable name, ``inference/time-skew`` for instance.
        demands: what it asks for, in a sentence.
        source: paragraph of the policy, number of the official check, or our own reason.
        severity: of its findings.
        advice: how a submitter mends it.
        look: yields what is not as it should be; may raise FormatError for a file that cannot be
            read, which the rule about that file reports, and nothing else.
    """

    id: str
    demands: str
    source: str
    severity: Severity
    advice: str
    look: Callable[[Subject], Iterator[Seen]]

    def findings(self, subject: Subject) -> list[Finding]:
        """Return what the rule finds; nothing where a file it needs cannot be read."""
        try:
            return [
                Finding(rule=self.id, severity=self.severity, message=what, file=file, line=line)
                for what, file, line in self.look(subject)
            ]
        except FormatError:
            return []


def rule(
    id_: str, *, source: str, severity: Severity, advice: str
) -> Callable[[Callable[[Subject], Iterator[Seen]]], Rule[Subject]]:
    """Make a rule of the function that looks; what it demands is its docstring.

    Args:
        id_: see :class:`Rule`, as the others.
        source: likewise.
        severity: likewise.
        advice: likewise.
    """

    def of(look: Callable[[Subject], Iterator[Seen]]) -> Rule[Subject]:
        return Rule(id_, " ".join((look.__doc__ or "").split()), source, severity, advice, look)

    return of
