"""Arguments for declared factors, and the factors that they give."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from joulemark.analysis.cost.factors import Factors, Grid
    from joulemark.analysis.cost.hourly import Hourly
    from joulemark.analysis.frontier.recommend import Answer

FLAGS = ("region", "grid", "price", "pue")


def arguments(parser: ArgumentParser) -> None:
    """Add what declares carbon, money and the overhead of a facility."""
    group = parser.add_argument_group("declared factors (apart from the joules, and named so)")
    group.add_argument("--region", metavar="CODE", help="grid by region: DE, US-CAMX, WORLD")
    group.add_argument(
        "--grid", metavar="G/KWH", help="grid as a number (gCO2e/kWh), or a file of time and number"
    )
    group.add_argument("--price", metavar="P", help="price of energy: '0.30 EUR/kWh'")
    group.add_argument(
        "--currency", default="", metavar="CUR", help="of --price, where it has none"
    )
    group.add_argument("--pue", metavar="N", help="energy of the facility over that metered: 1.2")
    for what in FLAGS[1:]:
        group.add_argument(f"--{what}-by", metavar="WHO", help=f"who says --{what}: 'contract 7'")


def factors_of(args: Namespace) -> Factors | None:
    """Return what was declared; None for nothing.

    Raises:
        UsageError: if a factor makes no sense, or who said it stands without it.
        FormatError: if a series is damaged.
        StoreError: if it cannot be read.
    """
    from joulemark.analysis.cost import factors

    _alone(args)
    if all(getattr(args, name) is None for name in FLAGS):
        return None
    by = {name: getattr(args, f"{name}_by") or factors.ARGUMENT for name in FLAGS[1:]}
    price = args.price
    return factors.Factors(
        grid=_grid(args, by["grid"]),
        price=None if price is None else factors.price(price, args.currency, by["price"]),
        overhead=None if args.pue is None else factors.overhead(args.pue, by["pue"]),
    )


def _alone(args: Namespace) -> None:
    if args.region is not None and args.grid is not None:
        raise UsageError("--region and --grid both give an intensity", remedy="give one of them")
    if args.currency and args.price is None:
        raise UsageError("a --currency without a --price", remedy="add --price 0.30")
    for name in FLAGS[1:]:
        if getattr(args, f"{name}_by") is not None and getattr(args, name) is None:
            raise UsageError(f"--{name}-by without --{name}", remedy=f"add --{name}")


def _grid(args: Namespace, by: str) -> Grid | Hourly | None:
    from joulemark.analysis.cost.factors import intensity
    from joulemark.analysis.cost.regions import find_region, grid_of

    if args.region is not None:
        return grid_of(find_region(args.region))
    if args.grid is None:
        return None
    path = Path(args.grid)
    if path.suffix.lower() in (".csv", ".tsv", ".json", ".jsonl", ".parquet") or path.is_file():
        from joulemark.analysis.calibrating.tables import read_table
        from joulemark.analysis.cost.hourly import hourly

        return hourly(read_table(path), by)
    return intensity(args.grid, by)


def of_points(args: Namespace) -> Factors | None:
    """Return what was declared for configurations, which have no time of their own.

    Raises:
        UsageError, FormatError, StoreError: see :func:`factors_of`; also for a series over time.
    """
    from joulemark.analysis.cost.hourly import Hourly

    found = factors_of(args)
    if found is not None and isinstance(found.grid, Hourly):
        raise UsageError(
            "a series needs the time of a run, and configurations have none",
            where=args.grid,
            remedy="give one number: --grid 350, or --region DE",
        )
    return found


def need_energy(answers: Sequence[Answer], factors: Factors | None) -> None:
    """Refuse declared factors where the metric of energy is none.

    Raises:
        UsageError: if it is not.
    """
    from joulemark.analysis.cost.costs import in_joules

    for answer in answers if factors is not None else ():
        in_joules(answer.energy.unit, answer.energy.name)


def answers_json(answers: Sequence[Answer], factors: Factors | None) -> list[dict[str, Any]]:
    """Return answers as JSON values, with what was declared under a key of its own."""
    from joulemark.report.cost.points import declared_json
    from joulemark.report.frontier.as_json import answer_json

    if factors is None:
        return [answer_json(answer) for answer in answers]
    return [
        {**answer_json(answer), "declared": declared_json(answer, factors)} for answer in answers
    ]


def print_declared(answers: Sequence[Answer], factors: Factors | None) -> None:
    """Print what configurations would emit and cost, if anything was declared."""
    from joulemark.report.cost.points import print_points

    if factors is not None:
        print_points(answers, factors)
