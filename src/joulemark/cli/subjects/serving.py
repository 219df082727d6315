"""Measure what a server of generated text costs: joules by token and request, beside latency.

Any server that speaks OpenAI's protocol; nothing of one vendor is sent unless --extra asks for it.
The load is done again until its figures repeat; in each the steady state is found by a stated rule
(docs/serving-energy.md says what each number means). After -- a command may follow that starts the
server: it is waited for, measured, and stopped. With --engine transformers the model computes in
this process, without a server. docs/bench-serving.md says more.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, measure_arguments, options_of, positive, progress
from joulemark.cli.engines import engine_arguments, engine_driver
from joulemark.cli.subjects import serving_flags, serving_parts

if TYPE_CHECKING:
    from joulemark.procedures.serving.driver import Driver
    from joulemark.procedures.serving.load_plan import LoadPlan
    from joulemark.procedures.serving.progress import Tell
    from joulemark.procedures.serving.server import StartedServer
    from joulemark.procedures.session import Options
    from joulemark.workloads.openai.target import Target

EXAMPLES = """\
examples:
  joulemark bench serving --url http://127.0.0.1:8000 --concurrency 8
  joulemark bench serving --url http://127.0.0.1:8000 --model m --rate 5 \\
      --slo-ttft 500ms --slo-tpot 50ms
  joulemark bench serving --url http://127.0.0.1:8000 --prompts my.jsonl \\
      --concurrency 8 --for 2min
  joulemark bench serving --url http://127.0.0.1:8000 --concurrency 64 \\
      -- vllm serve m --port 8000 --max-num-seqs 64
  joulemark bench serving --engine transformers --model FOLDER --max-batch 8 \\
      --concurrency 8

Exit codes: 0 done; 1 a request failed (more than --allow-failed), none was
answered, or the server did not answer a first question; 2 wrong argument, or
the server refuses to be asked so; 3 a sensor or package is missing; 4 a file
cannot be read or written; 130 interrupted. What was measured is kept in any
case, with every request.
"""
IDLE_S, QUICK_IDLE_S = 10.0, 3.0
COMMAND = "server"
"""Argument that takes the command after --."""


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this workload."""
    measure_arguments(parser, idle_s=IDLE_S)
    parser.set_defaults(idle=None)
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the JSON there, too")
    serving_flags.server_arguments(parser)
    serving_flags.client_arguments(parser)
    engine_arguments(parser)
    serving_flags.load_arguments(parser)
    serving_flags.judging_arguments(parser)
    parser.add_argument(
        "--server-pid",
        type=checked(positive),
        metavar="PID",
        help="its first process, for the meter estimate (default: who listens there)",
    )
    parser.add_argument("server", nargs="*", metavar="COMMAND", help="after --: starts the server")


def main(args: Namespace) -> int:
    """Measure, then show the result; 1 if something is an error."""
    from joulemark.cli.served import show_serving
    from joulemark.procedures.results import results_of
    from joulemark.procedures.serving.findings import failed, findings_of_run
    from joulemark.procedures.stopping import stoppable
    from joulemark.store.reader import open_run

    serving_parts.writable(args.output)
    if args.idle is None:
        args.idle = QUICK_IDLE_S if args.quick else IDLE_S
    with stoppable(), ExitStack() as stack:
        path = _measured(args, stack)
    stored = open_run(path)
    result = show_serving(stored, results_of(stored), as_json=args.json, output=args.output)
    return int(failed(findings_of_run(result)))


def _measured(args: Namespace, stack: ExitStack) -> Path:
    """Return the run; what was started for it ends with the stack."""
    from joulemark.procedures.serving.bench import bench_serving

    plan = serving_parts.plan_of(args)
    settings, options = serving_parts.settings_of(args, plan), options_of(args)
    driver = engine_driver(args)
    display, _ = progress()
    if driver is None:
        target = _asked(args, plan)
        stack.enter_context(display)
        server = _started(args, target, stack, display.update)
        driver, options = _served(args, target, server, options)
    else:
        stack.enter_context(display)
    stack.enter_context(closing(driver))
    made: list[Path] = []
    try:
        return bench_serving(
            driver,
            plan.load,
            options,
            settings,
            title=args.title,
            tell=display.update,
            begun=made.append,
        )
    except BaseException:
        for path in made:
            print(f"joulemark bench serving: what there is, is kept in {path}", file=sys.stderr)
        raise


def _asked(args: Namespace, plan: LoadPlan) -> Target:
    """Return whom to ask; what makes no sense is told before a server is started."""
    from joulemark.procedures.serving.driver import processes_for
    from joulemark.workloads.openai.questions import questions

    target, load = serving_parts.target_of(args), plan.load(0)
    if args.server:
        questions(target, load.prompts)
    if args.client_processes is None:
        args.client_processes = processes_for(load, len(os.sched_getaffinity(0)))
    return target


def _started(args: Namespace, target: Target, stack: ExitStack, tell: Tell) -> StartedServer | None:
    """Start the server if its command is given; it is stopped when the stack ends."""
    if not args.server:
        return None
    from joulemark.procedures.serving.progress import waiting
    from joulemark.procedures.serving.server import StartedServer

    with waiting("starting the server", tell):
        return stack.enter_context(StartedServer(args.server, target))


def _served(
    args: Namespace, target: Target, server: StartedServer | None, options: Options
) -> tuple[Driver, Options]:
    """Return what answers, and the options with whose processor time is billed."""
    from joulemark.procedures.serving.about import the_model
    from joulemark.procedures.serving.driver import HttpDriver
    from joulemark.procedures.serving.whose import whose
    from joulemark.workloads.openai.client import Bounds

    started = None if server is None else server.pid
    named = options.meters is not None
    who = whose(target, pid=args.server_pid, started=started, meters_named=named)
    if not target.model:
        target = replace(target, model=the_model(target))
    driver = HttpDriver(
        target,
        Bounds(silence_s=args.silence, retries=args.retries),
        processes=args.client_processes,
        tokenizer=args.tokenizer,
        server=server,
        more=who.facts,
    )
    return driver, replace(options, own_work=False, root_pid=who.root_pid)
