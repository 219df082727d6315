"""An engine without a model, faithful to what is used of transformers' manager, on its own clock.

``test_real`` compares its methods with the library's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joulemark.core.clock import NS
from joulemark.workloads.hf_generation.model import Model
from joulemark.workloads.hf_generation.settings import EngineSettings

STEP = NS // 100
"""A step takes 10 ms, ns."""
BEGIN = 1000 * NS


@dataclass
class Handed:
    """A ``GenerationOutput``."""

    request_id: str
    generated_tokens: list[int]
    timestamps: list[float] | None
    lifespan: tuple[float, float]
    finished: bool
    error: str | None = None

    def is_finished(self) -> bool:
        return self.finished


@dataclass
class Asked:
    """A request within the engine; marks are s."""

    name: str
    ids: list[int]
    most: int
    begun: float = -1
    tokens: list[int] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)


class Engine:
    """Computes a token of each of at most ``batch`` requests in every step.

    Args:
        batch: most requests in a step.
        before: called before each step with the engine and the number of the step.
        late: how much later than a step its tokens can be taken, ns.
    """

    def __init__(
        self,
        batch: int = 4,
        before: Callable[[Engine, int], None] | None = None,
        late: int = 0,
    ) -> None:
        self.now = BEGIN
        self.alive = True
        self.taking = True
        self.hanging = False
        self.running: list[str] = []
        """Requests in each step."""
        self.cancelled: list[str] = []
        self.continuous_batching_config = Resolved(batch)
        self._batch = batch
        self.before = before or (lambda engine, step: None)
        self._late = late
        self._waiting: deque[Asked] = deque()
        self.active: list[Asked] = []
        self._out: deque[Handed] = deque()
        self.steps = 0
        self.sizes: list[int] = []

    def clock(self) -> int:
        return self.now

    def start(self) -> None:
        self.alive = True

    def stop(
        self,
        block: bool = True,
        timeout: float | None = None,
        keep_for_next_session: bool = False,
        hard_stop: bool = False,
    ) -> None:
        assert block
        assert keep_for_next_session
        assert hard_stop
        self.alive = False
        self._waiting.clear()
        self.active.clear()

    def is_running(self) -> bool:
        return self.alive

    def add_request(
        self,
        input_ids: list[int],
        request_id: str | None = None,
        max_new_tokens: int | None = None,
        streaming: bool = False,
        record_timestamps: bool = False,
    ) -> str | None:
        if not (self.alive and self.taking):
            return None
        assert streaming
        assert record_timestamps
        assert request_id is not None
        assert max_new_tokens is not None
        self._waiting.append(Asked(request_id, input_ids, max_new_tokens))
        return request_id

    def cancel_request(self, request_id: str) -> None:
        self.cancelled.append(request_id)
        self._waiting = deque(one for one in self._waiting if one.name != request_id)
        self.active = [one for one in self.active if one.name != request_id]

    def get_result(
        self, request_id: str | None = None, timeout: float | None = None
    ) -> Handed | None:
        if not self._out and not self.alive:
            return None
        wait = round((timeout or 0.0) * NS)
        busy = bool(self._waiting or self.active) and not self.hanging
        if not self._out and (not busy or wait < STEP):
            self.now += max(wait, 1)
            return None
        if not self._out:
            self._step()
        return self._out.popleft() if self._out else None

    def fail(self, one: Asked, error: str) -> None:
        """End a request with an error."""
        self.active.remove(one)
        self._hand(one, finished=True, error=error)

    def set_back(self, one: Asked) -> None:
        """Throw away what was computed of a request; times go, tokens become prompt."""
        one.marks.clear()

    def die(self, error: str = "") -> None:
        """End the loop; with an error, everything that is under way is told to have failed."""
        self.alive = False
        for one in [*self.active, *self._waiting] if error else []:
            self._hand(one, finished=True, error=error)
        self.active.clear()
        self._waiting.clear()

    def _step(self) -> None:
        self.before(self, self.steps)
        self.steps += 1
        if not self.alive or self.hanging:
            return
        while self._waiting and len(self.active) < self._batch:
            one = self._waiting.popleft()
            one.begun = self.now / NS
            self.active.append(one)
        self.sizes.append(len(self.active))
        self.now += STEP
        for one in list(self.active):
            one.tokens.append(len(one.tokens))
            one.marks.append(self.now / NS)
            done = len(one.tokens) == one.most
            if done:
                self.active.remove(one)
            self._hand(one, finished=done)
        self.now += self._late

    def _hand(self, one: Asked, *, finished: bool, error: str | None = None) -> None:
        marks, ended = list(one.marks), self.now / NS if finished else -1
        span = (one.begun, ended)
        self._out.append(Handed(one.name, list(one.tokens), marks, span, finished, error))


class Resolved:
    """A ``ContinuousBatchingConfig`` that the engine has filled in."""

    page_size = 16
    block_size = 0
    num_blocks = 64
    max_batch_tokens = 512
    allow_block_sharing = False
    use_cuda_graph = (False, False)
    use_async_batching = False
    scheduler_type = "fifo"

    def __init__(self, batch: int) -> None:
        self.max_requests_per_batch = batch


class Words:
    """A tokenizer: each letter is a token."""

    chat_template: Any = None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [1] * add_special_tokens + [ord(letter) for letter in text]

    def decode(self, token_ids: Any, *, skip_special_tokens: bool) -> str:
        assert skip_special_tokens
        return "".join(chr(97 + token % 26) for token in token_ids)

    def apply_chat_template(
        self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        assert not tokenize
        assert add_generation_prompt
        return "".join(f"<{turn['role']}>{turn['content']}" for turn in conversation)


class Loaded(Model):
    """A model without weights."""

    def __init__(self, settings: EngineSettings, engine: Engine) -> None:
        self.settings = settings
        self.tokenizer = Words()
        self.words = 100
        self.context = settings.context
        self.closed = 0
        self._engine = engine

    def engine(self) -> Engine:
        return self._engine

    def facts(self) -> dict[str, Any]:
        return {"model": self.settings.model}

    def close(self) -> None:
        self.closed += 1
