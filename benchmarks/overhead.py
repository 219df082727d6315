#!/usr/bin/env python3
"""What measuring costs: import, first use, sampling, windows; beside other tools where they are.

Only processor time is compared, never wall time, and only figures of one run: every case runs once
in each round, and medians over the rounds are shown. See the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import (
    SOURCES,
    Row,
    about,
    counters,
    cpu_ms,
    files_of,
    interleaved,
    middle,
    on_cpu_ns,
    printed,
    show,
    version,
    workplace,
)
from programs import (
    CODECARBON_FIRST,
    CODECARBON_PAIR,
    CODECARBON_RUNNING,
    LOOP,
    PAIR,
    PSUTIL_LOOP,
    READS,
    ZEUS_FIRST,
    ZEUS_PAIR,
)

PEERS = ("psutil", "codecarbon", "zeus")
RATES = (10, 100, 1000)


def startup(python: str, peers: str, root: Path, folder: Path, rounds: int) -> list[Row]:
    """Return the processor time of fresh processes, ms, and as a multiple of bare Python's."""
    first = f"import joulemark\nwith joulemark.measure(store={str(folder)!r}"
    named = f", meters=[('rapl', {{'root': {str(root)!r}}})]"
    command = "import sys; from joulemark.cli import main; sys.exit(main(sys.argv[1:]))"
    codes = {
        "bare Python": (python, "pass"),
        "import joulemark": (python, "import joulemark"),
        "joulemark.measure(), first": (python, f"{first}): pass"),
        "joulemark.measure(), first, RAPL": (python, f"{first}{named}): pass"),
        "joulemark --help": (python, command, "--help"),
        "joulemark meters --help": (python, command, "meters", "--help"),
        "import codecarbon": (peers, "import codecarbon"),
        "codecarbon start and stop, first": (peers, CODECARBON_FIRST),
        "import zeus.monitor": (peers, "import zeus.monitor"),
        "zeus window, first": (peers, ZEUS_FIRST),
    }

    def case(interpreter: str, code: str, *words: str) -> Callable[[], float | None]:
        def run() -> float | None:
            try:
                return cpu_ms([interpreter, "-W", "ignore", "-c", code, *words], folder)
            except RuntimeError:
                return None

        return run

    cases = {name: case(*code) for name, code in codes.items()}
    for warm in cases.values():
        warm()  # byte code is written, files are in memory
    found = interleaved(cases, rounds)
    return [_startup_row(name, times, found["bare Python"]) for name, times in found.items()]


def _startup_row(name: str, times: list[float], bare: list[float]) -> Row:
    if not times:
        return {"process": name, "CPU ms": "not installed", "of bare Python": None}
    ratio = middle(times) / middle(bare)
    return {"process": name, "CPU ms": middle(times), "of bare Python": ratio}


def sampling(
    python: str, peers: str, root: Path, folder: Path, rounds: int, seconds: float
) -> list[Row]:
    """Return the processor time of sampling four counters, % of one core."""
    files = files_of(root)
    rows: list[Row] = []
    for hz in RATES:
        period, length = str(1 / hz), str(seconds)

        def loop(
            code: str, interpreter: str, *words: str, rest: tuple[str, ...] = (period, length)
        ) -> Callable[[], float | None]:
            return lambda: printed(interpreter, code, folder, *rest, *words).get("percent")

        found = interleaved(
            {
                "bare": loop(LOOP, python, *files),
                "joulemark": _sampler(root, folder, 1 / hz, seconds),
                "psutil": loop(PSUTIL_LOOP, peers),
                "codecarbon": loop(CODECARBON_RUNNING, peers) if hz == RATES[0] else lambda: None,
            },
            rounds,
        )
        values = {name: middle(times) if times else None for name, times in found.items()}
        ours, bare = values["joulemark"], values["bare"]
        rows.append(
            {
                "rate": f"{hz} Hz",
                "bare loop": bare,
                "joulemark": ours,
                "ratio": ours / bare if ours and bare else None,
                "psutil": values["psutil"],
                "codecarbon": values["codecarbon"],
            }
        )
    return rows


def _sampler(
    root: Path, folder: Path, period_s: float, seconds: float
) -> Callable[[], float | None]:
    """Return what runs the real sampling process and gives its share of a core, %."""
    from joulemark.core.clock import Anchor
    from joulemark.meters.sampling import SamplerProcess

    def run() -> float | None:
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        directory = folder / f"run-{anchor.monotonic_ns}"
        specs = [{"name": "rapl", "settings": {"root": str(root)}}]
        sampler = SamplerProcess.start(specs, period_s, anchor, directory)
        time.sleep(0.2)
        began, since = on_cpu_ns(sampler.pid), time.monotonic_ns()
        time.sleep(seconds)
        used, length = on_cpu_ns(sampler.pid) - began, time.monotonic_ns() - since
        sampler.stop()
        _agree(directory, used / length, seconds)
        return 100 * used / length

    return run


def _agree(directory: Path, share: float, seconds: float) -> None:
    """Compare what the kernel says with what the sampler says of itself."""
    lines = (directory / "events" / "sampler.jsonl").read_text().splitlines()
    record = next(event for event in map(json.loads, lines) if event["event"] == "sampler")
    own = record["cpu_s"] / (record["ticks"] * record["period_s"])
    if abs(own - share) > 0.3 * share + 0.005 / seconds:
        print(
            f"the sampler says {100 * own:.3g} %, the kernel {100 * share:.3g} %", file=sys.stderr
        )


def windows(python: str, peers: str, root: Path, folder: Path, rounds: int) -> list[Row]:
    """Return the processor time of the beginning and the end of one window, µs."""
    files = files_of(root)

    def case(code: str, interpreter: str, *words: str) -> Callable[[], float | None]:
        return lambda: printed(interpreter, code, folder, *words).get("us")

    found = interleaved(
        {
            "joulemark.phase, four counters": case(PAIR, python, str(folder), str(root)),
            "the reads alone, both edges": case(READS, python, *files),
            "zeus window, no device": case(ZEUS_PAIR, peers),
            "codecarbon task": case(CODECARBON_PAIR, peers),
        },
        rounds,
    )
    rows: list[Row] = [
        {"begin and end of": name, "CPU µs": middle(times) if times else "not installed"}
        for name, times in found.items()
    ]
    ours, reads = (found[name] for name in list(found)[:2])
    if ours and reads:
        beside = {"begin and end of": "joulemark.phase beside the reads"}
        rows.insert(2, {**beside, "CPU µs": middle(ours) - middle(reads)})
    return rows


def main() -> int:
    """Run all of it and print tables or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case runs (5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a sampling case (3)")
    parser.add_argument(
        "--peers", default=sys.executable, metavar="PYTHON", help="interpreter that has the peers"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print tables for documents")
    args = parser.parse_args()
    sys.path.insert(0, str(SOURCES))
    with workplace() as folder:
        root, python = counters(folder), sys.executable
        found = version_line(args.peers, folder)
        tables = {
            "Fresh processes": startup(python, args.peers, root, folder, args.rounds),
            "Sampling four counters, % of one core": sampling(
                python, args.peers, root, folder, args.rounds, args.seconds
            ),
            "One window": windows(python, args.peers, root, folder, args.rounds),
        }
    head = {**about(), "peers": found}
    if args.json:
        print(json.dumps({"about": head, **tables}, indent=2, ensure_ascii=False))
        return 0
    print("; ".join(f"{name} {value}" for name, value in head.items()))
    for title, rows in tables.items():
        show(title, rows, markdown=args.markdown)
    return 0


def version_line(peers: str, folder: Path) -> str:
    """Return which peers there are, with their versions."""
    known = {name: version(peers, name, folder) for name in PEERS}
    return ", ".join(f"{name} {known[name] or 'not installed'}" for name in PEERS)


if __name__ == "__main__":
    os.environ.setdefault("CODECARBON_LOG_LEVEL", "critical")
    sys.exit(main())
