"""List the runs of a store, newest first; all, or those that have some words."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.cli.common import checked, positive, print_json, store_argument, store_of

EXAMPLES = """\
examples:
  joulemark list
  joulemark list --store results --json
  joulemark list v4.1 nvidia server
  joulemark list mlperf-power -n 20 --skip 40
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="only runs with every word in name, title, procedure, host or status",
    )
    parser.add_argument(
        "-n", "--newest", type=checked(positive), metavar="N", help="at most so many"
    )
    parser.add_argument(
        "--skip", type=checked(positive), default=0, metavar="N", help="without the N newest"
    )
    store_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: Namespace) -> int:
    """Print what the store holds."""
    from joulemark.report.runs import print_list
    from joulemark.store.catalogue import list_runs

    store = store_of(args)
    every = list(list_runs(store, words=args.words))
    stop = None if args.newest is None else args.skip + args.newest
    runs = every[args.skip : stop]
    if args.json:
        print_json([run.as_json() for run in runs])
    else:
        print_list(runs, store, of=len(every), asked=bool(args.words))
    return 0
