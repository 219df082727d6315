"""Runs of serving made for the tests of this room: a server of known costs, its requests kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.report.build import START, at, channel, made, run_of, window

from joulemark.accounting.serving_work import work_of
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance
from joulemark.core.clock import NS
from joulemark.core.request import Counted, Outcome, Request
from joulemark.core.run import Run, Status
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Work
from joulemark.store.reader import StoredRun
from joulemark.store.requests import METRICS, Kept, Scraped, folder_of, line_of

BASE_W, PROMPT_J, TOKEN_J, HOST_W = 100.0, 0.02, 0.5, 30.0
EVIL = "<img src=x onerror=\"document.title='taken'\">\x1b[31m\u202e"
LOAD_S = 60.0
SETTINGS: Mapping[str, Any] = {
    "engine": "openai",
    "url": "http://127.0.0.1:8000",
    "model": "tiny",
    "endpoint": "chat",
    "stream": True,
    "arrivals": {"kind": "poisson", "rate": 3.0, "requests": 170},
    "slo": {"ttft_s": 0.4, "tpot_s": 0.06, "latency_s": None},
    "batch": 8,
    "rule": "steady/1",
}


def answered(number: int, sent: float, rng: np.random.Generator, name: str = "") -> Request:
    """Return a request that was sent so many s after the start of the run."""
    steps = int(rng.integers(5, 50))
    first = sent + 0.1 + float(rng.exponential(0.1))
    chunks = [at(first + 0.04 * i) for i in range(steps)]
    return Request(
        id=f"{name}{number}",
        planned=at(sent),
        sent=at(sent) + 20_000,
        first_byte=chunks[0],
        first_token=chunks[0],
        chunks=tuple(chunks),
        ended=chunks[-1] + 1_000_000,
        tokens_in=int(rng.integers(10, 900)),
        counted_in=Counted.USAGE,
        tokens_out=steps,
        counted_out=Counted.USAGE,
        status=200,
    )


def asked(start: float, *, count: int, seed: int, failing: int = 0) -> list[Request]:
    """Return requests that came evenly over the length of a load, every so many of them dropped."""
    rng = np.random.default_rng(seed)
    sent = np.sort(rng.uniform(start, start + LOAD_S - 4.0, count)).tolist()
    found = [answered(number, moment, rng) for number, moment in enumerate(sent)]
    for place in range(0, count if failing else 0, max(failing, 1)):
        found[place] = replace(found[place], outcome=Outcome.DROPPED, error=f"cut by {EVIL}")
    return sorted(found, key=lambda one: one.ended or 0)


def _counter(of: Channel, requests: list[Request], stop: float, base: float) -> Trace:
    time = np.arange(START, at(stop), NS // 20)
    joules = base * np.diff(time) / NS
    if of.domain is Domain.GPU or of.part == "server":
        counts = work_of(requests).between(time)
        joules = joules + PROMPT_J * counts.prefill + TOKEN_J * counts.decode
    return Trace.of(of, time, np.append(0.0, np.cumsum(joules)) / of.scale)


class Served(StoredRun):
    """A stored run whose traces are at hand."""

    def with_traces(self, traces: dict[str, Trace]) -> Served:
        object.__setattr__(self, "_traces", traces)
        return self

    def traces(self) -> dict[str, Trace]:
        return dict(getattr(self, "_traces", {}))


def served(
    folder: Path,
    *,
    repeats: int = 1,
    count: int = 170,
    failing: int = 0,
    boards: bool = False,
    metered: bool = True,
    killed: bool = False,
    tells: bool = False,
    settings: Mapping[str, Any] | None = None,
    title: str = "serving of tiny",
) -> Served:
    """Return a run of serving; its requests are in a folder.

    Args:
        folder: an empty one.
        repeats: loads.
        count: requests of each.
        failing: every so many of them fail.
        boards: whether there is an accelerator beside a host.
        metered: whether anything read energy.
        killed: whether the process died in the last load.
        tells: whether the server told of itself.
        settings: of serving, beside ``SETTINGS``.
        title: of the run.
    """
    starts = [12.0 + number * (LOAD_S + 3) for number in range(repeats)]
    loads = [asked(s, count=count, seed=n, failing=failing) for n, s in enumerate(starts)]
    lines = [line_of(Kept(n, one)) for n, load in enumerate(loads) for one in load]
    folder_of(folder).mkdir(parents=True)
    (folder_of(folder) / "requests.jsonl").write_bytes(b"".join(lines))
    if tells:
        (folder_of(folder) / METRICS).write_bytes(b"".join(_told(starts)))
    stop = starts[-1] + LOAD_S
    run = _run(starts, loads, stop, killed=killed, settings=settings or {}, title=title)
    every = [one for load in loads for one in load]
    lives = stop - 20 if killed else stop + 12
    traces = [_counter(c, every, lives, b) for c, b in _channels(boards)] if metered else []
    whole = made(run, traces)
    return Served(path=folder, run=whole.run).with_traces(whole.traces)


def _told(starts: list[float]) -> Iterator[bytes]:
    """Yield a reading of the server's metrics each second of a load."""
    for number, start in enumerate(starts):
        for second in range(int(LOAD_S)):
            text = (
                f"vllm:num_requests_running {second % 7}\n"
                f"vllm:num_requests_waiting {second // 20}\n"
                f"vllm:kv_cache_usage_perc {second / 100}\n"
                f"vllm:generation_tokens_total {100 * second}\n"
            )
            yield line_of(Scraped(number, at(start + second), text))


def _run(
    starts: list[float],
    loads: list[list[Request]],
    stop: float,
    *,
    killed: bool,
    settings: Mapping[str, Any],
    title: str,
) -> Run:
    windows = [window("idle", 1, 11, Role.IDLE)]
    for number, (start, load) in enumerate(zip(starts, loads, strict=True)):
        work = Work(float(sum(one.tokens_out or 0 for one in load)) or 1.0, "token")
        open_ended = killed and number == len(starts) - 1
        windows.append(
            window("load", start - 0.1, None if open_ended else start + LOAD_S, work=work)
        )
    if not killed:
        windows.append(window("idle", stop + 1, stop + 11, Role.IDLE))
    return run_of(
        windows,
        procedure="serving",
        title=title,
        settings={"serving": {**SETTINGS, **settings}},
        status=Status.RUNNING if killed else Status.COMPLETE,
        stopped=None if killed else at(stop + 12),
    )


def _channels(boards: bool) -> list[tuple[Channel, float]]:
    exact = Accuracy(gain=0.02, source="made up")
    if not boards:
        return [(channel("server", Domain.NODE, update_s=0.05, accuracy=exact), BASE_W)]
    model = Accuracy(model=0.3, source="made up")
    board = channel("gpu-0", Domain.GPU, meter="nvml", update_s=0.05, accuracy=exact)
    host = channel(
        "package-0",
        Domain.PACKAGE,
        meter="estimate",
        update_s=0.05,
        accuracy=model,
        provenance=Provenance.ESTIMATED,
    )
    return [(board, BASE_W), (host, HOST_W)]
