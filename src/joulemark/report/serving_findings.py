"""What was wrong with a run of serving, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from joulemark.core.finding import Severity
from joulemark.procedures.serving.findings import Told
from joulemark.report.format import clean

MOST = 12
COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def findings_text(findings: Sequence[Told]) -> RenderableType:
    """Return a line for each finding, the worst first; of very many the first."""
    lines = [_line(one) for one in findings[:MOST]]
    if len(findings) > MOST:
        lines.append(Text(f"… {len(findings) - MOST} more: --json", style="dim"))
    return Group(Text("Findings", style="bold"), *lines)


def _line(told: Told) -> Text:
    one = told.finding
    load = "" if told.repeat is None else f"load {told.repeat}: "
    message = clean(one.message, 600)
    return Text.assemble((f"{one.severity.value}: ", COLOUR[one.severity]), load, message)


def finding_json(told: Told) -> dict[str, Any]:
    """Return what was wrong, and with which load (null for the run)."""
    one = told.finding
    where = {"severity": one.severity.value, "load": told.repeat}
    return {"rule": one.rule, **where, "message": one.message}
