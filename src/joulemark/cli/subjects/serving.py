"""Measure what a server of generated text costs: joules by token and request, beside latency.

Any server that speaks OpenAI's protocol; nothing of one vendor is sent unless --extra asks for it.
The load is done again until its figures repeat; in each the steady state is found by a stated rule
(docs/serving-energy.md says what each number means). After -- a command may follow that starts the
server: it is waited for, measured, and stopped. With --engine transformers the model computes in
this process, without a server.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.cli.common import (
    checked,
    measure_arguments,
    options_of,
    positive,
    progress,
)
from joulemark.cli.engines import SERVER, engine_arguments, engine_driver, largest_batch
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from joulemark.procedures.serving.driver import Driver
    from joulemark.procedures.serving.load_plan import LoadPlan
    from joulemark.procedures.serving.settings import ServingSettings

EXAMPLES = """\
examples:
  joulemark bench serving --url http://127.0.0.1:8000 --model m --concurrency 8
  joulemark bench serving --url http://127.0.0.1:8000 --model m --rate 5 \\
      --slo-ttft 500ms --slo-tpot 50ms
  joulemark bench serving --url http://127.0.0.1:8000 --model m --prompts my.jsonl
  joulemark bench serving --url http://127.0.0.1:8000 --model m \\
      -- vllm serve m --port 8000 --max-num-seqs 64
  joulemark bench serving --engine transformers --model FOLDER --max-batch 8 --concurrency 8

Exit codes: 0 done; 1 the server failed, or answered no request; 2 wrong
argument; 3 a sensor or package is missing; 4 a file cannot be read or written;
130 interrupted. What was measured is kept in any case.
"""
IDLE_S = 10.0


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this workload."""
    measure_arguments(parser, idle_s=IDLE_S)
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the JSON there, too")
    _server(parser)
    engine_arguments(parser)
    _load(parser)
    _judging(parser)
    parser.add_argument("server", nargs="*", metavar="COMMAND", help="after --: starts the server")


def _server(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the server")
    group.add_argument("--url", metavar="URL", help="its address, http://HOST:PORT")
    group.add_argument("--model", default="", metavar="NAME", help="what it calls the model")
    group.add_argument(
        "--endpoint", choices=("chat", "completions"), default="chat", help="(default: chat)"
    )
    group.add_argument("--no-stream", action="store_true", help="ask for answers as a whole")
    group.add_argument(
        "--no-usage", action="store_true", help="do not ask for counts (strict servers)"
    )
    group.add_argument("--extra", metavar="JSON", help="more fields of each request")
    group.add_argument("--limit-field", default="max_tokens", metavar="NAME", help="(max_tokens)")
    group.add_argument("--key-file", type=Path, metavar="FILE", help="file with the API key")
    group.add_argument(
        "--cafile", default="", metavar="FILE", help="certificate of an https server"
    )
    group.add_argument(
        "--batch", type=checked(positive), metavar="B", help="most requests it runs at once"
    )
    group.add_argument(
        "--client-processes", type=checked(positive), default=1, metavar="N", help="(default: 1)"
    )


def _load(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the load")
    group.add_argument(
        "--arrivals",
        metavar="KIND",
        help="closed, poisson, gamma, constant, ramp, trace, saturation (default: by the rest)",
    )
    group.add_argument(
        "--concurrency", type=checked(positive), metavar="N", help="under way at once"
    )
    group.add_argument("--rate", type=float, metavar="R", help="requests per second")
    group.add_argument("--last-rate", type=float, metavar="R", help="of a ramp, at its end")
    group.add_argument("--burstiness", type=float, metavar="B", help="shape of gamma arrivals")
    group.add_argument("--trace", type=Path, metavar="FILE", help="times of a recording")
    group.add_argument("--speed", type=float, default=1.0, metavar="X", help="of its replay")
    group.add_argument("--requests", type=checked(positive), metavar="N", help="(default: 100)")
    group.add_argument(
        "--for", dest="lasting", type=checked(parse_time), metavar="S", help="then cut"
    )
    group.add_argument("--prompts", type=Path, metavar="FILE", help="JSON lines, or like ShareGPT")
    group.add_argument("--input-lengths", default="lognormal:200,150", metavar="D", help="words")
    group.add_argument("--output-lengths", default="", metavar="D", help="most tokens of answers")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="(default: 0)")


def _judging(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("what counts")
    time = checked(parse_time)
    for name in ("ttft", "tpot", "e2e"):
        group.add_argument(f"--slo-{name}", type=time, metavar="S", help="of a good request")
    group.add_argument(
        "--rule", default="steady/1", metavar="NAME", help="of the window (steady/1)"
    )
    group.add_argument("--steady", type=time, default=10.0, metavar="S", help="its least length")
    group.add_argument("--updates", type=checked(positive), default=30, metavar="N")
    group.add_argument("--repeats", type=checked(positive), default=3, metavar="N", help="fewest")
    group.add_argument("--max-repeats", type=checked(positive), metavar="N", help="most (5)")
    group.add_argument("--target", type=float, default=0.05, metavar="SHARE", help="half-width")
    group.add_argument("--keep-text", action="store_true", help="keep the answers")


def main(args: Namespace) -> int:
    """Measure, then show the result; 1 if no request was answered."""
    from joulemark.cli.served import show_serving
    from joulemark.procedures.results import results_of
    from joulemark.procedures.serving.bench import bench_serving
    from joulemark.procedures.stopping import stoppable
    from joulemark.store.reader import open_run

    plan = _plan(args)
    driver, settings = engine_driver(args) or _driver(args), _settings(args, plan)
    within = args.engine != SERVER
    options = replace(options_of(args), own_work=within, root_pid=_server_pid(args))
    display, tell = progress()
    with closing(driver), stoppable(), display:
        path = bench_serving(driver, plan.load, options, settings, title=args.title, tell=tell)
    stored = open_run(path)
    return show_serving(stored, results_of(stored), as_json=args.json, output=args.output)


def _plan(args: Namespace) -> LoadPlan:
    from joulemark.procedures.serving.load_plan import LoadPlan

    kind = args.arrivals or _kind(args)
    requests = args.requests or (None if kind == "trace" else 100)
    return LoadPlan(
        kind=kind,
        requests=requests,
        concurrency=args.concurrency,
        rate=args.rate,
        last_rate=args.last_rate,
        burstiness=args.burstiness,
        trace=args.trace,
        speed=args.speed,
        prompts=args.prompts,
        tokens_in=args.input_lengths,
        tokens_out=args.output_lengths,
        lasting_s=args.lasting,
        seed=args.seed,
    )


def _kind(args: Namespace) -> str:
    if args.trace is not None:
        return "trace"
    if args.rate is not None:
        return "poisson" if args.burstiness is None else "gamma"
    if args.concurrency is None:
        raise UsageError(
            "when to ask is not told", remedy="give --concurrency N, --rate R or --trace FILE"
        )
    return "closed"


def _driver(args: Namespace) -> Driver:
    from joulemark.procedures.serving.driver import HttpDriver
    from joulemark.workloads.openai.target import Target

    if not args.url or not args.model:
        raise UsageError("the server is not told", remedy="give --url URL and --model NAME")
    target = Target(
        url=args.url,
        model=args.model,
        chat=args.endpoint == "chat",
        stream=not args.no_stream,
        usage=not args.no_usage,
        limit=args.limit_field,
        extra=_extra(args.extra),
        key="" if args.key_file is None else args.key_file.read_text("utf-8").strip(),
        cafile=args.cafile,
    )
    target.head()
    return HttpDriver(target, processes=args.client_processes)


def _extra(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--extra is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError("--extra is no object", remedy='write it like {"ignore_eos": true}')
    return found


def _settings(args: Namespace, plan: LoadPlan) -> ServingSettings:
    from joulemark.accounting.serving_windows import RULES
    from joulemark.loads.serving.latency import Target
    from joulemark.procedures.serving.settings import ServingSettings

    if args.rule not in RULES:
        raise UsageError(f"no rule is called {args.rule!r}", remedy=f"one of {', '.join(RULES)}")
    slo = Target(ttft_s=args.slo_ttft, tpot_s=args.slo_tpot, latency_s=args.slo_e2e)
    return ServingSettings(
        repeats=args.repeats,
        max_repeats=args.max_repeats or max(args.repeats, 5 if args.repeats > 1 else 1),
        goal=args.target,
        rule=args.rule,
        seconds=args.steady,
        updates=args.updates,
        batch=largest_batch(args),
        slo=None if slo == Target() else slo,
        keep_text=args.keep_text,
        declared=plan.record(),
    )


def _server_pid(args: Namespace) -> int | None:
    return None
