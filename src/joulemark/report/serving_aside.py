"""What is known of a load beside its energy: the server's own metrics, the state of the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from joulemark.accounting.serving_counters import ServerCounters
from joulemark.accounting.serving_names import (
    GENERATED,
    KV_USE,
    PREEMPTED,
    PROMPT,
    RUNNING,
    WAITING,
)
from joulemark.core.units import digits, si
from joulemark.procedures.serving.aside import Aside
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.flat import Row

STATES = {"temperature": "°C", "sm_clock": "Hz", "graphics_clock": "Hz", "utilisation": "%"}
"""States of accelerators that are shown in the terminal, and their units there."""


def aside_json(aside: Aside) -> dict[str, Any]:
    """Return it as plain JSON values: of the window that counts, tokens of the whole load, too."""
    whole = aside.whole.counts if isinstance(aside.whole, ServerCounters) else {}
    return {
        "server": _told(aside.server),
        "server_whole_load": {k: whole[k] for k in (PROMPT, GENERATED) if k in whole},
        "machine": dict(aside.machine),
        "held_down": [asdict(one) for one in aside.held],
    }


def _told(server: ServerCounters | str) -> dict[str, Any]:
    if isinstance(server, str):
        return {"why_none": server}
    return {
        "name": server.server,
        "readings": server.readings,
        "levels": {name: asdict(one) for name, one in server.levels.items()},
        "counts": dict(server.counts),
        "means_s": {k: v.mean for k, v in server.times.items() if v.mean is not None},
        "restarts": server.restarts,
        "remarks": list(server.remarks),
    }


def server_metrics(result: ServingResult) -> dict[str, float]:
    """Return flat numbers of the server's own metrics: means of the repeats, preemptions in all."""
    told = [one.server for one in result.asides if isinstance(one.server, ServerCounters)]
    found = {}
    for name, flat in ((RUNNING, "running"), (WAITING, "waiting"), (KV_USE, "kv_use")):
        means = [one.levels[name].mean for one in told if name in one.levels]
        if means:
            found[f"server_{flat}"] = float(np.mean(means))
    preempted = [one.counts[PREEMPTED] for one in told if PREEMPTED in one.counts]
    if preempted:
        found["server_preemptions"] = float(sum(preempted))
    return found


def aside_rows(result: ServingResult) -> Iterator[Row]:
    """Return rows for the terminal: what the server says of itself, and how accelerators were."""
    told = [one.server for one in result.asides if isinstance(one.server, ServerCounters)]
    words = list(_words(server_metrics(result)))
    if told and words:
        yield f"{told[0].server}'s metrics", ", ".join(words)
    for part, states in _accelerators(result).items():
        yield part, ", ".join(states)


def _words(metrics: Mapping[str, float]) -> Iterator[str]:
    for name in ("running", "waiting"):
        if f"server_{name}" in metrics:
            yield f"{digits(metrics[f'server_{name}'], 3)} {name}"
    if "server_kv_use" in metrics:
        yield f"{digits(100 * metrics['server_kv_use'], 3)} % of the cache in use"
    if metrics.get("server_preemptions"):
        yield f"{metrics['server_preemptions']:.0f} preempted"


def _accelerators(result: ServingResult) -> dict[str, list[str]]:
    """Return the states of each accelerator: means over the windows of all repeats."""
    found: dict[str, list[float]] = {}
    for aside in result.asides:
        for name, value in aside.machine.items():
            found.setdefault(name, []).append(value)
    rows: dict[str, list[str]] = {}
    for name, values in found.items():
        part, _, state = name.rpartition("/")
        if state in STATES and part.count("/") >= 1:
            mean = float(np.mean(values))
            scaled, unit = (100 * mean, "%") if STATES[state] == "%" else (mean, STATES[state])
            shown = si(mean, "Hz", 3) if unit == "Hz" else f"{digits(scaled, 3)} {unit}"
            rows.setdefault(part.partition("/")[2], []).append(
                shown if unit != "%" else f"{shown} busy"
            )
    return rows
