"""The engine ``transformers`` as procedures drive it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joulemark.workloads.hf_generation.drive import Drive, Limits
from joulemark.workloads.hf_generation.engine import Manager
from joulemark.workloads.hf_generation.model import Model, packages
from joulemark.workloads.hf_generation.settings import EngineSettings, engine_settings
from joulemark.workloads.hf_generation.tokens import encoded
from joulemark.workloads.openai.client import Keep, Load
from joulemark.workloads.openai.lag import Lag

STOP_S = 60.0
"""Most time that the engine is given to end a step, s."""


def make(settings: Mapping[str, Any]) -> Generation:
    """Return the driver; the names are the fields of :class:`EngineSettings`.

    Raises:
        UsageError: if a setting is unknown or makes no sense.
        MissingExtraError: if torch or transformers is not installed.
    """
    checked = engine_settings(settings)
    packages()
    return Generation(checked)


class Generation:
    """Continuous batching of Hugging Face in this process; nothing is loaded before it is needed.

    Latencies hold no network, no HTTP and no tokenization: prompts are tokens before a load
    begins. The engine's thread lives as long as a load.

    Args:
        settings: which model, and how.
        loader: loads the model.
    """

    name = "transformers"

    def __init__(
        self, settings: EngineSettings, loader: Callable[[EngineSettings], Model] = Model
    ) -> None:
        """Load nothing yet."""
        self.settings = settings
        self._loader = loader
        self._model: Model | None = None
        self._manager: Any = None
        self._resolved: dict[str, Any] = {}
        self._loads = 0
        self._largest = 0

    def facts(self) -> dict[str, Any]:
        """Return model, engine and versions, as JSON values; load the model if need be.

        ``largest_batch`` is known after a load: the most requests that the engine held at a time,
        by its own times of taking them up and of ending them.

        Raises:
            UsageError: if there is no model where the settings say.
            UnavailableError: if the machine lacks the device or the memory.
        """
        facts = {**self._ready().facts(), **self._resolved}
        return {**facts, "largest_batch": self._largest} if self._largest else facts

    def pids(self) -> list[int]:
        """Return the process that computes: this one."""
        return [os.getpid()]

    def prepare(self, load: Load) -> dict[str, Any]:
        """Load the model and look at the first prompts.

        Args:
            load: the first that will be driven.

        Raises:
            UsageError: if a prompt holds more than text.
            UnavailableError: if the machine lacks the device or the memory.
        """
        model = self._ready()
        encoded(load.prompts, model.tokenizer, model.words)
        return {}

    def look(self, folder: Path) -> dict[str, Any]:
        """Return nothing: what an engine in this process says, it says to the terminal."""
        del folder
        return {}

    def drive(self, load: Load, keep: Keep, shift: int) -> Lag:
        """Drive one load; see ``hf_generation.drive``.

        Args:
            load: what is asked and when.
            keep: called with every request and text, also those that failed.
            shift: what turns the monotonic clock into the run's, ns.

        Raises:
            UsageError: if a prompt holds more than text.
            UnavailableError: if the machine lacks the device or the memory.
        """
        model = self._ready()
        ids = encoded(load.prompts, model.tokenizer, model.words)
        settings = self.settings
        limits = Limits(
            tokens=min(model.context, self._resolved["kv_tokens"]),
            answer=settings.answers,
            silence_s=settings.silence_s,
        )
        self._loads += 1
        name = f"{self._loads}-"
        decode = None
        if settings.text and model.tokenizer is not None:
            tokenizer = model.tokenizer
            decode = lambda ids: str(tokenizer.decode(ids, skip_special_tokens=True))  # noqa: E731
        with _running(self._manager) as manager:
            drive = Drive(manager, load, ids, keep, limits, shift=shift, decode=decode, name=name)
            lag = drive.run()
        self._largest = max(self._largest, largest(drive.spans))
        return lag

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        if self._model is not None:
            self._manager = None
            self._model.close()
            self._model = None

    def _ready(self) -> Model:
        if self._model is None:
            model = self._loader(self.settings)
            try:
                self._manager = model.engine()
            except BaseException:
                model.close()
                raise
            self._resolved = resolved(self._manager.continuous_batching_config)
            self._model = model
        return self._model


@contextmanager
def _running(manager: Any) -> Iterator[Manager]:
    """Run the engine's thread; it must not outlive the load, or the process could not end."""
    manager.start()
    try:
        yield manager
    finally:
        manager.stop(block=True, timeout=STOP_S, keep_for_next_session=True, hard_stop=True)


def resolved(config: Any) -> dict[str, Any]:
    """Return what the engine made of its settings (a ``ContinuousBatchingConfig``)."""
    page = getattr(config, "page_size", None) or config.block_size  # before and since 5.18
    graphs = config.use_cuda_graph
    return {
        "max_batch": config.max_requests_per_batch,
        "batch_tokens": config.max_batch_tokens,
        "kv_blocks": config.num_blocks,
        "page": page,
        "kv_tokens": config.num_blocks * page,
        "share_prefixes": config.allow_block_sharing,
        "cuda_graphs": list(graphs) if isinstance(graphs, tuple) else graphs,
        "overlapped": config.use_async_batching,
        "scheduler": config.scheduler_type,
    }


def largest(spans: list[tuple[int, int]]) -> int:
    """Return how many of the spans there are at most at one time; one that ends makes place."""
    changes = sorted([(begun, 1) for begun, _ in spans] + [(ended, -1) for _, ended in spans])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
