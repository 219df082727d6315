"""Arguments of ``recommend`` and ``frontier``, and the answers they ask for."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from joulemark.analysis.frontier.candidate import Group
    from joulemark.analysis.frontier.recommend import Answer
    from joulemark.analysis.frontier.targets import Asked
    from joulemark.formats.mlenergy.reading import Reading

MOST = 5
"""So many files that could not be read are named."""
PER_TOKEN = "energy_per_token"  # noqa: S105 # no password
USUAL = ("tpot", "itl", "ttft", "e2e", "latency")
_HELP = {
    "tpot": "longest time per output token: its mean, or the median between tokens (V3)",
    "itl": "longest time between tokens (median)",
    "ttft": "longest time to the first token (median)",
    "e2e": "longest time to the last token (median)",
    "latency": "longest time of a batch of images or videos",
}


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add what both verbs take; targets on other statistics are found in the words."""
    from joulemark.analysis.frontier.targets import is_target

    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="results, a sweep, or a table with --x, --y"
    )
    targets = parser.add_argument_group(
        "targets (TIME as 100ms, 5s; also --tpot-p99, --ttft-mean …)"
    )
    time = checked(parse_time)
    for name in USUAL:
        targets.add_argument(f"--{name}", type=time, metavar="TIME", help=_HELP[name])
    given = dict.fromkeys(word[2:].partition("=")[0] for word in words if word.startswith("--"))
    for name in given:
        if is_target(name) and name not in USUAL:
            targets.add_argument(f"--{name}", type=time, metavar="TIME")
    targets.add_argument("--budget", metavar="J", help="most energy of a request, image or video")
    targets.add_argument("--goodput", type=float, metavar="R", help="least good requests a second")
    targets.add_argument(
        "--at-most",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="bound on any metric (at least, with --more NAME)",
    )
    targets.add_argument(
        "--at-least",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="bound on a metric of which more is better",
    )
    _choice(parser)
    table = parser.add_argument_group("any table (CSV, JSON, Parquet), or the folder of a sweep")
    table.add_argument("--x", metavar="NAME", help="column that stands for time")
    table.add_argument("--y", metavar="NAME", help="column that stands for energy")
    table.add_argument("--by", default="", metavar="NAME,…", help="columns that tell groups apart")
    table.add_argument("--name", default="", metavar="NAME", help="column with names of rows")
    table.add_argument("--more", action="append", default=[], metavar="NAME", help="more is better")
    table.add_argument("--default", default="", metavar="ROW", help="row or point to compare with")
    parser.add_argument("--json", action="store_true", help="print JSON: one object for each group")


def _choice(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--group", action="append", metavar="GLOB", help="only groups of this name: 'V2/*/*llama*'"
    )
    parser.add_argument("--per", choices=("request", "token"), default="request")
    parser.add_argument(
        "--confidence", default="95%", metavar="P", help="with which targets are met (95%%)"
    )
    parser.add_argument(
        "--assume", metavar="P", help="interval (95 %%) to assume where the data give none: 5%%"
    )


def share(text: str, what: str) -> float:
    """Return a share: ``95%`` and ``0.95`` are the same.

    Raises:
        UsageError: if it is no number above zero and below one.
    """
    plain = text.strip()
    try:
        value = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise UsageError(f"{what} {text!r:.30} is no share", remedy="write it like 95% or 0.95")
    return value


def answers_of(args: Namespace) -> list[Answer]:
    """Return the answer of each group that was asked for.

    Raises:
        UsageError: if no group holds what was asked for, or no group is of that name.
        FormatError: if nothing can be read.
    """
    confidence = share(args.confidence, "the confidence")
    if confidence < 0.5:
        raise UsageError("a confidence below 50 % is none", remedy="write it like --confidence 95%")
    groups = _wanted(_groups(args), args.group or ())
    answers = [_answer(group, args, confidence) for group in groups]
    if all(answer.refused for answer in answers):
        raise UsageError(answers[0].reason, where=answers[0].group.name)
    return answers


def _groups(args: Namespace) -> list[Group]:
    from joulemark.tune.sweep_record import is_sweep

    assume = None if args.assume is None else share(args.assume, "the interval")
    sweeps = [path for path in args.paths if is_sweep(Path(path))]
    others = [path for path in args.paths if path not in sweeps]
    found = [group for path in sweeps for group in _of_sweep(Path(path), args, assume)]
    if not others:
        return found
    if args.x is not None or args.y is not None:
        return [*found, *_table_groups(others, args, assume)]
    from joulemark.analysis.frontier.mlenergy import groups
    from joulemark.procedures.mlenergy import read_paths

    reading = read_paths(others)
    _tell(reading)
    return [*found, *groups(reading.configurations, assume)]


def _of_sweep(folder: Path, args: Namespace, assume: float | None) -> list[Group]:
    from joulemark.tune.sweep_groups import Asked as Look
    from joulemark.tune.sweep_groups import sweep_groups

    look = Look(
        x=args.x or "",
        y=args.y or "",
        by=[name for name in args.by.split(",") if name],
        more=args.more,
        default=args.default,
        assume=assume,
    )
    return sweep_groups(folder, look)


def _tell(found: Reading) -> None:
    """Say on standard error what was left out."""
    for where, why in found.refused[:MOST]:
        print(f"joulemark: left out: {where}: {why}", file=sys.stderr)
    if len(found.refused) > MOST:
        print(f"joulemark: left out: {len(found.refused) - MOST} more", file=sys.stderr)
    if found.legacy:
        what = f"{found.legacy} files of V1, which defines its numbers otherwise"
        print(f"joulemark: left out: {what}", file=sys.stderr)


def _table_groups(paths: Sequence[str], args: Namespace, assume: float | None) -> list[Group]:
    from joulemark.analysis.calibrating.tables import read_table
    from joulemark.analysis.frontier.table import Columns, table_groups

    if args.x is None or args.y is None:
        raise UsageError("a table needs both --x and --y", remedy="name two of its columns")
    columns = Columns(
        x=args.x,
        y=args.y,
        by=[name for name in args.by.split(",") if name],
        name=args.name,
        more=frozenset(args.more),
        default=args.default,
        assume=assume,
    )
    return [one for path in paths for one in table_groups(read_table(Path(path)), columns)]


def _wanted(groups: list[Group], globs: Sequence[str]) -> list[Group]:
    """Return the groups whose name, or whose end of it, a pattern fits."""
    if not globs:
        return groups
    patterns = [pattern.lower() for pattern in globs]
    found = [
        group
        for group in groups
        if any(fnmatchcase(name, p) for name in _names(group) for p in patterns)
    ]
    if not found:
        some = ", ".join(group.name for group in groups[:3])
        raise UsageError(f"no group is called {globs[0]!r:.60}", remedy=f"there is {some} …")
    return found


def _names(group: Group) -> tuple[str, ...]:
    whole = group.name.lower()
    return whole, whole.removeprefix("ml.energy "), group.model.lower()


def _answer(group: Group, args: Namespace, confidence: float) -> Answer:
    from joulemark.analysis.frontier.recommend import recommend
    from joulemark.analysis.frontier.targets import settle
    from joulemark.cli.bounds import bounds_of, budget_of

    wanted = _asked(args)
    energy = PER_TOKEN if args.per == "token" else group.energy
    if energy not in group.metrics:
        refused = "it counts no tokens: energy per token is not in the data"
        return recommend(group, confidence=confidence, refused=refused)
    settled = settle(group, wanted)
    targets = [*settled.targets, *bounds_of(group, args), *budget_of(energy, args)]
    return recommend(
        group,
        targets,
        time=settled.targets[0].metric if settled.targets and not args.x else "",
        energy=energy,
        confidence=confidence,
        refused=settled.refused,
    )


def _asked(args: Namespace) -> list[Asked]:
    from joulemark.analysis.frontier.targets import asked, is_target

    given = {name.replace("_", "-"): value for name, value in vars(args).items()}
    return [
        asked(name, value) for name, value in given.items() if is_target(name) and value is not None
    ]
