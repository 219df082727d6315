"""What is driven: a server over the network, or an engine in this process."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from joulemark.core.clock import Clock
from joulemark.meters.journal import store_error
from joulemark.procedures.serving.about import about
from joulemark.procedures.serving.looping import run
from joulemark.procedures.serving.probe import first_answer
from joulemark.procedures.serving.server import StartedServer
from joulemark.workloads.openai.client import Bounds, Client, Keep, Load
from joulemark.workloads.openai.lag import Lag
from joulemark.workloads.openai.questions import questions
from joulemark.workloads.openai.scrape import KeepText, Scraper
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.tokenizer import tokenizer_of
from joulemark.workloads.openai.workers import drive_apart

TOGETHER, A_SECOND = 256, 200
"""Requests under way together, or due in a second, that one client process is given."""
SERVER_LOG = "server.log"


class Driver(Protocol):
    """Answers requests and tells of each; the same records whatever it is."""

    @property
    def name(self) -> str:
        """Kind of engine: ``openai``, ``transformers`` …."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of it, as JSON values: model, versions, settings."""
        ...

    def prepare(self, load: Load) -> Mapping[str, Any]:
        """Get ready before anything is measured; return what was seen, as JSON values.

        Args:
            load: the first that will be driven.

        Raises:
            ServerError: if it does not answer.
            UsageError: if a prompt or a setting makes no sense.
        """
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

    def beside(self, keep: KeepText, clock: Clock) -> AbstractContextManager[object]:
        """Return what reads the engine's metrics while its block runs; it holds up no load.

        Args:
            keep: called with the time of each reading, ns of the run's clock, and its text; also in
                another thread.
            clock: tells the time of the run.
        """
        ...

    def look(self, folder: Path) -> Mapping[str, Any]:
        """Keep what the engine has said so far in a folder; return how it is, as JSON values.

        Args:
            folder: of the run, for what others wrote; it is there.

        Raises:
            StoreError: if it cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...


def processes_for(load: Load, cores: int) -> int:
    """Return how many client processes a load is given where nobody says.

    One for each 256 requests under way together, or for each 200 that are due in the busiest
    second; never more than half of the processor, which the server may need itself.

    Args:
        load: what is asked.
        cores: hardware threads that this process may use.
    """
    if load.concurrency is not None:
        wanted = math.ceil(min(load.concurrency, len(load.prompts)) / TOGETHER)
    else:
        due = np.asarray(load.due_s)
        busiest = (np.searchsorted(due, due + 1.0) - np.arange(len(due))).max(initial=0)
        wanted = math.ceil(int(busiest) / A_SECOND)
    return max(min(wanted, cores // 2), 1)


class HttpDriver:
    """A server that speaks OpenAI's protocol.

    Args:
        target: whom to ask.
        bounds: what the client puts up with.
        processes: client processes; one runs in this process.
        tokenizer: file of a tokenizer that counts where the server does not; empty for none.
        server: where joulemark started it itself.
        more: what else is known of it, for the record.

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
        tokenizer: str = "",
        server: StartedServer | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the arguments; nothing is sent."""
        self.target = target
        self._bounds = bounds or Bounds()
        self._processes = processes
        self._tokenizer = tokenizer
        self._server = server
        self._more = more or {}

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
            **({"tokenizer": self._tokenizer} if self._tokenizer else {}),
        }

    def prepare(self, load: Load) -> Mapping[str, Any]:
        """Write the questions, ask one that does not count, and what the server is."""
        questions(self.target, load.prompts)
        if self._tokenizer:
            tokenizer_of(self._tokenizer)
        first = first_answer(self.target, self._bounds.silence_s)
        server = {**about(self.target), **self._more}
        if self._server is not None:
            server |= {"command": list(self._server.command), "ready_s": self._server.ready_s}
        return {"first_answer": first, "server": server}

    def drive(self, load: Load, keep: Keep, *, shift: int) -> Lag | None:
        """Send everything; see :class:`Driver`."""
        if self._processes > 1:
            return drive_apart(
                self.target,
                load,
                keep,
                self._bounds,
                processes=self._processes,
                shift=shift,
                tokenizer=self._tokenizer,
            )
        counts = tokenizer_of(self._tokenizer) if self._tokenizer else None
        client = Client(self.target, keep, self._bounds, shift=shift, tokenizer=counts)
        return run(client.drive(load))

    def beside(self, keep: KeepText, clock: Clock) -> AbstractContextManager[object]:
        """Read ``/metrics``, where the server has it."""
        return Scraper(self.target, keep, clock)

    def look(self, folder: Path) -> Mapping[str, Any]:
        """Copy the log of a server that joulemark started; return its exit code if it ended."""
        if self._server is None:
            return {}
        path = folder / SERVER_LOG
        try:
            self._server.keep_log(path)
        except OSError as error:
            raise store_error(error, path) from error
        code = self._server.exit_code
        return {} if code is None else {"server_exit_code": code}

    def close(self) -> None:
        """Do nothing: connections end with each load."""
