#!/usr/bin/env python3
"""How late samples come beside a busy program: the sampling process against a sampling thread.

Each case runs in a process of its own: it starts to sample four counters, keeps itself busy, and
stops. Lateness is the time of a sample minus its deadline. See the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import SOURCES, Row, about, counters, cpu_ms, show, workplace

MODES = ("process", "thread")
CHUNK = 10_000_000


def idle(end: float) -> None:
    """Do nothing: how late samples come for other reasons."""
    time.sleep(max(end - time.monotonic(), 0))


def spin(end: float) -> None:
    """Run Python code: the interpreter's lock changes hands every 5 ms at best."""
    while time.monotonic() < end:
        pass


def hold(end: float) -> None:
    """Call C code that keeps the interpreter's lock for about a tenth of a second each time."""
    while time.monotonic() < end:
        sum(range(CHUNK))


def learn(end: float) -> None:
    """Train a small network with torch: many short calls, some of which let go of the lock."""
    import torch

    network = torch.nn.Sequential(
        torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10)
    )
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
    data, labels = torch.randn(128, 256), torch.randint(0, 10, (128,))
    while time.monotonic() < end:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(data), labels).backward()
        optimiser.step()


LOADS: dict[str, Callable[[float], None]] = {
    "idle": idle,
    "torch": learn,
    "spin": spin,
    "hold": hold,
}


def lateness_ms(times: list[int], period: int) -> tuple[list[float], int]:
    """Return how late each sample was, ms, and how many deadlines were skipped.

    The first sample's time stands for the first deadline. A deadline that has wholly passed when
    the sample before it is done is skipped, as the sampling loop does it.
    """
    start, tick, skipped, late = times[0], 0, 0, []
    for moment in times:
        late.append((moment - start - tick * period) / 1e6)
        following = max(tick + 1, (moment - start) // period)
        skipped += following - tick - 1
        tick = following
    return late, skipped


def one(mode: str, load: str, root: Path, folder: Path, seconds: float, period_s: float) -> Row:
    """Sample in this process's name while it is busy; return what came of it."""
    from joulemark.core.clock import Anchor
    from joulemark.meters.rapl import Rapl
    from joulemark.meters.sampling import SamplerProcess, SamplerThread
    from joulemark.meters.spool import read_rows

    if load == "torch":
        import torch  # loaded before anything is timed

        torch.manual_seed(0)
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    directory = folder / f"{mode}-{load}-{anchor.monotonic_ns}"
    sampler: SamplerProcess | SamplerThread
    if mode == "process":
        specs = [{"name": "rapl", "settings": {"root": str(root)}}]
        sampler = SamplerProcess.start(specs, period_s, anchor, directory)
    else:
        sampler = SamplerThread.start([Rapl(root)], period_s, anchor, directory)
    LOADS[load](time.monotonic() + seconds)
    sampler.stop()
    rows = read_rows(directory / "traces" / "sampler.spool").rows()
    times = [moment for moment, _, place in rows if place == 0][:-1]  # the last has no deadline
    late, skipped = lateness_ms(times, round(period_s * 1e9))
    late.sort()
    return {
        "beside": load,
        "sampler": mode,
        "p50 ms": late[len(late) // 2],
        "p99 ms": late[int(len(late) * 0.99)],
        "max ms": late[-1],
        "samples": len(late),
        "skipped": skipped,
    }


def main() -> int:
    """Run every load with both samplers."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a case (5)")
    parser.add_argument("--period", type=float, default=0.01, help="between two samples, s (0.01)")
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=list(LOADS))
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print a table for documents")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    sys.path.insert(0, str(SOURCES))
    if args.one:
        mode, load, root, folder = args.one
        print(json.dumps(one(mode, load, Path(root), Path(folder), args.seconds, args.period)))
        return 0
    with workplace() as folder:
        rows = _all(args, folder)
    head = about()
    if args.json:
        print(json.dumps({"about": head, "lateness": rows}, indent=2))
        return 0
    print("; ".join(f"{name} {value}" for name, value in head.items()))
    show(f"Lateness of samples every {args.period:g} s", rows, markdown=args.markdown)
    return 0


def _all(args: argparse.Namespace, folder: Path) -> list[Row]:
    root, rows = counters(folder), []
    lengths = ("--seconds", str(args.seconds), "--period", str(args.period))
    for load in args.loads:
        for mode in MODES:
            words = ("--one", mode, load, str(root), str(folder), *lengths)
            try:
                cpu_ms([sys.executable, __file__, *words], folder)
                row: Row = json.loads((folder / "said").read_text().splitlines()[-1])
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[-1:]
                print(f"{load}, {mode}: left out: {''.join(reason)}", file=sys.stderr)
                continue
            rows.append(row)
    return rows


if __name__ == "__main__":
    sys.exit(main())
