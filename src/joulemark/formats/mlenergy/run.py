"""``results.json`` of one run of ml-energy/benchmark v3: a served model, or a diffusion pipeline.

The file names neither task nor, of a pipeline, GPU; the path does, where it is that of the
benchmark: ``…/<task>/results/<org>/<model>/<GPU>/<k+v+…>/`` for servers and
``diffusion/<gpu>/…/<task>/<org>/<model>/<k-v+…>/`` for pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.mlenergy.configuration import (
    REQUEST,
    V3_RUN,
    Configuration,
    Figure,
    Setting,
)
from joulemark.formats.mlenergy.run_diffusion import is_pipeline, read_pipeline
from joulemark.formats.mlenergy.values import Fields

NAME = "results.json"
_TIMES: Mapping[str, tuple[str, str]] = {
    "ttft": ("ttft", "ttft/V3-run"),
    "tpot": ("tpot", "tpot/V3-run"),
    "itl": ("itl", "itl/V3-run"),
    "e2e": ("e2el", "e2e/V3-run"),
}
_STATISTICS: Mapping[str, str] = {
    "mean": "mean",
    "p50": "median",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
}
_TOKENS = "steady_state_energy_per_token"
_SETTINGS = ("max_num_seqs", "max_num_batched_tokens", "num_request_repeats", "max_output_tokens")


def is_run(record: Mapping[str, Any]) -> bool:
    """Return whether an object is the result of a run."""
    return "model_id" in record and (_TOKENS in record or is_pipeline(record))


def read_run(record: Mapping[str, Any], name: str, path: str) -> Configuration:
    """Return the configuration of a run.

    Args:
        record: the object of its ``results.json``.
        name: of the file, for messages.
        path: of the file, as far up as is known; tells the task.

    Raises:
        FormatError: if it states no model or no energy.
    """
    if is_pipeline(record):
        return read_pipeline(record, name, path)
    fields = Fields(record)
    model, each = fields.text("model_id"), fields.number(_TOKENS)
    if not model or each is None:
        what = "; ".join(fields.remarks) or "it states no model, or no energy per token"
        raise FormatError(f"no run that can be read: {what}", where=name)
    figures = {"energy_per_token": Figure(each, "J/token", "energy-per-token/V3")}
    _steady(fields, each, figures)
    _times(fields, figures)
    settings: dict[str, Setting] = {}
    for key in _SETTINGS:
        value = fields.count(key)
        settings |= {} if value is None else {key: value}
    tokens, completed = fields.number("total_output_tokens"), fields.number("completed")
    if tokens is None or completed is None:
        what = "energy per request needs total_output_tokens and completed"
        raise FormatError(f"no run that can be read: {what}", where=name)
    length = tokens / completed
    how = "energy per token by mean output tokens"
    figures["output_tokens"] = Figure(length, "tokens", "output-tokens/V3", derived="by completed")
    figures["energy_per_request"] = Figure(
        each * length, "J/request", "energy-per-request/V3", derived=how
    )
    _told(fields, record)
    return Configuration(
        origin=V3_RUN,
        task=_task(path),
        model=model,
        gpu=fields.text("gpu_model"),
        gpus=fields.one_or_more("num_gpus"),
        settings=settings,
        unit=REQUEST,
        figures=figures,
        source=name,
        remarks=tuple(fields.remarks),
    )


def _steady(fields: Fields, each: float, figures: dict[str, Figure]) -> None:
    """Take energy and time of the steady state, as stated and as the GPUs sum to."""
    energy, time = fields.number("steady_state_energy"), fields.number("steady_state_duration")
    if energy is not None:
        figures["steady_energy"] = Figure(energy, "J", "")
    if time is not None:
        figures["steady_time"] = Figure(time, "s", "")
    if energy is not None and time is not None:
        how = "energy of the steady state by its time"
        figures["power"] = Figure(energy / time, "W", "power/V3", derived=how)
        how = "tokens of the steady state by its time"
        rate = energy / each / time
        figures["tokens_per_second"] = Figure(rate, "tokens/s", "tokens-per-second/V3", derived=how)
    measured = Fields(fields.inner("steady_state_measurement"))
    parts = Fields(measured.inner("gpu_energy"))
    found = [parts.number(key) for key in measured.inner("gpu_energy")]
    if found and None not in found:
        figures["steady_energy_of_gpus"] = Figure(sum(filter(None, found)), "J", "")
        figures["gpus_measured"] = Figure(float(len(found)), "GPUs", "")
    fields.remarks += [*measured.remarks, *parts.remarks]


def _times(fields: Fields, figures: dict[str, Figure]) -> None:
    for name, (key, definition) in _TIMES.items():
        for statistic, word in _STATISTICS.items():
            value = fields.number(f"{word}_{key}_ms")
            if value is not None:
                figures[f"{name}_{statistic}"] = Figure(value * 1e-3, "s", definition)


def _told(fields: Fields, record: Mapping[str, Any]) -> None:
    """Remark on requests that failed, and on prompts that are too few for the batch."""
    asked, batch = fields.number("num_prompts"), fields.number("max_num_seqs")
    completed = fields.number("completed")
    if asked is not None and completed is not None and completed < asked:
        fields.remarks.append(f"{asked - completed:.0f} of {asked:.0f} requests failed")
    if asked is not None and batch is not None and 2 * batch > asked:
        what = f"a batch of {batch:.0f} leaves little steady state of {asked:.0f} requests"
        fields.remarks.append(what)


def _task(path: str) -> str:
    """Return the task that a path tells; empty where it does not."""
    parts = path.split("/")
    place = len(parts) - 6  # results, org, model, GPU, settings, file
    return parts[place - 1] if place > 0 and parts[place] == "results" else ""
