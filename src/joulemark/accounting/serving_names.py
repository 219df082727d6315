"""What servers of generated text call their own metrics, and what each of them counts.

Read in their sources and documentation in November 2026: vLLM ``vllm/v1/metrics/loggers.py`` (to
0.33), SGLang ``srt/observability/metrics_collector.py`` (to 0.5.23), llama.cpp
``tools/server`` (b11549, met), TGI ``docs/source/reference/metrics.md`` (3.3), TensorRT-LLM
``tensorrt_llm/metrics/collector.py`` (1.3), and NVIDIA AIPerf's reference of all of them. A metric
was renamed now and then: names are in the order of preference, the first that a server has counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

RUNNING, WAITING, KV_USE = "running", "waiting", "kv_use"
"""Levels: requests that run, requests that wait, share of the KV cache in use."""
PROMPT, GENERATED, CACHED = "prompt_tokens", "generated_tokens", "cached_tokens"
PREEMPTED, SUCCEEDED, STEPS = "preemptions", "succeeded", "steps"
QUERIED, HIT = "prefix_queries", "prefix_hits"
"""Counts: tokens of prompts (those at hand included), tokens made, tokens of prompts that were at
hand, requests put back to wait, requests done, steps of the engine, tokens looked up among prompts
seen before and found there."""
TTFT, ITL, TPOT, E2E = "ttft_s", "itl_s", "tpot_s", "e2e_s"
QUEUE, PREFILL, DECODE = "queue_s", "prefill_s", "decode_s"
"""Times, s: to the first token; between two tokens; per further token of a request; of a request,
and of its waiting, its prompt and its answer. A server's clock begins when it takes a request."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names of one server.

    Attributes:
        server: what it is called.
        prefix: with which all its names begin.
        levels: gauges.
        counts: counters; sums and numbers of histograms serve as such, too.
        times: histograms, without ``_bucket``, ``_sum`` and ``_count``.
        at_end: counts of tokens grow when a request ends, not with each step.
        computed: its tokens of prompts are only those that it had to compute.
    """

    server: str
    prefix: str
    levels: Mapping[str, Names]
    counts: Mapping[str, Names]
    times: Mapping[str, Names]
    at_end: bool = False
    computed: bool = False


VLLM = Vocabulary(
    server="vLLM",
    prefix="vllm:",
    levels={
        RUNNING: ("vllm:num_requests_running",),
        WAITING: ("vllm:num_requests_waiting",),
        KV_USE: ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
    },
    counts={
        PROMPT: ("vllm:prompt_tokens_total",),
        GENERATED: ("vllm:generation_tokens_total",),
        CACHED: ("vllm:prompt_tokens_cached_total",),
        PREEMPTED: ("vllm:num_preemptions_total",),
        SUCCEEDED: ("vllm:request_success_total",),
        STEPS: ("vllm:iteration_tokens_total_count",),
        QUERIED: ("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"),
        HIT: ("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
    },
    times={
        TTFT: ("vllm:time_to_first_token_seconds",),
        ITL: ("vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"),
        TPOT: ("vllm:request_time_per_output_token_seconds",),
        E2E: ("vllm:e2e_request_latency_seconds",),
        QUEUE: ("vllm:request_queue_time_seconds",),
        PREFILL: ("vllm:request_prefill_time_seconds",),
        DECODE: ("vllm:request_decode_time_seconds",),
    },
)
SGLANG = Vocabulary(
    server="SGLang",
    prefix="sglang:",
    levels={
        RUNNING: ("sglang:num_running_reqs",),
        WAITING: ("sglang:num_queue_reqs",),
        KV_USE: ("sglang:token_usage",),
    },
    counts={
        PROMPT: ("sglang:prompt_tokens_total",),
        GENERATED: ("sglang:generation_tokens_total",),
        CACHED: ("sglang:cached_tokens_total",),  # by source, or as a total: never both of one
        PREEMPTED: ("sglang:num_retracted_requests_total",),
        SUCCEEDED: ("sglang:num_requests_total",),
    },
    times={
        TTFT: ("sglang:time_to_first_token_seconds",),
        ITL: ("sglang:inter_token_latency_seconds",),
        TPOT: ("sglang:time_per_output_token_seconds",),
        E2E: ("sglang:e2e_request_latency_seconds",),
        QUEUE: ("sglang:queue_time_seconds",),
    },
    at_end=True,
)
LLAMA_CPP = Vocabulary(
    server="llama.cpp",
    prefix="llamacpp:",
    levels={
        RUNNING: ("llamacpp:requests_processing",),
        WAITING: ("llamacpp:requests_deferred",),
        KV_USE: ("llamacpp:kv_cache_usage_ratio",),  # older builds
    },
    counts={
        PROMPT: ("llamacpp:prompt_tokens_total",),
        GENERATED: ("llamacpp:tokens_predicted_total",),
        CACHED: ("llamacpp:prompt_tokens_cached_total",),
        STEPS: ("llamacpp:n_decode_total",),
    },
    times={},
    at_end=True,
    computed=True,
)
TGI = Vocabulary(
    server="TGI",
    prefix="tgi_",
    levels={RUNNING: ("tgi_batch_current_size",), WAITING: ("tgi_queue_size",)},
    counts={
        PROMPT: ("tgi_request_input_length_sum",),
        GENERATED: ("tgi_request_generated_tokens_sum",),
        SUCCEEDED: ("tgi_request_success", "tgi_request_success_total"),
    },
    times={
        TPOT: ("tgi_request_mean_time_per_token_duration",),
        E2E: ("tgi_request_duration",),
        QUEUE: ("tgi_request_queue_duration",),
    },
    at_end=True,
)
TENSORRT_LLM = Vocabulary(
    server="TensorRT-LLM",
    prefix="trtllm_",
    levels={
        RUNNING: ("trtllm_num_requests_running",),
        WAITING: ("trtllm_num_requests_waiting",),
        KV_USE: ("trtllm_kv_cache_utilization",),
    },
    counts={
        PROMPT: ("trtllm_prompt_tokens_total",),
        GENERATED: ("trtllm_generation_tokens_total",),
        CACHED: ("trtllm_prompt_cached_tokens_total",),
        SUCCEEDED: ("trtllm_request_success_total",),
    },
    times={
        TTFT: ("trtllm_time_to_first_token_seconds",),
        TPOT: ("trtllm_time_per_output_token_seconds",),
        E2E: ("trtllm_e2e_request_latency_seconds",),
        QUEUE: ("trtllm_request_queue_time_seconds",),
        PREFILL: ("trtllm_request_prefill_time_seconds",),
        DECODE: ("trtllm_request_decode_time_seconds",),
    },
    at_end=True,
)
VOCABULARIES = (VLLM, SGLANG, LLAMA_CPP, TGI, TENSORRT_LLM)
PREFIXES: Names = ("vllm:", "sglang:", "llamacpp:", "tgi_", "trtllm_")
REPLICAS = frozenset({"tp_rank", "pp_rank", "moe_ep_rank"})
"""Labels of parts that share every request: each tells the same again."""
PRIORITY = "priority"
"""A label that is empty where all requests are counted, beside those of each priority."""


@cache
def known_names() -> frozenset[str]:
    """Return all names of samples that mean something here."""
    found: set[str] = set()
    for words in VOCABULARIES:
        for names in (*words.levels.values(), *words.counts.values()):
            found.update(names)
        for names in words.times.values():
            found.update(name + end for name in names for end in ("_bucket", "_sum", "_count"))
    return frozenset(found)
