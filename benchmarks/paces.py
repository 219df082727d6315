"""What a board's power sensor makes of loads of many paces, beside its own energy counter.

    python benchmarks/paces.py RECORDING [--markdown | --json]
    python benchmarks/paces.py RECORDING --record 7      on a machine with an NVIDIA GPU and torch

A recording is made by joulemark itself: 23 loads of so many seconds each, square waves of 20 ms to
1 s among them, with a rest between. *Naive* holds each reading of the power field until the next;
*power alone* is what joulemark would say without the counter. Both are compared with the counter of
the same board, so its gain and offset, which they share, are left out of the interval. What this
shows is what a sensor misses that does not look all the time; how right the counter is it does not.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from measuring import SOURCES, Row, show

sys.path.insert(0, str(SOURCES))

PERIODS_MS = (20, 50, 98, 100, 100.1, 102, 110, 200, 370, 1000)
DUTIES = (0.3, 0.6)
REST_S = 1.2
CHANNELS = ("energy", "power", "power_average", "utilisation")
Work = Callable[[float], None]


def loads(work: Work) -> dict[str, Work]:
    """Return loads by name; each takes its length in seconds. ``work`` works until a moment."""
    found: dict[str, Work] = {"steady": lambda seconds: work(time.perf_counter() + seconds)}
    for period in PERIODS_MS:
        for duty in DUTIES:
            name = f"square {period:g} ms {duty}"
            found[name] = partial(_square, work, period * 1e-3, duty)
    for length, pause in ((0.04, 0.06), (0.01, 0.02)):
        found[f"bursts {1e3 * length:g} ms"] = partial(_bursts, work, length, pause)
    return found


def _square(work: Work, period: float, duty: float, seconds: float) -> None:
    begin, turn = time.perf_counter(), 0
    while (on := begin + turn * period) < begin + seconds:
        _wait(on)
        work(on + duty * period)
        turn += 1


def _bursts(work: Work, length: float, pause: float, seconds: float) -> None:
    drawn, end = random.Random(1), time.perf_counter() + seconds
    while time.perf_counter() < end:
        work(time.perf_counter() + length)
        _wait(time.perf_counter() + drawn.expovariate(1 / pause))


def _wait(until: float) -> None:
    while time.perf_counter() < until:
        pass


def record(seconds: float, store: Path) -> dict[str, Any]:
    """Run all loads on the first CUDA device; return the recording."""
    import torch

    import joulemark

    left, right = (torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16) for _ in "12")

    def work(until: float) -> None:
        while time.perf_counter() < until:
            for _ in range(4):
                torch.matmul(left, right)
            torch.cuda.synchronize()

    work(time.perf_counter() + 1.0)
    with joulemark.measure("loads of many paces", store=store) as measured:
        for name, load in loads(work).items():
            time.sleep(REST_S)
            print(name, file=sys.stderr)
            with joulemark.phase(name):
                load(seconds)
    return recording(measured.path)


def recording(path: Path) -> dict[str, Any]:
    """Return what a run of these loads holds of its first board, without who it was."""
    from joulemark.store.reader import open_run

    run = open_run(path)
    origin = run.run.anchor.utc_ns
    windows = [w for w in run.run.windows if w.stop is not None and w.phase != "measure"]
    traces = {name: run.trace(f"nvml/gpu-0/{name}") for name in CHANNELS}
    return {
        "board": run.run.system.gpus[0],
        "date": time.strftime("%Y-%m-%d", time.gmtime(origin * 1e-9)),
        "windows": [[w.phase, w.start - origin, (w.stop or w.start) - origin] for w in windows],
        "channels": {
            name: {
                "unit": trace.channel.unit,
                "scale": trace.channel.scale,
                "update_s": trace.channel.update_s,
                "window_s": trace.channel.window_s,
                "rated_w": trace.channel.rated_w,
                "resolution": trace.channel.resolution,
                "ns": (trace.time - origin).tolist(),
                "value": [round(value) for value in trace.value.tolist()],
            }
            for name, trace in traces.items()
        },
    }


def rows_of(kept: dict[str, Any]) -> list[Row]:
    """Return a row for each load."""
    from joulemark.accounting.context import busy_share
    from joulemark.accounting.curve import curve_of
    from joulemark.accounting.integrate import energy_between
    from joulemark.core.trace import Trace
    from joulemark.core.window import Window

    traces = {name: Trace.of(_channel(name, c), c["ns"], c["value"]) for name, c in _kept(kept)}
    counter, power = curve_of(traces["energy"]), curve_of(traces["power"])
    rows: list[Row] = []
    for phase, start, stop in kept["windows"]:
        window = Window(phase=phase, start=start, stop=stop)
        busy = busy_share(window, power.channel, list(traces.values()))
        joules = energy_between(counter, start, stop).joules.value
        said = energy_between(power, start, stop, busy=busy).joules
        blind = energy_between(power, start, stop).joules
        off = said.value - joules
        rows.append(
            {
                "load": phase,
                "utilisation": "-" if busy is None else f"{100 * busy:.0f} %",
                "counter W": joules / window.duration_s,
                "naive": f"{100 * (_naive(traces['power'], start, stop) / joules - 1):+.1f} %",
                "power alone": f"{100 * off / joules:+.1f} ± {100 * _own(said) / joules:.1f} %",
                "holds": "yes" if abs(off) <= _own(said) else "**no**",
                "without utilisation": "held" if abs(off) <= _own(blind) else "missed",
            }
        )
    return rows


def _kept(kept: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(kept["channels"].items())


def _channel(name: str, about: dict[str, Any]) -> Any:
    from joulemark.core.channel import Accuracy, Channel, Domain, Quantity

    kinds = {"energy": Quantity.ENERGY, "utilisation": Quantity.UTILISATION}
    return Channel(
        name=f"nvml/gpu-0/{name}",
        meter="nvml",
        part="gpu-0",
        domain=Domain.GPU,
        quantity=kinds.get(name, Quantity.POWER),
        accuracy=Accuracy(),
        **{key: value for key, value in about.items() if key not in ("ns", "value")},
    )


def _own(value: Any) -> float:
    """Return the half-width of an energy without what power and counter share, J."""
    shared = ("gain", "offset")
    squares = [u * u for term, u in value.budget().items() if term.value not in shared]
    return 1.96 * math.sqrt(sum(squares))


def _naive(trace: Any, start: int, stop: int) -> float:
    """Return the energy of readings that are each held until the next, J."""
    edges = [*trace.time.clip(start, stop).tolist(), stop]
    held = zip(trace.si().tolist(), edges, edges[1:], strict=False)
    return sum(watts * (after - before) * 1e-9 for watts, before, after in held)


def main() -> int:
    """Make a recording if asked to, and show its table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("recording", type=Path, help="file of a recording")
    parser.add_argument("--record", type=float, metavar="S", help="make it, S seconds a load")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print a table for documents")
    args = parser.parse_args()
    if args.record:
        with tempfile.TemporaryDirectory() as store:
            kept = record(args.record, Path(store))
        args.recording.write_text(json.dumps(kept, separators=(",", ":")) + "\n")
    kept = json.loads(args.recording.read_text())
    rows = rows_of(kept)
    if args.json:
        print(json.dumps({"board": kept["board"], "date": kept["date"], "loads": rows}, indent=2))
        return 0
    print(f"{kept['board']}, recorded {kept['date']}")
    show("Power alone against the board's own counter", rows, markdown=args.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
