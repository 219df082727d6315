"""Write a run as JSON, CSV or Parquet: its samples as they were read, and its record.

A calibration that is named goes into the settings of the record; samples are never changed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from joulemark.cli.common import asking_for, calibration_argument, run_argument, stored_run

EXAMPLES = """\
examples:
  joulemark export last --format csv -o samples.csv
  joulemark export 20261122-004512 --format parquet -o run.parquet
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    calibration_argument(parser)
    parser.add_argument(
        "--format", choices=("json", "csv", "parquet"), default="json", help="default: json"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: <run>.FORMAT")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def main(args: Namespace) -> int:
    """Write the files and print their names."""
    from joulemark.store.export import export_run

    stored = asking_for(args, stored_run(args))
    target = args.output or Path(f"{stored.run.id}.{args.format}")
    for path in export_run(stored, args.format, target, force=args.force):
        print(path)
    return 0
