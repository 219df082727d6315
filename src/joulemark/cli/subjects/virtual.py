"""Measure simulated machines and count how often the 95 % interval is right.

Everything between the simulated sensor and the result is the product itself:
the meters, the sampling loop (in virtual time), the accounting. A seed gives
the same draws whatever the number of processes.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from joulemark.cli.common import checked, positive, print_json, progress
from joulemark.core.errors import UsageError

EXAMPLES = """\
examples:
  joulemark validate virtual --draws 200
  joulemark validate virtual --case gpu-short --case rapl-wrap --json
  joulemark validate virtual --draws 1000 --seed 7 --markdown > coverage.md

Exit code 1 if the intervals of a case hold significantly less often than 93 %
and not every miss was warned of.
"""


MOST = 1_000_000


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this subject."""
    whole = checked(_sane)
    parser.add_argument(
        "--draws", type=whole, default=1000, metavar="N", help="of each case (default: 1000)"
    )
    parser.add_argument(
        "--case", action="append", metavar="NAME", help="only this one, may be repeated"
    )
    parser.add_argument("--seed", type=whole, default=1, metavar="N", help="(default: 1)")
    parser.add_argument(
        "--jobs", type=whole, metavar="N", help="processes (default: one for each processor)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a table for documentation")


def _sane(text: str) -> int:
    """Return a whole number of at least one and at most a million."""
    number = positive(text)
    if number > MOST:
        raise UsageError(f"{text} is more than {MOST}")
    return number


def main(args: Namespace) -> int:
    """Draw, count and print; 1 if a case fails."""
    from joulemark.report.coverage import coverage_json, coverage_markdown, print_coverage
    from joulemark.virtual.bench import cores, validate
    from joulemark.virtual.cases import cases

    asked = cases(args.case or ())
    display, show = progress()
    began = time.monotonic()

    def tell(name: str, done: int, of: int) -> None:
        passed = time.monotonic() - began
        show(name, passed, passed * of / done, None)

    with display:
        found = validate(
            asked, draws=args.draws, seed=args.seed, jobs=args.jobs or cores(), tell=tell
        )
    notes = {case.name: case.note for case in asked if case.note}
    if args.json:
        about = {"draws": args.draws, "seed": args.seed}
        print_json({**about, **coverage_json(found, notes)})
    elif args.markdown:
        print(coverage_markdown(found, notes), end="")
    else:
        print_coverage(found, notes)
    return int(any(row.failed for row in found))
