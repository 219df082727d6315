"""Measure the energy of any command; its exit code is passed on."""

from __future__ import annotations

import sys
from argparse import REMAINDER, ArgumentParser, Namespace

from joulemark.cli.common import (
    checked,
    disturbance_argument,
    measure_arguments,
    options_of,
    positive,
    show_run,
)
from joulemark.core.errors import UsageError

EXAMPLES = """\
examples:
  joulemark run -- python train.py --epochs 3
  joulemark run --idle 30 --repeat 5 -- ./infer model.bin
  joulemark run --disturbance 10 -- ./infer model.bin
  joulemark run --meter rapl --meter nvml -- make

A program marks its own phases with `joulemark.phase("train")`; children of the
command may do so as well. Exit code: the command's; 126 or 127 if it could not
be started; 128 + n if signal n ended it.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    measure_arguments(parser, idle_s=0.0)
    parser.add_argument(
        "--repeat", type=checked(positive), default=1, metavar="N", help="run it N times"
    )
    disturbance_argument(parser)
    parser.add_argument("command", nargs=REMAINDER, metavar="-- CMD …", help="what to measure")


def main(args: Namespace) -> int:
    """Measure, then show the result on standard error, away from the command's own output."""
    from joulemark.cli.common import progress
    from joulemark.procedures.command import run_command

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise UsageError("no command was given", remedy="write it after --")
    options = options_of(args)
    display, tell = progress()
    with display:
        path, code = run_command(
            command,
            options,
            title=args.title,
            repeat=args.repeat,
            disturbance=args.disturbance,
            tell=tell,
        )
    show_run(path, as_json=args.json, file=sys.stderr)
    return code
