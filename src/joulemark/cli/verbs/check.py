"""Check MLPerf power results: what the rules mean, or what the official checkers say.

A PATH is a power directory of MLPerf Inference, a benchmark with power of MLPerf Training, a
session of MLPerf Tiny, a folder with many, a .tar, .tar.gz or .zip of one, or a git
repository without a work tree (REPO.git@REV:PATH). Every result in it is checked, in
worker processes. What joulemark computes is its own and is not verified by MLCommons.
"""

from __future__ import annotations

import signal
import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from joulemark.cli.common import checked as checked_by
from joulemark.cli.common import positive
from joulemark.cli.streaming import Pace, Stop, exit_code, found_so_far, opened, taken_whole
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.procedures.checked import Asked, Checked
    from joulemark.procedures.checking import Found

EXAMPLES = """\
examples:
  joulemark check closed/WHO/results/SYSTEM/resnet50/Offline/performance
  joulemark check inference_results_v5.1 --submitter WHO --sarif review.sarif
  joulemark check results.tar.gz --as-official own --json > verdicts.jsonl
  joulemark check results.git@main:closed --resume checked.state
  joulemark check training_results_v5.0 tiny_results_v1.3 \\
      --ignore 'tiny/no-trace'
  joulemark explain inference/uncertainty

exit codes: 0 every result passes, perhaps with warnings; 1 a result fails (with
--strict: or warns); 2 wrong argument; 3 a path may not be read; 4 a path is
damaged, or holds no result; 130 interrupted, after what was found so
far was printed and written.
"""


class Sink(Protocol):
    """Takes results as they come."""

    def add(self, checked: Checked) -> None:
        """Take one."""

    def close(self) -> None:
        """Write what is left."""


class _AsOfficial(Action):
    """Takes the revision that may stand behind the option; what is none is a path."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        from joulemark.procedures.checked import OWN
        from joulemark.procedures.known import is_revision

        namespace.as_official = values if values and is_revision(values) else OWN
        if values and not is_revision(values):
            if not Path(values.partition("@")[0]).exists():
                parser.error(f"there is neither an official checker nor a path {values!r}")
            namespace.taken = [*namespace.taken, values]


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.set_defaults(taken=[])
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what holds power directories")
    group = parser.add_argument_group("what to check")
    group.add_argument(
        "--as-official",
        action=_AsOfficial,
        nargs="?",
        default="",
        metavar="ROUND",
        help="the official checker's verdicts, its faults included: of v1.0 … v5.1, of head, or "
        "of each result's own round (default of ROUND: own)",
    )
    group.add_argument(
        "--mend",
        action="append",
        default=[],
        metavar="FAULT",
        help="with --as-official: without this fault of the checker. H1: 800 ms taken for 800 s; "
        "H2: one wording of three; H3: the first warning ends the search",
    )
    group.add_argument("--round", default="", help="round of results whose path does not tell")
    group.add_argument(
        "--rule", action="append", default=[], metavar="ID", help="only this rule (ID may hold *)"
    )
    group.add_argument(
        "--ignore", action="append", default=[], metavar="ID", help="without this rule"
    )
    group.add_argument(
        "--submitter", action="append", default=[], metavar="NAME", help="only of this submitter"
    )
    _output_arguments(parser)
    group = parser.add_argument_group("how")
    group.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep results there and take over those of directories that did not change",
    )
    group.add_argument(
        "--jobs",
        type=checked_by(positive),
        metavar="N",
        help="worker processes (default: one a processor; 1: none)",
    )


def _output_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print a JSON object for each result")
    group.add_argument("--output", type=Path, metavar="FILE", help="write these objects there")
    group.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    group.add_argument("--sarif", type=Path, metavar="FILE", help="write SARIF 2.1.0")
    group.add_argument("--top", type=checked_by(positive), default=40, metavar="N",
                       help="systems in the table (default: 40)")  # fmt: skip
    group.add_argument("--force", action="store_true", help="replace FILE if it exists")
    group.add_argument("--strict", action="store_true", help="a warning is a failure to the shell")


def main(args: Namespace) -> int:
    """Check, print, and answer with the worst verdict."""
    from joulemark.procedures.check_state import State
    from joulemark.procedures.checking import check
    from joulemark.procedures.stopping import handled
    from joulemark.report.checked import Tally, print_checked, summary
    from joulemark.report.progress import Progress
    from joulemark.store.files import refuse_existing

    asked = _asked(args)
    for path in filter(None, (args.output, args.junit, args.sarif)):
        refuse_existing(path, force=args.force)
    tally = Tally()
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), stop))
        with Progress() as display:
            found = stack.enter_context(_found(args, display))
            sinks = [tally, *stack.enter_context(_files(args))]
            state = None
            if args.resume is not None:
                state = stack.enter_context(State(args.resume, asked))
            tell = Pace(display, "checking")
            with suppress(KeyboardInterrupt):
                results = check(found, asked, jobs=args.jobs, state=state, tell=tell)
                with closing(results):
                    for one in results:
                        with stop.later():
                            for sink in sinks:
                                sink.add(one)
    if not args.json:
        print_checked(tally, args.top)
    said = summary(tally, len(found.targets))
    print(f"joulemark check: {'interrupted; ' if stop.asked else ''}{said}", file=sys.stderr)
    return 130 if stop.asked else exit_code(tally.verdicts, strict=args.strict)


def _asked(args: Namespace) -> Asked:
    """Return how to check.

    Raises:
        UsageError: if there is no such round or rule.
    """
    from joulemark.procedures.checked import Asked
    from joulemark.procedures.known import (
        check_faults,
        check_patterns,
        check_round,
        known_rules,
    )

    if args.mend and not args.as_official:
        raise UsageError("--mend is about the official checker", remedy="add --as-official")
    known = known_rules() if args.rule or args.ignore else ()
    return Asked(
        as_official=args.as_official,
        mended=check_faults(args.mend),
        round=args.round and check_round(args.round),
        rules=check_patterns(args.rule, known),
        ignored=check_patterns(args.ignore, known),
    )


def _found(args: Namespace, display: Any) -> Found:
    from joulemark.procedures.checking import search

    paths = [*args.taken, *args.paths]
    if not paths:
        raise UsageError("nothing to check", remedy="name a PATH; joulemark check --help")
    tell, widen = found_so_far(display), taken_whole("check")
    return search(paths, submitters=args.submitter, tell=tell, widen=widen)


@contextmanager
def _files(args: Namespace) -> Iterator[list[Sink]]:
    """Open what is to be written; closed, each is whole, however the check ended.

    Raises:
        StoreError: if one cannot be written.
    """
    from joulemark.report.checked_json import checked_json
    from joulemark.report.json_lines import JsonLines

    with ExitStack() as stack:
        sinks: list[Sink] = [JsonLines(sys.stdout, checked_json)] if args.json else []
        if args.output is not None:
            sinks.append(JsonLines(opened(stack, args.output), checked_json))
        if args.junit is not None:
            from joulemark.report.checked_junit import JUnit

            sinks.append(stack.enter_context(closing(JUnit(opened(stack, args.junit)))))
        if args.sarif is not None:
            from joulemark import __version__
            from joulemark.procedures.known import known_rules
            from joulemark.report.checked_sarif import Sarif, root_of

            file = opened(stack, args.sarif)
            sinks.append(
                stack.enter_context(closing(Sarif(file, __version__, known_rules(), root_of)))
            )
        yield sinks
