"""Measure a command at every point of a grid of parameters and knobs, in a random order."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.cli.bench_words import check_words
from joulemark.cli.common import print_json, store_argument, store_of
from joulemark.core.errors import JoulemarkError, UsageError

if TYPE_CHECKING:
    from joulemark.tune.sweep import Outcome
    from joulemark.tune.sweep_fields import Label
    from joulemark.tune.sweep_plan import Plan

EXAMPLES = """\
examples:
  joulemark sweep threads.toml --dry-run
  joulemark sweep threads.toml
  joulemark sweep threads.toml --resume
  joulemark sweep --restore
  joulemark frontier threads.sweep --x time_s --y energy_j

The folder (--out; FILE.sweep by default) keeps the record, a line for each
measurement, what commands print, and points.csv. Exit code: 0 all points are
done; 1 some failed, or a knob could not be put back; 2 wrong file or argument;
3 a knob or a sensor is missing or may not be used; 4 a file cannot be read or
written; 130 interrupted (--resume goes on).
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("plan", nargs="?", type=Path, metavar="FILE.toml", help="what to sweep")
    parser.add_argument("--resume", action="store_true", help="go on; points done are left alone")
    parser.add_argument("--dry-run", action="store_true", help="print the points in their order")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the sweep's record")
    parser.add_argument(
        "--restore", action="store_true", help="put back knobs that a killed sweep left turned"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    store_argument(parser)


def main(args: Namespace) -> int:
    """Sweep, then print the points."""
    from joulemark.tune.sweep_plan import read_plan

    if args.restore:
        return _restore()
    if args.plan is None:
        raise UsageError("no sweep was named", remedy="give its TOML file; docs/sweep.md shows one")
    plan = read_plan(args.plan)
    for _, point in _turns(plan):
        check_words(plan.words(point))
    if args.dry_run:
        return _dry_run(plan, as_json=args.json)
    folder = args.out or args.plan.with_suffix(".sweep")
    outcome = _swept(plan, folder, args)
    _show(plan, folder, outcome, as_json=args.json)
    if outcome.interrupted:
        return 130
    return 0 if outcome.done == outcome.points else 1


def _restore() -> int:
    from joulemark.tune.keeper import restore

    count, failed = restore()
    for why in failed:
        print(f"joulemark sweep: {why}", file=sys.stderr)
    if not failed:
        print(f"put back what {count} left" if count else "nothing is left to put back")
    return 1 if failed else 0


def _dry_run(plan: Plan, *, as_json: bool) -> int:
    from shlex import join

    turns = _turns(plan)
    if as_json:
        rows = [{"block": b, "point": p, "values": point} for (b, p), point in turns]
        print_json({"title": plan.title, "seed": plan.seed, "order": rows})
        return 0
    for number, ((block, _), point) in enumerate(turns, 1):
        values = " ".join(f"{name}={value}" for name, value in point.items())
        print(f"{number:4} block {block + 1}  {values}\n       {join(plan.words(point))}")
    if len(turns) < plan.size:
        print(f"{plan.size - len(turns):4} more, which the search chooses by what it has found")
    return 0


def _turns(plan: Plan) -> list[tuple[tuple[int, int], dict[str, Label]]]:
    """Return what is measured, in its order; of a search what is known of it beforehand."""
    from joulemark.tune.search import known_points
    from joulemark.tune.sweep_order import order

    if plan.goals is None:
        points = plan.points()
        return [(key, points[key[1]]) for key in order(points, plan.repeats, plan.seed)]
    first = known_points(plan.axes, plan.goals, plan.seed)
    blocks = range(plan.repeats)
    return [((block, place), point) for place, point in enumerate(first) for block in blocks]


def _swept(plan: Plan, folder: Path, args: Namespace) -> Outcome:
    from joulemark.procedures.stopping import stoppable
    from joulemark.tune.keeper import Keeper
    from joulemark.tune.sweep import sweep
    from joulemark.tune.sweep_point import Setting

    with stoppable(), Keeper() as keeper:
        setting = Setting(folder=folder, store=store_of(args), keeper=keeper)
        return sweep(plan, setting, resume=args.resume, tell=_tell)


def _tell(number: int, of: int, line: Mapping[str, Any]) -> None:
    """Say on standard error what became of a measurement."""
    from joulemark.report.format import clean

    values = " ".join(f"{name}={value}" for name, value in line["values"].items())

    joules = line.get("energy_j")
    said = f"{joules:.4g} J" if isinstance(joules, float) else "no energy"
    if "u95" in line:  # it measured itself
        from joulemark.tune.sweep_table import shown_first

        names = shown_first({"by": "command"}, line["metrics"])[:2]
        said = ", ".join(f"{name} {line['metrics'][name]:.4g}" for name in names)
    said = line["why"] or line.get("note") or said
    text = clean(f"{number}/{of} {values}: {line['status']}, {said}", 1000)
    print(f"joulemark: {text}", file=sys.stderr)


def _show(plan: Plan, folder: Path, outcome: Outcome, *, as_json: bool) -> None:
    from joulemark.report.sweep import print_points
    from joulemark.tune.sweep_record import read_record
    from joulemark.tune.sweep_table import shown_first, sweep_table, write_points

    try:
        rows = [dict(row.cells) for row in sweep_table(folder).rows]
        write_points(folder)
    except JoulemarkError as error:
        if outcome.done:
            raise
        print(f"joulemark sweep: {error}", file=sys.stderr)
        rows = []
    if as_json:
        told = {name: getattr(outcome, name) for name in outcome.__slots__}
        print_json({"title": plan.title, "folder": str(folder), **told, "rows": rows})
        return
    if rows:
        axes = [axis.name for axis in plan.axes]
        names = [n for n in rows[0] if n not in axes and f"{n}_u95" in rows[0]]
        print_points(rows, axes, shown_first(read_record(folder)[0], names))
        sources = sorted({str(row["provenance"]) for row in rows})
        alone = "; ± is what the command tells (95 %)" if plan.by == "command" else ""
        how = "; ± is the scatter of the repeats (95 %)" if plan.repeats > 1 else alone
        print(f"\nenergy is {', '.join(sources)}{how}")
    ends = "; ended after failures in a row" if outcome.stopped else ""
    print(f"{outcome.done} of {outcome.points} done, {outcome.failed} failed{ends}: {folder}")
