"""Arguments and output that several verbs share."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from joulemark.procedures.live import Tell
    from joulemark.procedures.session import Options
    from joulemark.store.reader import StoredRun


def checked(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a parser of argument values whose UsageError argparse shows as its own."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except UsageError as error:
            raise ArgumentTypeError(str(error)) from None

    return convert


def positive(text: str) -> int:
    """Return a whole number of at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def store_argument(parser: ArgumentParser) -> None:
    """Add ``--store``."""
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="folder of the runs (default: $JOULEMARK_STORE, else ./joulemark-runs)",
    )


def run_argument(parser: ArgumentParser) -> None:
    """Add the run to look at, and ``--store``."""
    parser.add_argument(
        "run",
        nargs="?",
        default="last",
        metavar="RUN",
        help="a run's name, the beginning of one, its folder, or 'last' (default)",
    )
    store_argument(parser)


def measure_arguments(parser: ArgumentParser, idle_s: float) -> None:
    """Add what every measuring verb needs."""
    time = checked(parse_time)
    parser.add_argument(
        "--idle",
        type=time,
        default=idle_s,
        metavar="S",
        help=f"measure the idle machine before and after (default: {idle_s:g} s)",
    )
    parser.add_argument(
        "--meter",
        action="append",
        metavar="NAME[:KEY=VALUE,…]",
        help="use this meter, may be repeated (default: the best this machine has)",
    )
    parser.add_argument(
        "--period",
        type=time,
        default=0.1,
        metavar="S",
        help="time between two samples (default: 0.1 s)",
    )
    parser.add_argument("--title", default="", help="what is measured, in a few words")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    store_argument(parser)


def options_of(args: Namespace) -> Options:
    """Return how to measure.

    Raises:
        UsageError: if a meter is misspelt or the period is not above zero.
    """
    from joulemark.meters import METERS, parse_spec
    from joulemark.procedures.session import Options

    if args.period < 1e-4:
        raise UsageError("a period below 0.1 ms cannot be kept", remedy="choose a longer --period")
    meters = None if args.meter is None else [parse_spec(text) for text in args.meter]
    for name, _ in meters or ():
        METERS.load(name)
    return Options(store=store_of(args), meters=meters, period_s=args.period, idle_s=args.idle)


def store_of(args: Namespace) -> Path:
    """Return the folder of the runs."""
    from joulemark.store.writer import default_store

    return args.store if args.store is not None else default_store()


def stored_run(args: Namespace) -> StoredRun:
    """Return the run that was asked for."""
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    return open_run(find_run(store_of(args), args.run))


def show_run(
    path: Path,
    *,
    as_json: bool,
    budget: bool = False,
    evidence: bool = False,
    file: Any = None,
) -> None:
    """Print the results of a run as a table or as JSON."""
    from joulemark.procedures.results import results_of
    from joulemark.report.plain import run_json
    from joulemark.report.table import print_run
    from joulemark.store.reader import open_run

    stored = open_run(path)
    results = results_of(stored)
    if as_json:
        print_json(run_json(stored.run, results, stored.path))
    else:
        out = file or sys.stdout
        print_run(stored.run, results, stored.path, budget=budget, evidence=evidence, file=out)


def print_json(value: Any) -> None:
    """Print one JSON document; what is not a number in JSON is null already."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def progress() -> tuple[Any, Tell]:
    """Return a progress display and the function that feeds it."""
    from joulemark.report.progress import Progress

    display = Progress()
    return display, display.update
