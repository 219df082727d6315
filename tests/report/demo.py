"""A run as a server with two GPUs would leave it: idle, warm-up, three measured windows, idle."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.report.build import START, Made, at, channel, made, run_of, window

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Accuracy, Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.run import Sampler, System
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Work

IDLE_W = {"package-0": 38.0, "core-0": 12.0, "dram-0": 7.5, "gpu-0": 26.0, "gpu-1": 24.0}
LOAD_W = {"package-0": 96.0, "core-0": 61.0, "dram-0": 14.0, "gpu-0": 312.0, "gpu-1": 301.0}
LENGTH = 252.0
LOADED = ((33.0, 44.0), (46.0, 107.0), (109.0, 170.2), (172.0, 233.1))
IDLE = ((1.0, 31.0), (236.0, 250.5))

_NVML = Accuracy(gain=0.05, offset_w=5.0, source="documented ±5 %, offset from published boards")
_RAPL = Accuracy(gain=0.05, source="assumed ±5 % for RAPL that measures")
_EPOCHS = [
    {
        "epoch": n,
        "samples": 50_000,
        "loss": round(1.9 * n**-0.62, 4),
        "accuracy": round(1 - 0.68 * n**-0.55, 4),
    }
    for n in range(1, 13)
]


@cache
def demo() -> Made:
    """Two idle windows, a warm-up, three measured windows; processor, memory and two GPUs."""
    rng = np.random.default_rng(7)
    windows = [
        window("idle", *IDLE[0], Role.IDLE),
        window("warm-up", *LOADED[0], Role.WARM_UP, Work(38_400, "sample")),
        *(
            window("train", a, b, work=Work(round((b - a) * 4_870), "sample"), facts={"loss": loss})
            for (a, b), loss in zip(LOADED[1:], (0.92, 0.61, 0.47), strict=True)
        ),
        window("idle", *IDLE[1], Role.IDLE),
    ]
    known: dict[str, Any] = {
        "title": "resnet18 train",
        "system": _system(),
        "stopped": at(LENGTH),
        "settings": _settings(),
        "environment": _environment(),
        "meters": (
            {"name": "rapl", "settings": {}},
            {"name": "nvml", "settings": {}},
            {"name": "host", "settings": {"root_pid": 4711}},
        ),
        "sampler": Sampler(
            period_s=0.1, ticks=2520, skipped=3, late_mean_s=0.0004, late_max_s=0.011, cpu_s=1.9
        ),
        "cautions": (
            Caution(Code.STAND_IN_DATA, "10 classes of 32×32×3 crops of photographs"),
            Caution(Code.SAMPLER_LATE, "3 of 2520 samples"),
        ),
        "results": {"epochs": _EPOCHS, "test": {"accuracy": 0.8291, "loss": 0.521}},
    }
    return made(run_of(windows, **known), _demo_traces(rng))


def _system() -> System:
    return System(
        host="node1",
        os="Debian GNU/Linux 12",
        kernel="6.1.0-32-amd64",
        machine="x86_64",
        cpu="Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz",
        sockets=1,
        cores=16,
        threads=32,
        memory_bytes=128 << 30,
        gpus=("NVIDIA A100-PCIE-40GB", "NVIDIA A100-PCIE-40GB"),
    )


def _settings() -> dict[str, Any]:
    return {
        "bench": {"warm_up_s": 10.0, "window_s": 60.0, "repeats": 3, "target": 0.02},
        "workload": {"model": "resnet18", "macs": 555_422_720, "parameters": 11_173_962},
        "period_s": 0.1,
        "idle_s": 30.0,
        "unavailable": [
            {
                "meter": "hwmon",
                "what": "no power sensor below /sys/class/hwmon",
                "remedy": "load the driver of the board's sensor chip",
            }
        ],
    }


def _environment() -> dict[str, Any]:
    return {
        "python": "3.11.9",
        "packages": {"torch": "2.13.0", "numpy": "2.4.1"},
        "git": {"commit": "9f2c1e7d0a", "branch": "main"},
    }


Floats = NDArray[np.float64]


def _load(seconds: Floats) -> Floats:
    """Between idle (0) and load (1), with soft edges."""
    level = np.zeros_like(seconds)
    for start, stop in LOADED:
        level += 0.5 * (np.tanh((seconds - start) / 0.25) - np.tanh((seconds - stop) / 0.35))
    return np.clip(level, 0.0, 1.0)


def _demo_traces(rng: np.random.Generator) -> list[Trace]:
    fine = np.arange(0.0, LENGTH, 0.02)
    load = _load(fine)
    ticks = np.arange(0.0, LENGTH, 0.1)
    reads = ticks + np.abs(rng.normal(0, 0.0006, len(ticks)))
    times = START + np.round(reads * NS).astype(np.int64)
    traces = []
    for place, (part, idle) in enumerate(IDLE_W.items()):
        beat = 1 + 0.05 * np.sin(2 * np.pi * fine / (7.3 + place)) * load
        noise = rng.normal(0, 0.02 + 0.03 * (place > 2), len(fine))
        watts = (idle + (LOAD_W[part] - idle) * load) * beat * (1 + noise)
        joules = np.concatenate(([0.0], np.cumsum(watts * 0.02)))[:-1]
        of = _part_channel(part)
        seen = reads if of.update_s == 0.001 else np.floor(reads / 0.1) * 0.1
        values = np.interp(seen, fine, joules) / of.scale
        if of.wrap is not None:
            values = (values + 0.93 * of.wrap) % of.wrap
        traces.append(Trace.of(of, times, values))
    return traces + _states(rng, times, reads)


def _part_channel(part: str) -> Channel:
    if part.startswith("gpu"):
        source = f"nvmlDeviceGetTotalEnergyConsumption({part[-1]})"
        return channel(
            part, Domain.GPU, meter="nvml", unit="mJ", scale=1e-3, update_s=0.1, resolution=1.0,
            accuracy=_NVML, source=source, note="NVIDIA A100-PCIE-40GB", max_power_w=500.0,
        )  # fmt: skip
    domain = {"package-0": Domain.PACKAGE, "core-0": Domain.CORE, "dram-0": Domain.DRAM}[part]
    return channel(
        part, domain, unit="µJ", scale=1e-6, update_s=0.001, resolution=61.0,
        wrap=262_143_328_850.0, accuracy=_RAPL, max_power_w=2000.0,
        parent="package-0" if part == "core-0" else None,
        source=f"/sys/class/powercap/intel-rapl:0/{part}/energy_uj",
    )  # fmt: skip


def _states(rng: np.random.Generator, times: NDArray[np.int64], reads: Floats) -> list[Trace]:
    load = _load(reads)
    warm: Floats = np.convolve(load, np.exp(-np.arange(600) / 200.0) / 200.0)[: len(load)]
    jitter = rng.normal(0, 0.015, len(load))
    loaded = (reads > 32).astype(np.float64)
    degrees: Floats = np.rint(34 + 38 * warm)
    held: Floats = 4e8 + 7.1e9 * loaded
    made_of = [
        _state("utilisation", Quantity.UTILISATION, "%", 0.01, np.round(100 * load + jitter)),
        _state("memory", Quantity.MEMORY, "B", 1.0, held),
        _state("temperature", Quantity.TEMPERATURE, "degC", 1.0, degrees),
    ]
    slow = slice(None, None, 10)
    traces = []
    for gpu, less in (("gpu-0", 1.0), ("gpu-1", 0.95)):
        for name, quantity, unit, scale, values in made_of:
            of = channel(
                gpu, Domain.GPU, quantity, meter="nvml", unit=unit, scale=scale,
                name=f"nvml/{gpu}/{name}",
            )  # fmt: skip
            traces.append(Trace.of(of, times[slow], less * values[slow]))
    busy = np.cumsum((0.4 + 3.6 * load + rng.normal(0, 0.05, len(load)).clip(-0.2)) * 0.1)
    traces += [
        Trace.of(_host("cpu", Quantity.CPU_TIME, "s"), times, busy.round(2)),
        Trace.of(_host("workload", Quantity.CPU_TIME, "s"), times, (0.93 * busy).round(2)),
        Trace.of(_host("memory", Quantity.MEMORY, "B"), times[slow], (6e9 + 9e9 * loaded)[slow]),
        Trace.of(_host("clock", Quantity.CLOCK_OFFSET, "ns"), times[slow], 0 * reads[slow]),
    ]
    return traces


State = tuple[str, Quantity, str, float, Floats]


def _state(name: str, quantity: Quantity, unit: str, scale: float, values: Floats) -> State:
    return name, quantity, unit, scale, values


def _host(part: str, quantity: Quantity, unit: str) -> Channel:
    update = 0.01 if quantity is Quantity.CPU_TIME else None
    return channel(
        "host", Domain.HOST, quantity, meter="host", unit=unit, name=f"host/{part}", update_s=update
    )
