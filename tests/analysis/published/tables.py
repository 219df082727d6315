"""Made-up tables in the form of the source study's."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

COLUMNS = (
    "Public ID", "Organization", "Model MLC", "Scenario", "Result",
    "accelerator_model_name", "version", "date", "Units", "Total Accelerators",
)  # fmt: skip
DATES = {
    "v1.0": "4/17/2021", "v1.1": "9/22/2021", "v2.0": "4/27/2022", "v2.1": "9/8/2022",
    "v3.0": "4/4/2023", "v3.1": "9/8/2023", "v4.1": "8/28/2024",
}  # fmt: skip


def result(
    number: str,
    model: str,
    rate: str,
    watts: str,
    *,
    units: tuple[str, str] = ("samples/s", "Watts"),
    size: str = "8",
    scenario: str = "Offline",
) -> list[list[str]]:
    """Return the two rows of a result; its version is in its number."""
    version = f"v{number.partition('-')[0]}"
    head = [number, "Someone", model, scenario]
    tail = ["X100", version, DATES[version]]
    return [
        [*head, rate, *tail, units[0], size],
        [*head, watts, *tail, units[1], size],
    ]


def write(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> None:
    """Write a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
