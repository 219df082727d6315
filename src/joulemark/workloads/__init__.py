"""What does the work that is measured: names to factories.

A factory takes the settings by name and returns a :class:`joulemark.core.interfaces.Workload`.
"""

from __future__ import annotations

from joulemark.core.registry import Registry

WORKLOADS = Registry(
    "workload",
    "joulemark.workloads",
    {
        "vision": "joulemark.workloads.vision:vision",
        "diffusion": "joulemark.workloads.diffusion.workload:diffusion",
    },
)

SETTINGS = Registry(
    "workload",
    "joulemark.workload_settings",
    {
        "vision": "joulemark.workloads.settings:VisionSettings",
        "diffusion": "joulemark.workloads.diffusion.settings:DiffusionSettings",
    },
)
"""The dataclass of each workload's settings, of which flags are made."""
