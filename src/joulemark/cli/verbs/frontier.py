"""Frontiers of time and energy: the configurations that no other beats in both.

Of results of ML.ENERGY, or of any two columns of any table; see joulemark recommend,
which takes the same arguments. --html writes a page of each group and one of all, with
sliders for the targets; they need no network, and their links keep the targets.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from joulemark.cli import costs, frontiers
from joulemark.cli.common import print_json
from joulemark.core.errors import UsageError

EXAMPLES = """\
examples:
  joulemark frontier leaderboard leaderboard-v2 --html pages
  joulemark frontier leaderboard --group 'V3/gpqa/*' --itl-p99 100ms
  joulemark frontier served.sweep --tpot-p99 100ms --html pages --runs
  joulemark frontier sweep.parquet --x seconds --y energy_j --by model,task
  joulemark frontier table.csv --x tokens_s --more tokens_s --y watts --json
  joulemark frontier sweep.csv --x p99_s --y energy_j --grid 350 --pue 1.2

exit codes: 0 shown; 2 wrong argument, no group holds what is asked for, or a file
exists; 3 a path may not be read; 4 a path is damaged, holds no such result, or a page
cannot be written.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    frontiers.arguments(parser, words)
    costs.arguments(parser)
    parser.add_argument("--html", type=Path, metavar="DIR", help="write pages into a folder")
    parser.add_argument(
        "--runs",
        action="store_true",
        help="with --html: write the page of each run of a sweep, too",
    )
    parser.add_argument("--force", action="store_true", help="replace pages that exist")


def main(args: Namespace) -> int:
    """Print the frontiers, and write what is asked for."""
    from joulemark.report.frontier.table import print_frontiers
    from joulemark.report.frontier.writing import write_pages

    if args.runs and args.html is None:
        raise UsageError("pages of runs go with pages", remedy="say where: --html DIR")
    factors = costs.of_points(args)
    answers = frontiers.answers_of(args)
    costs.need_energy(answers, factors)
    if args.html is not None:
        level = frontiers.share(args.confidence, "the confidence")
        page = write_pages(answers, args.html, confidence=level, force=args.force, runs=args.runs)
        print(page, file=sys.stderr)
    if args.json:
        print_json(costs.answers_json(answers, factors))
    elif args.html is None:
        print_frontiers(answers)
        costs.print_declared(answers, factors)
    return 0
