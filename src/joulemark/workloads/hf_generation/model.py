"""Loads a model, and makes the engine around it; imports torch and transformers when called."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path
from typing import Any

from joulemark.core.errors import JoulemarkError, UnavailableError, UsageError
from joulemark.workloads.hf_generation.settings import EngineSettings
from joulemark.workloads.hf_generation.sizes import config_of
from joulemark.workloads.places import device_of, first_line, format_of, needed, place_facts

BATCH_TOKENS = 512
"""Tokens of a forward pass on a processor, where the batch needs no more."""
SPARE = 0.15
"""While less than this share of the cache is free, the engine begins nothing new."""
_SWITCH = {"auto": None, "on": True, "off": False}
_SHAPE = (
    "model_type",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "tie_word_embeddings",
)


def packages() -> tuple[Any, Any]:
    """Return torch and transformers.

    Raises:
        MissingExtraError: if one is not installed.
    """
    feature, extra = "the engine transformers", "transformers"
    return needed("torch", feature, extra), needed("transformers", feature, extra)


class Model:
    """A model on its device, and its tokenizer.

    Attributes:
        network: the model of transformers.
        tokenizer: its tokenizer; None if it has none.
        words: tokens that it knows.
        context: most tokens of a request, prompt and answer.

    Raises:
        MissingExtraError: if torch or transformers is not installed.
        UnavailableError: if the machine lacks the device or the memory.
        UsageError: if there is no model where the settings say.
    """

    def __init__(self, settings: EngineSettings) -> None:
        """Load it, or make it."""
        torch, transformers = packages()
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.settings = settings
        self._torch, self._transformers = torch, transformers
        self._threads_before = 0
        self._begun = False
        self.device = device_of(torch, settings.device)
        if settings.threads:
            self._threads_before = torch.get_num_threads()
            torch.set_num_threads(settings.threads)
        self.tokenizer: Any = None
        try:
            self.network = self._made() if settings.random_config else self._loaded()
        except torch.OutOfMemoryError:
            raise UnavailableError(
                "the weights do not fit into the memory", where=str(self.device)
            ) from None
        if settings.attention == "eager":  # the only form that knows a paged cache
            self.network.set_attn_implementation("paged|eager")
        config = self.network.config.get_text_config()
        self.words = int(config.vocab_size)
        longest = getattr(config, "max_position_embeddings", None) or settings.context
        self.context = min(settings.context, int(longest))

    def engine(self) -> Any:
        """Return the engine around the model, its cache made and its graphs captured.

        It is always the same. It must be asked for before each start: a stop leaves the model with
        attention that knows no paged cache.

        Raises:
            UsageError: if transformers refuses the settings.
            UnavailableError: if its cache does not fit into the memory.
        """
        if self._begun:
            return self.network.init_continuous_batching()  # that of before, attention set anew
        settings, generation = self.settings, self._generation()
        config = self._transformers.generation.ContinuousBatchingConfig
        known = {item.name for item in dataclasses.fields(config)}
        wanted = {key: value for key, value in self._wanted().items() if key in known}
        try:
            manager = self.network.init_continuous_batching(
                generation_config=generation, continuous_batching_config=config(**wanted)
            )
            manager.warmup()
        except self._torch.OutOfMemoryError:
            raise UnavailableError(
                "the cache does not fit into the memory", remedy="choose fewer kv_tokens"
            ) from None
        except (ValueError, ImportError, MemoryError) as error:
            raise UsageError(
                f"transformers refuses the settings: {error}", where=settings.attention
            ) from None
        self.network._cached_continuous_batching_manager = manager  # noqa: SLF001 - as its stop does
        self._begun = True
        return manager

    def facts(self) -> dict[str, Any]:
        """Return what belongs in a run, as JSON values."""
        torch, network, settings = self._torch, self.network, self.settings
        config = network.config.get_text_config()
        return {
            "model": settings.model or settings.random_config,
            "weights": f"random, seed {settings.seed}" if settings.random_config else "as stored",
            "parameters": sum(p.numel() for p in network.parameters()),
            "shape": {key: getattr(config, key) for key in _SHAPE if hasattr(config, key)},
            "attention": config._attn_implementation,  # noqa: SLF001 - it has no other name
            "dtype": str(network.dtype).removeprefix("torch."),
            **place_facts(torch, self.device),
            "transformers": str(self._transformers.__version__),
            "tokenizer": type(self.tokenizer).__name__ if self.tokenizer else "none: one a word",
            "context": self.context,
        }

    def close(self) -> None:
        """Let go of it, and give torch its number of threads back."""
        if self.network is not None:
            self.network.destroy_cached_continuous_batching_manager()
            self.network = None
            gc.collect()  # the engine and its cache refer to each other
        if self._threads_before:
            self._torch.set_num_threads(self._threads_before)
            self._threads_before = 0
        if self.device.type == "cuda":
            self._torch.cuda.empty_cache()

    def _loaded(self) -> Any:
        path = Path(self.settings.model).expanduser()
        if not (path / "config.json").is_file():
            raise UsageError(
                "there is no model (no config.json)",
                where=str(path),
                remedy="give a folder as transformers saves it",
            )
        asked, torch = self.settings.dtype, self._torch
        try:
            network = self._transformers.AutoModelForCausalLM.from_pretrained(
                path,
                dtype="auto" if asked == "auto" else format_of(torch, asked, self.device),
                attn_implementation=self.settings.attention,
                local_files_only=True,
            ).to(self.device)
            if any((path / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
                self.tokenizer = self._transformers.AutoTokenizer.from_pretrained(
                    path, local_files_only=True
                )
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise UsageError(f"it cannot be loaded: {first_line(error)}", where=str(path)) from None
        return network.eval()

    def _made(self) -> Any:
        """Return a model whose random weights were made on its device."""
        torch, transformers = self._torch, self._transformers
        fields = config_of(self.settings.random_config, self.settings.context)
        kind = fields.pop("model_type")
        cards = [self.device.index] if self.device.type == "cuda" else []
        try:
            config = transformers.AutoConfig.for_model(kind, **fields)
            with torch.random.fork_rng(devices=cards), self.device:
                torch.manual_seed(self.settings.seed)
                network = transformers.AutoModelForCausalLM.from_config(
                    config,
                    dtype=format_of(torch, self.settings.dtype, self.device),
                    attn_implementation=self.settings.attention,
                )
        except JoulemarkError:
            raise
        except (ValueError, ImportError, KeyError, TypeError) as error:
            raise UsageError(
                f"no such model can be made: {first_line(error)}", where="setting random_config"
            ) from None
        return network.eval()

    def _generation(self) -> Any:
        """Return how tokens are chosen: the likeliest, up to the model's end or without."""
        own = getattr(self.network, "generation_config", None)
        end = None if own is None else own.eos_token_id
        return self._transformers.GenerationConfig(
            do_sample=False,
            eos_token_id=-1 if end is None or self.settings.ignore_end else end,
            pad_token_id=0,
            max_new_tokens=self.settings.answers,
        )

    def _wanted(self) -> dict[str, Any]:
        """Return the engine's settings under all names that versions of transformers know."""
        settings, cpu = self.settings, self.device.type == "cpu"
        tokens, step = settings.kv_tokens, settings.batch_tokens
        if not tokens and cpu:
            tokens = round(settings.max_batch * (self.context + settings.page) / (1 - SPARE))
        if not step and cpu:
            step = max(BATCH_TOKENS, settings.max_batch)
        return {
            "max_requests_per_batch": settings.max_batch,
            "page_size": settings.page,
            "block_size": settings.page,
            "num_blocks": -(-tokens // settings.page) if tokens else None,
            "max_batch_tokens": step or None,
            "allow_block_sharing": settings.share_prefixes,
            "use_cuda_graph": _SWITCH[settings.cuda_graphs],
            "auto_switch_to_flash": False,
        }
