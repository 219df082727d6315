"""Arguments of ``recommend`` and ``frontier``, and the answers they ask for."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked
from joulemark.core.errors import UsageError
from joulemark.core.units import parse, parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from joulemark.analysis.frontier.candidate import Group
    from joulemark.analysis.frontier.recommend import Answer, Target
    from joulemark.analysis.frontier.table import Columns
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
        "paths", nargs="+", metavar="PATH", help="results, or a table with --x, --y"
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
    targets.add_argument(
        "--at-most",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="bound on a column of a table (at least, with --more NAME)",
    )
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
    table = parser.add_argument_group("any table (CSV, JSON, Parquet, the folder of a sweep)")
    table.add_argument("--x", metavar="NAME", help="column that stands for time")
    table.add_argument("--y", metavar="NAME", help="column that stands for energy")
    table.add_argument("--by", default="", metavar="NAME,…", help="columns that tell groups apart")
    table.add_argument("--name", default="", metavar="NAME", help="column with names of rows")
    table.add_argument("--more", action="append", default=[], metavar="NAME", help="more is better")
    table.add_argument("--default", default="", metavar="ROW", help="row to compare with")
    parser.add_argument("--json", action="store_true", help="print JSON: one object for each group")


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
    assume = None if args.assume is None else share(args.assume, "the interval")
    if args.x is not None or args.y is not None:
        return _table_groups(args, assume)
    from joulemark.analysis.frontier.mlenergy import groups
    from joulemark.procedures.mlenergy import read_paths

    found = read_paths(args.paths)
    _tell(found)
    return groups(found.configurations, assume)


def _tell(found: Reading) -> None:
    """Say on standard error what was left out."""
    for where, why in found.refused[:MOST]:
        print(f"joulemark: left out: {where}: {why}", file=sys.stderr)
    if len(found.refused) > MOST:
        print(f"joulemark: left out: {len(found.refused) - MOST} more", file=sys.stderr)
    if found.legacy:
        what = f"{found.legacy} files of V1, which defines its numbers otherwise"
        print(f"joulemark: left out: {what}", file=sys.stderr)


def _table_groups(args: Namespace, assume: float | None) -> list[Group]:
    from joulemark.analysis.frontier.table import Columns

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
    return [one for path in args.paths for one in _of_table(Path(path), columns)]


def _of_table(path: Path, columns: Columns) -> list[Group]:
    """Return the groups of a table: a file, or the folder of a sweep, whose points have names."""
    from joulemark.analysis.calibrating.tables import read_table
    from joulemark.analysis.frontier.table import table_groups
    from joulemark.tune.sweep_record import is_sweep
    from joulemark.tune.sweep_table import POINT, sweep_table

    if not is_sweep(path):
        return table_groups(read_table(path), columns)
    return table_groups(sweep_table(path), replace(columns, name=columns.name or POINT))


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

    wanted = _asked(args)
    energy = PER_TOKEN if args.per == "token" else group.energy
    if energy not in group.metrics:
        refused = "it counts no tokens: energy per token is not in the data"
        return recommend(group, confidence=confidence, refused=refused)
    settled = settle(group, wanted)
    targets = [*settled.targets, *_columns(group, args), *_budget(energy, args)]
    return recommend(
        group,
        targets,
        time=settled.targets[0].metric if settled.targets else "",
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


def _budget(energy: str, args: Namespace) -> list[Target]:
    from joulemark.analysis.frontier.recommend import Target

    if args.budget is None:
        return []
    joules = float(args.budget) if args.x else parse(args.budget, "J")
    return [Target(energy, joules)]


def _columns(group: Group, args: Namespace) -> list[Target]:
    from joulemark.analysis.frontier.recommend import Target

    targets = []
    for text in args.at_most:
        name, _, number = text.partition("=")
        try:
            targets.append(Target(name, float(number)))
        except ValueError:
            raise UsageError(f"--at-most {text!r:.40} is no NAME=NUMBER") from None
        if name not in group.metrics:
            known = ", ".join(group.metrics)
            raise UsageError(
                f"no metric {name!r:.40}", where=group.name, remedy=f"there is {known}"
            )
    return targets
