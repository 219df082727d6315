"""Runs of three agents, for the tutorial on training energy: `python -m tests.example_agents .`

Nobody measured what is in them. Node 1's clock is five hours ahead; node 2's meter gave nothing for
seven seconds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.procedures.training.made import HOURS_5, agent_run, run_log, wave

STORE = "agents"


def write(folder: Path) -> list[Path]:
    """Write the runs into a store of this name in a folder, and return them."""
    store = folder / STORE
    return [
        agent_run(store, 0, wave(400), log=run_log()),
        agent_run(store, 1, wave(500), off_s=HOURS_5),
        agent_run(store, 2, wave(600), stall=(40.0, 47.0)),
    ]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
