"""The load of a serving benchmark, and how its numbers are read from JSON of strangers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.finding import Finding, Severity
from joulemark.formats.files import LATEST_US
from joulemark.formats.mlenergy.values import written

MOST, MOST_S = 10**15, 1e8
"""Bounds of counts, and of lengths in s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a benchmark says of its load.

    Attributes:
        tool: that wrote the result.
        version: of the tool; empty where it is not said.
        start: of the load, ns; as if UTC where ``utc`` is false.
        stop: its end.
        utc: whether the times name their zone.
        edge_u_s: standard uncertainty of each of the two, s.
        requests: that were answered.
        failed: that were not; None where it is not said.
        input_tokens: of the answered requests; None where it is not said.
        output_tokens: likewise.
        gpus: that served; None where it is not said.
        model: what was served.
        findings: what is odd.
    """

    tool: str
    version: str = ""
    start: int
    stop: int
    utc: bool
    edge_u_s: float = 0.0
    requests: int
    failed: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    gpus: int | None = None
    model: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the load, s."""
        return (self.stop - self.start) / NS


def finding(rule: str, severity: Severity, message: str, file: str = "") -> Finding:
    """Return a finding of an import of logs."""
    return Finding(rule=f"log/{rule}", severity=severity, message=message, file=file)


def judged(served: Served, path: Path) -> Served:
    """Return a result that can be used, with what is odd about it.

    Raises:
        FormatError: if its load has no length, or nothing was answered.
    """
    if not 0 < served.seconds < 366 * 86400:
        raise FormatError("the load has no length that can be", where=str(path))
    if not served.requests:
        raise FormatError("no request was answered", where=str(path))
    found = list(served.findings)
    if served.failed:
        of = served.failed + served.requests
        what = f"{served.failed} of {of} requests failed: their energy is in that of the others"
        found.append(finding("failed-requests", Severity.WARNING, what, path.name))
    if served.output_tokens is None:
        what = "output tokens are not told: there is no energy per token"
        found.append(finding("no-tokens", Severity.NOTE, what, path.name))
    return replace(served, findings=tuple(found))


def number(value: object) -> int | float | None:
    """Return what is a number; None for a truth value, a NaN, and all else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return value


def length_s(value: object, name: str, path: Path) -> float:
    """Return a length of time, s.

    Raises:
        FormatError: if it is none.
    """
    found = number(value)
    if found is None or not 0 < found < MOST_S:
        raise FormatError(f"{name} is no length of time", where=str(path))
    return float(found)


def whole(value: object) -> int | None:
    """Return a number of at least 0, also one that was written as a text; None for all else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    found = number(value)
    return None if found is None or not 0 <= found < MOST else round(found)


def unix_ns(value: object) -> int | None:
    """Return seconds since 1970 as ns."""
    found = number(value)
    fine = found is not None and 10**8 < found < LATEST_US // 10**6
    return round(found * NS) if found is not None and fine else None


def epoch_ns(value: object) -> int | None:
    """Return ns since 1970."""
    found = number(value)
    fine = found is not None and 10**17 < found <= LATEST_US * 1000
    return round(found) if found is not None and fine else None


def said(value: object) -> str:
    """Return a text of bounded length; empty for all else."""
    return written(value) if isinstance(value, str) else ""
