"""The public record of power results: every result once, wherever it is stated.

Joins what was imported: power logs, lists of results repositories, tables of
results pages. Figures are in SI; the most trusted source counts, and where
another contradicts it, the result says so. What joulemark computes is its own
and is not verified by MLCommons.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import print_json, store_argument, store_of

if TYPE_CHECKING:
    from joulemark.analysis.record.record import Record

EXAMPLES = """\
examples:
  joulemark import inference_results_v4.1 cm4mlperf-results page.csv
  joulemark record
  joulemark record --suite inference --round v4.1 --division closed --json
  joulemark record --benchmark resnet50 --scenario Offline --csv resnet50.csv
  joulemark record --evidence logs --parquet logs.parquet
  joulemark check inference_results_v4.1 --resume checked.state
  joulemark record --check checked.state --parquet record.parquet

exit codes: 0 shown, also of an empty store; 2 wrong argument, or a file
exists; 4 a file cannot be read or written.
"""
_EVIDENCE = {
    "logs": "raw log recomputed",
    "repository": "results repository",
    "page": "results page",
    "own": "own run",
}
_FILTERS = ("suite", "category", "round", "division", "benchmark", "scenario", "submitter")


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    group = parser.add_argument_group("which results")
    group.add_argument("--suite", choices=("inference", "training", "tiny"), help="a suite")
    scales = ("tiny", "edge", "datacenter", "training")
    group.add_argument("--category", choices=scales, help="a scale of systems")
    group.add_argument("--round", metavar="ROUND", help="v4.1, for instance")
    group.add_argument("--division", choices=("closed", "open", "network"), help="a division")
    group.add_argument("--benchmark", metavar="NAME", help="resnet50, bert, bert-99.9 …")
    group.add_argument("--scenario", metavar="NAME", help="Offline, Server, SingleStream …")
    group.add_argument("--submitter", metavar="WHO", help="as the results have it, in any case")
    group.add_argument("--evidence", choices=tuple(_EVIDENCE), help="how far it can be followed")
    group.add_argument("--own", action="store_true", help="runs of one's own too, behind the rest")
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print one JSON object a result")
    group.add_argument("--parquet", type=Path, metavar="FILE", help="write them as a table")
    group.add_argument("--csv", type=Path, metavar="FILE", help="write them as CSV")
    group.add_argument("--force", action="store_true", help="replace files that exist")
    group.add_argument(
        "--explain-1841",
        action="store_true",
        help="how the source study's tables come to its 1,841 measurements",
    )
    group = parser.add_argument_group("where from")
    store_argument(parser)
    group.add_argument(
        "--check",
        type=Path,
        metavar="STATE",
        help="file of joulemark check --resume: whether the rules pass each log (default: "
        "checks.jsonl in the store, if it is there)",
    )


def main(args: Namespace) -> int:
    """Print, and write what is asked for."""
    from joulemark.report.record import print_record, write_lines
    from joulemark.store.files import refuse_existing

    for path in filter(None, (args.parquet, args.csv)):
        refuse_existing(path, force=args.force)
    if args.explain_1841:
        return _explain(args)
    found, asked = _asked(args)
    _write(args, found)
    if args.json:
        write_lines(found, sys.stdout)
    else:
        print_record(found, asked=asked)
    return 0


def _asked(args: Namespace) -> tuple[Record, bool]:
    """Return the results that were asked for, and whether they are a part of all."""
    from joulemark.analysis.record.entry import Evidence
    from joulemark.analysis.record.record import record
    from joulemark.cli.records import record_with_own

    store, own = store_of(args), args.own or args.evidence == "own"
    found = record_with_own(store, args.check) if own else record(store, args.check)
    wanted = {f"{n}_" if n == "round" else n: getattr(args, n) or "" for n in _FILTERS}
    evidence = None if args.evidence is None else Evidence(_EVIDENCE[args.evidence])
    if not any(wanted.values()) and evidence is None:
        return found, False
    return found.where(**wanted, evidence=evidence), True


def _write(args: Namespace, found: Record) -> None:
    """Write the files that were asked for, each whole or not at all."""
    import io

    from joulemark.analysis.record.table import table_file
    from joulemark.report.record import write_csv
    from joulemark.store.files import new_file

    if args.parquet is not None:
        table_file(args.parquet, found, {"results": len(found)})
        print(args.parquet, file=sys.stderr)
    if args.csv is not None:
        text = io.StringIO()
        write_csv(found, text)
        new_file(args.csv, text.getvalue().encode("utf-8", "replace"), force=args.force)
        print(args.csv, file=sys.stderr)


def _explain(args: Namespace) -> int:
    from joulemark.analysis.record.counted import counted
    from joulemark.analysis.record.record import record
    from joulemark.report.record import counted_json, print_counted
    from joulemark.store.declared import read_declared

    store = store_of(args)
    found = counted(read_declared(store), record(store, args.check).entries)
    if args.json:
        print_json(counted_json(found))
    else:
        print_counted(found)
    return 0
