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
from typing import IO, TYPE_CHECKING

from joulemark.cli.common import positive, print_json, store_argument, store_of
from joulemark.cli.unchanged import output_of

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

A page (--html) is left while nothing has changed that it was made from; what was said
is said again.

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
    """Print, and write what is asked for; a page that is as it would be written is left."""
    html: Path | None = args.html
    if args.rates:
        return _rates(args)
    if html is None:
        found = _found(args)
        _tell(found, args)
        return _code(found)
    asked = (args.of, args.list, args.json, str(html))
    note = html.with_name(f".{html.name}.made.json")
    written = output_of("audit", note, store_of(args), asked, (args.claims, args.tables))
    left = written.left()
    if left is not None:
        return left
    found = _write(args, html)
    written.done([html.name], lambda file: _tell(found, args, file), _code(found))
    return _code(found)


def _known(args: Namespace) -> Known:
    from joulemark.analysis.claims.stored import known

    return known(store_of(args), args.tables, KINDS.get(args.of, ""))


def _found(args: Namespace) -> Audit:
    from joulemark.analysis.claims.audit import audit
    from joulemark.analysis.claims.claim import claims, read_claims

    asked = claims() if args.claims is None else read_claims(args.claims)
    return audit(_known(args), asked)


def _tell(found: Audit, args: Namespace, file: IO[str] | None = None) -> None:
    from joulemark.report.claims import audit_json, print_audit

    if args.json:
        print_json(audit_json(found), file)
    else:
        print_audit(found, tables=args.list, file=file)


def _code(found: Audit) -> int:
    from joulemark.analysis.claims.verdict import Verdict

    return 1 if found.verdicts[Verdict.OTHER] + found.verdicts[Verdict.FALLS] else 0


def _write(args: Namespace, html: Path) -> Audit:
    """Audit, and write the page."""
    from joulemark.report.claims_page import claims_page
    from joulemark.store.files import new_file, refuse_existing

    refuse_existing(html, force=args.force)
    found = _found(args)
    page = claims_page(found, str(store_of(args)))
    new_file(html, page.encode(), force=args.force)
    print(html, file=sys.stderr)
    return found


def _rates(args: Namespace) -> int:
    from joulemark.analysis.claims.rates import CitedRates, cited_rates, clean, rates
    from joulemark.analysis.record.definitions import order
    from joulemark.report.claims import print_rates, rates_json

    held = _known(args)
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
