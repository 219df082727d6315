"""Measure one node of a distributed training, around its command or until told.

One agent a node measures: under torchrun, mpirun or srun the process of local
rank 0; the others only run their command. Which node it is, the launcher says by
its usual variables, or a person by --node. What is measured is kept as a run on
the node; with --gather it is sent to `joulemark gather` at the end, and the
clocks are compared meanwhile. Both sides know one token, in the environment as
JOULEMARK_TOKEN.
"""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, positive, store_argument
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from joulemark.procedures.training.identity import Identity

EXAMPLES = """\
examples:
  srun joulemark agent --gather head:8377 -- python train.py
  torchrun … --no-python joulemark agent --gather head -- python train.py
  mpirun -np 64 joulemark agent --gather head -- python train.py
  ssh node3 joulemark agent --node 3 --gather head --meter ipmi:host=bmc3
  joulemark agent --switch sw_0 --gather head \\
      --meter 'pdu:host=rack1,outlets=["7"]'
  joulemark agent --node 0 --run-log result_0.txt -- python train.py

Exit code: the command's (126 or 127 if it could not be started, 128 + n if
signal n ended it), 0 without a command; a run that could not be delivered is
said, and kept. 2 a wrong argument; 3 nothing can be measured, and the command
was not started.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    time = checked(parse_time)
    parser.add_argument(
        "--gather", metavar="HOST[:PORT]", help="where joulemark gather listens (port 8377)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--node", type=checked(_number), metavar="N", help="number of this node, from 0"
    )
    which.add_argument("--switch", default="", metavar="sw_N", help="a switch, not a node")
    parser.add_argument(
        "--run-log", type=Path, metavar="FILE", help="log that the training writes on this node"
    )
    parser.add_argument(
        "--meter",
        action="append",
        metavar="NAME[:KEY=VALUE,…]",
        help="use this meter, may be repeated (default: the best this machine has)",
    )
    parser.add_argument(
        "--period", type=time, default=0.5, metavar="S", help="between samples (default: 0.5 s)"
    )
    parser.add_argument(
        "--patience",
        type=time,
        default=30.0,
        metavar="S",
        help="how long to look for the gatherer at the end (default: 30 s)",
    )
    store_argument(parser)
    parser.add_argument("command", nargs=REMAINDER, metavar="-- CMD …", help="what this rank runs")


def _number(text: str) -> int:
    return 0 if text == "0" else positive(text)


def main(args: Namespace) -> int:
    """Measure the node; its result is told by whoever gathers."""
    from joulemark.procedures.training.identity import identify

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    identity = identify(os.environ, node=args.node, switch=args.switch)
    if not identity.samples:
        return _only_run(command)
    return _measure(args, identity, command)


def _only_run(command: list[str]) -> int:
    """Become the command: another process of this node measures."""
    from joulemark.procedures.command import find_program

    if not command:
        raise UsageError(
            "a process that neither measures nor runs anything",
            remedy="start one agent a node, or write a command after --",
        )
    program = find_program(command)
    sys.stdout.flush()
    os.execv(program, command)  # noqa: S606 # what the user asked for


def _measure(args: Namespace, identity: Identity, command: list[str]) -> int:
    from joulemark.cli.common import options_of
    from joulemark.procedures.training.agent import Asked, run_agent
    from joulemark.procedures.training.wire import TOKEN, address_of

    args.idle, args.calibration = 0.0, None

    def say(text: str) -> None:
        print(f"joulemark agent: {identity.part}: {text}", file=sys.stderr, flush=True)

    asked = Asked(
        identity=identity,
        options=options_of(args),
        gatherer=None if args.gather is None else address_of(args.gather),
        token=os.environ.get(TOKEN, ""),
        run_log=args.run_log,
        patience_s=args.patience,
        say=say,
    )
    path, code = run_agent(command, asked)
    if args.gather is None:
        say(f"measured; the run is {path}")
    return code
