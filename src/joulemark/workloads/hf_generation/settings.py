"""What the in-process engine can be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Settings
from joulemark.workloads.fields import setting, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Settings of the engine ``transformers``; the metadata of each field explains it."""

    model: str = setting("", "folder of a model, as transformers saves it")
    random_config: str = setting(
        "", "instead of a folder: random weights of that size (7M, 8B …), or of a config.json"
    )
    max_batch: int = setting(8, "most requests in a batch", least=1, most=65536)
    context: int = setting(2048, "most tokens of a request, prompt and answer", least=2, most=2**24)
    kv_tokens: int = setting(
        0,
        "tokens in the cache; 0: max_batch times context on cpu, what the memory holds on cuda",
        least=0,
        most=2**40,
    )
    page: int = setting(64, "tokens in a page of the cache", least=4, most=65536)
    batch_tokens: int = setting(
        0,
        "most tokens in a forward pass; 0: 512 (or max_batch) on cpu, transformers' own on cuda",
        least=0,
        most=2**24,
    )
    share_prefixes: bool = setting(
        default=False, text="compute beginnings that prompts have in common once"
    )
    attention: str = setting(
        "sdpa",
        "implementation of attention",
        choices=("sdpa", "eager", "flash_attention_2", "flash_attention_3"),
    )
    cuda_graphs: str = setting("auto", "replay captured graphs", choices=("auto", "on", "off"))
    device: str = setting("auto", "where to run", choices=("auto", "cpu", "cuda"))
    dtype: str = setting(
        "auto",
        "number format; auto is the folder's, else bf16 on cuda and fp32 on cpu",
        choices=("auto", "fp32", "bf16", "fp16"),
    )
    threads: int = setting(0, "processor threads; 0 leaves torch's choice", least=0, most=4096)
    ignore_end: bool = setting(
        default=False, text="generate all tokens that are asked for, whatever the model says"
    )
    answers: int = setting(
        256, "tokens of an answer where the prompt does not say", least=1, most=2**24
    )
    text: bool = setting(default=False, text="turn answers into text, as a server would")
    silence_s: float = setting(
        120.0, "seconds without a token after which the engine counts as stalled", least=0.01
    )
    seed: int = setting(0, "seed of random weights", least=0, most=2**63 - 1)


def engine_settings(values: Settings) -> EngineSettings:
    """Return settings from JSON values; what is not named keeps its default.

    Raises:
        UsageError: if a name is unknown, a value is of another kind or out of its bounds, or not
            exactly one model is named.
    """
    made = settings_of(EngineSettings, values)
    if bool(made.model) == bool(made.random_config):
        raise UsageError(
            "name one model: the setting model (a folder) or random_config (a size)",
            remedy="python -m joulemark.workloads.random_model makes a small folder",
        )
    if 0 < made.batch_tokens < made.max_batch:
        raise UsageError(
            f"a batch of {made.max_batch} needs as many tokens in a forward pass",
            where="setting batch_tokens",
        )
    return made
