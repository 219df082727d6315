"""Files of leaderboard V3: the configurations of a task, or those of a model in a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.mlenergy.configuration import (
    IMAGE,
    REQUEST,
    V3,
    VIDEO,
    Configuration,
    Figure,
    Setting,
)
from joulemark.formats.mlenergy.values import Fields

MAX_ROWS = 200_000
_ENERGIES: Mapping[str, str] = {
    "energy_per_request_joules": REQUEST,
    "energy_per_image_joules": IMAGE,
    "energy_per_video_joules": VIDEO,
}
_FIGURES: tuple[tuple[str, str, float, str, str], ...] = (
    ("energy_per_request", "energy_per_request_joules", 1, "J/request", "energy-per-request/V3"),
    ("energy_per_token", "energy_per_token_joules", 1, "J/token", "energy-per-token/V3"),
    ("energy_per_image", "energy_per_image_joules", 1, "J/image", "energy-per-image/V3"),
    ("energy_per_video", "energy_per_video_joules", 1, "J/video", "energy-per-video/V3"),
    ("itl_p50", "median_itl_ms", 1e-3, "s", "itl/V3"),
    ("itl_p90", "p90_itl_ms", 1e-3, "s", "itl/V3"),
    ("itl_p95", "p95_itl_ms", 1e-3, "s", "itl/V3"),
    ("itl_p99", "p99_itl_ms", 1e-3, "s", "itl/V3"),
    ("latency", "batch_latency_s", 1, "s", "batch-latency/V3"),
    ("power", "avg_power_watts", 1, "W", "power/V3"),
    (
        "tokens_per_second",
        "output_throughput_tokens_per_sec",
        1,
        "tokens/s",
        "tokens-per-second/V3",
    ),
    ("output_tokens", "avg_output_len", 1, "tokens", "output-tokens/V3"),
    ("batch_mean", "avg_batch_size", 1, "requests", "batch-mean/V3"),
    ("images_per_second", "throughput_images_per_sec", 1, "images/s", "outputs-per-second/V3"),
    ("videos_per_second", "throughput_videos_per_sec", 1, "videos/s", "outputs-per-second/V3"),
)
_COUNTS = (
    *("tensor_parallel", "expert_parallel", "data_parallel", "max_num_seqs"),
    *("ulysses_degree", "ring_degree", "batch_size", "inference_steps"),
    *("image_height", "image_width", "video_height", "video_width", "num_frames", "fps"),
)


def is_v3(record: Mapping[str, Any]) -> bool:
    """Return whether an object holds configurations of V3."""
    return isinstance(record.get("configurations"), list) and isinstance(record.get("task"), str)


def read_v3(record: Mapping[str, Any], name: str) -> Iterator[Configuration | FormatError]:
    """Yield the configurations of a file, and of each that cannot be read why.

    Args:
        record: its object; one of a single model names the model once for all.
        name: its path.

    Raises:
        FormatError: if there are too many.
    """
    rows = record["configurations"]
    if len(rows) > MAX_ROWS:
        raise FormatError(f"{len(rows)} configurations are too many", where=name)
    common = {key: value for key, value in record.items() if not isinstance(value, list | dict)}
    for place, row in enumerate(rows, 1):
        where = f"{name}:{place}"
        if not isinstance(row, dict):
            yield FormatError("an entry of the configurations is no object", where=where)
            continue
        degrees = row.get("parallelization")
        inner = degrees if isinstance(degrees, dict) else {}
        yield _configuration({**common, **inner, **row}, where)


def _configuration(row: Mapping[str, Any], where: str) -> Configuration | FormatError:
    fields = Fields(row)
    unit = next((unit for key, unit in _ENERGIES.items() if key in row), "")
    model, figures = fields.text("model_id"), _figures(fields, row)
    if not model or f"energy_per_{unit}" not in figures:
        what = "; ".join(fields.remarks) or "it names no model, or states no energy"
        return FormatError(f"no configuration of V3: {what}", where=where)
    settings: dict[str, Setting] = {}
    for key in _COUNTS:
        value = fields.count(key)
        settings |= {} if value is None else {key: value}
    return Configuration(
        origin=V3,
        task=fields.text("task"),
        model=model,
        nickname=fields.text("nickname"),
        gpu=fields.text("gpu_model"),
        gpus=fields.one_or_more("num_gpus"),
        settings=settings,
        precision=fields.text("weight_precision"),
        unit=unit,
        figures=figures,
        source=where,
        remarks=tuple(fields.remarks),
    )


def _figures(fields: Fields, row: Mapping[str, Any]) -> dict[str, Figure]:
    found = {}
    for name, key, factor, unit, definition in _FIGURES:
        value = fields.number(key) if key in row else None
        if value is not None:
            found[name] = Figure(value * factor, unit, definition)
    return found
