"""Score results of MLPerf Training (energy) and of MLPerf Tiny from their files.

A PATH is the folder of a benchmark or of a session, a folder with many, a .tar,
.tar.gz or .zip of one, or a git repository without a work tree
(REPO.git@REV:PATH). For a file of a result (a log, a trace, results.json) that
result is scored as a whole. Training energy is given twice: as the official
summarizer has it, and between start and stop of the runs, with its uncertainty.
Energy per inference of tiny boards is recomputed from the samples. What
joulemark computes is its own and is not verified by MLCommons.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from joulemark.cli.common import checked, positive
from joulemark.cli.streaming import Pace, Stop, exit_code, found_so_far, opened, taken_whole

if TYPE_CHECKING:
    from joulemark.procedures.scored import Scored

EXAMPLES = """\
examples:
  joulemark score WHO/results/SYSTEM/llama2_70b_lora
  joulemark score training_results_v4.0 tiny_results_v1.2 --html energy.html
  joulemark score results.tar.gz --json > scores.jsonl
  joulemark score results.git@main:WHO --algorithm present
  joulemark score sessions/20250725_192220
  joulemark score SYSTEM/bert/result_0.txt

exit codes: 0 every result is scored, perhaps with warnings; 1 a result breaks
a rule or has no energy (with --strict: or has a warning); 2 wrong argument;
3 a path may not be read; 4 a path is damaged, or holds nothing to score;
130 interrupted, after what was scored so far was printed and written.
"""


class Sink(Protocol):
    """Takes scores as they come."""

    def add(self, scored: Scored) -> None:
        """Take one."""

    def close(self) -> None:
        """Write what is left."""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="what holds results")
    group = parser.add_argument_group("what to score")
    group.add_argument(
        "--submitter", action="append", default=[], metavar="NAME", help="only of this submitter"
    )
    group.add_argument(
        "--algorithm",
        choices=("2024", "present", "own"),
        default="own",
        help="the official summarizer of training energy: that of May 2024 (round v4.0), the "
        "present one (since v4.1), or that of each result's own round (default)",
    )
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print a JSON object for each result")
    group.add_argument("--output", type=Path, metavar="FILE", help="write these objects there")
    group.add_argument("--html", type=Path, metavar="FILE", help="write a page of all results")
    group.add_argument("--force", action="store_true", help="replace FILE if it exists")
    group.add_argument("--strict", action="store_true", help="a warning is a failure to the shell")
    group = parser.add_argument_group("how")
    group.add_argument(
        "--jobs",
        type=checked(positive),
        metavar="N",
        help="worker processes (default: one a processor; 1: none)",
    )


def main(args: Namespace) -> int:
    """Score, print, and answer with the worst verdict."""
    from joulemark.procedures.scored import ALGORITHMS
    from joulemark.procedures.scoring import score, search
    from joulemark.procedures.stopping import handled
    from joulemark.report.progress import Progress
    from joulemark.report.scored import Table, summary
    from joulemark.store.files import refuse_existing

    for path in filter(None, (args.output, args.html)):
        refuse_existing(path, force=args.force)
    table, stop = Table(), Stop()
    with ExitStack() as stack:
        stack.enter_context(handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), stop))
        with Progress() as display:
            tell, widen = found_so_far(display), taken_whole("score")
            finding = search(args.paths, submitters=args.submitter, tell=tell, widen=widen)
            found = stack.enter_context(finding)
            sinks = [table, *stack.enter_context(_files(args))]
            pace = Pace(display, "scoring")
            with suppress(KeyboardInterrupt):
                results = score(found, ALGORITHMS[args.algorithm], jobs=args.jobs, tell=pace)
                with closing(results):
                    for one in results:
                        with stop.later():
                            for sink in sinks:
                                sink.add(one)
    if not args.json:
        table.print()
    said = summary(table, len(found.targets))
    print(f"joulemark score: {'interrupted; ' if stop.asked else ''}{said}", file=sys.stderr)
    return 130 if stop.asked else exit_code(table.verdicts, strict=args.strict)


@contextmanager
def _files(args: Namespace) -> Iterator[list[Sink]]:
    """Open what is to be written; closed, each is whole, however the score ended.

    Raises:
        StoreError: if one cannot be written.
    """
    from joulemark.report.json_lines import JsonLines
    from joulemark.report.scored_json import scored_json

    with ExitStack() as stack:
        sinks: list[Sink] = [JsonLines(sys.stdout, scored_json)] if args.json else []
        if args.output is not None:
            sinks.append(JsonLines(opened(stack, args.output), scored_json))
        if args.html is not None:
            from joulemark.report.scored_page import Page

            file = opened(stack, args.html)
            sinks.append(stack.enter_context(closing(Page(file, args.paths))))
        yield sinks
