"""Write one self-contained HTML page of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from joulemark.cli.common import (
    calibration_argument,
    refused_code,
    results_for,
    run_argument,
    stored_run,
)

EXAMPLES = """\
examples:
  joulemark report
  joulemark report last -o energy.html --calibration wall.json

Exit code 1 if a calibration is named and holds for no measured phase.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    calibration_argument(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to (default: <run>.html here)"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def main(args: Namespace) -> int:
    """Write the page and print its name."""
    from joulemark.report.page import run_page
    from joulemark.store.files import new_file

    stored = stored_run(args)
    results = results_for(args, stored)
    page = run_page(stored.run, stored.traces(), results, path=stored.path)
    target = args.output or Path(f"{stored.run.id}.html")
    new_file(target, page.encode(), force=args.force)
    print(target)
    return refused_code(args, results)
