"""What an import says of logs of power."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from joulemark.core.finding import Severity
from joulemark.core.units import count_of, digits
from joulemark.core.value import Value
from joulemark.formats.telemetry.definitions import DEFINITIONS
from joulemark.procedures.import_logs import LogImport
from joulemark.report.format import clean, plus_minus, quantity

_MARKS = {Severity.ERROR: ("✗", "red"), Severity.WARNING: ("!", "yellow"), Severity.NOTE: ("·", "")}
_WIDE = 18
_VERSION = "/load-1"


def log_lines(made: LogImport) -> Iterator[tuple[str, str]]:
    """Yield lines for people, each with its style."""
    served, window = made.served, made.result.windows[0].window
    tools = " and ".join(filter(None, (made.tool, served.tool if served else "")))
    yield "", ""
    yield f"{made.run}: {clean(made.log.name, 40)} ({tools})", "bold"
    facts = [f"{digits(window.duration_s, 5)} s", count_of(len(made.gpus), "GPU")]
    if served is not None:
        facts.append(count_of(served.requests, "request"))
        tokens = {"input": served.input_tokens, "output": served.output_tokens}
        facts += [f"{n} {kind} tokens" for kind, n in tokens.items() if n is not None]
    yield f"  {window.phase}: {', '.join(facts)}", ""
    if made.result.total is not None:
        yield _row("energy", made.result.total.joules), ""
    if made.result.power is not None:
        yield _row("mean power", made.result.power), ""
    for name, value in made.per.items():
        yield _row(name.removeprefix("energy-").removesuffix(_VERSION).replace("-", " "), value), ""
    for finding in made.findings:
        mark, style = _MARKS[finding.severity]
        yield f"  {mark} {finding.rule}: {clean(finding.message, 300)}", style


def _row(name: str, value: Value) -> str:
    return f"  {name:<{_WIDE}} {quantity(value):<16} {plus_minus(value)}".rstrip()


def log_json(made: LogImport) -> dict[str, Any]:
    """Return what became of a log as JSON values."""
    served, window, total = made.served, made.result.windows[0].window, made.result.total
    energy = None if total is None else total.joules
    found: dict[str, Any] = {
        "log": str(made.log),
        "tool": made.tool,
        "run": made.run,
        "new": made.new,
        "gpus": list(made.gpus),
        "window": {"phase": window.phase, "start_ns": window.start, "stop_ns": window.stop},
        "duration_s": window.duration_s,
        "energy": None if energy is None else {"definition": "energy/load-1", **_value(energy)},
        "power": None if made.result.power is None else _value(made.result.power),
        "coverage": None if total is None else total.coverage,
        "provenance": None if total is None else str(total.provenance),
        "per": {name: {**_value(v), "meaning": DEFINITIONS[name]} for name, v in made.per.items()},
        "findings": [
            {"rule": f.rule, "severity": str(f.severity), "message": f.message, "file": f.file}
            for f in made.findings
        ],
    }
    if served is not None:
        names = ("tool", "version", "model", "requests", "failed", "input_tokens", "output_tokens")
        found["load"] = {name: getattr(served, name) for name in names}
    return found


def _value(value: Value) -> dict[str, Any]:
    return {"value": value.value, "u95": value.u95, "unit": value.unit}
