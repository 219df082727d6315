"""Words by which the study's scripts choose rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from joulemark.analysis.published.tables import Row

RATES = ("queries/s", "samples/s", "Samples/s", "Queries/s")
TOKENS = "Tokens/s"
POWERS = ("System Power (W)", "Power (W)", "System Power", "Watts")
LATENCY, MICROJOULES = "Latency in ms", "Energy in uJ"
MINUTES, KILOJOULES = "Latency (In minutes)", "kJ"


def renamed(spellings: Mapping[str, str]) -> Callable[[Row], str]:
    """Return a function that gives a row's model in small letters, some under another name."""

    def name(row: Row) -> str:
        plain = row["Model MLC"].lower()
        return spellings.get(plain, plain)

    return name


def of_units(rows: Sequence[Row], units: Sequence[str]) -> list[Row]:
    """Return the rows whose unit is one of some, to the letter."""
    return [row for row in rows if row["Units"] in units]


def offline(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the Offline scenario."""
    return [row for row in rows if row["Scenario"].lower().replace(" ", "") == "offline"]
