"""Settings of the machine, by name; each shows itself, is set, and is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joulemark.core.registry import Registry

if TYPE_CHECKING:
    from joulemark.core.interfaces import Knob, Settings

KNOBS = Registry(
    "knob",
    "joulemark.knobs",
    {
        "cpu-governor": "joulemark.tune.knobs.files:governor",
        "cpu-max-frequency": "joulemark.tune.knobs.files:max_frequency",
        "cpu-min-frequency": "joulemark.tune.knobs.files:min_frequency",
        "cpu-power-limit": "joulemark.tune.knobs.files:power_limit",
        "gpu-power-limit": "joulemark.tune.knobs.nvml:power_limit",
        "gpu-clock": "joulemark.tune.knobs.nvml:clock",
        "gpu-memory-clock": "joulemark.tune.knobs.nvml:memory_clock",
    },
)
"""Every factory takes one mapping of JSON settings and returns a knob; nothing is touched yet."""


def make(name: str, settings: Settings) -> Knob:
    """Return a knob.

    Raises:
        UsageError: if nothing has that name, or a setting makes no sense.
    """
    knob: Knob = KNOBS.load(name)(settings)
    return knob
