"""Sessions made here, of either runner, whose figures are known."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
PLACE = "tiny_results_v1.2/closed/Nobody/results/Board_A/kws/energy"
COUNT = 100
"""Inferences of a window."""
IDLE, BUSY = 2.0, 20.0
"""µJ of a ms, between and within windows; mW as well."""
LENGTH_MS = 11_000
PAUSE_MS = 2_000
MEDIAN_UJ = BUSY * LENGTH_MS / COUNT


def busy(at: int, length_ms: int = LENGTH_MS) -> np.ndarray:
    """Return the samples of a window: noise of its own about ``BUSY``, which sums up to nothing."""
    signs = np.where(np.arange(length_ms) % 2, -1.0, 1.0)
    return np.asarray(BUSY + signs * (at + 1) / 8)


def stamps(windows: int = 5, length_ms: int = LENGTH_MS) -> list[float]:
    """Return stamps: one alone, then begin and end of every window.

    They lie half a sample early, where no rounding moves a sample across.
    """
    found = [0.5]
    for at in range(windows):
        begin = PAUSE_MS + at * (length_ms + PAUSE_MS)
        found += [(begin - 0.5) / 1000, (begin + length_ms - 0.5) / 1000]
    return found


def trace(windows: int = 5, length_ms: int = LENGTH_MS, rate: float = 1000.0) -> bytes:
    """Return a binary trace, busy within the windows."""
    samples = np.full(PAUSE_MS + windows * (length_ms + PAUSE_MS), IDLE, dtype="<f4")
    for at in range(windows):
        begin = PAUSE_MS + at * (length_ms + PAUSE_MS)
        samples[begin : begin + length_ms] = busy(at, length_ms)
    return struct.pack("<Bf", 0xF1, rate) + samples.tobytes()


def log(windows: int = 5, length_ms: int = LENGTH_MS, *, meter: str = "lpm01a") -> str:
    """Return EnergyRunner's log of an energy session."""
    duration = (PAUSE_MS + windows * (length_ms + PAUSE_MS)) / 1000
    on = 101.0
    lines = [
        "00100.000 session: m-session-start-id[20240101120000]",
        "00100.000 parser: m-bmark-run-name[ML Energy 1.0.1]-code[ulp-ml]",
        "00100.001 parser: m-version[3.0.10]",
        "00100.500 parser: m-bm-cfg-name[ulp-ml]-key[iterWarmup]-val[1]",
        f"00100.500 parser: m-bm-cfg-name[ulp-ml]-key[iterInfer]-val[{COUNT}]",
        "00100.500 parser: m-bm-cfg-name[ulp-ml]-key[model]-val[kws01]",
        "00100.600 io: [dut]: m-timestamp-mode-energy",
        "00100.700 io: [dut]: m-profile-[ULPMark for tinyML Firmware V0.0.1]",
        "00100.700 io: [dut]: m-model-[kws01]",
        f"{on:09.3f} emon: m-trace[on]",
    ]
    for at in range(windows):
        begin = on + (PAUSE_MS + at * (length_ms + PAUSE_MS)) / 1000
        lines += [
            f'{begin - 1:09.3f} parser: Command "bloadp "C:\\data\\kws01\\tst_00000{at}_On_5.bin""',
            f"{begin - 0.1:09.3f} io: [dut]: m-warmup-start-1",
            f"{begin - 0.05:09.3f} io: [dut]: m-warmup-done",
            f"{begin:09.3f} io: [dut]: m-infer-start-{COUNT}",
            f"{begin + length_ms / 1000:09.3f} io: [dut]: m-infer-done",
            f"{begin + length_ms / 1000:09.3f} io: [dut]: m-results-[0.0,0.0,0.0,0.0,0.0,0.9]",
        ]
    lines += [
        f'{on + duration:09.3f} parser: Command "emon trace off"',
        f"{on + duration:09.3f} emon: m-regfile-fn[trace1-energy.bin]-type[emon]-name[{meter}]",
        f"{on + duration:09.3f} emon: m-trace[off]",
        f"{on + duration:09.3f} emon: m-voltage-mv[1800]",
        f"{on + duration:09.3f} session: m-session-stop-id[20240101120000]",
    ]
    return "\n".join(lines) + "\n"


def results(windows: int = 5, length_ms: int = LENGTH_MS) -> str:
    """Return EnergyRunner's results of the same session."""
    seconds, energy = length_ms / 1000, BUSY * length_ms
    lines = []
    for at in range(windows):
        begin = (PAUSE_MS + at * (length_ms + PAUSE_MS)) / 1000
        lines += [
            f"Energy data for window {2 * at + 2} at time {begin:.2f} for {seconds:.2f} sec.:",
            f"  Energy       : {energy:12.3f} uJ",
            f"  Power        : {energy / seconds:12.3f} uW",
            f"  Energy/Inf.  : {energy / COUNT:12.3f} uJ/inf.",
        ]
    lines.append(f"Median energy cost is {energy / COUNT:.3f} uJ/inf.")
    for at in range(windows):
        lines += [
            f"Performance results for window {2 * at + 2}:",
            f"  # Inferences : {COUNT:12d}",
            f"  Runtime      : {seconds:12.3f} sec.",
            f"  Throughput   : {COUNT / seconds:12.3f} inf./sec.",
            "Runtime requirements have been met."
            if seconds >= 10
            else "e-[The run must take at least 10 seconds and 10 iterations to be valid]",
        ]
    lines.append(f"Median throughput is {COUNT / seconds:.3f} inf./sec.")
    return "".join(f"00200.000 ulp-ml: {line}\n" for line in lines)


SCRIPT = """[
    { cmd: 'emon voltage 3000' },
    { cmd: 'bloadp "C:\\\\data\\\\kws01\\\\tst_000000_On_5.bin"', ms: 1000 },
    { cmd: 'io dut infer 100 1', ms: -1, ack: /dut.?: m-ready/ },
    { cmd: "io dut infer 100" },
]
"""


def energy_runner(root: Path, windows: int = 5, length_ms: int = LENGTH_MS) -> Path:
    """Write a session of EnergyRunner; return its folder."""
    folder = root / PLACE
    folder.mkdir(parents=True)
    (folder / "trace1-energy.bin").write_bytes(trace(windows, length_ms))
    (folder / "trace1-timestamps.json").write_text(json.dumps(stamps(windows, length_ms)))
    (folder / "log.txt").write_text(log(windows, length_ms))
    (folder / "results.txt").write_text(results(windows, length_ms))
    (folder / "script.async").write_text(SCRIPT)
    return folder


def trial(at: int, length_ms: int = LENGTH_MS) -> dict[str, object]:
    """Return a trial of the Python runner with energy."""
    samples = [2e-6] * 1000 + (busy(at, length_ms) / 1e6).tolist() + [2e-6] * 100
    return {
        "file": f"tst_00000{at}_On_5.bin",
        "classes": "12",
        "class": "5",
        "infer": {"results": [0, 0, 0, 0, 0, 0.9], "iterations": COUNT, "warmups": 1},
        "power": {
            "samples": samples,
            "timestamps": [[f"{2 * at:02d}", 1000], [f"{2 * at + 1:02d}", 1000 + length_ms]],
            "extracted_power": None,
            "voltage": 1.8,
        },
        "mode": "e",
    }


RUNNER_LOG = """Logging initialized. Writing output to sessions\\20250725_192220\\log.txt
Retrieving name from DUT ...
WARNING: Failed to get name.
Device name retrieved: Nobody
Device model retrieved: kws01
0725.192225 ulp-mlperf: Loading file tst_000000_On_5.bin segment 0
0725.192233 ulp-mlperf: Load complete.
Running inference with 1/100 (warmup/measured) iterations ...
done
Captured samples:12100 timestamps:2
Session logged in file sessions\\20250725_192220\\log.txt
"""


def runner_results(trials: int = 5, length_ms: int = LENGTH_MS) -> str:
    """Return ``results.txt`` of the Python runner."""
    seconds, energy = length_ms / 1000, BUSY * length_ms
    lines = ["Power Edition Output"]
    for at in range(trials):
        lines += [
            f"Energy data for trial {at}",
            f"  Elapsed time  : {seconds}",
            f"  Inferences    : {COUNT}",
            f"  Power         : {energy / seconds / 1000:.4f} mW.",
            f"  Total Energy  : {energy:.3f} uJ",
            f"  Energy/Inf    : {energy / COUNT:.3f} uJ/inf",
        ]
    lines.append(f"Median energy cost is {energy / COUNT:.4f} uJ/inf.")
    return "\n".join(lines) + "\n"


def python_runner(root: Path, trials: int = 5, length_ms: int = LENGTH_MS) -> Path:
    """Write a session of the Python runner; return its folder."""
    folder = root / "tiny_results_v1.3/closed/Nobody/results/Board_B/kws/energy"
    folder.mkdir(parents=True)
    whole = [trial(at, length_ms) for at in range(trials)]
    (folder / "results.json").write_text(json.dumps(whole))
    (folder / "results.txt").write_text(runner_results(trials, length_ms))
    (folder / "log.txt").write_text(RUNNER_LOG)
    return folder
