"""What the energy of a run would emit and cost, by factors that somebody declares.

The intensity of the grid comes from a region of a kept table (yearly averages), a
number, or a file of times and numbers that is held against when the run used its
energy; the price and the PUE are what you say. None of it is measured: the block is
called declared, names who said what, and no joule of the run changes.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from joulemark.cli import costs
from joulemark.cli.common import (
    calibration_argument,
    print_json,
    results_for,
    run_argument,
    stored_run,
)
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.accounting.results import PhaseResult
    from joulemark.analysis.cost.factors import Factors
    from joulemark.core.value import Value
    from joulemark.store.reader import StoredRun

EXAMPLES = """\
examples:
  joulemark cost last --region DE --price '0.30 EUR/kWh' --pue 1.2
  joulemark cost last --region US-CAMX --json
  joulemark cost 20261122-004512 --grid 350 --grid-by 'our supplier, 2025'
  joulemark cost last --grid hours.csv --price 0.11 --currency USD
  joulemark cost --regions

hours.csv has two columns, time and g_per_kwh: 2026-11-26T14:00Z,312
exit codes: 0 shown; 2 wrong argument, an unknown region, or a series that does not
cover the run; 4 the run or the series cannot be read.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    costs.arguments(parser)
    calibration_argument(parser)
    parser.add_argument("--regions", action="store_true", help="list the regions and their sources")
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: Namespace) -> int:
    """Print what a run comes to, or the regions."""
    from joulemark.analysis.cost.costs import costs_of
    from joulemark.report.cost.as_json import costs_json
    from joulemark.report.cost.table import print_costs

    if args.regions:
        return _regions(args)
    factors = costs.factors_of(args)
    if factors is None:
        raise UsageError(
            "nothing is declared", remedy="give --region DE or --grid 350, --price, --pue"
        )
    stored = stored_run(args)
    results = results_for(args, stored)
    over_time = _over_time(args, stored, results, factors)
    found = costs_of(results, factors, over_time, _served(stored))
    run = stored.run
    if args.json:
        print_json(costs_json(run.id, found, factors))
    else:
        print_costs(run.title or run.id, found, factors)
    return 0


def _over_time(
    args: Namespace, stored: StoredRun, results: list[PhaseResult], factors: Factors
) -> dict[str, float]:
    """Return each phase's mean intensity, where that changes with time."""
    from joulemark.analysis.cost.hourly import Hourly, pieces, weighted

    series = factors.grid
    if not isinstance(series, Hourly):
        return {}
    closed = [one.window for result in results for one in result.windows]
    cut = replace(stored, run=replace(stored.run, windows=pieces(closed, series)))
    return weighted(results_for(args, cut), series)


def _served(stored: StoredRun) -> dict[str, list[tuple[str, Value]]]:
    """Return the energies of served requests and tokens, of their windows, by phase, J."""
    from joulemark.accounting.serving_energy import PER_OUTPUT, PER_REQUEST
    from joulemark.analysis.cost.costs import of_work
    from joulemark.procedures.serving.figures import PER_GOOD, figures_of
    from joulemark.procedures.serving.results import PHASE, is_serving, serving_of

    if not is_serving(stored):
        return {}
    figures = figures_of(serving_of(stored))
    units = {PER_REQUEST: "request", PER_GOOD: "good request", PER_OUTPUT: "output token"}
    named = [(figures[name], unit) for name, unit in units.items() if name in figures]
    return {PHASE: [line for value, unit in named for line in of_work(value, unit)]}


def _regions(args: Namespace) -> int:
    from joulemark.analysis.cost.regions import regions
    from joulemark.report.cost.table import print_regions

    found = regions()
    if args.json:
        print_json(
            [
                {
                    "code": one.code,
                    "name": one.name,
                    "kind": one.kind,
                    "g_per_kwh": one.g_per_kwh,
                    "year": one.year,
                    **one.source,
                }
                for one in found
            ]
        )
    else:
        print_regions(found)
    return 0
