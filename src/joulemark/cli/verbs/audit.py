"""What the record says of published claims: each recomputed, with a verdict and why.

Without --claims, the claims of the source study on MLPerf Power. Tables of results in the
store (or in --tables) are searched for errors: power of another row, slipped units, copies,
redefined benchmarks, wrong numbers. What joulemark computes is its own and is not verified
by MLCommons.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import positive, print_json, store_argument, store_of

if TYPE_CHECKING:
    from joulemark.analysis.claims.audit import Audit
    from joulemark.analysis.claims.known import Known

EXAMPLES = """\
examples:
  joulemark import inference_results_v4.1 cm4mlperf-results tables
  joulemark audit
  joulemark audit --tables tables --html what-the-record-says.html
  joulemark audit --claims claims.toml --json
  joulemark audit --rates --since v3.0

a claim of one's own, in claims.toml:
  [[claims]]
  id = "edge-resnet"
  says = "ResNet-50 at the edge: 1.5 times as efficient, v2.0 to v4.0"
  kind = "growth"     # or "end" (end = "least"), "variants", "consecutive"
  value = "1.5"
  category = "edge"
  benchmark = "resnet50"
  since = "v2.0"
  until = "v4.0"

exit codes: 0 every claim that can be verified stands; 1 one does not stand as
published; 2 wrong argument, or a file exists; 4 a file cannot be read or
written, or is no file of claims or table.
"""
TIMES = 100
KINDS = {"pages": "results-page", "lists": "cm-result", "logs": "logs"}


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    store_argument(parser)
    parser.add_argument("--claims", type=Path, metavar="FILE", help="claims of one's own, TOML")
    parser.add_argument(
        "--tables", type=Path, metavar="FOLDER", help="tables to be searched, as results pages have"
    )
    parser.add_argument(
        "--of",
        choices=tuple(KINDS),
        default="",
        help="what is searched of the store (pages, if any)",
    )
    parser.add_argument("--list", action="store_true", help="show every finding in the tables")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    group = parser.add_argument_group("how good the search is")
    group.add_argument(
        "--rates", action="store_true", help="plant errors in confirmed rows, and count the found"
    )
    group.add_argument("--times", type=positive, default=TIMES, help="of each kind (%(default)d)")
    suites = ("inference", "training", "tiny")
    group.add_argument("--suite", choices=suites, default="inference", help="whose rows")
    group.add_argument("--since", default="", metavar="ROUND", help="rows of this round and later")
    group.add_argument("--until", default="", metavar="ROUND", help="rows until this round")


def main(args: Namespace) -> int:
    """Print, and write what is asked for."""
    from joulemark.analysis.claims.audit import audit
    from joulemark.analysis.claims.claim import claims, read_claims
    from joulemark.analysis.claims.stored import known
    from joulemark.analysis.claims.verdict import Verdict
    from joulemark.report.claims import audit_json, print_audit
    from joulemark.store.files import refuse_existing

    if args.html is not None:
        refuse_existing(args.html, force=args.force)
    asked = claims() if args.claims is None else read_claims(args.claims)
    held = known(store_of(args), args.tables, KINDS.get(args.of, ""))
    if args.rates:
        return _rates(args, held)
    found = audit(held, asked)
    if args.html is not None:
        _write(args, found)
    if args.json:
        print_json(audit_json(found))
    else:
        print_audit(found, tables=args.list)
    wrong = found.verdicts[Verdict.OTHER] + found.verdicts[Verdict.FALLS]
    return 1 if wrong else 0


def _write(args: Namespace, found: Audit) -> None:
    from joulemark.report.claims_page import claims_page
    from joulemark.store.files import new_file

    page = claims_page(found, str(store_of(args)))
    new_file(args.html, page.encode(), force=args.force)
    print(args.html, file=sys.stderr)


def _rates(args: Namespace, held: Known) -> int:
    from joulemark.analysis.claims.rates import CitedRates, cited_rates, clean, rates
    from joulemark.analysis.record.definitions import order
    from joulemark.report.claims import print_rates, rates_json

    rows = [
        row
        for row in held.corpus.audited
        if row.suite == args.suite
        and (not args.since or order(row.round) >= order(args.since))
        and (not args.until or order(row.round) <= order(args.until))
    ]
    table = clean(rows, held.corpus.known)
    found = rates(table, held.corpus.known, times=args.times)
    cited = CitedRates((), 0, 0)
    if args.suite == "inference":
        cited = cited_rates(held, times=args.times, since=args.since, until=args.until)
    if args.json:
        print_json(rates_json(found, cited))
    else:
        print_rates(found, cited)
    return 0
