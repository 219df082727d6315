"""Files of ML.ENERGY as their benchmarks write them, small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

V2_LLM = "llm_text_generation/chat/H100 80GB HBM3/org/small/bs{}+tp1+pp1.json"
V2_IMAGE = "diffusion/text-to-image/H100 80GB HBM3/org/paint/bs{}+steps25.json"


def v2_llm(batch: int = 8, **more: Any) -> dict[str, Any]:
    """Return a language model's configuration of V2: larger batches take longer and need less."""
    time = 0.01 * batch**0.5
    return {
        "Model": "org/small",
        "GPU": "NVIDIA H100 80GB HBM3",
        "TP": 1,
        "PP": 1,
        "Energy/req (J)": (300.0 + batch / 4) * 200 * time / batch,
        "Avg TPOT (s)": time,
        "Token tput (tok/s)": 0.99 * batch / time,
        "Avg Output Tokens": 200.0,
        "Avg BS (reqs)": 0.99 * batch,
        "Max BS (reqs)": batch,
        **more,
    }


def v2_image(batch: int = 1, **more: Any) -> dict[str, Any]:
    """Return a picture model's configuration of V2."""
    latency = 0.5 + 0.4 * batch
    return {
        "Model": "org/paint",
        "GPU": "NVIDIA H100 80GB HBM3",
        "Energy/image (J)": 600.0 * latency / batch,
        "Batch latency (s)": latency,
        "Batch size": batch,
        "Denoising steps": 25,
        **more,
    }


def v3_llm(batch: int = 8, **more: Any) -> dict[str, Any]:
    """Return a language model's configuration of V3."""
    itl, length = 0.005 * batch**0.5, 512.0
    rate = batch / itl
    watts = 600.0 + batch / 10
    return {
        "model_id": "org/small",
        "nickname": "Small",
        "architecture": "Dense",
        "gpu_model": "B200",
        "num_gpus": 1,
        "tensor_parallel": 1,
        "expert_parallel": 1,
        "data_parallel": 1,
        "weight_precision": "bfloat16",
        "max_num_seqs": batch,
        "avg_batch_size": 0.999 * batch,
        "avg_output_len": length,
        "avg_power_watts": watts,
        "output_throughput_tokens_per_sec": rate,
        "energy_per_token_joules": watts / rate,
        "energy_per_request_joules": watts / rate * length,
        "median_itl_ms": 1e3 * itl,
        "p90_itl_ms": 1.2e3 * itl,
        "p95_itl_ms": 1.5e3 * itl,
        "p99_itl_ms": 2e3 * itl,
        **more,
    }


def v3_video(batch: int = 1, **more: Any) -> dict[str, Any]:
    """Return a video model's configuration of V3."""
    latency = 10.0 * batch
    return {
        "model_id": "org/film",
        "nickname": "Film",
        "gpu_model": "H100",
        "num_gpus": 2,
        "ulysses_degree": 2,
        "ring_degree": 1,
        "weight_precision": "bfloat16",
        "batch_size": batch,
        "inference_steps": 30,
        "video_height": 480,
        "video_width": 640,
        "num_frames": 49,
        "fps": 8,
        "avg_power_watts": 1200.0,
        "batch_latency_s": latency,
        "throughput_videos_per_sec": batch / latency,
        "energy_per_video_joules": 1200.0 * latency / batch,
        **more,
    }


def v3(task: str, rows: list[Any]) -> dict[str, Any]:
    """Return a file of V3."""
    return {"task": task, "task_display_name": task.title(), "configurations": rows}


def run(**more: Any) -> dict[str, Any]:
    """Return the result of a run against a server."""
    times = {
        f"{word}_{time}_ms": base * factor
        for time, base in (("ttft", 900.0), ("tpot", 21.0), ("itl", 20.0), ("e2el", 9000.0))
        for word, factor in (
            ("mean", 1.1),
            ("median", 1.0),
            ("std", 0.3),
            ("p90", 1.4),
            ("p95", 1.6),
            ("p99", 2.0),
        )
    }
    return {
        "date": "20260101-120000",
        "endpoint_type": "openai-chat",
        "model_id": "org/small",
        "num_prompts": 1024,
        "gpu_model": "H100",
        "num_gpus": 2,
        "max_num_seqs": 64,
        "completed": 1024,
        "duration": 140.0,
        "total_output_tokens": 204800,
        "steady_state_duration": 100.0,
        "steady_state_energy": 120000.0,
        "steady_state_energy_per_token": 0.6,
        "steady_state_measurement": {
            "time": 100.0,
            "gpu_energy": {"0": 70000.0, "1": 50000.0},
            "cpu_energy": None,
        },
        **times,
        **more,
    }


def pipeline(**more: Any) -> dict[str, Any]:
    """Return the result of a diffusion pipeline; its calls need 3900, 4000 and 4100 J."""
    calls = [
        {"time": time, "gpu_energy": {"0": joules / 2, "1": joules / 2}, "cpu_energy": None}
        for time, joules in ((3.9, 3900.0), (4.0, 4000.0), (4.1, 4100.0))
    ]
    return {
        "model_id": "org/paint",
        "batch_size": 4,
        "height": 1024,
        "width": 768,
        "inference_steps": 28,
        "seed": 1,
        "iteration_energy_measurements": calls,
        "configurations": {"ulysses_degree": 2, "ring_degree": 1, "use_torch_compile": False},
        **more,
    }


def written(root: Path, files: dict[str, Any]) -> Path:
    """Write files below a folder; return it."""
    for name, value in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
    return root


def whole(root: Path) -> Path:
    """Write a leaderboard of both generations, and two runs; return the folder."""
    llm = {V2_LLM.format(n): v2_llm(n) for n in (8, 32, 128, 256, 512)}
    image = {V2_IMAGE.format(n): v2_image(n) for n in (1, 2, 8)}
    served = "run/llm/lm-arena-chat/results/org/small/H100/num_gpus+2+max_num_seqs+64/results.json"
    made = "diffusion/h100/current/run/diffusion/text-to-image/org/paint/batch-4/results.json"
    return written(
        root,
        {
            **{f"data/{name}": value for name, value in (llm | image).items()},
            "data/llm_text_generation/chat/models.json": {"org/small": {"nickname": "Small"}},
            "data/legacy/models.json": {},
            "public/data/tasks/lm-arena-chat.json": v3(
                "lm-arena-chat", [v3_llm(n) for n in (8, 64, 512, 1024, 2048)]
            ),
            "public/data/tasks/text-to-video.json": v3("text-to-video", [v3_video(1), v3_video(2)]),
            served: run(),
            made: pipeline(),
        },
    )
