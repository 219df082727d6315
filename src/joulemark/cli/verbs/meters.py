"""Show what this machine can read, how accurate, how often it updates, and what would give more."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.cli.common import checked, print_json
from joulemark.cli.fix import fix, fix_arguments
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

EXAMPLES = """\
examples:
  joulemark meters
  joulemark meters rapl nvml --watch 5 --json
  joulemark meters ipmi:host=10.0.3.17
  joulemark meters --fix --dry-run
  sudo joulemark meters --fix --group power
  sudo joulemark meters --fix --undo
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "names", nargs="*", metavar="METER[:KEY=VALUE,…]", help="only these (default: all)"
    )
    parser.add_argument(
        "--watch",
        type=checked(parse_time),
        default=1.0,
        metavar="S",
        help="read each meter this long to find how often it updates (default: 1 s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    fix_arguments(parser)


def main(args: Namespace) -> int:
    """Survey and print, or fix what keeps a normal user from reading."""
    if args.fix and args.names:
        raise UsageError("--fix is for the energy counters of the processor", remedy="no METER")
    if args.fix:
        return fix(args)
    for name in ("group", "world", "yes", "dry_run", "undo", "root"):
        if getattr(args, name):
            raise UsageError(f"--{name.replace('_', '-')} belongs to --fix", remedy="add --fix")
    from joulemark.procedures.survey import survey
    from joulemark.report.meters import meters_json, print_meters

    found = survey(args.names or None, watch_s=args.watch)
    if args.json:
        print_json(meters_json(found))
    else:
        print_meters(found)
    return 0
