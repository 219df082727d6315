"""What does the work that is measured: names to factories.

A factory takes the settings by name and returns a :class:`joulemark.core.interfaces.Workload`.
"""

from __future__ import annotations

from joulemark.core.registry import Registry

WORKLOADS = Registry(
    "workload", "joulemark.workloads", {"vision": "joulemark.workloads.vision:vision"}
)

SETTINGS = Registry(
    "workload",
    "joulemark.workload_settings",
    {"vision": "joulemark.workloads.settings:VisionSettings"},
)
"""The dataclass of each workload's settings, of which flags are made."""
