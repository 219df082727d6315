"""Files of leaderboard V2: one configuration a file, its task in the path.

``data/<kind>/<task>/<GPU>/<model>/bs8+tp1+pp1.json``; nothing but the path names the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.mlenergy.configuration import (
    IMAGE,
    REQUEST,
    V2,
    VIDEO,
    Configuration,
    Figure,
    Setting,
)
from joulemark.formats.mlenergy.values import Fields

_ENERGIES: Mapping[str, str] = {
    "Energy/req (J)": REQUEST,
    "Energy/image (J)": IMAGE,
    "Energy/video (J)": VIDEO,
}
_TASKS: Mapping[tuple[str, str], str] = {
    ("llm_text_generation", "chat"): "chat",
    ("llm_text_generation", "code"): "code",
    ("mllm_text_generation", "chat"): "visual-chat",
}


def is_v2(record: Mapping[str, Any]) -> bool:
    """Return whether an object is a configuration of V2."""
    return "Model" in record and "GPU" in record and any(name in record for name in _ENERGIES)


def read_v2(record: Mapping[str, Any], name: str, path: str) -> Configuration:
    """Return the configuration of a file.

    Args:
        record: its object.
        name: of the file, for messages.
        path: of the file, as far up as is known; tells the task.

    Raises:
        FormatError: if it names no model, or states no energy.
    """
    fields = Fields(record)
    key = next(key for key in _ENERGIES if key in record)
    unit, joules, model = _ENERGIES[key], fields.number(key), fields.text("Model")
    if joules is None or not model:
        what = "; ".join(fields.remarks) or "Model is empty"
        raise FormatError(f"no configuration of V2: {what}", where=name)
    figures = {f"energy_per_{unit}": Figure(joules, f"J/{unit}", f"energy-per-{unit}/V2")}
    settings: dict[str, Setting] = {}
    if unit == REQUEST:
        gpus = _serving(fields, joules, figures, settings)
    else:
        gpus = _diffusion(fields, joules, figures, settings)
    return Configuration(
        origin=V2,
        task=_task(path),
        model=model,
        gpu=fields.text("GPU"),
        gpus=gpus,
        settings=settings,
        unit=unit,
        figures=figures,
        source=name,
        remarks=tuple(fields.remarks),
    )


def _serving(
    fields: Fields, joules: float, figures: dict[str, Figure], settings: dict[str, Setting]
) -> int:
    """Take what a language model's file says; return how many GPUs there were."""
    tensor, pipeline = fields.one_or_more("TP"), fields.one_or_more("PP")
    settings |= {"tensor_parallel": tensor, "pipeline_parallel": pipeline}
    batch = fields.count("Max BS (reqs)")
    settings |= {} if batch is None else {"max_num_seqs": batch}
    rows = (
        ("tpot_mean", "Avg TPOT (s)", "s", "tpot-mean/V2"),
        ("tokens_per_second", "Token tput (tok/s)", "tokens/s", "tokens-per-second/V2"),
        ("output_tokens", "Avg Output Tokens", "tokens", "output-tokens/V2"),
        ("batch_mean", "Avg BS (reqs)", "requests", "batch-mean/V2"),
    )
    for name, column, unit, definition in rows:
        value = fields.number(column)
        if value is not None:
            figures[name] = Figure(value, unit, definition)
    tokens, rate = figures.get("output_tokens"), figures.get("tokens_per_second")
    if tokens is not None:
        each = joules / tokens.value
        how = "energy per request by mean output tokens"
        figures["energy_per_token"] = Figure(each, "J/token", "energy-per-token/V2", derived=how)
        if rate is not None:
            how = "energy per token times tokens per second"
            figures["power"] = Figure(each * rate.value, "W", "power/V2", derived=how)
    return tensor * pipeline


def _diffusion(
    fields: Fields, joules: float, figures: dict[str, Figure], settings: dict[str, Setting]
) -> int:
    """Take what a diffusion model's file says; return how many GPUs there were."""
    for name, column in (
        ("batch_size", "Batch size"),
        ("inference_steps", "Denoising steps"),
        ("num_frames", "Frames"),
    ):
        value = fields.count(column)
        settings |= {} if value is None else {name: value}
    latency, batch = fields.number("Batch latency (s)"), settings.get("batch_size")
    if latency is not None:
        figures["latency"] = Figure(latency, "s", "batch-latency/V2")
        if isinstance(batch, int):
            how = "energy of a batch by its latency"
            figures["power"] = Figure(joules * batch / latency, "W", "power/V2", derived=how)
    return 1


def _task(path: str) -> str:
    """Return the task that a path tells; empty where it does not."""
    parts = path.split("/")
    for kind, task in pairwise(parts):
        if (kind, task) in _TASKS:
            return _TASKS[kind, task]
        if kind == "diffusion" and "-to-" in task:
            return task
    return ""
