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
from typing import TYPE_CHECKING, Any

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
SUITES = ("inference", "training", "tiny", "ml.energy")
_FILTERS = ("suite", "category", "round", "division", "benchmark", "scenario", "submitter")


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    group = parser.add_argument_group("which results")
    group.add_argument("--suite", choices=SUITES, help="a suite")
    scales = ("tiny", "edge", "datacenter", "training")
    group.add_argument("--category", choices=scales, help="a scale of systems")
    group.add_argument("--round", type=_round, metavar="ROUND", help="v4.1, for instance")
    group.add_argument("--division", choices=("closed", "open", "network"), help="a division")
    group.add_argument("--benchmark", metavar="NAME", help="resnet50, bert, bert-99.9 …")
    group.add_argument("--scenario", type=_scenario, metavar="NAME", help="Offline, Server …")
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


def _round(text: str) -> str:
    """Return a round as it is written: v4.1 for 4.1."""
    return f"v{text}" if text[:1].isdigit() else text


def _scenario(text: str) -> str:
    """Return LoadGen's name of a scenario, whatever the case."""
    from joulemark.formats.results.names import scenario

    return scenario(text) or text


def main(args: Namespace) -> int:
    """Print, and write what is asked for."""
    from joulemark.report.record import print_record, write_lines
    from joulemark.report.record_list import MOST, print_list
    from joulemark.store.files import refuse_existing

    for path in filter(None, (args.parquet, args.csv)):
        refuse_existing(path, force=args.force)
    if args.explain_1841:
        return _explain(args)
    every, wanted = _every(args), _wanted(args)
    found = every.where(**wanted) if wanted else every
    _write(args, found)
    if args.json:
        write_lines(found, sys.stdout)
        return 0
    print_record(found, unknown=every.unknown(wanted) if wanted else {})
    if wanted and len(found) <= MOST:
        print_list(found)
    return 0


def _every(args: Namespace) -> Record:
    """Return the record of the store."""
    from joulemark.analysis.record.record import record
    from joulemark.cli.records import record_with_own
    from joulemark.report.progress import Progress

    store, own = store_of(args), args.own or args.evidence == "own"
    with Progress(quiet=True) as display:
        display.update("joining", 0.0, 0.0)
        return record_with_own(store, args.check) if own else record(store, args.check)


def _wanted(args: Namespace) -> dict[str, Any]:
    """Return what was asked for, as arguments of ``Record.where``."""
    from joulemark.analysis.record.entry import Evidence

    given = {name: getattr(args, name) for name in _FILTERS if getattr(args, name)}
    wanted: dict[str, Any] = {"round_" if k == "round" else k: v for k, v in given.items()}
    if args.evidence is not None:
        wanted["evidence"] = Evidence(_EVIDENCE[args.evidence])
    return wanted


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
