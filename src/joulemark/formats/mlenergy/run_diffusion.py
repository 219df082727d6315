"""``results.json`` of a diffusion pipeline: each measured call has its energy and its time.

The calls are repeats, so that their scatter gives an interval; the first is measured without any
warm-up, as the benchmark does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.core.student import student_975
from joulemark.formats.mlenergy.configuration import (
    IMAGE,
    V3_RUN,
    VIDEO,
    Configuration,
    Figure,
    Setting,
)
from joulemark.formats.mlenergy.values import Fields

_CALLS = "iteration_energy_measurements"
_MOST_CALLS = 100_000
_SETTINGS = ("batch_size", "inference_steps", "height", "width", "num_frames", "fps")
_FROM_CALLS = "mean of the measured calls"


def is_pipeline(record: Mapping[str, Any]) -> bool:
    """Return whether an object is the result of a pipeline."""
    return isinstance(record.get(_CALLS), list) and "batch_size" in record


def read_pipeline(record: Mapping[str, Any], name: str, path: str) -> Configuration:
    """Return the configuration of a pipeline.

    Args:
        record: the object of its ``results.json``.
        name: of the file, for messages.
        path: of the file, as far up as is known; tells task and GPU.

    Raises:
        FormatError: if it states no model, no batch, or no call that was measured.
    """
    fields = Fields(record)
    model, batch = fields.text("model_id"), fields.count("batch_size")
    energies, times = _calls(record[_CALLS], fields)
    if not model or batch is None or not energies:
        what = "; ".join(fields.remarks[:3]) or "it states no model, no batch, or no measured call"
        raise FormatError(f"no run that can be read: {what}", where=name)
    unit = VIDEO if "num_frames" in record else IMAGE
    degrees = Fields(fields.inner("configurations"))
    ulysses, ring = degrees.one_or_more("ulysses_degree"), degrees.one_or_more("ring_degree")
    settings: dict[str, Setting] = {"ulysses_degree": ulysses, "ring_degree": ring}
    for key in _SETTINGS:
        value = fields.count(key)
        settings |= {} if value is None else {key.replace("height", f"{unit}_height"): value}
    settings = {f"{unit}_width" if k == "width" else k: v for k, v in settings.items()}
    settings["torch_compile"] = fields.inner("configurations").get("use_torch_compile") is True
    task, gpu = _path(path)
    return Configuration(
        origin=V3_RUN,
        task=task,
        model=model,
        gpu=gpu,
        gpus=ulysses * ring,
        settings=settings,
        unit=unit,
        figures=_figures(energies, times, batch, unit),
        source=name,
        remarks=(*fields.remarks, *degrees.remarks),
    )


def _calls(calls: Sequence[Any], fields: Fields) -> tuple[list[float], list[float]]:
    """Return energy, J, and time, s, of every call that states both."""
    energies, times = [], []
    for place, call in enumerate(calls[:_MOST_CALLS], 1):
        one = Fields(call if isinstance(call, dict) else {})
        parts = Fields(one.inner("gpu_energy"))
        found = [parts.number(key) for key in one.inner("gpu_energy")]
        time = one.number("time")
        if time is None or not found or None in found:
            fields.remarks.append(f"call {place} states no energy or no time")
        else:
            energies.append(sum(filter(None, found)))
            times.append(time)
    return energies, times


def _figures(
    energies: Sequence[float], times: Sequence[float], batch: int, unit: str
) -> dict[str, Figure]:
    joules, joules_u95 = _mean(energies)
    seconds, seconds_u95 = _mean(times)
    of = f"energy-per-{unit}/V3"
    each_u95 = None if joules_u95 is None else joules_u95 / batch
    return {
        f"energy_per_{unit}": Figure(joules / batch, f"J/{unit}", of, each_u95, _FROM_CALLS),
        "latency": Figure(seconds, "s", "batch-latency/V3", seconds_u95, _FROM_CALLS),
        "power": Figure(joules / seconds, "W", "power/V3", derived="energy by time of the calls"),
        f"{unit}s_per_second": Figure(
            batch / seconds, f"{unit}s/s", "outputs-per-second/V3", derived="batch by latency"
        ),
        "calls": Figure(float(len(times)), "calls", ""),
    }


def _mean(values: Sequence[float]) -> tuple[float, float | None]:
    """Return a mean and the half-width of its 95 % interval (Student's t); None of one value."""
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return mean, None
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return mean, student_975(count - 1) * math.sqrt(variance / count)


def _path(path: str) -> tuple[str, str]:
    """Return task and GPU that a path tells; empty where it does not."""
    parts = path.split("/")[:-1]
    task = next((part for part in parts if part.startswith("text-to-")), "")
    after = [gpu for word, gpu in pairwise(parts) if word == "diffusion"]
    gpus = [part for part in after if part and "-to-" not in part and part[-1:].isdigit()]
    gpu = gpus[0].upper() if gpus else ""
    return task, gpu
