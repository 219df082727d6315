"""What a rule found: which rule, how bad it is, what was seen, and where."""

from __future__ import annotations

from joulemark.core.record import record
from joulemark.core.words import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The result cannot stand as it is."""
    WARNING = "warning"
    """A reviewer has to look at it."""
    NOTE = "note"
    """Worth knowing; nothing has to be done."""


class Verdict(StrEnum):
    """What the findings on one result come to."""

    PASS = "pass"  # noqa: S105 # no password
    WARN = "warn"
    FAIL = "fail"


@record(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a rule found.

    Attributes:
        rule: id of the rule.
        severity: how bad it is.
        message: what was seen and what is required, with numbers.
        file: the file it was seen in, relative to the root of its tree; empty for none.
        line: the line in it, from 1; None where the whole file is meant.
    """

    rule: str
    severity: Severity
    message: str
    file: str = ""
    line: int | None = None

    @property
    def where(self) -> str:
        """File and line as one text."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def verdict(findings: tuple[Finding, ...] | list[Finding]) -> Verdict:
    """Return what findings come to: fail with an error, warn with a warning, else pass."""
    found = {finding.severity for finding in findings}
    if Severity.ERROR in found:
        return Verdict.FAIL
    return Verdict.WARN if Severity.WARNING in found else Verdict.PASS
