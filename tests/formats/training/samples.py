"""Makes files of a training result as submitters hand them in; every value is ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
REAL = SHARED / "mlcommons"
EXPECTED = SHARED / "expected" / "training.csv"
T0 = 1_745_000_000_000
"""When a run begins, ms."""


def line(
    key: str, value: Any, seconds: float, metadata: Any = "", kind: str = "POINT_IN_TIME"
) -> str:
    """One line of a log, spaced as Python writes it."""
    record = {
        "namespace": "",
        "time_ms": T0 + round(1000 * seconds),
        "event_type": kind,
        "key": key,
        "value": value,
        "metadata": metadata,
    }
    return ":::MLLOG " + json.dumps(record)


def reading(seconds: float, watts: Any, metadata: Any = "") -> str:
    return line("power_reading", watts, seconds, metadata)


def node(
    seconds: int = 100, watts: float = 500, *, first: int = 0, factor: float | None = None
) -> bytes:
    """The log of a node: a reading a second."""
    lines = [line("power_measurement_start", None, first, kind="INTERVAL_START")]
    if factor is not None:
        lines.append(line("conversion_eff", factor, first, {"measurement_type": "AC"}))
    lines += [reading(s, watts, {"host": "0"}) for s in range(first + 1, first + seconds + 1)]
    lines.append(line("power_measurement_stop", None, first + seconds, kind="INTERVAL_END"))
    return ("\n".join(lines) + "\n").encode()


def switch(watts: float = 100) -> bytes:
    """The log of a switch whose power is declared."""
    return (line("interconnect_power_est", watts, -9e7, {"switch_id": "sw_01"}) + "\n").encode()


def result(seconds: float = 100, *, status: str = "success", benchmark: str = "bert") -> bytes:
    """What a run logs of itself, between what its program prints."""
    lines = [
        "Loading…",
        "0: " + line("submission_benchmark", benchmark, -5),
        "0: " + line("seed", 4711, -1),
        "0: " + line("run_start", None, 0, {"file": "train.py"}, "INTERVAL_START"),
        "step 1 of 100",
        "0: " + line("run_stop", 0.72, seconds, {"status": status}, "INTERVAL_END"),
        "done",
    ]
    return ("\n".join(lines) + "\n").encode()


def write(root: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def benchmark(runs: int = 5, nodes: int = 2) -> dict[str, bytes]:
    """The files of a benchmark's folder; run k takes 100 + k seconds."""
    files: dict[str, bytes] = {"scaling.json": b'{"scaling_factor": 1.5}'}
    for run in range(runs):
        files[f"result_{run}.txt"] = result(100 + run)
        for number in range(nodes):
            files[f"power/result_{run}/node_{number}.txt"] = node(100 + run)
        files[f"power/result_{run}/sw_0.txt"] = switch()
    return files
