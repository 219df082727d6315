"""Add up energy over tables of telemetry or whole stores of runs, in bounded memory.

A table is one Parquet file or many, in long format: time, what tells sensors apart (node, device),
a power or an energy counter, and perhaps the phase. Rows may lie sensor by sensor or as they came;
within a sensor time must not go back (--sort sorts first). Phases are a column, or windows in a
file with phase, start, stop and perhaps node.
"""

from __future__ import annotations

import math
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.cli.common import checked, positive, print_json
from joulemark.core.errors import UsageError
from joulemark.core.units import parse, parse_time

if TYPE_CHECKING:
    from joulemark.analysis.total import Question, Totals
    from joulemark.core.channel import Channel

EXAMPLES = """\
examples:
  joulemark total telemetry/ --by node,device,phase
  joulemark total node*.parquet --power gpu_mw --unit mW --windows jobs.csv
  joulemark total rapl.parquet --counter uj --unit uJ --wrap 262143328850
  joulemark total joulemark-runs --by run,phase --json
"""

POWER_UNITS = {"W": 1.0, "mW": 1e-3, "uW": 1e-6, "kW": 1e3}
ENERGY_UNITS = {"J": 1.0, "mJ": 1e-3, "uJ": 1e-6, "kJ": 1e3, "Wh": 3600.0, "kWh": 3.6e6}


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument("--by", type=_names, metavar="A,B,…", help="what to tell apart")
    group = parser.add_argument_group("columns (default: by well-known names)")
    group.add_argument("--time", metavar="COLUMN", help="when (time, ts, timestamp)")
    group.add_argument("--time-unit", choices=("ns", "us", "ms", "s"), default="ns")
    group.add_argument("--series", type=_names, metavar="A,B,…", help="what tells sensors apart")
    group.add_argument("--power", metavar="COLUMN", help="power (power, power_w, watts)")
    group.add_argument("--counter", metavar="COLUMN", help="energy counter instead of power")
    group.add_argument("--interval", metavar="COLUMN", help="energy since the sample before")
    group.add_argument("--phase", metavar="COLUMN", help="phase (phase)")
    group.add_argument("--windows", type=Path, metavar="FILE", help="phases as windows instead")
    group = parser.add_argument_group("readings")
    group.add_argument(
        "--unit", choices=(*POWER_UNITS, *ENERGY_UNITS), help="of the readings (default: W or J)"
    )
    group.add_argument("--wrap", type=checked(_positive), metavar="N", help="where a counter wraps")
    watts = checked(lambda text: parse(text, "W"))
    group.add_argument("--max-power", type=watts, metavar="W", help="more cannot be true")
    group.add_argument("--floor", type=watts, metavar="W", help="no reading at or below (0 W)")
    group.add_argument("--gap", type=checked(parse_time), metavar="S", help="longest step counted")
    group.add_argument(
        "--gain", type=checked(_share), default=0.0, metavar="SHARE", help="accuracy, ±95 %%"
    )
    group.add_argument("--offset", type=watts, default=0.0, metavar="W", help="accuracy, ±95 %%")
    group = parser.add_argument_group("how and where to")
    group.add_argument("--sort", action="store_true", help="sort first, on the disk")
    group.add_argument("--engine", choices=("arrow", "duckdb"), help="default: the fastest here")
    group.add_argument("--top", type=checked(positive), default=20, metavar="N", help="rows shown")
    group.add_argument("--json", action="store_true", help="print JSON")
    group.add_argument("--csv", action="store_true", help="print CSV")
    group.add_argument("--markdown", action="store_true", help="print a Markdown table")
    group.add_argument("--parquet", type=Path, metavar="FILE", help="write all groups there")
    group.add_argument("--force", action="store_true", help="replace FILE if it exists")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _positive(text: str) -> float:
    """Return a number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UsageError(f"{text!r} is not a number above zero")
    return number


def _share(text: str) -> float:
    """Return a share, "0.05" or "5%"."""
    return _positive(text.removesuffix("%")) / (100 if text.endswith("%") else 1)


def main(args: Namespace) -> int:
    """Add up and print."""
    from joulemark.report.total import (
        print_totals,
        total_json,
        total_markdown,
        write_csv,
        write_parquet,
    )
    from joulemark.store.files import refuse_existing

    if args.parquet is not None:
        refuse_existing(args.parquet, force=args.force)
    totals = _totals(args)
    if args.parquet is not None:
        write_parquet(totals, args.parquet, force=args.force)
    if args.json:
        print_json(total_json(totals))
    elif args.csv:
        write_csv(totals, sys.stdout)
    elif args.markdown:
        print(total_markdown(totals, args.top), end="")
    else:
        print_totals(totals, args.top)
    return 0


def _totals(args: Namespace) -> Totals:
    from joulemark.analysis.total import total
    from joulemark.analysis.total_runs import runs_in, total_runs
    from joulemark.procedures.results import results_of
    from joulemark.report.progress import Progress

    for path in args.paths:
        if not path.exists():
            raise UsageError("there is no such file or folder", where=str(path))
    runs = [runs_in(path) for path in args.paths]
    if any(runs) and not all(runs):
        raise UsageError("some paths are runs and some are tables", remedy="ask for one kind")
    began = time.monotonic()
    with Progress(quiet=True) as display:

        def tell(done: float, whole: float) -> None:
            spent = time.monotonic() - began
            display.update("adding up", spent, spent * whole / max(done, 1))

        if any(runs):
            _refuse_columns(args)
            each = [run for found in runs for run in found]
            return total_runs(each, results_of, args.by, tell)
        return total(args.paths, _question(args), tell)


def _refuse_columns(args: Namespace) -> None:
    """Refuse what is said of a table where runs are added up, which say it themselves."""
    of_tables: tuple[str, ...] = (
        "time",
        "series",
        "power",
        "counter",
        "interval",
        "phase",
        "windows",
        "unit",
    )
    of_tables += ("wrap", "max_power", "floor", "gap", "gain", "offset", "sort", "engine")
    given = [f"--{name.replace('_', '-')}" for name in of_tables if getattr(args, name)]
    if given:
        raise UsageError(f"runs need no {', '.join(given)}", remedy="leave it out")


def _question(args: Namespace) -> Question:
    from joulemark.analysis.total import Question

    columns: dict[str, Any] = {
        "time": args.time,
        "time_unit": args.time_unit,
        "value": args.counter or args.interval or args.power,
        "series": args.series,
        "label": args.phase,
    }
    if args.windows is not None and args.phase:
        raise UsageError("phases are a column or windows, not both")
    return Question(
        channel=_channel(args),
        columns={name: value for name, value in columns.items() if value is not None},
        by=None if args.by is None else tuple(args.by),
        windows=args.windows,
        gap_s=args.gap,
        sort=args.sort,
        engine=args.engine,
    )


def _channel(args: Namespace) -> Channel:
    """Return what the readings mean."""
    from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity

    given = [name for name in (args.power, args.counter, args.interval) if name]
    if len(given) > 1:
        raise UsageError("readings are one of --power, --counter and --interval")
    if args.wrap is not None and not args.counter:
        raise UsageError("--wrap is where a --counter starts again; there is none")
    joules = bool(args.counter or args.interval)
    unit = args.unit or ("J" if joules else "W")
    if (unit in POWER_UNITS) == joules:
        raise UsageError(f"--unit {unit} is no unit of {'energy' if joules else 'power'}")
    quantity = Quantity.ENERGY if args.counter else Quantity.INTERVAL if joules else Quantity.POWER
    return Channel(
        name=given[0] if given else "power",
        meter="table",
        part="series",
        domain=Domain.RAIL,
        quantity=quantity,
        unit=unit,
        scale=(ENERGY_UNITS if joules else POWER_UNITS)[unit],
        wrap=args.wrap,
        max_power_w=args.max_power,
        floor=0.0 if args.floor is None else args.floor,
        accuracy=Accuracy(gain=args.gain, offset_w=args.offset),
        provenance=Provenance.DECLARED,
    )
