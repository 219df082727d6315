"""Sides of a ratio: from a run of one's own, and from what ML.ENERGY published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from joulemark.accounting.serving_factors import Factors
from joulemark.analysis.instruments import renamed
from joulemark.analysis.observed import Observation
from joulemark.analysis.serving_ratio import (
    BATCH,
    DEVICE,
    DEVICES,
    GAP,
    LOAD,
    MEMORY,
    MODEL,
    PARALLEL,
    POWER,
    PRECISION,
    PROMPTS,
    SOFTWARE,
    STEP,
    TOKENS,
    WORK,
    Side,
)
from joulemark.core.channel import Domain
from joulemark.core.errors import FormatError
from joulemark.core.units import digits
from joulemark.core.value import Value
from joulemark.formats.mlenergy.configuration import REQUEST, Configuration
from joulemark.formats.mlenergy.names import short_gpu

OFF = 0.01
"""Stated numbers that differ from what follows from the others by more than this are told of."""
_PARALLEL = (
    *("tensor_parallel", "pipeline_parallel", "expert_parallel", "data_parallel"),
    *("ulysses_degree", "ring_degree"),
)
_WORK = (
    *("inference_steps", "num_frames", "fps"),
    *("image_height", "image_width", "video_height", "video_width"),
)
_LOAD = {"max_num_seqs": "at most {} at once", "batch_size": "batch {}"}
_QUANTIZED = re.compile(r"[-_](?:fp8|fp4|nvfp4|mxfp4|int8|int4|awq|gptq)$", re.IGNORECASE)
"""How names of models end that tell a precision, which is told apart."""
_ENGINE = ("engine", "version", "transformers", "attention", "extra")
_ARRIVALS = {
    "kind": "{}",
    "concurrency": "{} at once",
    "rate": "{}/s",
    "last_rate": "to {}/s",
    "burstiness": "burstiness {}",
    "trace": "{}",
}
_CACHE = ("num_hidden_layers", "num_key_value_heads")
BYTES: Mapping[str, float] = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "fp8": 1.0}
"""Bytes of a number, by the name of its precision."""


def side_of_run(
    name: str,
    factors: Factors,
    of: Observation,
    settings: Mapping[str, Any],
    gap_s: float | None = None,
) -> Side:
    """Return the side of a run of serving.

    Args:
        name: for tables.
        factors: of its loads.
        of: its load as comparisons see it: the machine and its instruments.
        settings: of serving. Where they hold precision, number of parameters and shape of the
            model, as engines in this process do, the bytes that a step reads are known.
        gap_s: median time between two events of a stream, s.
    """
    terms = {
        TOKENS: factors.tokens,
        STEP: factors.step,
        BATCH: factors.batch,
        POWER: factors.power,
    }
    terms |= {} if factors.prompts is None else {PROMPTS: factors.prompts}
    boards = [channel for channel in of.channels if channel.domain is Domain.GPU]
    terms |= {DEVICES: Value(float(max(len(boards), 1)), "1")}
    terms |= {} if not gap_s else {GAP: Value(gap_s, "s")}
    memory = _memory(settings, factors.resident)
    terms |= {} if memory is None else {MEMORY: Value(memory, "B")}
    return Side(
        name=name,
        per=REQUEST,
        energy=renamed(factors.energy, of),
        terms={key: renamed(value, of) for key, value in terms.items()},
        traits=_traits(of, settings, len(boards)),
    )


def _memory(settings: Mapping[str, Any], resident: float) -> float | None:
    """Return the bytes that a step reads: all weights once, and what all requests have cached."""
    each, shape = BYTES.get(_precision(settings)), settings.get("shape")
    if each is None or not isinstance(shape, Mapping):
        return None
    numbers = {name: shape.get(name) for name in _CACHE}
    numbers["head_dim"] = shape.get("head_dim") or _head_dim(shape)
    numbers["parameters"] = settings.get("parameters")
    if not all(isinstance(n, int) and n > 0 for n in numbers.values()):
        return None
    layers, heads, size, parameters = (float(n) for n in numbers.values() if n is not None)
    return each * (parameters + 2 * layers * heads * size * resident)


def _head_dim(shape: Mapping[str, Any]) -> int | None:
    hidden, heads = shape.get("hidden_size"), shape.get("num_attention_heads")
    whole = isinstance(hidden, int) and isinstance(heads, int) and heads > 0
    return hidden // heads if whole else None  # type: ignore[operator]


def _precision(settings: Mapping[str, Any]) -> str:
    names = ("precision", "dtype", "model_dtype")
    return str(next((settings[name] for name in names if settings.get(name)), ""))


def _traits(of: Observation, settings: Mapping[str, Any], boards: int) -> dict[str, str]:
    named = of.system.gpus if boards else (of.system.cpu,)
    traits = {
        MODEL: settings.get("model"),
        PRECISION: _precision(settings),
        DEVICE: ", ".join(dict.fromkeys(filter(None, named))),
        PARALLEL: boards or None,
        SOFTWARE: _words({key: settings.get(key) for key in _ENGINE}),
        WORK: _words(settings.get("prompts")),
        LOAD: ", ".join(_load(settings)),
    }
    return {name: str(value) for name, value in traits.items() if value}


def _load(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield how requests come and how many run at once; not how many there are in all."""
    told = settings.get("arrivals")
    arrivals = told if isinstance(told, Mapping) else {}
    yield from (said.format(arrivals[k]) for k, said in _ARRIVALS.items() if arrivals.get(k))
    if settings.get("batch"):
        yield f"at most {settings['batch']} run"
    endpoint = _words(settings.get("endpoint"))
    yield from filter(None, (endpoint, "" if settings.get("stream") else "whole"))


def _words(value: object) -> str:
    """Return JSON values as text that is the same for the same values."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_words(value[key])}" for key in sorted(value) if value[key])
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_words, value)))
    return "" if value is None else str(value)


def side_of_configuration(one: Configuration, name: str) -> Side:
    """Return the side of a configuration of ML.ENERGY.

    Their energy per request is that per output token times the mean output; power and batch are
    stated. The time of a step follows from these, so that the factors multiply to the energy.

    Args:
        one: it.
        name: for tables.

    Raises:
        FormatError: if it does not state what is needed.
    """
    terms, remarks = (_serving if one.unit == REQUEST else _pipeline)(one)
    terms |= {DEVICES: Value(float(one.gpus), "1")}
    traits = {
        MODEL: _QUANTIZED.sub("", one.model),
        PRECISION: one.precision,
        DEVICE: short_gpu(one.gpu) if one.gpu else "",
        PARALLEL: ", ".join([str(one.gpus), *_set(one, _PARALLEL, usual=1)]),
        WORK: ", ".join([one.task, *_set(one, _WORK)]),
        LOAD: ", ".join(
            said.format(one.settings[key]) for key, said in _LOAD.items() if key in one.settings
        ),
    }
    return Side(
        name=name,
        per=one.unit,
        energy=Value(_stated(one, one.energy), f"J/{one.unit}"),
        terms=terms,
        traits={key: value for key, value in traits.items() if value},
        remarks=tuple(remarks),
    )


def _serving(one: Configuration) -> tuple[dict[str, Value], list[str]]:
    per_token, power = _stated(one, "energy_per_token"), _stated(one, "power")
    batch, energy = _stated(one, "batch_mean"), _stated(one, one.energy)
    terms = {
        TOKENS: Value(energy / per_token, "token/request"),
        STEP: Value(per_token * batch / power, "s"),
        BATCH: Value(batch, "1"),
        POWER: Value(power, "W"),
    }
    gap = one.value("tpot_mean" if one.generation == "V2" else "itl_p50")
    terms |= {} if not gap else {GAP: Value(gap, "s")}
    remarks = _apart(one, "tokens_per_second", power / per_token)
    return terms, [*remarks, *_apart(one, "output_tokens", energy / per_token)]


def _pipeline(one: Configuration) -> tuple[dict[str, Value], list[str]]:
    latency, energy = _stated(one, "latency"), _stated(one, one.energy)
    batch, steps = one.settings.get("batch_size"), one.settings.get("inference_steps")
    if not isinstance(batch, int):
        raise FormatError("it does not state its batch size", where=one.source)
    power = energy * batch / latency
    count = float(steps) if isinstance(steps, int) and steps > 0 else None
    terms = {STEP: Value(latency / (count or 1.0), "s")}
    terms |= {} if count is None else {TOKENS: Value(count, f"step/{one.unit}")}
    terms |= {BATCH: Value(float(batch), "1"), POWER: Value(power, "W")}
    return terms, _apart(one, "power", power)


def _stated(one: Configuration, name: str) -> float:
    value = one.value(name)
    if not value:
        raise FormatError(f"it does not state {name.replace('_', ' ')}", where=one.source)
    return value


def _apart(one: Configuration, name: str, follows: float) -> list[str]:
    """Return that a stated number is not what follows from the others, if so."""
    stated = one.value(name)
    if not stated or abs(stated / follows - 1) <= OFF:
        return []
    what, numbers = name.replace("_", " "), (digits(stated, 3), digits(follows, 3))
    return [f"it states {numbers[0]} {what}; {numbers[1]} follow from its other numbers"]


def _set(one: Configuration, names: tuple[str, ...], usual: int | None = None) -> list[str]:
    return [
        f"{name.replace('_', ' ')} {one.settings[name]}"
        for name in names
        if one.settings.get(name, usual) != usual
    ]
