"""The published layout of a round, and what a path in it says.

``<division>/<submitter>/results/<system>/<benchmark>/<scenario>/performance``, beside ``systems``
and ``measurements``; the folder that holds the divisions is the root of a round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from joulemark.formats.inference.directory import Place

DIVISIONS = frozenset({"closed", "open", "network"})
RESULTS, MEASUREMENTS, SYSTEMS, PERFORMANCE = "results", "measurements", "systems", "performance"
SCENARIOS = {
    "singlestream": "SingleStream",
    "multistream": "MultiStream",
    "server": "Server",
    "offline": "Offline",
    "interactive": "Interactive",
}
ROUND = re.compile(r"(?<![0-9A-Za-z.])v?(\d{1,2}\.\d{1,2})(?![0-9A-Za-z]|\.\d)")
OF_A_ROUND = re.compile(r"results|submission|inference|mlperf|round", re.IGNORECASE)


def root_of(parts: Sequence[str]) -> int:
    """Return where in a path a round begins: the place of the division; -1 if there is none."""
    for at in range(len(parts) - 2):
        if parts[at] in DIVISIONS and parts[at + 2] == RESULTS:
            return at
    return -1


def scenario_of(folder: str) -> str:
    """Return LoadGen's name of the scenario that a folder is named after; empty if it is none."""
    return SCENARIOS.get(folder.lower().replace("_", "").replace("-", ""), "")


def round_of(above: Sequence[str]) -> str:
    """Return the round that the folders above a root name, the nearest first; empty for none.

    ``inference_results_v4.1`` names one, as does a folder ``v4.1``; ``tools-v4.1`` does not.
    """
    for folder in reversed(above):
        match = ROUND.search(folder)
        if match and (match[0] == folder or OF_A_ROUND.search(folder)):
            return f"v{match[1]}"
    return ""


def place_of(above: Sequence[str], path: Sequence[str]) -> Place:
    """Return where a power directory belongs.

    Args:
        above: folders above the root of its round, outermost first.
        path: folders from the root on; what of the layout can be read off it is.
    """
    inner = [*path[:-1]] if path and path[-1] == PERFORMANCE else [*path]
    named = root_of(path) == 0
    if named:
        division, submitter, inner = path[0], path[1], inner[3:]
    else:
        division = submitter = ""
        inner = inner[-3:]
    scenario = scenario_of(inner[-1]) if inner else ""
    if not scenario or len(inner) < 3:  # not as published: no more than what is sure
        return Place(round_of(above), division, submitter, scenario=scenario)
    return Place(round_of(above), division, submitter, "/".join(inner[:-2]), inner[-2], scenario)
