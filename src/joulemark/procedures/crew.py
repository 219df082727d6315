"""Worker processes that answer one request after another; what kills one costs one answer.

Requests and answers are lines of bytes without line ends inside. A worker is a fresh interpreter
of exactly this installation: nothing of the working directory is looked for. It ends when its
input does, so that none outlives the process that started it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from signal import Signals
from types import TracebackType
from typing import Self

AHEAD = 64
"""Requests a worker that may be answered before the one whose turn it is."""
_BOOT = (
    "import json, os, sys; sys.path[:0] = json.loads(sys.argv[2]);"
    " from importlib import import_module;"
    " os._exit(import_module(sys.argv[1]).main())"
)
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that ended its worker.

    Attributes:
        why: how the worker ended, in words.
    """

    why: str


Answer = bytes | Lost


class Crew:
    """Workers; a context manager that ends them.

    Args:
        module: holds ``main()``, which reads requests from standard input and answers each with
            one line on standard output.
        hands: how many workers at most; they are started when there is work for them.
        first: the line that each worker is told before any request.
        tell: called with the number of answers so far, from this thread, as they come in.
    """

    def __init__(
        self,
        module: str,
        hands: int,
        first: bytes,
        tell: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Keep the arguments; nothing is started."""
        self._module = module
        self._hands = hands
        self._first = first
        self._tell = tell
        self._orders: SimpleQueue[tuple[int, Sequence[bytes]] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def answers(self, requests: Iterable[bytes], *, together: int = 1) -> Iterator[Answer]:
        """Yield the answers in the order of the requests, each as soon as its turn has come.

        Args:
            requests: what is asked.
            together: so many neighbours go to one worker, one after the other.
        """
        source = iter(requests)
        early: dict[int, Answer] = {}
        sent = given = 0
        while True:
            while sent - given < AHEAD * self._hands:
                batch = list(islice(source, together))
                if not batch:
                    break
                self._order(sent, batch)
                sent += len(batch)
            if given == sent:
                return
            while given not in early:
                number, answer = self._answers.get()
                early[number] = answer
                self._tell(given + len(early))
            yield early.pop(given)
            given += 1

    def _order(self, number: int, batch: Sequence[bytes]) -> None:
        if len(self._threads) < self._hands:
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._orders.put((number, batch))

    def _serve(self) -> None:
        """Hand requests to one worker, and to another one should it end."""
        worker: subprocess.Popen[bytes] | None = None
        while (order := self._orders.get()) is not None:
            for number, request in enumerate(order[1], order[0]):
                if self._closed:
                    return
                worker, answer = self._answer(worker, request)
                self._answers.put((number, answer))

    def _answer(
        self, worker: subprocess.Popen[bytes] | None, request: bytes
    ) -> tuple[subprocess.Popen[bytes] | None, Answer]:
        """Return the worker, if it is still there, and its answer."""
        if worker is not None and worker.poll() is not None:
            self._ended(worker)  # between two requests: none is to blame
            worker = None
        try:
            worker = worker or self._start()
        except OSError as error:
            return None, Lost(f"no worker can be started: {error.strerror or error}")
        answer = _asked(worker, request)
        if isinstance(answer, Lost):
            self._ended(worker)
            worker = None
        return worker, answer

    def _start(self) -> subprocess.Popen[bytes]:
        paths = _json([place for place in sys.path if place])
        options = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
        with self._lock:
            if self._closed:
                raise OSError("the check was ended")
            worker = subprocess.Popen(
                [sys.executable, *options, "-c", _BOOT, self._module, paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,
            )
            self._workers.add(worker)
        _write(worker, self._first)
        return worker

    def _ended(self, worker: subprocess.Popen[bytes]) -> None:
        for pipe in (worker.stdin, worker.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr] # both are pipes
        with self._lock:
            self._workers.discard(worker)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers, whatever they are at."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join()
        for worker in list(self._workers):
            worker.wait()
            self._ended(worker)


def _asked(worker: subprocess.Popen[bytes], request: bytes) -> Answer:
    """Return a worker's answer, or how it ended."""
    try:
        _write(worker, request)
        answer = worker.stdout.readline()  # type: ignore[union-attr] # it is a pipe
    except OSError:
        answer = b""
    if answer.endswith(b"\n"):
        return answer
    return Lost(_how(worker.wait()))


def _write(worker: subprocess.Popen[bytes], line: bytes) -> None:
    with suppress(BrokenPipeError):  # that it ended is seen when its answer is missing
        worker.stdin.write(line + b"\n")  # type: ignore[union-attr] # it is a pipe
        worker.stdin.flush()  # type: ignore[union-attr] # it is a pipe


def _how(code: int) -> str:
    if code >= 0:
        return f"its worker process ended with exit code {code}"
    try:
        name = Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"its worker process was ended by {name}"


def _json(value: list[str]) -> str:
    from joulemark.core.jsonlight import dumps

    return dumps(value)
