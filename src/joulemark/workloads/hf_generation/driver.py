"""The engine ``transformers`` as procedures drive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from joulemark.core.errors import UnavailableError
from joulemark.core.request import Prompt, Request
from joulemark.workloads.hf_generation.drive import Drive, Limits
from joulemark.workloads.hf_generation.engine import Manager
from joulemark.workloads.hf_generation.model import Model, packages
from joulemark.workloads.hf_generation.settings import EngineSettings, engine_settings
from joulemark.workloads.hf_generation.tokens import encoded
from joulemark.workloads.openai.client import Keep, Load
from joulemark.workloads.openai.lag import Lag

FIRST = "one two three"
"""What is asked before anything is measured."""
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
        self._resolved: dict[str, Any] = {}
        self._loads = 0
        self._largest = 0
        self._encoded: tuple[Load | None, list[list[int]]] = (None, [])

    def facts(self) -> dict[str, Any]:
        """Return model, engine and versions, as JSON values; load the model if need be.

        Raises:
            UsageError: if there is no model where the settings say.
            UnavailableError: if the machine lacks the device or the memory.
        """
        return {**self._ready().facts(), **self._resolved}

    def prepare(self, load: Load) -> dict[str, Any]:
        """Load the model, turn the first prompts into tokens, and have a first answer.

        Args:
            load: the first that will be driven.

        Raises:
            UsageError: if a prompt holds more than text.
            UnavailableError: if the machine lacks the device or the memory, or the engine fails.
        """
        self._encoded = (load, self._ids(load))
        first: list[Request] = []
        ask = Prompt(id="first", text=FIRST, tokens_out=2)
        self.drive(Load(prompts=[ask], due_s=[0.0]), lambda one, _: first.append(one), 0)
        if not first[0].ok:
            raise UnavailableError(f"the engine does not answer: {first[0].error}", where=self.name)
        self._largest = 0
        return {}

    def beside(self, keep: object, clock: object) -> nullcontext[None]:
        """Return a block that does nothing: there are no metrics to be asked for."""
        del keep, clock
        return nullcontext()

    def look(self, folder: Path) -> dict[str, Any]:
        """Return the most requests that the engine held at a time, by its own times of them.

        Args:
            folder: of the run; nothing is written there.
        """
        del folder
        return {"largest_batch": self._largest} if self._largest else {}

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
        model, settings = self._ready(), self.settings
        known, ids = self._encoded
        if known is not load:
            ids = self._ids(load)
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
        with _running(model.engine()) as manager:
            drive = Drive(manager, load, ids, keep, limits, shift=shift, decode=decode, name=name)
            lag = drive.run()
        self._largest = max(self._largest, largest(drive.spans))
        return lag

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def _ids(self, load: Load) -> list[list[int]]:
        model = self._ready()
        return encoded(load.prompts, model.tokenizer, model.words)

    def _ready(self) -> Model:
        if self._model is None:
            model = self._loader(self.settings)
            try:
                manager = model.engine()
            except BaseException:
                model.close()
                raise
            self._resolved = resolved(manager.continuous_batching_config)
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
