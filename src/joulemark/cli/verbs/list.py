"""List the runs of a store, newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.cli.common import print_json, store_argument, store_of

EXAMPLES = """\
examples:
  joulemark list
  joulemark list --store results --json
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    store_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: Namespace) -> int:
    """Print what the store holds."""
    from joulemark.report.runs import print_list
    from joulemark.store.catalogue import list_runs

    store = store_of(args)
    runs = list(list_runs(store))
    if args.json:
        print_json([run.as_json() for run in runs])
    else:
        print_list(runs, store)
    return 0
