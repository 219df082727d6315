"""Compare runs: the ratio B/A with its 95 % interval, a verdict, a gate, an order.

What both sides have from one meter (its gain, say) cancels; the scatter of the
repeats does not. A side may be several runs, best made in turn (A B A B …), or
a file that `joulemark show --json` wrote.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, print_json, store_argument, store_of
from joulemark.cli.sides import by_phase, loaded, refuse_twice, sides_of
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.analysis.compare import Question
    from joulemark.analysis.gate import Outcome
    from joulemark.analysis.observed import Observation
    from joulemark.cli.sides import Phases

EXAMPLES = """\
examples:
  joulemark compare 20261122-0045 last
  joulemark compare A1 A2 A3 --to B1 B2 B3 --metric time
  joulemark compare baseline.json last --max-increase 5%
  joulemark compare --rank RUN RUN RUN

exit codes with --max-increase: 0 a larger increase is excluded (at 95 %),
1 it is larger, 6 it cannot be told (--undecided pass or fail turns that into 0
or 1), 7 the sides are not comparable. Without it: 0, whatever the verdict.

In GitHub Actions, against a baseline that is kept in the repository (made once
by joulemark show last --json > baseline.json, best on the same runner):
  - run: joulemark run --repeat 5 -- python bench.py
  - run: joulemark compare baseline.json last --max-increase 5% --annotate
"""

UNDECIDED, NOT_COMPARABLE = 6, 7
"""Exit codes of a gate that cannot say."""

_LARGEST_MARGIN = 10.0


def share(text: str) -> float:
    """Return a share: "5%", "5 %" or "0.05".

    Raises:
        UsageError: if it is not a share between 0 and 1000 %, or a whole number without %.
    """
    number, sign = text.strip().removesuffix("%").strip(), text.strip().endswith("%")
    try:
        value = float(number) / (100 if sign else 1)
    except ValueError:
        value = -1.0
    if not 0 < value <= _LARGEST_MARGIN or (value >= 1 and not sign):
        raise UsageError(f"{text!r} is not a share above 0", remedy="write it like 5%")
    return value


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="A B; or with --to the runs of A; or JSON files"
    )
    parser.add_argument(
        "--to", nargs="+", action="append", metavar="RUN", help="the runs of B; again for C, D …"
    )
    parser.add_argument("--rank", action="store_true", help="order all runs, each by itself")
    parser.add_argument(
        "--metric",
        choices=("energy", "net", "gross", "power", "time"),
        default="energy",
        help="energy, net of idle or time per unit of work; gross energy of one repeat; mean "
        "power (default: energy)",
    )
    parser.add_argument("--phase", metavar="NAME", help="only this phase (default: all of both)")
    parser.add_argument("--to-phase", metavar="NAME", help="the phase of B, if another")
    parser.add_argument(
        "--max-increase",
        type=checked(share),
        metavar="5%",
        help="gate: may B be above A by more than this? sets the exit code",
    )
    parser.add_argument(
        "--undecided",
        choices=("pass", "fail"),
        help="what a gate does that cannot tell (default: exit code 6)",
    )
    parser.add_argument(
        "--margin",
        type=checked(share),
        metavar="2%",
        help="difference that does not matter (default: --max-increase, else 2 percent)",
    )
    parser.add_argument(
        "--pairs",
        choices=("auto", "order", "none"),
        default="auto",
        help="pair repeats that alternate in time (default), in their order, or none",
    )
    parser.add_argument(
        "--same-meters", action="store_true", help="you know that all runs used the same meters"
    )
    parser.add_argument("--any-load", action="store_true", help="served loads may differ")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")
    form.add_argument("--annotate", action="store_true", help="print lines for GitHub Actions")
    store_argument(parser)


def main(args: Namespace) -> int:
    """Compare or rank, and answer with the gate's exit code."""
    from joulemark.analysis.compare import MARGIN, Question
    from joulemark.analysis.metrics import Metric
    from joulemark.analysis.scatter import Pairs

    named = sides_of(args.runs, args.to, apart=args.rank)
    sides = [loaded(names, store_of(args)) for names in named]
    if args.to_phase is None:
        refuse_twice(sides)
    question = Question(
        metric=Metric(args.metric),
        margin=args.margin or args.max_increase or MARGIN,
        pairs=Pairs(args.pairs),
        same_meters=args.same_meters,
        any_load=args.any_load,
    )
    if args.rank or len(sides) > 2:
        return _rank(sides, question, args)
    return _compare(sides[0], sides[1], question, args)


def _compare(a: list[Phases], b: list[Phases], question: Question, args: Namespace) -> int:
    from joulemark.analysis.compare import compare
    from joulemark.analysis.gate import gate, worst
    from joulemark.report.compared import gate_sentence, headline
    from joulemark.report.compared_json import comparison_json
    from joulemark.report.table_compared import comparison_markdown, print_comparison

    found = [
        compare(one[0], one[1], question) for one in by_phase([a, b], args.phase, args.to_phase)
    ]
    bound = args.max_increase
    outcomes = [] if bound is None else [gate(one, bound) for one in found]
    outcome = worst(outcomes) if outcomes else None
    said = [gate_sentence(*pair, bound) for pair in zip(found, outcomes, strict=False)]
    if args.json:
        print_json(comparison_json(found, outcomes, outcome, bound))
    elif args.annotate:
        _annotate(said or [headline(one) for one in found], outcome)
    elif args.markdown:
        print(comparison_markdown(found), end="")
    else:
        print_comparison(found, said)
    return _exit_code(outcome, args.undecided)


def _exit_code(outcome: Outcome | None, undecided: str | None) -> int:
    codes = {
        None: 0,
        "passed": 0,
        "exceeded": 1,
        "undecided": {None: UNDECIDED, "pass": 0, "fail": 1}[undecided],
        "not-comparable": NOT_COMPARABLE,
    }
    return codes[outcome]


def _annotate(sentences: Sequence[str], outcome: Outcome | None) -> None:
    """Print lines that GitHub Actions shows beside the run of a workflow."""
    from joulemark.report.format import clean

    levels = {None: "notice", "passed": "notice", "undecided": "warning"}
    level = levels.get(outcome, "error")
    for sentence in sentences:
        print(f"::{level} title=joulemark::{clean(sentence, 1000).replace('%', '%25')}")


def _rank(sides: list[list[Phases]], question: Question, args: Namespace) -> int:
    from joulemark.analysis.rank import rank
    from joulemark.report.compared_json import ranking_json
    from joulemark.report.table_compared import print_ranking, rank_sentence, ranking_markdown

    if args.max_increase is not None:
        raise UsageError("a gate compares two sides", remedy="leave out --rank or --max-increase")
    found = [
        rank({_name(place, runs): runs for place, runs in enumerate(one)}, question)
        for one in by_phase(sides, args.phase, args.to_phase)
    ]
    if args.json:
        print_json([ranking_json(ranking) for ranking in found])
        return 0
    for ranking in found:
        if args.annotate:
            _annotate([rank_sentence(ranking)], None)
        elif args.markdown:
            print(ranking_markdown(ranking), end="")
        else:
            print_ranking(ranking)
    return 0


def _name(place: int, runs: list[Observation]) -> str:
    if len(runs) == 1:
        return runs[0].run
    return f"{chr(ord('A') + place)}: {runs[0].title}, {len(runs)} runs"
