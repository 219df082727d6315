"""Arguments and output that several verbs share."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time
from joulemark.core.window import Role

if TYPE_CHECKING:
    from joulemark.accounting.results import PhaseResult
    from joulemark.core.calibration import Calibration
    from joulemark.procedures.live import Tell
    from joulemark.procedures.session import Options
    from joulemark.store.reader import StoredRun

NO_CALIBRATION = "none"


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


def calibration_argument(parser: ArgumentParser) -> None:
    """Add ``--calibration``."""
    parser.add_argument(
        "--calibration",
        metavar="FILE",
        help="apply what joulemark calibrate wrote; 'none' for not even what the run asks for",
    )


def calibration_of(args: Namespace) -> Calibration | None:
    """Return the calibration that was named; None for none.

    Raises:
        FormatError: if the file is no calibration.
        StoreError: if it cannot be read.
    """
    from joulemark.store.calibrations import read_calibration

    return read_calibration(Path(args.calibration)) if _names_calibration(args) else None


def _names_calibration(args: Namespace) -> bool:
    return args.calibration is not None and args.calibration != NO_CALIBRATION


def results_for(args: Namespace, stored: StoredRun) -> list[PhaseResult]:
    """Return the results of a run with the calibration that was named, or that the run asks for."""
    from joulemark.procedures.results import results_of

    plain = args.calibration == NO_CALIBRATION
    return results_of(stored, calibration_of(args), plain=plain)


def asking_for(args: Namespace, stored: StoredRun) -> StoredRun:
    """Return a run whose record asks for the calibration that was named; the files stay."""
    from joulemark.store.calibrations import record_of

    if args.calibration is None:
        return stored
    calibration = calibration_of(args)
    settings = {k: v for k, v in stored.run.settings.items() if k != "calibration"}
    asked = {} if calibration is None else {"calibration": record_of(calibration)}
    return replace(stored, run=replace(stored.run, settings={**settings, **asked}))


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
    calibration_argument(parser)
    parser.add_argument("--title", default="", help="what is measured, in a few words")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    store_argument(parser)


def disturbance_argument(parser: ArgumentParser, *, default: int | None = None) -> None:
    """Add ``--disturbance``; its number may be left out where there is a default."""
    parser.add_argument(
        "--disturbance",
        type=checked(positive),
        default=0,
        metavar="PAIRS",
        nargs=None if default is None else "?",
        const=default,
        help="also measure what measuring costs: so many stretches with the sampler and without",
    )


def options_of(args: Namespace) -> Options:
    """Return how to measure.

    Raises:
        UsageError: if a meter is misspelt or the period is not above zero.
    """
    from joulemark.meters import METERS, parse_spec
    from joulemark.procedures.session import Options
    from joulemark.store.calibrations import record_of

    if args.period < 1e-4:
        raise UsageError("a period below 0.1 ms cannot be kept", remedy="choose a longer --period")
    meters = None if args.meter is None else [parse_spec(text) for text in args.meter]
    for name, _ in meters or ():
        METERS.load(name)
    calibration = calibration_of(args)
    return Options(
        store=store_of(args),
        meters=meters,
        period_s=args.period,
        idle_s=args.idle,
        calibration=None if calibration is None else record_of(calibration),
    )


def store_of(args: Namespace) -> Path:
    """Return the folder of the runs."""
    from joulemark.store.writer import default_store

    return args.store if args.store is not None else default_store()


def stored_run(args: Namespace) -> StoredRun:
    """Return the run that was asked for."""
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    return open_run(find_run(store_of(args), args.run))


def show_run(path: Path, *, as_json: bool, file: Any = None) -> None:
    """Print the results of a run that was just made, as a table or as JSON."""
    from joulemark.procedures.results import results_of
    from joulemark.store.reader import open_run

    stored = open_run(path)
    print_results(stored, results_of(stored), as_json=as_json, file=file)


def print_results(
    stored: StoredRun,
    results: list[PhaseResult],
    *,
    as_json: bool,
    budget: bool = False,
    evidence: bool = False,
    file: Any = None,
) -> None:
    """Print results as a table or as JSON."""
    from joulemark.report.plain import run_json
    from joulemark.report.table import print_run

    if as_json:
        print_json(run_json(stored.run, results, stored.path))
    else:
        out = file or sys.stdout
        print_run(stored.run, results, stored.path, budget=budget, evidence=evidence, file=out)


def refused_code(args: Namespace, results: list[PhaseResult]) -> int:
    """Return 1, and say so, if the calibration that was named holds for no measured phase."""
    asked = [r.calibration for r in results if r.role is Role.MEASURE]
    if not _names_calibration(args) or any(a is not None and not a.refused for a in asked):
        return 0
    print(f"joulemark: {args.calibration} was applied to nothing", file=sys.stderr)
    return 1


def print_json(value: Any, file: IO[str] | None = None) -> None:
    """Print one JSON document; what is not a number in JSON is null already."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False), file=file)


def progress() -> tuple[Any, Tell]:
    """Return a progress display and the function that feeds it."""
    from joulemark.report.progress import Progress

    display = Progress()
    return display, display.update
