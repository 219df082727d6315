"""What is used of transformers' continuous batching, as protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Output(Protocol):
    """What the engine hands out for one request after a step (``GenerationOutput``).

    Attributes:
        request_id: of the request.
        error: what went wrong, if something did.
        lifespan: when it was taken into a batch and when it ended, s of ``time.perf_counter``; -1
            for not yet.
    """

    request_id: str
    error: str | None
    lifespan: tuple[float, float]

    @property
    def generated_tokens(self) -> Sequence[int]:
        """Return all tokens so far."""
        ...

    @property
    def timestamps(self) -> Sequence[float] | None:
        """Return when each token was there, s of ``time.perf_counter``.

        Tokens from before the engine set a request back have none.
        """
        ...

    def is_finished(self) -> bool:
        """Return whether nothing more comes, also because it failed."""
        ...


class Manager(Protocol):
    """The engine's loop in a thread of its own (``ContinuousBatchingManager``)."""

    def is_running(self) -> bool:
        """Return whether the loop is alive."""
        ...

    def add_request(
        self,
        input_ids: list[int],
        request_id: str | None = None,
        max_new_tokens: int | None = None,
        streaming: bool = False,  # noqa: FBT001, FBT002 - the library's order
        record_timestamps: bool = False,  # noqa: FBT001, FBT002
    ) -> str | None:
        """Ask for an answer; None if nothing more is taken."""
        ...

    def cancel_request(self, request_id: str) -> None:
        """Drop a request; nothing is handed out for it afterwards."""
        ...

    def get_result(
        self, request_id: str | None = None, timeout: float | None = None
    ) -> Output | None:
        """Return what was handed out, waiting ``timeout`` s; None at once if the loop is dead."""
        ...
