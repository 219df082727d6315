"""What each number of an imported log means, and its version: another meaning gets another one."""

from __future__ import annotations

from collections.abc import Mapping

WINDOW = "load"
"""Name of the window of a load."""

DEFINITIONS: Mapping[str, str] = {
    "energy/load-1": (
        "energy of the counted GPUs from the first request sent to the last answer received; the "
        "host is not in it, idle power of the GPUs and failed requests are"
    ),
    "energy-per-request/load-1": "energy/load-1 by the requests that were answered",
    "energy-per-output-token/load-1": "energy/load-1 by the output tokens of answered requests",
    "energy-per-total-token/load-1": (
        "energy/load-1 by the input and output tokens of answered requests together"
    ),
}
