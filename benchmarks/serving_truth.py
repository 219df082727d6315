#!/usr/bin/env python3
"""How well the energy of serving is recovered from end to end, held against the truth.

    python benchmarks/serving_truth.py [--draws N] [--at-once N] [--json | --markdown]

A scripted server in a process of its own spends a known energy while it answers (base power, so
much for each prompt token and each token of an answer, and a power that wanders); a virtual meter
reads its counter, which moves every 0.1 s. `bench serving` drives it through real sockets, with
each arrival process, and what the run says is held against what the server says that it spent: in
the very window, for the very requests. Nothing is measured here; all times are real.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from measuring import SOURCES, about, environment, workplace
from scripted import scripted

sys.path.insert(0, str(SOURCES))

from joulemark.accounting.serving_energy import (
    MLENERGY_FIGURES,
    PER_OUTPUT,
    PER_REQUEST,
)
from joulemark.accounting.serving_split import Shared, Split, by_request
from joulemark.accounting.serving_windows import V2, V3, Steady
from joulemark.core.value import Value
from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import Repeat, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run
from joulemark.virtual.serving.told import Told, told_by
from joulemark.workloads.openai.target import Target

Row = dict[str, float]
SCRIPT: Mapping[str, float] = {
    "first": 0.0, "prompt_token": 5e-5, "step": 0.02, "step_request": 0.0005, "slots": 16,
    "least": 20, "most": 180, "base_w": 120.0, "prompt_j": 0.02, "token_j": 0.25, "noise_w": 3.0,
}  # fmt: skip
PROMPTS = "lognormal:400,370"
LOADS: Mapping[str, Mapping[str, object]] = {
    "closed": {"kind": "closed", "concurrency": 12, "requests": 220},
    "poisson": {"kind": "poisson", "rate": 3.0, "requests": 160},
    "gamma": {"kind": "gamma", "rate": 3.0, "burstiness": 0.3, "requests": 160},
    "constant": {"kind": "constant", "rate": 3.0, "requests": 160},
    "ramp": {"kind": "ramp", "rate": 0.6, "last_rate": 4.8, "requests": 150},
    "trace": {"kind": "trace", "requests": None},
    "saturation": {"kind": "saturation", "requests": 260},
    "saturation, long prompts": {"kind": "saturation", "requests": 150},
    "poisson, prompts beside": {"kind": "poisson", "rate": 3.0, "requests": 160},
}
BESIDE: Mapping[str, float] = {"slots": 0, "prompt_token": 5e-4}
"""A server that answers each request on its own, and computes long prompts beside the others."""
LONG = "lognormal:3000,2000"
FACTORS = {"base": "base_w", "prefill": "prompt_j", "decode": "token_j"}
TOLD = ("window", PER_OUTPUT, PER_REQUEST, *FACTORS)


def recording(folder: Path, seed: int) -> Path:
    """Write a recording in Mooncake's layout: bursts and pauses, its own lengths of prompts."""
    rng = np.random.default_rng(seed)
    path, at, lines = folder / "trace.jsonl", 0.0, []
    for _ in range(160):
        at += float(rng.exponential(0.15 if rng.random() < 0.8 else 1.2))
        words = int(np.clip(rng.lognormal(5.7, 0.8), 1, 8000))
        lines.append(json.dumps({"timestamp": at * 1e3, "input_length": words}))
    path.write_text("\n".join(lines) + "\n")
    return path


def draw(name: str, seed: int) -> Row:
    """Do the whole procedure once; return what it says beside the truth."""
    script = {**SCRIPT, **(BESIDE if "beside" in name else {})}
    with workplace() as folder, scripted({**script, "seed": seed}) as url:
        told = dict(LOADS[name])
        if told["kind"] == "trace":
            told["trace"] = recording(folder, seed)
        prompts = LONG if "long" in name else PROMPTS
        plan = LoadPlan(tokens_in=prompts, seed=1000 * seed, **told)  # type: ignore[arg-type]
        settings = ServingSettings(
            repeats=1, max_repeats=1, batch=int(SCRIPT["slots"]), declared=plan.record()
        )
        options = Options(store=folder / "runs", meters=[("virtual", {"url": url})], idle_s=0.5)
        target = Target(url=url, model="scripted")
        stored = open_run(bench_serving(HttpDriver(target), plan.load, options, settings))
        anchor = stored.run.anchor
        (repeat,) = serving_of(stored).repeats
        true = told_by(url, anchor.utc_ns - anchor.monotonic_ns, repeat.load.start)
        return {**figures(repeat, true), **requests(repeat, true)}


def figures(repeat: Repeat, true: Told) -> Row:
    """Return error and 95 % half-width of each figure, by the truth; those of V2 and V3."""
    found: Row = {}
    window = repeat.window
    found["windows"] = float(isinstance(window, Steady))
    for rule in (V2, V3):
        found[f"windows {rule}"] = float(isinstance(repeat.windows[rule], Steady))
    if isinstance(window, Steady):
        account, span = repeat.accounts["all"], (window.start, window.stop)
        _hold(found, "window", account.energy.joules, true.energy(*span))
        _hold(found, PER_OUTPUT, account.figures[PER_OUTPUT], true.per_token(*span))
        _hold(found, PER_REQUEST, account.figures[PER_REQUEST], true.per_request(*span))
        for names in MLENERGY_FIGURES.values():
            for figure, truth in zip(
                names, (true.per_token(*span), true.per_request(*span)), strict=True
            ):
                if figure in repeat.mlenergy:
                    found[f"{figure} error"] = repeat.mlenergy[figure] / truth - 1
    if isinstance(repeat.split, Split):
        for name, field in FACTORS.items():
            _hold(found, name, repeat.split.factors[name], getattr(true.costs, field))
    return found


def _hold(found: Row, name: str, value: Value, true: float) -> None:
    found[f"{name} error"] = value.value / true - 1
    found[f"{name} u95"] = value.u95 / true


def requests(repeat: Repeat, true: Told) -> Row:
    """Return the energies of the requests with the tenth shortest and longest prompts, and true."""
    found: Row = {}
    work, spent = repeat.work, true.of(repeat.work.requests)
    shared = by_request(work, repeat.split) if isinstance(repeat.split, Split) else None
    if not isinstance(shared, Shared):
        return found
    low, high = np.quantile(work.tokens_in[shared.whole], (0.1, 0.9))
    theirs = repeat.mlenergy.get(MLENERGY_FIGURES[V3][0], np.nan) * work.tokens_out
    for name, inside in (("short", work.tokens_in <= low), ("long", work.tokens_in >= high)):
        picked = shared.whole & inside
        found[f"{name} true"] = float(spent[picked].sum())
        found[f"{name} ours"] = float(shared.joules[picked].sum())
        found[f"{name} V3"] = float(theirs[picked].sum())
    off = (shared.joules / spent - 1)[shared.whole]
    found["request p95"] = float(np.quantile(np.abs(off), 0.95))
    return found


def apart(name: str, seed: int) -> Row:
    """Do a draw in a process of its own; one that fails is told and left out."""
    command = [sys.executable, __file__, "--draw", name, str(seed)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}, draw {seed}: {done.stderr[-600:]}", file=sys.stderr)
        return {}
    print(f"{name}, draw {seed}", file=sys.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _of(rows: Sequence[Row], key: str) -> np.ndarray:
    return np.array([row[key] for row in rows if key in row and np.isfinite(row[key])])


def _held(rows: Sequence[Row], name: str) -> str:
    errors, widths = _of(rows, f"{name} error"), _of(rows, f"{name} u95")
    if not len(errors):
        return "none"
    held = int((np.abs(errors) <= widths).sum())
    mean, width = 100 * errors.mean(), 100 * np.median(widths)
    return f"{held} of {len(errors)} ({mean:+.2f} ± {width:.2g} %)"


def _mean(rows: Sequence[Row], key: str) -> str:
    errors = _of(rows, key)
    return f"{100 * errors.mean():+.1f} %" if len(errors) else "none"


def _ratio(rows: Sequence[Row], which: str, who: str) -> str:
    told, true = _of(rows, f"{which} {who}"), _of(rows, f"{which} true")
    return f"{100 * (told.sum() / true.sum() - 1):+.1f} %" if len(told) == len(true) > 0 else "none"


def tables(found: Mapping[str, Sequence[Row]]) -> dict[str, list[dict[str, str]]]:
    """Return the tables by title."""
    held, bias, shared = [], [], []
    for name, rows in found.items():
        head = {"arrivals": name}
        held.append(head | {figure: _held(rows, figure) for figure in TOLD})
        names = [n for rule in (V2, V3) for n in MLENERGY_FIGURES[rule]]
        windows = {f"{rule} window": _mean(rows, f"windows {rule}") for rule in (V2, V3)}
        windows = {k: v.lstrip("+") for k, v in windows.items()}
        bias.append(head | windows | {n: _mean(rows, f"{n} error") for n in names})
        columns = {
            f"{who}, {which} prompts": _ratio(rows, which, who)
            for which in ("short", "long")
            for who in ("ours", "V3")
        }
        p95 = _of(rows, "request p95")
        more = {"ours, 19 of 20 requests within": f"{100 * p95.max():.0f} %" if len(p95) else "-"}
        shared.append(head | columns | more)
    return {
        "Draws in which the 95 % interval held the truth (mean error ± median half-width)": held,
        "Share of draws in which ML.ENERGY's rules find a window, and their mean error": bias,
        "Error of the energy of requests with the tenth shortest and longest prompts": shared,
    }


def table(title: str, body: Sequence[Mapping[str, str]]) -> str:
    """Return a table in Markdown."""
    heads = list(body[0])
    lines = [f"**{title}**", "", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row[head] for head in heads) + " |" for row in body]
    return "\n".join(lines)


def main() -> int:
    """Draw, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--draws", type=int, default=5, help="runs of each process (5)")
    parser.add_argument("--at-once", type=int, default=4, help="runs beside each other (4)")
    parser.add_argument("--only", choices=list(LOADS), help="one process")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print tables (as without it)")
    parser.add_argument("--draw", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.draw:
        print(json.dumps(draw(args.draw[0], int(args.draw[1]))))
        return 0
    names = [args.only] if args.only else list(LOADS)
    with ThreadPoolExecutor(args.at_once) as pool:
        jobs = [(name, pool.submit(apart, name, i)) for i in range(args.draws) for name in names]
        found: dict[str, list[Row]] = {name: [] for name in names}
        for name, job in jobs:
            found[name].append(job.result())
    if args.json:
        print(json.dumps({"about": about(), "draws": found}, indent=2))
        return 0
    print(
        f"{args.draws} draws of each process, {args.at_once} at a time, load average "
        f"{about()['load']}. The server: {dict(SCRIPT)}; prompts {PROMPTS}, long ones {LONG} "
        f"tokens; with prompts beside: {dict(BESIDE)}. Loads of 45 to 60 s."
        "\nVirtual energy in real time, not measured."
    )
    for title, body in tables(found).items():
        print("\n" + table(title, body))
    return 0


if __name__ == "__main__":
    sys.exit(main())
