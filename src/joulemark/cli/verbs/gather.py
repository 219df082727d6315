"""Gather the nodes of a distributed training: merge, write the official logs, score.

Waits for one `joulemark agent` of each node (and of each switch that is
measured), compares clocks with them while they measure, and takes in their runs
at the end; or takes runs that lie here already. Nodes are merged on the clock of
the training's own log, cut to its run_start and run_stop, and written as MLPerf
Training wants power to be handed in. What is missing of a node is named; the
rest is kept.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, positive, print_json
from joulemark.core.errors import UsageError
from joulemark.core.finding import Severity
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from joulemark.core.finding import Finding
    from joulemark.procedures.training.gathering import Plan
    from joulemark.procedures.training.nodes import NodeRun

EXAMPLES = """\
examples:
  joulemark gather --nodes 3 --output mine
  joulemark gather --listen 0.0.0.0 --nodes 64 --output mine --benchmark bert \\
      --switch sw_0=declared:59570W,share=0.5 --conversion-eff node=0.96
  joulemark gather --nodes 8 --output mine --switch sw_0=measured
  joulemark gather --nodes 3 --output mine node0-run node1-run node2-run

It listens on loopback unless told otherwise; JOULEMARK_TOKEN holds a text that
every agent knows, and must be set to listen elsewhere. Ctrl-C has agents that
wait told to stop; a second one has nobody waited for.

exit codes: 0 all parts are there and whole; 1 something is missing or a rule
fails, and is named; 2 wrong argument; 3 no node came, or the address cannot be
listened on; 4 a log cannot be read, or the output not be written.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    from joulemark.procedures.training.gathered import efficiency_of, switch_of

    time = checked(parse_time)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="runs that lie here")
    parser.add_argument(
        "--nodes", type=checked(positive), required=True, metavar="N", help="how many there are"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="submission that is written"
    )
    parser.add_argument(
        "--listen", default="", metavar="HOST[:PORT]", help="default: loopback, port 8377"
    )
    parser.add_argument(
        "--switch",
        type=checked(switch_of),
        action="append",
        default=[],
        metavar="sw_N=…",
        help="declared:WATTS[,share=PART], or measured by an agent --switch sw_N",
    )
    parser.add_argument(
        "--conversion-eff",
        type=checked(efficiency_of),
        action="append",
        default=[],
        metavar="node=F",
        help="AC to DC efficiency of nodes (node), of one (node_3), of switches (sw)",
    )
    parser.add_argument("--run-log", type=Path, metavar="FILE", help="the training's log, by the "
                        "clock of node 0 (default: what an agent brings)")  # fmt: skip
    for name, default, text in (
        ("submitter", "us", "who hands it in (default: us)"),
        ("system", "", "default: N-node"),
        ("benchmark", "", "default: what the training's log says"),
    ):
        parser.add_argument(f"--{name}", default=default, metavar="NAME", help=text)
    parser.add_argument("--division", choices=("closed", "open"), default="open")
    parser.add_argument(
        "--shared", type=Path, action="append", default=[], metavar="DIR",
        help="store of agents on a shared file system, for one that cannot deliver",
    )  # fmt: skip
    parser.add_argument("--patience", type=time, default=30.0, metavar="S",
                        help="how long to wait for who is gone (default: 30 s)")  # fmt: skip
    parser.add_argument("--first", type=time, default=600.0, metavar="S",
                        help="how long the first one is waited for (default: 10 min)")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files of the output")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def main(args: Namespace) -> int:
    """Gather, print what came of it."""
    from joulemark.procedures.training.gathering import gather
    from joulemark.report.gathered import gathered_json, print_gathered

    plan = _plan(args)
    nodes, found = _nodes(args, plan)
    gathered = gather(nodes, plan, found)
    if args.json:
        print_json(gathered_json(gathered))
    else:
        print_gathered(gathered)
    return 1 if any(one.severity is Severity.ERROR for one in gathered.findings) else 0


def _plan(args: Namespace) -> Plan:
    from joulemark.procedures.training.gathering import Plan

    return Plan(
        root=args.output,
        store=args.output / "runs",
        submitter=args.submitter,
        system=args.system or f"{args.nodes}-node",
        benchmark=args.benchmark,
        expected=args.nodes,
        switches=tuple(args.switch),
        factors=dict(args.conversion_eff),
        run_log=args.run_log,
        division=args.division,
        force=args.force,
    )


def _nodes(args: Namespace, plan: Plan) -> tuple[list[NodeRun], list[Finding]]:
    from joulemark.procedures.training.collecting import Listening, collect, from_folders
    from joulemark.procedures.training.wire import TOKEN, address_of

    if args.runs:
        if args.listen:
            raise UsageError("runs that lie here, and --listen", remedy="give one of the two")
        return from_folders(args.runs)
    measured = [switch for switch in plan.switches if switch.watts is None]
    return collect(
        Listening(
            address=address_of(args.listen or "127.0.0.1"),
            token=os.environ.get(TOKEN, ""),
            expected=plan.expected + len(measured),
            inbox=plan.root / "agents",
            shared=tuple(args.shared),
            patience_s=args.patience,
            first_s=args.first,
            ready=lambda port: _tell(f"listening, port {port}"),
            tell=_tell,
        )
    )


def _tell(text: str) -> None:
    print(f"joulemark gather: {text}", file=sys.stderr, flush=True)
