"""One table and one page across all scales: power, energy of a unit of work, work per joule.

From whatever the store holds: runs of one's own, what was imported of MLPerf Inference,
Training and Tiny, and tables of results. Scales are tiny, edge, datacenter and training,
as suite, system description or scenario say; what does not say is its own row.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import print_json, store_argument, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from joulemark.analysis.scales import Point, Scales
    from joulemark.analysis.trained import Trained
    from joulemark.core.run import Run
    from joulemark.formats.results.declared import DeclaredResult

EXAMPLES = """\
examples:
  joulemark import training_results_v4.0 tiny_results_v1.2 \\
      inference_results_v4.0
  joulemark scales
  joulemark scales --html scales.html --svg figures
  joulemark scales --json

exit codes: 0 shown, also of an empty store; 2 wrong argument, or a file exists; 4 a file cannot
be read or written.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    store_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page")
    parser.add_argument("--svg", type=Path, metavar="DIR", help="write the pictures as files")
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def main(args: Namespace) -> int:
    """Print, and write what is asked for."""
    from joulemark.analysis.trained import by_benchmark
    from joulemark.report.scales import print_scales, scales_json
    from joulemark.store.declared import read_declared

    store = store_of(args)
    rows = read_declared(store)
    groups = by_benchmark(_trained(store, rows))
    found = _scales(store, rows)
    _write(args, found, groups, store)
    if args.json:
        print_json(scales_json(found, groups))
    else:
        print_scales(found, groups)
    return 0


def _scales(store: Path, rows: list[DeclaredResult]) -> Scales:
    from joulemark.analysis.scales import scales
    from joulemark.analysis.scales_own import is_imported, is_rehearsal, own_points, query_rates
    from joulemark.analysis.scales_stated import declared_points
    from joulemark.core.errors import JoulemarkError
    from joulemark.procedures.results import results_of
    from joulemark.store.declared import read_doubts
    from joulemark.store.reader import open_run

    rates: dict[tuple[str, str], float] = {}
    own: list[Point] = []
    rehearsals = 0
    for path, run in _records(store):
        if is_imported(run):
            rates |= query_rates(run)
            continue
        with suppress(JoulemarkError):  # joulemark list says which are broken
            stored = open_run(path)
            rehearsals += is_rehearsal(stored.run)
            own += [] if is_rehearsal(stored.run) else own_points(stored.run, results_of(stored))
    points, left_out = declared_points(rows, read_doubts(store), rates)
    return scales([*points, *own], replace(left_out, rehearsals=rehearsals))


def _records(store: Path) -> Iterator[tuple[Path, Run]]:
    """Yield the record of every run that can be read, and show how far it is."""
    from joulemark.core.errors import JoulemarkError
    from joulemark.report.progress import Progress
    from joulemark.store.catalogue import list_runs
    from joulemark.store.reader import read_record

    runs, began = list(list_runs(store)), time.monotonic()
    with Progress(quiet=True) as display:
        for number, summary in enumerate(runs, 1):
            spent = time.monotonic() - began
            display.update("reading", spent, spent * len(runs) / number)
            with suppress(JoulemarkError):
                yield summary.path, read_record(summary.path)


def _trained(store: Path, rows: list[DeclaredResult]) -> Iterator[Trained]:
    """Yield the training results whose parts the record of a run tells."""
    from joulemark.analysis.trained import trained
    from joulemark.core.errors import JoulemarkError
    from joulemark.store.importing import imported_path
    from joulemark.store.reader import read_record

    for row in rows:
        if row.suite != "training" or not row.run:
            continue
        try:
            one = trained(row, read_record(imported_path(store, row.run)).results)
        except JoulemarkError:
            continue
        if one is not None:
            yield one


def _write(args: Namespace, found: Scales, groups: dict[str, list[Trained]], store: Path) -> None:
    from joulemark.core.errors import StoreError
    from joulemark.report.scales_page import scales_page, scales_svgs
    from joulemark.store.files import new_file, refuse_existing

    files: dict[Path, str] = {}
    if args.html is not None:
        files[args.html] = scales_page(found, groups, str(store))
    if args.svg is not None:
        pictures = scales_svgs(found, groups).items()
        files |= {args.svg / name: text for name, text in pictures}
    for path in files:
        refuse_existing(path, force=args.force)
    try:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"no folder can be made: {error.strerror}", where=str(path)) from error
    for path, text in files.items():
        new_file(path, text.encode(), force=args.force)
        print(path, file=sys.stderr)
