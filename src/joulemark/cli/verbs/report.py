"""Write self-contained HTML: one page of a run, or the pages of a tree of MLPerf power results.

With --tree, every power directory of MLPerf Inference in a PATH is reviewed as joulemark
check does it (of results of Training and Tiny there is no page yet): one
page of each measurement, and index.html with all submitters, systems, findings and
results. Pages that say the same already are left alone. What joulemark computes is its
own and is not verified by MLCommons.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import (
    asking_for,
    calibration_argument,
    checked,
    positive,
    refused_code,
    results_for,
    run_argument,
    store_of,
    stored_run,
)
from joulemark.cli.served import served_of
from joulemark.cli.streaming import Steps
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.procedures.checked import Asked

EXAMPLES = """\
examples:
  joulemark report
  joulemark report last -o energy.html --calibration wall.json
  joulemark report --tree inference_results_v5.1 -o review
  joulemark report --tree results.git@main:closed -o review --only-failing
  joulemark report --imported -o review

Exit code 1 if a calibration is named and holds for no measured phase. With
--tree the verdicts do not change the exit code: that is joulemark check's.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    calibration_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="file to write (default: <run>.html here); with --tree a folder (default: review)",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace the file, or write into any folder"
    )
    parser.add_argument(
        "--rule", metavar="NAME", help="of a run of serving: by the window of this rule"
    )
    group = parser.add_argument_group("pages of a tree")
    group.add_argument(
        "--tree",
        action="append",
        default=[],
        metavar="PATH",
        help="a folder, an archive or REPO.git@REV:PATH with power results; may be repeated",
    )
    group.add_argument(
        "--imported", action="store_true", help="the trees whose logs joulemark import has read"
    )
    group.add_argument(
        "--only-failing",
        action="store_true",
        help="a page of their own only for measurements of which a result fails",
    )
    group.add_argument("--round", default="", help="round of results whose path does not tell")
    group.add_argument(
        "--submitter", action="append", default=[], metavar="NAME", help="only of this submitter"
    )
    group.add_argument(
        "--ignore", action="append", default=[], metavar="ID", help="without this rule"
    )
    group.add_argument(
        "--jobs",
        type=checked(positive),
        metavar="N",
        help="worker processes (default: one a processor; 1: none)",
    )


def main(args: Namespace) -> int:
    """Write the page and print its name."""
    if args.tree or args.imported:
        return _tree(args)
    if args.only_failing or args.round or args.submitter or args.ignore or args.jobs:
        raise UsageError("this is for the pages of a tree", remedy="name it with --tree PATH")
    from joulemark.report.page import run_page
    from joulemark.store.files import new_file

    stored = stored_run(args)
    results = results_for(args, stored)
    served = served_of(asking_for(args, stored), args.rule)
    page = run_page(stored.run, stored.traces(), results, path=stored.path, serving=served)
    target = args.output or Path(f"{stored.run.id}.html")
    new_file(target, page.encode(), force=args.force)
    print(target)
    return refused_code(args, results)


def _tree(args: Namespace) -> int:
    """Write the pages of trees and print the name of the first."""
    if args.run != "last" or args.calibration is not None or args.rule is not None:
        raise UsageError("a run and a tree cannot be reported at once", remedy="leave out one")
    from joulemark.procedures.checked import INFERENCE
    from joulemark.procedures.checking import left_out, search
    from joulemark.procedures.stopping import stoppable
    from joulemark.report.audit.stated import trees_in
    from joulemark.report.audit.writing import INDEX, Wanted, write_pages
    from joulemark.report.progress import Progress

    store, folder = store_of(args), args.output or Path("review")
    trees = [*args.tree, *(trees_in(store) if args.imported else ())]
    wanted = Wanted(
        folder=folder,
        asked=_asked(args),
        only_failing=args.only_failing,
        force=args.force,
        jobs=args.jobs,
        names=trees,
        store=store,
    )
    found = search(trees, submitters=args.submitter, kinds=(INFERENCE,))
    with stoppable(), Progress() as display, found:
        tally = write_pages(found, wanted, Steps(display))
    print(folder / INDEX)
    counts = ((tally.total, "result"), (tally.measurements, "measurement"), (tally.pages, "page"))
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    if found.others:
        said += f"; left out, as there is no page of theirs yet: {left_out(found.others)}"
    print(f"joulemark report: {said}", file=sys.stderr)
    return 0


def _asked(args: Namespace) -> Asked:
    from joulemark.procedures.checked import Asked
    from joulemark.procedures.known import check_patterns, check_round, known_rules

    known = known_rules() if args.ignore else ()
    return Asked(
        round=args.round and check_round(args.round),
        ignored=check_patterns(args.ignore, known),
    )
