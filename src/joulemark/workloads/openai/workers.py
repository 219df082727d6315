"""One load, spread over processes: each has its own loop and its own part of the schedule."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue

import msgspec

from joulemark.core.clock import NS
from joulemark.core.request import Outcome, Request
from joulemark.workloads.openai.client import Bounds, Keep, Load
from joulemark.workloads.openai.lag import Lag, together
from joulemark.workloads.openai.questions import questions
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.tokenizer import tokenizer_of
from joulemark.workloads.openai.worker import Line, Order, packed

LEAD_S = 0.2
_BOOT = (
    "import json, os, sys; sys.path[:0] = json.loads(sys.argv[1]);"
    " from joulemark.workloads.openai.worker import main; code = main();"
    " sys.stdout.flush(); os._exit(code)"
)

Said = SimpleQueue[tuple[int, Line | None]]


def parts(load: Load, processes: int) -> list[Load]:
    """Return the parts of a load: every so many-th request, and a share of the concurrency.

    Args:
        load: all of it.
        processes: how many parts at most; fewer where there is not that much to do.
    """
    count = max(min(processes, len(load.prompts), load.concurrency or processes), 1)
    shares: list[int | None] = [None] * count
    if load.concurrency is not None:
        shares = [load.concurrency // count + (i < load.concurrency % count) for i in range(count)]
    return [
        replace(
            load,
            prompts=load.prompts[i::count],
            due_s=[float(due) for due in load.due_s[i::count]],
            concurrency=shares[i],
            first=load.first + i * load.stride,
            stride=load.stride * count,
        )
        for i in range(count)
    ]


def drive_apart(
    target: Target,
    load: Load,
    keep: Keep,
    bounds: Bounds | None = None,
    *,
    processes: int = 2,
    shift: int = 0,
    tokenizer: str = "",
) -> Lag:
    """Drive a load with several processes; return the lag of the worst.

    What a process that dies had not told is told as cancelled. An exception, such as that of
    Ctrl-C, ends the requests under way; what came of them is kept before it is raised again.

    Args:
        target: whom to ask.
        load: what and when; its start is chosen when all processes are ready.
        keep: called with every request and text, in this thread, as they end.
        bounds: what the client puts up with.
        processes: how many.
        shift: what turns the monotonic clock into the run's, ns.
        tokenizer: file of a tokenizer that counts where the server does not, read by each process;
            empty for none. See :func:`joulemark.workloads.openai.tokenizer.tokenizer_of`, whose
            errors this raises, too.

    Raises:
        UsageError: if the target or a prompt makes no sense; nothing was sent then.
    """
    if tokenizer:
        tokenizer_of(tokenizer)
    questions(target, load.prompts)
    target.context()
    orders = [
        Order(target, part, bounds or Bounds(), shift, tokenizer=tokenizer)
        for part in parts(load, processes)
    ]
    hands = _Hands(orders, keep)
    try:
        hands.begin()
        hands.listen()
    except BaseException:
        hands.stop()
        hands.listen()
        raise
    finally:
        hands.end()
    return together(hands.lags)


class _Hands:
    """The worker processes of one load."""

    def __init__(self, orders: list[Order], keep: Keep) -> None:
        """Start them, and tell each its order."""
        self.lags: list[Lag] = []
        self._orders = orders
        self._keep = keep
        self._said: Said = SimpleQueue()
        self._missing = [_numbers(order.load) for order in orders]
        self._begun = time.monotonic_ns()
        self._left = len(orders)
        self._ready = 0
        self._workers = [_started() for _ in orders]
        self._threads = [
            threading.Thread(target=_read, args=(i, worker, self._said), daemon=True)
            for i, worker in enumerate(self._workers)
        ]
        for order, worker, thread in zip(orders, self._workers, self._threads, strict=True):
            thread.start()
            _write(worker, msgspec.json.encode(packed(order)))

    def begin(self) -> None:
        """Wait until all are ready, and tell them when to start."""
        while self._left and self._ready < self._left:
            self._take(*self._said.get())
        self._begun = time.monotonic_ns() + round(LEAD_S * NS)
        for worker in self._workers:
            _write(worker, b"%d" % self._begun)

    def listen(self) -> None:
        """Keep what they say until all have ended."""
        while self._left:
            self._take(*self._said.get())

    def stop(self) -> None:
        """Have them end what is under way."""
        for worker in self._workers:
            _close(worker)

    def end(self) -> None:
        """Leave no process behind; tell what none of them told."""
        for worker, thread in zip(self._workers, self._threads, strict=True):
            _close(worker)
            if self._left:
                worker.kill()
            worker.wait()
            thread.join()
            if worker.stdout is not None:
                worker.stdout.close()
        for i, missing in enumerate(self._missing):
            for number, place in missing.items():
                self._lost(i, number, place)

    def _take(self, i: int, line: Line | None) -> None:
        if line is None:
            self._left -= 1
        elif line.lag is not None:
            self.lags.append(line.lag)
        elif line.request is not None:
            self._missing[i].pop(line.request.id, None)
            self._keep(line.request, line.text)
        else:
            self._ready += 1

    def _lost(self, i: int, number: str, place: int) -> None:
        load = self._orders[i].load
        why = f"its worker process ended with code {self._workers[i].returncode}"
        request = Request(
            id=number,
            planned=self._begun + round(load.due_s[place] * NS) + self._orders[i].shift,
            outcome=Outcome.CANCELLED,
            error=why,
            attempts=0,
            asked_tokens=load.prompts[place].tokens_out,
            prompt=load.prompts[place].id,
        )
        self._keep(request, "")


def _numbers(load: Load) -> dict[str, int]:
    return {str(load.first + i * load.stride): i for i in range(len(load.prompts))}


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _BOOT, json.dumps(sys.path)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def _read(i: int, worker: subprocess.Popen[bytes], said: Said) -> None:
    """Pass on what a worker says, in a thread of its own; None is its end."""
    decode = msgspec.json.Decoder(Line).decode
    try:
        if worker.stdout is not None:
            for line in worker.stdout:
                said.put((i, decode(line)))
    except msgspec.MsgspecError:
        pass  # a line that is not whole: it was killed while writing it
    finally:
        said.put((i, None))


def _write(worker: subprocess.Popen[bytes], line: bytes) -> None:
    with suppress(OSError, ValueError):  # its end is told by what it says no more
        if worker.stdin is not None:
            worker.stdin.write(line + b"\n")
            worker.stdin.flush()


def _close(worker: subprocess.Popen[bytes]) -> None:
    with suppress(OSError, ValueError):
        if worker.stdin is not None:
            worker.stdin.close()
