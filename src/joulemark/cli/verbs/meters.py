"""Show what this machine can read, how accurate, how often it updates, and what would give more."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.cli.common import checked, print_json
from joulemark.core.units import parse_time

EXAMPLES = """\
examples:
  joulemark meters
  joulemark meters rapl nvml --watch 5 --json
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("names", nargs="*", metavar="METER", help="only these (default: all)")
    parser.add_argument(
        "--watch",
        type=checked(parse_time),
        default=1.0,
        metavar="S",
        help="read each meter this long to find how often it updates (default: 1 s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: Namespace) -> int:
    """Survey and print; 3 if nothing but estimates can be read."""
    from joulemark.procedures.survey import survey
    from joulemark.report.meters import meters_json, print_meters

    found = survey(args.names or None, watch_s=args.watch)
    if args.json:
        print_json(meters_json(found))
    else:
        print_meters(found)
    return 0
