"""The source study's figures, as published and from the public record.

Each figure becomes an SVG for a page and one for a printed column, with every
number as CSV beside it; index.html shows all of them, with their notes and the
points that differ.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from joulemark.cli.common import print_json, store_argument, store_of
from joulemark.cli.unchanged import output_of

if TYPE_CHECKING:
    from joulemark.analysis.figures.data import FigureData
    from joulemark.report.plots.pictures import Picture

OUTPUT = "joulemark-figures"
INDEX = "index.html"
NOTE = ".made.json"
"""What the pictures were made from."""

EXAMPLES = """\
examples:
  joulemark figures --tables MLPerf-Power-HPCA-2025 --output figures
  joulemark figures --as-published --tables hpca2025 --figure 5a 5b --png
  joulemark figures --from-record --json

As published: the study's definition on its own table; without --tables only
what is written into its scripts. From the record: ours, on what joulemark
import brought into the store. Where nothing has changed since they were drawn,
they are left, and what was said is said again.

exit codes: 0 written, also where the record is empty; 2 wrong argument, or a
file exists; 3 a package or the tables are missing; 4 a file cannot be read or
written.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    version = parser.add_mutually_exclusive_group()
    version.add_argument(
        "--as-published", action="store_true", help="the study's definitions on its tables"
    )
    version.add_argument("--from-record", action="store_true", help="ours, on the store's record")
    version.add_argument(
        "--both", action="store_true", help="one over the other, differences ringed (default)"
    )
    parser.add_argument(
        "--figure", nargs="+", metavar="N", help="only these, such as 5a (default: all)"
    )
    parser.add_argument("--tables", type=Path, metavar="DIR", help="folder of the study's tables")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help=f"where to write (default: {OUTPUT})"
    )
    parser.add_argument("--png", action="store_true", help="PNG of 300 dpi as well")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    store_argument(parser)


def main(args: Namespace) -> int:
    """Draw, write and print; what is as it would be drawn is left."""
    output: Path | None = args.output
    if output is None and not args.json:
        output = Path(OUTPUT)
    if output is None:
        _tell(_pictures(args), args, "")
        return 0
    wanted = _wanted(args)
    asked = (args.as_published, args.from_record, wanted, args.png, args.json, str(output))
    written = output_of("figures", output / NOTE, store_of(args), asked, (args.tables,))
    left = written.left()
    if left is not None:
        return left
    made = _pictures(args)
    names = _write(args, made, output)
    written.done(names, lambda file: _tell(made, args, str(output), file), 0)
    return 0


def _pictures(args: Namespace) -> list[Picture]:
    from joulemark.analysis.figures.data import Basis
    from joulemark.report.plots.pictures import pictures

    found = _figures(args)
    published = [data for data in found if data.basis is Basis.PUBLISHED]
    return pictures(published, [data for data in found if data.basis is Basis.RECORD])


def _tell(made: list[Picture], args: Namespace, output: str, file: IO[str] | None = None) -> None:
    from joulemark.report.plots.page import figures_json
    from joulemark.report.plots.told import print_pictures

    if args.json:
        print_json(figures_json(made), file)
    else:
        print_pictures(made, output, file)


def _wanted(args: Namespace) -> tuple[str, ...]:
    """Return the numbers of the figures that are asked for.

    Raises:
        UsageError: if there is no such figure.
    """
    from joulemark.analysis.published.every import NUMBERS
    from joulemark.core.errors import UsageError

    asked = NUMBERS if args.figure is None else tuple(args.figure)
    for number in asked:
        if number not in NUMBERS:
            known = ", ".join(NUMBERS)
            raise UsageError(f"there is no figure {number!r}", remedy=f"choose from {known}")
    return asked


def _figures(args: Namespace) -> list[FigureData]:
    """Return the figures that are asked for; the store is read only where the record is."""
    from joulemark.analysis.figures.data import Basis
    from joulemark.analysis.figures.every import figures
    from joulemark.analysis.figures.stored import stored
    from joulemark.analysis.record.record import record

    wanted = _wanted(args)
    if args.as_published:
        return list(figures(None, args.tables, numbers=wanted, bases=(Basis.PUBLISHED,)))
    store = store_of(args)
    known = record(store)
    runs = stored(store, known.entries)
    bases = (Basis.RECORD,) if args.from_record else tuple(Basis)
    return list(figures(known, args.tables, runs, numbers=wanted, bases=bases))


def _write(args: Namespace, made: list[Picture], output: Path) -> list[str]:
    """Write all files, or none where one exists or cannot be made; return their names."""
    from joulemark.core.errors import StoreError
    from joulemark.report.plots.page import figures_page
    from joulemark.report.plots.pictures import files
    from joulemark.store.files import new_file, refuse_existing

    named = dict(files(made, png=args.png))
    said = f"store {store_of(args).name}"
    said += "" if args.tables is None else f", tables {args.tables.name}"
    named[INDEX] = figures_page(made, said, png=args.png).encode()
    for name in named:
        refuse_existing(output / name, force=args.force)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"no folder can be made: {error.strerror}", where=str(output), remedy="choose --output"
        ) from error
    for name, data in named.items():
        new_file(output / name, data, force=args.force)
    print(output / INDEX, file=sys.stderr)
    return list(named)
