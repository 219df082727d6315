"""Why a request costs more in B than in A: factors that multiply to the ratio.

Energy of a request = output tokens · time of a step · power / requests at once,
exactly; how much each differs is told, and what it means. What it is owed to is
told where one thing alone differs: name what lies between (A M B) to change one
thing at a time. A and B are runs of bench serving, or configurations of
ML.ENERGY (--point).
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import print_json, store_argument, store_of
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.analysis.serving_ratio import Side
    from joulemark.formats.mlenergy.configuration import Configuration

EXAMPLES = """\
examples:
  joulemark why RUN_A RUN_B
  joulemark why RUN_A RUN_BETWEEN RUN_B --json
  joulemark why leaderboard --group 'V3/gpqa/*30B*' \\
      --point '1×H100 batch 8' --point '1×B200 batch 64'

exit codes: 0 told; 2 wrong argument, or nothing that can be compared; 4 a run
or file is damaged or holds no such result.
"""
_NAMED = 8


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "paths", nargs="+", metavar="RUN", help="A, what lies between, B; or results with --point"
    )
    parser.add_argument(
        "--point",
        action="append",
        default=[],
        metavar="GLOB",
        help="a configuration, by its name in joulemark frontier; two or more, in their order",
    )
    parser.add_argument(
        "--group", default="*", metavar="GLOB", help="its source/task/model: 'V3/gpqa/*llama*'"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    store_argument(parser)


def main(args: Namespace) -> int:
    """Print the factors."""
    from joulemark.analysis.serving_ratio import why
    from joulemark.report.serving_ratio import print_why, why_json

    answer = why(_published(args) if args.point else _own(args))
    if args.json:
        print_json(why_json(answer))
    else:
        print_why(answer)
    return 0


def _own(args: Namespace) -> list[Side]:
    from joulemark.store.catalogue import find_run

    paths = [find_run(store_of(args), name) for name in args.paths]
    if len(set(paths)) < len(paths):
        raise UsageError("a run is named twice", remedy="name another run")
    return [_of_run(path) for path in paths]


def _of_run(path: Path) -> Side:
    from joulemark.accounting.serving_windows import Unknown
    from joulemark.analysis.observed import observed
    from joulemark.analysis.serving_ratio_sides import side_of_run
    from joulemark.procedures.results import results_of
    from joulemark.procedures.serving.factors import factors_of_run
    from joulemark.procedures.serving.figures import spreads_of
    from joulemark.procedures.serving.results import PHASE, is_serving, serving_of
    from joulemark.store.reader import open_run

    stored = open_run(path)
    if not is_serving(stored):
        remedy = "name runs of joulemark bench serving; joulemark compare takes any"
        raise UsageError("it is no run of serving", where=path.name, remedy=remedy)
    result = serving_of(stored)
    factors = factors_of_run(result)
    if isinstance(factors, Unknown):
        raise UsageError(f"it has no energy of a request: {factors.reason}", where=path.name)
    phase = next(one for one in results_of(stored) if one.phase == PHASE)
    gap = spreads_of(result).get("itl")
    middle = None if gap is None else gap.percentiles.get(50.0)
    return side_of_run(path.name, factors, observed(stored.run, phase), result.settings, middle)


def _published(args: Namespace) -> list[Side]:
    from joulemark.analysis.serving_ratio_sides import side_of_configuration
    from joulemark.formats.mlenergy.names import short_name
    from joulemark.procedures.mlenergy import read_paths

    pattern = args.group.lower()
    found = [
        one
        for one in read_paths(args.paths).configurations
        if any(fnmatchcase(name, pattern) for name in _groups(one))
    ]
    chosen = [_one(found, point) for point in args.point]
    if len({one.origin for one in chosen}) > 1:
        raise UsageError("numbers of two generations have two meanings, and are not compared")
    alike = len({one.model for one in chosen}) == 1
    precise = len({one.precision for one in chosen}) > 1
    return [
        side_of_configuration(
            one, short_name(one, precise=precise) if alike else _names(one)[not precise]
        )
        for one in chosen
    ]


def _groups(one: Configuration) -> tuple[str, ...]:
    whole = "/".join((one.origin, one.task, one.model)).lower()
    return whole, whole.removeprefix("ml.energy "), one.model.lower()


def _names(one: Configuration) -> tuple[str, ...]:
    """Return what a configuration may be called, with model and precision or without."""
    from joulemark.formats.mlenergy.names import short_name

    short = [short_name(one, precise=precise) for precise in (True, False)]
    model = one.model.rpartition("/")[2]
    return (*(f"{model} {name}" for name in short), *short)


def _one(found: list[Configuration], point: str) -> Configuration:
    """Return the configuration that a pattern fits; the first of those that are stated twice.

    Raises:
        UsageError: if it fits none, or several.
    """
    wanted = point.lower()
    fitting = [one for one in found if any(fnmatchcase(n.lower(), wanted) for n in _names(one))]
    if len({one.identity for one in fitting}) != 1:
        what = "fits several" if fitting else "fits none"
        names = sorted({f"{one.task}: {_names(one)[0]}" for one in fitting or found})
        some = "; ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        remedy = f"give --group, or more of the name; there are {some or 'none'}"
        raise UsageError(f"--point {point!r:.60} {what}", remedy=remedy)
    return fitting[0]
