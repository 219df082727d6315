"""Write the leaderboard: a static site of every result of the record and of one's own runs.

It opens from the folder or from any web server and loads nothing from elsewhere: filters,
sorting, free text, every view with an address of its own, results side by side with ratios
and whether their intervals tell them apart. Written again, only files that changed are
written; nothing is looked at where the store is as it was. Pages of other verbs are linked
where they are in the folder: what-the-record-says.html, figures/, frontier/, scales.html,
review/.
What joulemark computes is its own and is not verified by MLCommons.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import store_argument, store_of
from joulemark.cli.records import record_with_own
from joulemark.cli.streaming import Steps

if TYPE_CHECKING:
    from joulemark.report.site.writing import Written

EXAMPLES = """\
examples:
  joulemark site leaderboard
  joulemark site leaderboard --store runs --title "Our machines"
  joulemark site leaderboard --pages all
  joulemark audit --html leaderboard/what-the-record-says.html
  joulemark figures --output leaderboard/figures && joulemark site leaderboard

exit codes: 0 written, also of an empty store; 2 wrong argument; 4 the store cannot be read,
or the folder cannot be written or holds something else.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the site")
    store_argument(parser)
    parser.add_argument("--title", default="", help="heading of the site")
    parser.add_argument(
        "--pages",
        choices=("all", "own", "none"),
        default="own",
        help="runs that get a page of their own (default: own; thousands with all)",
    )
    parser.add_argument(
        "--check",
        type=Path,
        metavar="STATE",
        help="file of joulemark check --resume: whether the rules pass each log (default: "
        "checks.jsonl in the store, if it is there)",
    )
    parser.add_argument(
        "--force", action="store_true", help="write into a folder that holds something else"
    )


def main(args: Namespace) -> int:
    """Write the site and print the name of its page."""
    from joulemark.procedures.stopping import stoppable
    from joulemark.report.progress import Progress
    from joulemark.report.site.page import TITLE
    from joulemark.report.site.pages import Pages
    from joulemark.report.site.writing import INDEX, Wanted, write_site

    wanted = Wanted(
        folder=args.folder,
        store=store_of(args),
        title=args.title or TITLE,
        pages=Pages(args.pages),
        checks=args.check,
        force=args.force,
    )
    with stoppable(), Progress() as display:
        made = partial(record_with_own, wanted.store, wanted.checks)
        done = write_site(wanted, made, Steps(display))
    print(args.folder / INDEX)
    print(f"joulemark site: {_said(done)}", file=sys.stderr)
    return 0


def _said(done: Written) -> str:
    results = f"{done.entries} result{'s' * (done.entries != 1)}"
    if done.unchanged:
        return f"{results}; nothing has changed since the last time"
    parts = [results, f"{done.new} files written", f"{done.same} left as they were"]
    if done.gone:
        parts.append(f"{done.gone} removed")
    if done.unread:
        parts.append(f"without a page, as they cannot be read: {', '.join(done.unread[:3])}")
    return "; ".join(parts)
