"""What is driven: a server over the network, or an engine in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from joulemark.workloads.openai.client import Bounds, Client, Keep, Load
from joulemark.workloads.openai.lag import Lag
from joulemark.workloads.openai.made import Tokenizer
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.workers import drive_apart


class Driver(Protocol):
    """Answers requests and tells of each; the same records whatever it is."""

    @property
    def name(self) -> str:
        """Kind of engine: ``openai``, ``transformers`` …."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of it, as JSON values: model, versions, settings."""
        ...

    def drive(self, load: Load, keep: Keep, *, shift: int) -> Lag | None:
        """Do a load; call ``keep`` with every request as it ends, also those that failed.

        Args:
            load: what is asked, and when.
            keep: told of every request and its text.
            shift: what turns the monotonic clock into the run's, ns.

        Returns:
            How late the client was itself; None where nothing lies between.

        Raises:
            UsageError: if a prompt or setting makes no sense; nothing was done then.
        """
        ...

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...


class HttpDriver:
    """A server that speaks OpenAI's protocol.

    Args:
        target: whom to ask.
        bounds: what the client puts up with.
        processes: client processes; one runs in this process.
        tokenizer: counts tokens where the server does not; with one process only.

    Attributes:
        name: ``openai``.
    """

    name = "openai"

    def __init__(
        self,
        target: Target,
        bounds: Bounds | None = None,
        *,
        processes: int = 1,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        """Keep the arguments; nothing is sent."""
        self.target = target
        self._bounds = bounds or Bounds()
        self._processes = processes
        self._tokenizer = tokenizer

    def facts(self) -> Mapping[str, Any]:
        """Return whom it asks, without the key."""
        target = self.target
        return {
            "url": target.url,
            "model": target.model,
            "endpoint": "chat" if target.chat else "completions",
            "stream": target.stream,
            "extra": dict(target.extra),
            "client_processes": self._processes,
        }

    def drive(self, load: Load, keep: Keep, *, shift: int) -> Lag | None:
        """Send everything; see :class:`Driver`."""
        if self._processes > 1:
            return drive_apart(
                self.target, load, keep, self._bounds, processes=self._processes, shift=shift
            )
        client = Client(self.target, keep, self._bounds, shift=shift, tokenizer=self._tokenizer)
        return asyncio.run(client.drive(load))

    def close(self) -> None:
        """Do nothing: connections end with each load."""
