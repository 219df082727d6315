"""Check the meters of runs against each other: balances, rests, contradictions.

Ends with exit code 1 where a reading is impossible: parts above the part that
contains them, more power than a part is rated for, a sensor that stood still, a
unit off by a thousand, a counter that is counted twice. Meters are compared as
they read, without any calibration.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from joulemark.cli.common import print_json, store_argument, store_of

EXAMPLES = """\
examples:
  joulemark crosscheck
  joulemark crosscheck 20261122-004512 20261123-101500
  joulemark crosscheck last --json | jq '.[0].impossible'
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "runs",
        nargs="*",
        default=["last"],
        metavar="RUN",
        help="names of runs, beginnings of them, their folders, or 'last' (default)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    store_argument(parser)


def main(args: Namespace) -> int:
    """Print what the meters say of each other."""
    from joulemark.procedures.results import results_of
    from joulemark.report.plain import finite
    from joulemark.report.table_crosscheck import crosscheck_json, print_crosscheck
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    impossible, records = False, list[Any]()
    for stored in [open_run(find_run(store_of(args), name)) for name in args.runs]:
        results = results_of(stored, plain=True)
        impossible |= any(result.crosscheck.impossible for result in results)
        if args.json:
            records.append(finite(crosscheck_json(stored.run, results, stored.path)))
        else:
            print_crosscheck(stored.run, results)
    if args.json:
        print_json(records)
    return int(impossible)
