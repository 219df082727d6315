"""Write a run as JSON (with its results), CSV or Parquet: samples as read, and the record.

A calibration that is named goes into the settings of the record; samples are never changed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.cli.common import asking_for, calibration_argument, run_argument, stored_run
from joulemark.cli.served import write_requests

if TYPE_CHECKING:
    from joulemark.store.reader import StoredRun

EXAMPLES = """\
examples:
  joulemark export last --format csv -o samples.csv
  joulemark export 20261122-004512 --format parquet -o run.parquet
  joulemark export last --requests --format csv
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    calibration_argument(parser)
    parser.add_argument(
        "--format", choices=("json", "csv", "parquet"), default="json", help="default: json"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: <run>.FORMAT")
    parser.add_argument(
        "--requests",
        action="store_true",
        help="instead: every request of a run of serving, its times and its energy (csv, json)",
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def main(args: Namespace) -> int:
    """Write the files and print their names."""
    from joulemark.store.export import export_run

    stored = asking_for(args, stored_run(args))
    if args.requests:
        target = args.output or Path(f"{stored.run.id}.requests.{args.format}")
        write_requests(stored, target, args.format, force=args.force)
        print(target)
        return 0
    target = args.output or Path(f"{stored.run.id}.{args.format}")
    phases = _phases(stored) if args.format == "json" else None
    for path in export_run(stored, args.format, target, force=args.force, phases=phases):
        print(path)
    return 0


def _phases(stored: StoredRun) -> list[dict[str, Any]]:
    """Return the results of a run as JSON values: energies, evidence, balances."""
    from joulemark.procedures.results import results_of
    from joulemark.report.plain import run_json

    phases: list[dict[str, Any]] = run_json(stored.run, results_of(stored), stored.path)["phases"]
    return phases
