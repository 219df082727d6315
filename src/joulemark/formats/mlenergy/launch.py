"""The command that sets a configuration up, where it can be derived.

As the benchmark starts servers and pipelines: ml-energy/leaderboard-v2 (vLLM 0.5.4, diffusers) and
ml-energy/benchmark v3.0.0 (vLLM 0.11.1, xDiT). What the benchmark sets alike in every configuration
is part of the command, since the figures hold with it. Texts of files are quoted for a shell.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from joulemark.formats.mlenergy.configuration import REQUEST, V2, Configuration, Setting

_V2_ALWAYS = ("--gpu-memory-utilization", "0.95", "--enable-chunked-prefill", "False")
_V2_LENGTH = ("--max-model-len", "4096")
_V3_ALWAYS = ("--max-num-batched-tokens", "8192", "--async-scheduling", "--api-server-count", "3")


def launch(one: Configuration) -> str:
    """Return the command of a server or a pipeline; empty where the configuration does not tell."""
    if one.unit != REQUEST:
        return _pipeline(one)
    if _count(one.settings, "max_num_seqs") is None:
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


def _pipeline(one: Configuration) -> str:
    """Return the call of a pipeline of diffusers (V2), or the benchmark's own command (V3)."""
    batch, steps = (_count(one.settings, name) for name in ("batch_size", "inference_steps"))
    if batch is None:
        return ""
    if one.origin == V2:
        named = "" if steps is None else f", num_inference_steps={steps}"
        made = f"DiffusionPipeline.from_pretrained({one.model!r}).to('cuda')"
        return f"{made}([prompt] * {batch}{named})"
    words = ["torchrun", "--nproc_per_node", str(one.gpus)]
    words += ["mlenergy/benchmark/diffusion/benchmark.py", f"workload:{one.task or 'TASK'}"]
    words += ["--workload.model_id", one.model, "--workload.batch_size", str(batch)]
    for name in ("ulysses_degree", "ring_degree"):
        words += [f"--workload.{name}", str(one.settings.get(name, 1))]
    return shlex.join(words)


def _count(settings: Mapping[str, Setting], name: str) -> int | None:
    value = settings.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
