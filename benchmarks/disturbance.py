"""What measuring costs the workload: stretches with the sampler and without, interleaved.

    python benchmarks/disturbance.py [--json | --markdown] [--pairs 10]

Each row is one measurement by the product itself (``--disturbance``), in a process of its own: the
slowdown is how much slower the work went while the sampler sampled, with its 95 % interval; where
that holds zero, no slowdown was seen. A thousand samples a second are there to show that a cost
which can be seen is seen. Let nothing else run meanwhile: other programs that come and go between
the two stretches of a pair are in the interval.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from measuring import Row, about, counters, environment, show, workplace

SPIN = "sum(i * i for i in range(40_000_000))"
"""A job for one hardware thread."""
RATES = (10, 1000)


def cases(root: Path, pairs: int) -> dict[str, list[str]]:
    """Return the commands by name; ``root`` holds a powercap tree of four counters."""
    meter = ["--meter", f"rapl:root={root}", "--idle", "0"]
    bench = ["bench", "vision", "--quick", "--model", "LeNet", "--device", "cpu"]
    bench += ["--window", "2", "--repeats", "2"]
    spin = ["--", sys.executable, "-c", SPIN]
    found = {}
    for hz in RATES:
        rest = [*meter, "--period", str(1 / hz), "--json"]
        for mode in ("infer", "train"):
            words = [*bench, "--mode", mode, "--disturbance", str(pairs), *rest]
            found[f"LeNet {mode}, every hardware thread, {hz} Hz"] = words
        words = ["run", "--disturbance", str(pairs), *rest, *spin]
        found[f"a Python loop, one hardware thread, {hz} Hz"] = words
    return found


def measured(name: str, words: list[str], store: Path) -> Row:
    """Run one case; return its row.

    Raises:
        RuntimeError: if it fails, with what it said last.
    """
    command = [sys.executable, "-m", "joulemark", *words]
    around = {**environment(), "JOULEMARK_STORE": str(store)}
    done = subprocess.run(command, check=False, env=around, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)["results"]["disturbance"]
    unit, slowdown = next(iter(found["slowdown"].items()))
    low, high = (100 * (slowdown["value"] + sign * slowdown["u95"]) for sign in (-1, 1))
    return {
        "workload": name,
        "pairs": found["pairs"],
        "slowdown %": 100 * slowdown["value"],
        "95 % interval": f"{low:.2g} to {high:.2g}",
        "seen": "yes" if low > 0 else "no",
        "sampler, % of a core": 100 * found["sampler_cpu_share"],
        "by": unit,
    }


def main() -> int:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pairs", type=int, default=10, help="of stretches in each case (10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print a table for documents")
    args = parser.parse_args()
    with workplace() as folder:
        asked = cases(counters(folder), args.pairs)
        rows = []
        for name, words in asked.items():
            print(f"{len(rows) + 1} of {len(asked)}: {name}", file=sys.stderr)
            rows.append(measured(name, words, folder / "store"))
    head = about()
    if args.json:
        print(json.dumps({"about": head, "disturbance": rows}, indent=2))
        return 0
    print("; ".join(f"{name} {value}" for name, value in head.items()))
    show("What measuring costs the workload", rows, markdown=args.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
