"""What a server tells of itself under ``/metrics``, read beside a load that it never holds up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from joulemark.accounting.serving_names import PREFIXES, known_names
from joulemark.core.clock import Clock
from joulemark.core.exposition import sample_of
from joulemark.workloads.openai.get import Got, get, root_of
from joulemark.workloads.openai.target import Target

PATHS = ("/metrics", "/metrics/", "/prometheus/metrics")
"""Where servers tell it; the last is TensorRT-LLM's."""
EVERY_S, TIMEOUT_S = 1.0, 5.0
MOST = 1 << 24
"""Largest text, bytes."""

KeepText = Callable[[int, str], None]
"""What is called with the time of a reading, ns of the run's clock, and its text."""
Ask = Callable[[str], Got]


class Scraper:
    """Reads a server's metrics when a block begins, each second, and when it ends.

    The first and the last text are kept whole; of those between only the lines that mean something
    here, since a server may tell hundreds of kilobytes each time. A server that tells nothing is
    asked once and then left alone.

    Args:
        target: the server.
        keep: called in a thread of its own, except for the first and the last reading.
        clock: tells the time of the run.
        every_s: time between two readings, s.
        ask: asks for a path; by default the server.

    Attributes:
        readings: how many there were.
        failures: how many could not be had.
        said: why there are none, or what the last failure was; empty where all went well.
    """

    def __init__(
        self,
        target: Target,
        keep: KeepText,
        clock: Clock,
        *,
        every_s: float = EVERY_S,
        ask: Ask | None = None,
    ) -> None:
        """Keep the arguments; nothing is asked."""
        root = root_of(target)
        self.readings = self.failures = 0
        self.said = ""
        self._ask = ask or (lambda path: get(target, root + path, timeout_s=TIMEOUT_S, most=MOST))
        self._keep = keep
        self._clock = clock
        self._every_s = every_s
        self._path = ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Read for the first time, and go on in a thread if there is something to read."""
        self._ended.clear()
        for path in PATHS:
            if self._read(path, whole=True):
                self._path = path
                self._thread = threading.Thread(target=self._go_on, daemon=True)
                self._thread.start()
                break
        self.failures = 0
        if self._path:
            self.said = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Read for the last time, unless the block failed."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S + 1)
            if kind is None and not self._thread.is_alive():
                self._read(self._path, whole=True)
        self._thread = None

    def _go_on(self) -> None:
        due = time.monotonic() + self._every_s
        while not self._ended.wait(max(due - time.monotonic(), 0.0)):
            self._read(self._path, whole=False)
            due += self._every_s
            due = max(due, time.monotonic())  # what came too late is left out, not made up for

    def _read(self, path: str, *, whole: bool) -> bool:
        before = self._clock()
        got = self._ask(path)
        after = self._clock()
        text = got.body.decode("utf-8", "replace")
        known = _known(text) if got.ok else ""
        if not known:
            self.failures += 1
            self.said = _wrong(got, path)
            return False
        self.readings += 1
        self._keep((before + after) // 2, text if whole else known)
        return True


def _known(text: str) -> str:
    """Return the lines that mean something here."""
    names = known_names()
    lines = []
    for line in text.splitlines():
        if line.startswith(PREFIXES):
            end = min((i for i in (line.find("{"), line.find(" ")) if i >= 0), default=0)
            if line[:end] in names and sample_of(line) is not None:
                lines.append(line + "\n")
    return "".join(lines)


def _wrong(got: Got, path: str) -> str:
    if got.error:
        return f"{path}: {got.error}"
    if not got.ok:
        return f"{path}: the server answers {got.status}"
    return f"{path}: nothing that is known of vLLM, SGLang, llama.cpp, TGI or TensorRT-LLM"
