#!/usr/bin/env python3
"""What the load client sustains, and the error that it adds; beside AIPerf where it is given.

    python benchmarks/client.py [--json | --markdown] [--aiperf PATH] [--rungs 50,200,400,800]

A scripted server in a process of its own notes when each question was whole and when each token was
written. Each rung drives it by a closed loop of so many streams, 50 tokens at 20 ms each, four
requests a stream; the last rung asks for one token at once, 32 at a time, which shows requests per
second. Rates are the server's, from its own notes, for every client alike. The error is a client's
figure minus the server's: it holds the way through the kernel, and how late the client reads. The
error of ITL is that of its 99th percentile, the distances of all tokens pooled; of ours also the
root mean square over single distances, each held against that of the same two tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

from measuring import SOURCES, Row, about, environment, show, workplace
from scripted import scripted

TOKENS = 50
STEP_S = 0.02
FIRST_S = 0.05
ROUNDS = 4
REQUESTS_AT_ONCE = 32
TOKENIZER = {
    "version": "1.0",
    "added_tokens": [],
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "tok": 1}, "unk_token": "[UNK]"},
}
"""AIPerf wants a tokenizer, also where the server counts."""


def server(tokens: int, step_s: float, first_s: float) -> AbstractContextManager[str]:
    """Run a scripted server; give its address."""
    return scripted({"least": tokens, "most": tokens, "step": step_s, "first": first_s})


def noted(url: str) -> list[dict[str, Any]]:
    """Return the server's notes of the answers that it gave."""
    with urllib.request.urlopen(f"{url}/truth") as answer:
        return [row for row in json.load(answer) if row["whole"]]


def truth(url: str) -> dict[str, float]:
    """Return what the server really did: rates, and times in ms."""
    rows = noted(url)
    length = (max(row["last"] for row in rows) - min(row["arrived"] for row in rows)) / 1e9
    ttft = sorted((row["first"] - row["arrived"]) / 1e6 for row in rows)
    latency = [(row["last"] - row["arrived"]) / 1e6 for row in rows]
    return {
        "requests": len(rows),
        "requests/s": len(rows) / length,
        "tokens/s": sum(row["tokens_out"] for row in rows) / length,
        "ttft": sum(ttft) / len(ttft),
        "ttft_p99": ttft[int(0.99 * (len(ttft) - 1))],
        "latency": sum(latency) / len(latency),
        "itl_p99": percentile([gap for row in rows for gap in gaps(row["times"])]),
    }


def gaps(times: Sequence[int]) -> list[float]:
    """Return the distances of neighbouring tokens, ms."""
    return [(after - before) / 1e6 for before, after in pairwise(times)]


def percentile(values: list[float]) -> float:
    """Return the 99th percentile; NaN of nothing."""
    return sorted(values)[int(0.99 * (len(values) - 1))] if values else math.nan


def ours(url: str, at_once: int, count: int) -> dict[str, float]:
    """Drive a load in this process; return what the client says, times in ms."""
    from joulemark.core.request import Prompt, Request
    from joulemark.loads.serving.latency import latency_of
    from joulemark.workloads.openai.client import Client, Load
    from joulemark.workloads.openai.target import Target
    from joulemark.workloads.openai.worker import more_files

    more_files()
    kept: list[Request] = []
    client = Client(Target(url=url, model="scripted"), lambda request, _: kept.append(request))
    prompts = [Prompt(id=str(i), text=f"a b {i}") for i in range(count)]
    load = Load(prompts=prompts, due_s=[0.0] * count, concurrency=at_once)
    lag = asyncio.run(client.drive(load))
    spreads = latency_of(kept).spreads
    true = {row["asked"]: gaps(row["times"]) for row in noted(url)}
    told = {one.id: gaps(one.chunks) for one in kept if one.ok}
    off = [a - b for i in told for a, b in zip(told[i], true[i], strict=True)]
    return {
        "ttft": spreads["ttft"].mean * 1e3,
        "ttft_p99": spreads["ttft"].percentiles[99.0] * 1e3,
        "latency": spreads["latency"].mean * 1e3,
        "itl_p99": percentile([gap for one in told.values() for gap in one]),
        "itl_rms": math.sqrt(sum(x * x for x in off) / len(off)) if off else math.nan,
        "busy": lag.busy,
    }


def apart(url: str, at_once: int, count: int) -> dict[str, float]:
    """Do the same in a process of its own."""
    command = [sys.executable, __file__, "--client", url, str(at_once), str(count)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def peer(
    aiperf: str, folder: Path, url: str, at_once: int, count: int, more: list[str]
) -> dict[str, float]:
    """Drive the load with AIPerf; return what it says, times in ms."""
    asked = folder / "prompts.jsonl"
    asked.write_text("".join(json.dumps({"text": f"a b {i}"}) + "\n" for i in range(count)))
    tokenizer = folder / "tokenizer"
    tokenizer.mkdir(exist_ok=True)
    (tokenizer / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}
    (tokenizer / "tokenizer_config.json").write_text(json.dumps(names))
    (tokenizer / "config.json").write_text('{"model_type": "llama"}')
    out = folder / f"out-{time.monotonic_ns()}"
    command = [
        aiperf, "profile", "-m", "scripted", "--url", url, "--endpoint-type", "chat",
        "--streaming", "--use-server-token-count", "--tokenizer", str(tokenizer),
        "--concurrency", str(at_once), "--request-count", str(count),
        "--input-file", str(asked), "--custom-dataset-type", "single_turn", "--ui", "none",
        "--output-artifact-dir", str(out), "--no-gpu-telemetry", "--no-server-metrics", *more,
    ]  # fmt: skip
    outside = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run(command, env=outside, capture_output=True, check=True, timeout=300, cwd=folder)
    said = json.loads((out / "profile_export_aiperf.json").read_text())
    first = said["time_to_first_token"]
    latency = said["request_latency"]["avg"]
    itl = percentile([gap for gaps in chunk_gaps(out) for gap in gaps])
    return {"ttft": first["avg"], "ttft_p99": first["p99"], "latency": latency, "itl_p99": itl}


def chunk_gaps(out: Path) -> Iterator[list[float]]:
    """Yield the distances of events of each request that the peer kept, ms."""
    for line in (out / "profile_export.jsonl").read_text().splitlines():
        kept = json.loads(line).get("metrics", {}).get("inter_chunk_latency")
        if kept:
            assert kept["unit"] == "ms", kept["unit"]
            yield kept["value"]


def row(name: str, at_once: int, said: Mapping[str, float], true: Mapping[str, float]) -> Row:
    """Return a row: rates as the server noted them, errors of the client."""
    return {
        "client": name,
        "streams": at_once,
        "requests/s": true["requests/s"],
        "tokens/s": true["tokens/s"],
        "TTFT error, ms": said["ttft"] - true["ttft"],
        "TTFT p99 error, ms": said["ttft_p99"] - true["ttft_p99"],
        "latency error, ms": said["latency"] - true["latency"],
        "ITL p99 error, ms": _number(said["itl_p99"] - true["itl_p99"]),
        "ITL error of a token, ms": said.get("itl_rms") and _number(said["itl_rms"]),
        "of a core": said.get("busy"),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def ladder(rungs: list[int], aiperf: str | None, folder: Path) -> list[Row]:
    """Return the rows of all rungs, clients one after the other on each."""
    rows = []
    cases = [(TOKENS, STEP_S, FIRST_S, rung, ROUNDS * rung) for rung in rungs]
    cases.append((1, 0.0, 0.0, REQUESTS_AT_ONCE, 3000))
    for tokens, step_s, first_s, at_once, count in cases:
        with server(tokens, step_s, first_s) as url:
            rows.append(row("joulemark", at_once, apart(url, at_once, count), truth(url)))
            print(rows[-1], file=sys.stderr)
        for name, more in (("AIPerf", []), ("AIPerf, 1 worker", ["--workers-max", "1"])):
            if aiperf is None:
                continue
            with server(tokens, step_s, first_s) as url:
                try:
                    said = peer(aiperf, folder, url, at_once, count, more)
                except (subprocess.SubprocessError, OSError, LookupError, ValueError) as error:
                    print(f"{name} at {at_once} streams: {error}"[:300], file=sys.stderr)
                    continue
                rows.append(row(name, at_once, said, truth(url)))
                print(rows[-1], file=sys.stderr)
    return rows


def main() -> int:
    """Run all of it and print tables or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--aiperf", metavar="PATH", help="the peer's command")
    parser.add_argument("--rungs", default="50,200,400,800", help="numbers of streams")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print tables for documents")
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    sys.path.insert(0, str(SOURCES))
    if args.client:
        print(json.dumps(ours(args.client[0], *map(int, args.client[1:]))))
        return 0
    with workplace() as folder:
        rows = ladder([int(rung) for rung in args.rungs.split(",")], args.aiperf, folder)
    if args.json:
        print(json.dumps({"about": about(), "rows": rows}, indent=2))
        return 0
    print("; ".join(f"{name} {value}" for name, value in about().items()))
    show("One client process, the server in another", rows, markdown=args.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
