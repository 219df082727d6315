"""Logs and results as the tools write them, of made-up loads whose energy is known.

Columns and cells after: ``nvidia-smi --query-gpu=… --format=csv`` as InferenceX (843c625,
benchmarks/benchmark_lib.sh) queries it; ``amd-smi metric -p -c -t -u -w 1 --csv`` of AMD SMI 26.2.0
on MI355X (ibid., its tests); dcgm-exporter 4.2; records of AIPerf (ai-dynamo/aiperf,
docs/tutorials); the result of ``vllm bench serve`` (vLLM 009e6d4).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BEGAN = 1_789_948_800.0
"""2026-09-21 00:00:00 UTC; logs begin then."""
LOAD = (10.0, 50.0)
"""When the load runs, s after that; logs go on for a minute."""
NVIDIA = (
    "timestamp, index, power.draw [W], temperature.gpu, clocks.current.sm [MHz], "
    "clocks.current.memory [MHz], utilization.gpu [%], utilization.memory [%]"
)
AMD = (
    "timestamp,gpu,gfx_activity,umc_activity,mm_activity,vcn_activity,socket_power,gfx_voltage,"
    "soc_voltage,mem_voltage,throttle_status,power_management,gfx_0_clk,mem_0_clk,edge,hotspot,mem"
)
REQUESTS, INPUT, OUTPUT = 80, 8000, 16000

Watts = Callable[[int, float], float]


def steady(gpu: int, second: float) -> float:
    """Return 100 W, another 10 W for each GPU, and some scatter that means nothing."""
    return 100.0 + 10 * gpu + 0.01 * ((7 * gpu * gpu + int(10 * second) * (3 + gpu)) % 11 - 5)


def local(seconds: float, hours: float = 0.0) -> str:
    """Return a time as nvidia-smi writes it."""
    time = datetime.fromtimestamp(BEGAN + seconds, UTC) + timedelta(hours=hours)
    return f"{time:%Y/%m/%d %H:%M:%S.%f}"[:-3]


def nvidia(gpus: int = 2, hours: float = 0.0, step: float = 0.5, watts: Watts = steady) -> str:
    """Return a log of nvidia-smi."""
    rows = [NVIDIA]
    for tick in range(int(60 / step) + 1):
        for gpu in range(gpus):
            time = tick * step + 0.001 * gpu
            cells = f"{gpu}, {watts(gpu, time):.2f} W, 61, 1965 MHz, 3996 MHz, 98 %, 70 %"
            rows.append(f"{local(time, hours)}, {cells}")
    return "\n".join(rows) + "\n"


def amd(gpus: int = 2, watts: Watts = steady) -> str:
    """Return a log of amd-smi, with what it says before the head, and the head again."""
    rows = ["'CTRL' + 'C' to stop watching output:", AMD]
    for second in range(61):
        for gpu in range(gpus):
            listed = "\"['N/A', 'N/A']\""
            power = f"{watts(gpu, second):.2f},N/A,N/A,N/A,N/A,ENABLED,1404,2000,N/A,40,25"
            rows.append(f"{int(BEGAN) + second},{gpu},95,80,N/A,{listed},{power}")
    return "\n".join([*rows[:9], AMD, *rows[9:]]) + "\n"


def dcgm(gpus: int = 2, watts: Watts = steady, head: str = "{:.3f}") -> str:
    """Return scrapes of DCGM's exporter, each after its time; power, and energy in mJ."""
    text = ""
    for second in range(61):
        text += head.format(BEGAN + second) + "\n"
        text += "# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).\n"
        for gpu in range(gpus):
            labels = f'gpu="{gpu}",UUID="GPU-{gpu}",device="nvidia{gpu}",'
            labels += 'modelName="NVIDIA H100 80GB HBM3"'
            joules = 5e6 + (100 + 10 * gpu) * second
            text += f"DCGM_FI_DEV_POWER_USAGE{{{labels}}} {watts(gpu, second):.6f}\n"
            text += f"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{{labels}}} {1000 * joules:.0f}\n"
            text += f"DCGM_FI_DEV_XID_ERRORS{{{labels}}} 0\n"
    return text


def records(gpus: int = 2, watts: Watts = steady) -> str:
    """Return AIPerf's telemetry of GPUs."""
    return "".join(
        json.dumps(
            {
                "timestamp_ns": int((BEGAN + second) * 1e9),
                "dcgm_url": "http://localhost:9401/metrics",
                "gpu_index": gpu,
                "gpu_uuid": f"GPU-{gpu}",
                "gpu_model_name": "NVIDIA H100 80GB HBM3",
                "telemetry_data": {"gpu_power_usage": watts(gpu, second), "gpu_utilization": 98.0},
            }
        )
        + "\n"
        for second in range(61)
        for gpu in range(gpus)
    )


def inferencex(**more: Any) -> dict[str, Any]:
    """Return a result of InferenceX."""
    return {
        "date": "20260921-000051",
        "backend": "vllm",
        "model_id": "meta-llama/Llama-3.1-8B",
        "duration": LOAD[1] - LOAD[0],
        "benchmark_start_time_unix": BEGAN + LOAD[0],
        "benchmark_end_time_unix": BEGAN + LOAD[1],
        "completed": REQUESTS,
        "total_input_tokens": INPUT,
        "total_output_tokens": OUTPUT,
        **more,
    }


def vllm(hours: float = 0.0, **more: Any) -> dict[str, Any]:
    """Return a result of ``vllm bench serve``."""
    kept = {k: v for k, v in inferencex().items() if not k.startswith("benchmark_")}
    ended = datetime.fromtimestamp(BEGAN + LOAD[1], UTC) + timedelta(hours=hours)
    return {**kept, "date": f"{ended:%Y%m%d-%H%M%S}", "failed": 0, **more}


def aiperf(hours: float = 0.0, **more: Any) -> dict[str, Any]:
    """Return ``profile_export_aiperf.json``."""
    spans = (LOAD[0] - 0.4, LOAD[1] + 0.6)
    begin, end = (datetime.fromtimestamp(BEGAN + s, UTC) + timedelta(hours=hours) for s in spans)
    return {
        "schema_version": "1.0",
        "aiperf_version": "0.3.0",
        "request_count": {"unit": "requests", "avg": float(REQUESTS)},
        "benchmark_duration": {"unit": "sec", "avg": 40.0},
        "total_isl": {"unit": "tokens", "avg": float(INPUT)},
        "total_osl": {"unit": "tokens", "avg": float(OUTPUT)},
        "input_config": {"endpoint": {"model_names": ["Qwen/Qwen3-0.6B"]}},
        "start_time": begin.replace(tzinfo=None).isoformat(),
        "end_time": end.replace(tzinfo=None).isoformat(),
        **more,
    }


def requests(failed: int = 0) -> str:
    """Return ``profile_export.jsonl``."""
    lines = []
    for number in range(REQUESTS + failed):
        begin = BEGAN + LOAD[0] + (LOAD[1] - LOAD[0] - 2) * number / (REQUESTS + failed - 1)
        good = number < REQUESTS
        metrics: dict[str, Any] = {
            "input_sequence_length": {"value": INPUT // REQUESTS, "unit": "tokens"},
            "output_sequence_length": {"value": OUTPUT // REQUESTS, "unit": "tokens"},
        }
        about = {
            "request_start_ns": int(begin * 1e9),
            "request_end_ns": int((begin + 2) * 1e9),
            "benchmark_phase": "profiling",
            "was_cancelled": False,
        }
        error = None if good else {"code": 500, "type": "InternalServerError", "message": ""}
        record = {"metadata": about, "metrics": metrics if good else {}, "error": error}
        lines.append(json.dumps(record))
    return "\n".join(lines) + "\n"


def bundle(folder: Path, log: str, result: dict[str, Any], name: str = "gpu_metrics.csv") -> Path:
    """Write a log and a result into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(log)
    (folder / "result.json").write_text(json.dumps(result))
    return folder
