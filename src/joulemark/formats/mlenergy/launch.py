"""The command or the settings that set a configuration up, where they can be derived.

As the benchmark starts its servers: ml-energy/leaderboard-v2 (vLLM 0.5.4) and ml-energy/benchmark
v3.0.0 (vLLM 0.11.1). What the benchmark sets alike in every configuration is part of the command,
since the figures hold with it. Texts of files are quoted for a shell.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from joulemark.formats.mlenergy.configuration import REQUEST, V2, Configuration, Setting

_V2_ALWAYS = ("--gpu-memory-utilization", "0.95", "--enable-chunked-prefill", "False")
_V2_LENGTH = ("--max-model-len", "4096")
_V3_ALWAYS = ("--max-num-batched-tokens", "8192", "--async-scheduling", "--api-server-count", "3")


def launch(one: Configuration) -> str:
    """Return the command of a server; empty where the configuration does not tell it."""
    if one.unit != REQUEST or _count(one.settings, "max_num_seqs") is None:
        return ""
    return shlex.join(_v2(one) if one.origin == V2 else _v3(one))


def _v2(one: Configuration) -> Iterator[str]:
    yield from ("python", "-m", "vllm.entrypoints.openai.api_server", "--model", one.model)
    yield from ("--tensor-parallel-size", str(one.settings.get("tensor_parallel", 1)))
    pipeline = _count(one.settings, "pipeline_parallel") or 1
    if pipeline > 1:
        yield from ("--pipeline-parallel-size", str(pipeline))
    yield from ("--max-num-seqs", str(one.settings["max_num_seqs"]))
    yield from (*_V2_ALWAYS, *_V2_LENGTH)


def _v3(one: Configuration) -> Iterator[str]:
    """Yield the words; the leaderboard writes tensor parallelism 1 where experts are spread.

    The benchmark hands every GPU to data parallelism or every one to tensor parallelism, and
    shares the batch among the replicas of data parallelism.
    """
    replicas = _count(one.settings, "data_parallel") or 1
    batch = _count(one.settings, "max_num_seqs") or 1
    yield from ("vllm", "serve", one.model)
    if replicas > 1:
        yield from ("--data-parallel-size", str(replicas))
    else:
        yield from ("--tensor-parallel-size", str(one.gpus))
    if (_count(one.settings, "expert_parallel") or 1) > 1:
        yield "--enable-expert-parallel"
    yield from ("--max-num-seqs", str(max(batch // replicas, 1)))
    yield from _V3_ALWAYS
    if one.precision and "float" in one.precision:
        yield from ("--dtype", one.precision)


def pipeline_settings(one: Configuration) -> Mapping[str, Setting]:
    """Return what a diffusion pipeline is called with, by its parameters' names.

    V2 hands a list of prompts to a pipeline of diffusers; V3 does so with xDiT on every GPU.
    """
    if one.unit == REQUEST:
        return {}
    names = {
        "batch_size": "prompts",
        "inference_steps": "num_inference_steps",
        f"{one.unit}_height": "height",
        f"{one.unit}_width": "width",
        "num_frames": "num_frames",
        "ulysses_degree": "ulysses_degree",
        "ring_degree": "ring_degree",
    }
    return {new: one.settings[old] for old, new in names.items() if old in one.settings}


def _count(settings: Mapping[str, Setting], name: str) -> int | None:
    value = settings.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
