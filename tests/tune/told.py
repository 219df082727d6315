"""A command that says that it measured itself: it writes the JSON of a bench of serving."""

from __future__ import annotations

import json
import sys

CODE = """
import json, os, sys
out, concurrency, dies = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
name = f"run-{os.getpid()}"
folder = os.path.join(os.environ["JOULEMARK_STORE"], name)
os.makedirs(folder)
open(os.path.join(folder, "run.json"), "w").write("{}")
tpot, energy = 0.01 * concurrency, 4.0 / concurrency + 0.1
requests = 3 if concurrency == dies else 30
told = {
    "run": folder,
    "serving": {
        "model": "m",
        "figures": {
            "energy-per-output-token/1":
                {"value": energy, "u95": energy / 10, "unit": "J/token", "provenance": "estimated"},
            "energy-per-request/1":
                {"value": 100 * energy, "u95": 50 * energy, "scatter_u95": 10 * energy,
                 "unit": "J/request", "provenance": "estimated"},
        },
        "metrics": {
            "energy_per_output_token_j": energy, "energy_per_request_j": 100 * energy,
            "tpot_mean_s": tpot / 2, "tpot_p99_s": tpot, "ttft_p99_s": 3 * tpot,
            "goodput_requests_per_s": concurrency / 2, "requests": requests,
            "itl_p50_s": None, "failed": requests - 30,
        },
    },
}
text = json.dumps(told)
if concurrency != -dies:
    open(out, "w").write(text)
print(text)
if concurrency == abs(dies):
    sys.exit("the server died")
"""


def plan_text(
    dies: int = 0, extra: str = "", axes: str = "concurrency = [1, 8, 16]", repeats: int = 1
) -> str:
    """Return a sweep of it.

    Args:
        dies: concurrency at which the server dies; negative: before anything is written.
        extra: fields before the tables.
        axes: their table.
        repeats: number of blocks.
    """
    command = [sys.executable, "-c", CODE, "{result}", "{concurrency}", str(dies)]
    return f"""
title = "served"
command = {json.dumps(command)}
repeats = {repeats}
{extra}
[axes]
{axes}
[measure]
by = "command"
"""
