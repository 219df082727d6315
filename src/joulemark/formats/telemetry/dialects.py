"""What the columns of a log mean, by the tool that wrote it.

Sources: ``nvidia-smi --help-query-gpu``; ``amd-smi metric`` and ``amd-smi monitor`` of AMD SMI 26
(columns of ``--csv`` and of ``-w``), which write bare numbers in W, J, %, MHz and °C.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from joulemark.core.channel import Quantity

SCALES: Mapping[Quantity, Mapping[str, float]] = {
    Quantity.POWER: {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    Quantity.ENERGY: {"J": 1.0, "mJ": 1e-3},
    Quantity.UTILISATION: {"%": 0.01},
    Quantity.TEMPERATURE: {"C": 1.0},
    Quantity.FREQUENCY: {"MHz": 1e6},
    Quantity.MEMORY: {"MiB": 1048576.0, "MB": 1e6},
}
"""Factors to SI."""
UNITS: Mapping[Quantity, str] = {
    Quantity.POWER: "W",
    Quantity.ENERGY: "J",
    Quantity.UTILISATION: "%",
    Quantity.TEMPERATURE: "C",
    Quantity.FREQUENCY: "MHz",
    Quantity.MEMORY: "MiB",
}
"""Unit of a column that names none."""
SI: Mapping[Quantity, str] = {
    Quantity.POWER: "W",
    Quantity.ENERGY: "J",
    Quantity.UTILISATION: "1",
    Quantity.TEMPERATURE: "degC",
    Quantity.FREQUENCY: "Hz",
    Quantity.MEMORY: "B",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The columns of one tool.

    Attributes:
        meter: name of the tool.
        names: columns that tell boards apart, the most lasting first.
        index: the column with a board's number.
        power: what a column of power is called.
        others: further columns that are read.
        single: a column that must say 0 where a board has several rows of one time.
        power_name: the usual column of power, for messages.
    """

    meter: str
    names: tuple[str, ...]
    index: str
    power: re.Pattern[str]
    others: Mapping[str, Quantity]
    single: str = ""
    power_name: str = "power.draw"

    def quantity(self, column: str) -> Quantity | None:
        """Return what a column holds; None for one that is not read."""
        if self.power.fullmatch(column):
            return Quantity.POWER
        return self.others.get(column)


NVIDIA = Dialect(
    meter="nvidia-smi",
    names=("uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "index"),
    index="index",
    power=re.compile(r".*power\.draw.*"),
    others={
        "utilization.gpu": Quantity.UTILISATION,
        "temperature.gpu": Quantity.TEMPERATURE,
        "clocks.current.sm": Quantity.FREQUENCY,
        "clocks.sm": Quantity.FREQUENCY,
        "memory.used": Quantity.MEMORY,
    },
)
AMD = Dialect(
    meter="amd-smi",
    names=("gpu",),
    index="gpu",
    power=re.compile(r"socket_power(?:_w)?|(?:current|average)_socket_power|power_usage"),
    others={
        "total_energy_consumption": Quantity.ENERGY,
        "gfx_activity": Quantity.UTILISATION,
        "gfx": Quantity.UTILISATION,
        "hotspot": Quantity.TEMPERATURE,
        "hotspot_temperature": Quantity.TEMPERATURE,
        "gfx_0_clk": Quantity.FREQUENCY,
        "gfx_clk": Quantity.FREQUENCY,
    },
    single="xcp",
    power_name="socket_power",
)


def dialect_of(columns: tuple[str, ...]) -> Dialect:
    """Return whose columns these are; NVIDIA's where nothing tells."""
    amd = "gpu" in columns and any(AMD.quantity(column) is not None for column in columns)
    return AMD if amd else NVIDIA
