"""A real board whose power sensor looks a quarter of the time, beside its own energy counter.

The recording is of an NVIDIA H200 (driver 580.159) under 23 loads, square waves at and about the
sensor's own period among them; ``benchmarks/paces.py`` made it, and shows it here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests/data/h200/paces.json"
SCRIPT = ROOT / "benchmarks/paces.py"


@pytest.fixture(scope="module")
def loads() -> dict[str, dict[str, str]]:
    command = [sys.executable, str(SCRIPT), str(RECORDING), "--json"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row["load"]: row for row in said["loads"]}


def test_power_alone_holds_what_the_counter_says(loads: dict[str, dict[str, str]]) -> None:
    assert len(loads) == 23
    assert [name for name, row in loads.items() if row["holds"] != "yes"] == []


def test_it_would_not_without_utilisation(loads: dict[str, dict[str, str]]) -> None:
    """A load in step with the sensor read 118 % too high or 74 % too low, without a sign of it."""
    missed = [name for name, row in loads.items() if row["without utilisation"] == "missed"]
    assert missed == [
        "square 50 ms 0.3",
        "square 100 ms 0.3",
        "square 100 ms 0.6",
        "square 100.1 ms 0.3",
        "square 100.1 ms 0.6",
    ]


def test_a_steady_load_is_not_widened(loads: dict[str, dict[str, str]]) -> None:
    assert float(loads["steady"]["power alone"].split()[2]) < 3
