"""Scores of training and tiny results against the plainest loop over the same bytes.

    python benchmarks/score.py                         five runs of 64 nodes, an hour each
    python benchmarks/score.py --runs 2 --repeat 1 --json

The training set is made in a folder that is removed at the end, the same bytes each time: in every
run 64 nodes write one reading a second for an hour, a switch states its power, and the program
logs 100,000 lines, a tenth of them in MLPerf's format. *bytes* reads all files and does nothing
with them; *json.loads* decodes every line of MLPerf's format and adds up the readings, nothing
else: no times, no integral, no check. joulemark's figures hold its imports, the search, the score
twice over, every rule and the JSON. Each is of a fresh process, best of the repeats, with the
highest peak memory; on a busy machine look at the ratio of processor time.

The tiny set is an EnergyRunner trace of 60 s at 100,000 samples a second, float32, with five
windows. *NumPy sum* reads the file and adds up its samples in double precision; *windows* decodes
the trace, finds the edges on the runner's own time axis, and gives each window's energy with its
uncertainty; *score* adds every rule. Best of so many calls in one process, after the imports.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NODES, SECONDS, LINES = 64, 3600, 100_000
T0 = 1_745_000_000_000
MARKER = ":::MLLOG "
RESULT = "training_results_v5.1/Nobody/results/64xBox/llama31_405b"
SESSION = "tiny_results_v1.3/closed/Nobody/results/Board/kws/energy"
RATE, TRACE_S, WINDOW_S = 100_000, 60, 10
CALLS = 7


def make_training(root: Path, runs: int) -> None:
    """Write the folder of a benchmark; the same bytes each time."""
    import numpy as np

    rng = np.random.default_rng(1)
    folder = root / RESULT
    system = folder.parents[2] / "systems" / "64xBox.json"
    system.parent.mkdir(parents=True)
    system.write_text(json.dumps({"number_of_nodes": NODES, "accelerators_per_node": 8}))
    for run in range(runs):
        begin = T0 + run * 10_000_000
        power = folder / "power" / f"result_{run}"
        power.mkdir(parents=True)
        (folder / f"result_{run}.txt").write_text(_result(begin, SECONDS + run))
        for node in range(NODES):
            text = _node(rng, begin, SECONDS + run)
            (power / f"node_{node}.txt").write_text(text)
        estimate = _line(begin, "POINT_IN_TIME", "interconnect_power_est", "59570")
        (power / "sw_0.txt").write_text(estimate)


def _line(ms: int, kind: str, key: str, value: str, metadata: str = '""') -> str:
    return (
        f'{MARKER}{{"namespace": "", "time_ms": {ms}, "event_type": "{kind}", "key": "{key}", '
        f'"value": {value}, "metadata": {metadata}}}\n'
    )


def _node(rng: Any, begin: int, seconds: int) -> str:
    watts = (8000 + 2000 * rng.random(seconds)).round(1).tolist()
    jitter = rng.integers(-40, 40, seconds).tolist()
    lines = [
        _line(begin, "INTERVAL_START", "power_measurement_start", "null"),
        _line(begin, "POINT_IN_TIME", "conversion_eff", "0.96", '{"measurement_type": "AC"}'),
    ]
    lines += [
        _line(begin + 1000 * s + late, "POINT_IN_TIME", "power_reading", str(w), '{"host": "0"}')
        for s, (w, late) in enumerate(zip(watts, jitter, strict=True), 1)
    ]
    end = begin + 1000 * seconds
    lines.append(_line(end, "INTERVAL_END", "power_measurement_stop", "null"))
    return "".join(lines)


def _result(begin: int, seconds: int) -> str:
    start = _line(begin, "INTERVAL_START", "run_start", "null", '{"file": "train.py"}')
    stop = _line(
        begin + 1000 * seconds, "INTERVAL_END", "run_stop", "0.92", '{"status": "success"}'
    )
    name = _line(begin - 9000, "POINT_IN_TIME", "submission_benchmark", '"llama31_405b"')
    lines = [name, "0: " + start]
    for step in range(LINES - 3):
        if step % 10:
            lines.append(f"step {step}: loss {5 / (step + 1):.6f}, 123.4 samples/s, lr 0.0001\n")
        else:
            ms = begin + seconds * 1000 * step // LINES
            lines.append("0: " + _line(ms, "POINT_IN_TIME", "train_loss", f"{5 / (step + 1):.6f}"))
    return "".join([*lines, "0: " + stop])


def make_tiny(root: Path) -> None:
    """Write a session of EnergyRunner; the same bytes each time."""
    import struct

    import numpy as np

    folder = root / SESSION
    folder.mkdir(parents=True)
    samples = np.random.default_rng(2).random(RATE * TRACE_S, dtype=np.float32)
    head = struct.pack("<Bf", 0xF1, RATE)
    (folder / "trace1-energy.bin").write_bytes(head + samples.tobytes())
    stamps = [0.5]
    for window in range(5):
        stamps += [1.0 + window * (WINDOW_S + 1.5), 1.0 + window * (WINDOW_S + 1.5) + WINDOW_S]
    (folder / "trace1-timestamps.json").write_text(json.dumps(stamps))
    log = ["00000.000 parser: m-version[3.0.10]"]
    log += ["00001.000 io: [dut]: m-infer-start-100", "00011.000 io: [dut]: m-infer-done"] * 5
    (folder / "log.txt").write_text("\n".join(log) + "\n")


def read_bytes(root: Path) -> float:
    """Read every file and return how many bytes there are."""
    count = 0
    for path in (root / RESULT).rglob("*.txt"):
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                count += len(piece)
    return float(count)


def decode_lines(root: Path) -> float:
    """Decode every line of MLPerf's format and return the sum of the readings."""
    total = 0.0
    for path in (root / RESULT).rglob("*.txt"):
        with path.open(encoding="latin-1") as file:
            for line in file:
                at = line.rfind(MARKER)
                if at < 0:
                    continue
                record = json.loads(line[at + len(MARKER) :])
                if record["key"] == "power_reading":
                    total += record["value"]
    return total


def _joulemark(root: Path, *words: str) -> float:
    import io
    from contextlib import redirect_stdout

    from joulemark.cli import main

    out = io.StringIO()
    with redirect_stdout(out):
        main(["score", str(root / RESULT), "--json", *words])
    found: float = json.loads(out.getvalue())["in_run"]["energy_j"]["value"]
    return found


def joulemark(root: Path) -> float:
    """Score with joulemark and return joules."""
    return _joulemark(root)


VARIANTS: dict[str, Callable[[Path], float]] = {
    "bytes": read_bytes,
    "json.loads": decode_lines,
    "joulemark score": joulemark,
}
FLOOR = "json.loads"


def one(name: str, root: Path) -> None:
    """Run one variant in this process and print what it cost."""
    began, cpu = time.perf_counter(), _processor_s()
    answer = VARIANTS[name](root)
    wall, cpu = time.perf_counter() - began, _processor_s() - cpu
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mib": peak, "answer": answer}))


def _processor_s() -> float:
    mine, theirs = (
        resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def training(root: Path, repeat: int) -> list[dict[str, Any]]:
    """Run each variant in processes of its own, the variants taking turns."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(repeat):
        for name in VARIANTS:
            command = [sys.executable, __file__, "--one", name, "--root", str(root)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            new = json.loads(done.stdout.splitlines()[-1])
            row = found.setdefault(name, {"variant": name, **new})
            row["wall_s"] = min(row["wall_s"], new["wall_s"])
            row["cpu_s"] = min(row["cpu_s"], new["cpu_s"])
            row["peak_mib"] = max(row["peak_mib"], new["peak_mib"])
    for row in found.values():
        for kind in ("wall", "cpu"):
            row[f"{kind}_ratio"] = row[f"{kind}_s"] / found[FLOOR][f"{kind}_s"]
    return list(found.values())


def tiny(root: Path) -> list[dict[str, Any]]:
    """Decode a trace three ways in this process."""
    import numpy as np

    from joulemark.formats.tiny.sessions import sessions
    from joulemark.formats.trees.folder import FolderTree
    from joulemark.procedures.scoring import score, search

    folder = root / SESSION

    def plain() -> float:
        data = (folder / "trace1-energy.bin").read_bytes()
        return float(np.frombuffer(data, "<f4", offset=5).sum(dtype=np.float64))

    def windows() -> float:
        (session,) = sessions(FolderTree(str(folder)))
        return sum(window.published_uj for window in session.figures.windows)

    def whole() -> float:
        with search([str(folder)]) as found:
            (scored,) = score(found, jobs=1)
        assert scored.tiny is not None
        return sum(window.power_w * window.seconds for window in scored.tiny.windows) * 1e6

    rows = []
    for name, call in (("NumPy sum", plain), ("windows", windows), ("score", whole)):
        times = []
        for _ in range(CALLS):
            began = time.perf_counter()
            answer = call()
            times.append(time.perf_counter() - began)
        rows.append({"variant": name, "wall_s": min(times), "answer": answer})
    for row in rows:
        row["ratio"] = row["wall_s"] / rows[0]["wall_s"]
    return rows


def measure(runs: int, repeat: int) -> dict[str, Any]:
    """Make both sets, measure, and remove them."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        command = [sys.executable, __file__, "--make", "--root", name, "--runs", str(runs)]
        subprocess.run(command, check=True)
        files = list((root / RESULT).rglob("*.txt"))
        about = {
            "runs": runs,
            "files": len(files),
            "bytes": sum(path.stat().st_size for path in files),
            "lines": runs * (NODES * (SECONDS + 3) + LINES + 1) + NODES * sum(range(runs)),
            "cpus": os.cpu_count(),
            "load": os.getloadavg(),
        }
        return {"about": about, "training": training(root, repeat), "tiny": tiny(root)}


def markdown(found: dict[str, Any]) -> str:
    """Return both tables."""
    about = found["about"]
    mib = about["bytes"] / 2**20
    made = f"{about['runs']} runs of {NODES} nodes, an hour each: {about['files']} files"
    lines = [
        f"{made}, {about['lines']:,} lines, {mib:.0f} MiB.",
        "",
        "| training | wall s | CPU s | × json.loads | × CPU | MiB/s | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['variant']} | {row['wall_s']:.2f} | {row['cpu_s']:.2f} | {row['wall_ratio']:.2f} "
        f"| {row['cpu_ratio']:.2f} | {mib / row['wall_s']:.0f} | {row['peak_mib']:.0f} |"
        for row in found["training"]
    ]
    size = (RATE * TRACE_S * 4 + 5) / 2**20
    lines += [
        "",
        f"A trace of {TRACE_S} s at {RATE:,} samples a second: {size:.1f} MiB.",
        "",
        "| tiny | ms | × NumPy sum | MiB/s |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['variant']} | {1000 * row['wall_s']:.1f} | {row['ratio']:.2f} "
        f"| {size / row['wall_s']:.0f} |"
        for row in found["tiny"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of the set (default: 5)")
    parser.add_argument("--repeat", type=int, default=3, help="best of so many (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print Markdown (the default)")
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", choices=tuple(VARIANTS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        make_training(args.root, args.runs)
        make_tiny(args.root)
    elif args.one:
        one(args.one, args.root)
    else:
        found = measure(args.runs, args.repeat)
        print(json.dumps(found, indent=2) if args.json else markdown(found))


if __name__ == "__main__":
    main()
