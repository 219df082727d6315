"""How efficiency changed over the rounds of the public record, and your runs beside it.

  best          best so far of each benchmark, scenario and scale (default)
  software      the same machine in two rounds next to each other
  hardware      the same organisation's next accelerator of a family
  scaling       energy and time of a training on more accelerators
  against X     efficiency against performance, accelerators, nodes,
                accuracy (the 99.9 % target after 99 %) or macs
  mac           energy of a multiply-accumulate operation

What is not comparable across rounds is never joined, and over fewer than three
points no trend is claimed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, store_argument, store_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from joulemark.analysis.record.entry import Entry
    from joulemark.analysis.record.record import Record
    from joulemark.analysis.trends.own import Claim
    from joulemark.cli.trended import Answer

EXAMPLES = """\
examples:
  joulemark trends --scenario Offline --category datacenter
  joulemark trends best --benchmark bert-99 --scenario Offline --svg bert.svg
  joulemark trends software --scenario Offline
  joulemark trends against performance --benchmark resnet50 --json
  joulemark trends --benchmark resnet50 --with last=resnet50/Offline

exit codes: 0 shown, also where there is nothing; 2 wrong argument, or a file
exists; 4 a file or a run cannot be read or written.
"""
_QUESTIONS = ("best", "software", "hardware", "scaling", "against", "mac")
_AGAINST = ("performance", "accelerators", "nodes", "accuracy", "macs")
_ALL = "all"
_MOST = 12
"""Lines of a picture."""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("what", nargs="?", choices=_QUESTIONS, default="best", help="see above")
    parser.add_argument("of", nargs="?", metavar="X", help=f"of against: {', '.join(_AGAINST)}")
    group = parser.add_argument_group("which results")
    group.add_argument("--suite", choices=("inference", "training", "tiny"), help="a suite")
    scales = ("tiny", "edge", "datacenter", "training")
    group.add_argument("--category", choices=scales, help="a scale of systems")
    divisions = ("closed", "open", "network", _ALL)
    group.add_argument("--division", choices=divisions, default="closed", help="(default: closed)")
    group.add_argument("--benchmark", metavar="NAME", help="resnet50, bert, bert-99.9 …")
    group.add_argument("--scenario", metavar="NAME", help="Offline, Server, SingleStream …")
    group.add_argument("--from", dest="first", metavar="ROUND", help="from this round on: v2.0")
    group.add_argument("--to", dest="last", metavar="ROUND", help="up to this round: v4.1")
    group.add_argument(
        "--with",
        dest="own",
        action="append",
        type=checked(_claim),
        default=[],
        metavar="RUN[=BENCHMARK[/SCENARIO]]",
        help="lay a run of your own over it, as the benchmark that you say it ran; may be repeated",
    )
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print one JSON object a line")
    group.add_argument("--csv", type=Path, metavar="FILE", help="write the points of the picture")
    group.add_argument("--svg", type=Path, metavar="FILE", help="write the picture")
    group.add_argument("--force", action="store_true", help="replace files that exist")
    store_argument(parser)


def _claim(text: str) -> Claim:
    from joulemark.analysis.trends.own import claim

    return claim(text)


def main(args: Namespace) -> int:
    """Print, and write what is asked for."""
    from joulemark.report.trends.as_json import write_lines
    from joulemark.report.trends.writing import Printed
    from joulemark.store.files import refuse_existing

    _check(args)
    for path in filter(None, (args.csv, args.svg)):
        refuse_existing(path, force=args.force)
    answer = _answer(args)
    _write(args, answer)
    if args.json:
        write_lines(answer.objects(), sys.stdout)
    elif answer.count or args.own:
        answer.show(Printed())
    else:
        print("Nothing of that is in the record; joulemark import takes published results.")
    return 0


def _check(args: Namespace) -> None:
    """Refuse what does not go together.

    Raises:
        UsageError: if it does not.
    """
    from joulemark.analysis.record.definitions import order
    from joulemark.core.errors import UsageError

    if (args.what == "against") is (args.of not in _AGAINST):
        known = ", ".join(_AGAINST)
        what = f"against {args.of}" if args.of else args.what
        raise UsageError(f"there is no trend {what!r}", remedy=f"say against one of {known}")
    if args.what != "against" and args.of is not None:
        raise UsageError(f"{args.what} is shown against nothing", remedy=f"leave out {args.of!r}")
    for text in filter(None, (args.first, args.last)):
        if order(text) >= order(""):
            raise UsageError(f"{text!r} is no round", remedy="write v2.0, for instance")


def _answer(args: Namespace) -> Answer:
    from joulemark.analysis.record.record import record
    from joulemark.cli import trended

    found = record(store_of(args))
    questions = {
        "best": trended.best,
        "software": trended.software,
        "hardware": trended.hardware,
        "scaling": trended.scaling,
        "against": trended.against,
        "mac": trended.macs,
    }
    own = [entry for said in args.own for entry in _own(args, found, said)]
    return questions[args.what](_chosen(args, found), own, args.of or "")


def _chosen(args: Namespace, found: Record) -> list[Entry]:
    """Return the entries that are asked for."""
    from joulemark.analysis.record.definitions import order

    division = "" if args.division == _ALL else args.division
    wanted = found.where(
        suite=args.suite or "",
        category=args.category or "",
        division=division,
        benchmark=_spelt(args.benchmark, (n for e in found for n in (e.benchmark, e.name))),
        scenario=_spelt(args.scenario, (entry.scenario for entry in found)),
    )
    low, high = order(args.first or "v0.0"), order(args.last or "")
    return [entry for entry in wanted if low <= order(entry.round) <= high]


def _spelt(text: str | None, names: Iterable[str]) -> str:
    """Return a name as the record spells it; empty where none is asked for.

    Raises:
        UsageError: if the record has others, but not that.
    """
    from difflib import get_close_matches

    from joulemark.core.errors import UsageError

    known = {name.casefold(): name for name in names if name}
    if not text or not known or text.casefold() in known:
        return known.get((text or "").casefold(), text or "")
    close = [known[name] for name in get_close_matches(text.casefold(), known)] or sorted(
        known.values()
    )
    shown = ", ".join(close[:8])
    raise UsageError(f"the record has no {text!r}", remedy=f"it has {shown}")


def _own(args: Namespace, found: Record, said: Claim) -> Sequence[Entry]:
    """Return the entries of a run: its own, or the published result that it is behind.

    Raises:
        UsageError: if there is no such run, or nothing in it may be shown.
        FormatError: if it cannot be read.
    """
    from joulemark.analysis.record.own import own_entries
    from joulemark.analysis.scales_own import is_imported
    from joulemark.analysis.trends.own import claimed
    from joulemark.core.errors import UsageError
    from joulemark.procedures.results import results_of
    from joulemark.report.words import PROVENANCE
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    stored = open_run(find_run(store_of(args), said.run))
    published = [entry for entry in found if stored.run.id in entry.runs]
    if published:
        remark = "published: it is among the results that it is compared with"
        return [replace(entry, remarks=(remark,)) for entry in published]
    if is_imported(stored.run):
        what = "it was imported, and no result of the record is computed from it alone"
        raise UsageError(what, where=stored.run.id, remedy="joulemark record --json names runs")
    results = results_of(stored)
    made = list(own_entries(stored.run, results))
    if not made:
        what = "no measured phase, or instruments in software were read"
        raise UsageError(what, where=stored.run.id, remedy="name a run of real instruments")
    read = {
        f"{stored.run.id}/{r.phase}": PROVENANCE[r.total.provenance] for r in results if r.total
    }
    told = (replace(one, remarks=(*one.remarks, f"energy {read[one.key]}")) for one in made)
    return [claimed(entry, said) for entry in told]


def _write(args: Namespace, answer: Answer) -> None:
    """Write the files that were asked for.

    Raises:
        UsageError: if there is nothing to draw.
    """
    from joulemark.core.errors import UsageError
    from joulemark.report.drawing import svg_file
    from joulemark.report.plots.plot import plot
    from joulemark.report.plots.points_csv import points_csv
    from joulemark.store.files import new_file

    if args.csv is None and args.svg is None:
        return
    if answer.figure is None:
        raise UsageError("there is nothing to draw", remedy="ask for more results")
    count = len(answer.figure.series)
    if args.svg is not None and count > _MOST:
        remedy = "choose --category, --scenario or --benchmark"
        raise UsageError(f"{count} lines in one picture cannot be told apart", remedy=remedy)
    files: dict[Path, str] = {}
    if args.csv is not None:
        files[args.csv] = points_csv([answer.figure], answer.own)
    if args.svg is not None:
        files[args.svg] = svg_file(plot(answer.figure, own=answer.own))
    for path, text in files.items():
        new_file(path, text.encode(), force=args.force)
        print(path, file=sys.stderr)
