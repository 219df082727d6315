"""Import measurements of others: MLPerf power and energy results, and tables of results.

A PATH holds power directories of MLPerf Inference, benchmarks of MLPerf Training with
power logs, or sessions of MLPerf Tiny, any of them or many: a folder, an archive, a git
repository without a work tree (REPO.git@REV:PATH). Or it is a cm-result.json or a CSV
of the results page, results of ML.ENERGY (its leaderboards, results.json of a run), or a
recording of a Joulescope (.jls). Or it is a log of power that nvidia-smi, amd-smi, DCGM's
exporter or AIPerf wrote, alone or with the --result of a serving benchmark (vllm bench
serve, InferenceX, AIPerf), or a folder that holds both.

Every distinct measurement (of training: every run of a result) becomes one run of the
store, named by its content; copies of it under other benchmarks, scenarios or rounds
are linked, not counted again. Each published
result, and each row of a table, goes into the store's table declared.parquet, with
what is doubtful about it. What is there already is not imported again, and a PATH that
has not changed since is not read again.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, positive, print_json, store_argument, store_of
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.report.progress import Progress

EXAMPLES = """\
examples:
  joulemark import inference_results_v4.1
  joulemark import training_results_v4.0 tiny_results_v1.2
  joulemark import results.tar.gz --keep-raw --store review
  joulemark import inference_results_v5.1.git@main:closed/WHO
  joulemark import data_cleaned_inference_datacenter.csv cm4mlperf-results
  joulemark import leaderboard-v2.git leaderboard
  joulemark import recording.jls
  joulemark import --again inference_results_v4.1
  joulemark import gpu.csv --result vllm-bench.json --zone Europe/Zurich
  joulemark import gpu.csv --columns timestamp,index,power.draw --gpus 0-3
  joulemark import inferencex-bundle
  joulemark list v4.1 offline
  joulemark show NAME --evidence

exit codes: 0 everything was imported; 1 something could not be, and is listed;
2 wrong argument; 3 a path may not be read; 4 a path is damaged, holds nothing
that can be imported, or the store cannot be written; 130 interrupted (import
again: what is there already is kept).
"""

EVERY_S = 0.1
"""Time between two looks of a person at the progress."""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="what holds results")
    parser.add_argument(
        "--keep-raw",
        action="store_true",
        help="copy the logs into each run (default: note where they are, with checksums)",
    )
    parser.add_argument(
        "--jobs",
        type=checked(positive),
        metavar="N",
        help="worker processes (default: one for each processor)",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="also read what has not changed since it was imported into this store",
    )
    logs = parser.add_argument_group("logs of power")
    logs.add_argument(
        "--result", metavar="FILE", default="", help="result of the benchmark beside the log"
    )
    logs.add_argument(
        "--zone",
        default="",
        help="time zone of times that name none: UTC, +02:00, Europe/Zurich "
        "(default: the one in which log and result meet)",
    )
    logs.add_argument(
        "--columns",
        type=checked(_columns),
        metavar="NAMES",
        default=(),
        help="columns of a log without a head, as they were queried",
    )
    logs.add_argument(
        "--gpus",
        type=checked(_gpus),
        metavar="LIST",
        default=frozenset(),
        help="numbers of the GPUs that served, 0-3,6 (default: all in the log)",
    )
    store_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def main(args: Namespace) -> int:
    """Import, and print what came of it."""
    from joulemark.procedures.import_bundles import Told
    from joulemark.procedures.importing import import_paths
    from joulemark.report.imported import imported_json, print_imported
    from joulemark.report.progress import Progress

    if args.result and len(args.paths) > 1:
        raise UsageError("--result goes with one log", remedy="name one PATH")
    store = store_of(args)
    told = Told(result=args.result, zone=args.zone, columns=args.columns, gpus=args.gpus)
    with Progress() as display:
        tell = _Pace(display).tell
        done = import_paths(
            args.paths,
            store,
            keep_raw=args.keep_raw,
            jobs=args.jobs,
            again=args.again,
            told=told,
            tell=tell,
        )
    if args.json:
        print_json(imported_json(done, store))
    else:
        print_imported(done, store)
    return 1 if done.refused else 0


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise UsageError("columns are named with commas between them")
    return names


def _gpus(text: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split(","):
        first, dash, last = piece.partition("-")
        ends = [first, last] if dash else [first]
        if not all(end.isdecimal() and len(end) < 5 for end in ends):
            raise UsageError(f"{text!r} are no numbers of GPUs: write 0-3,6 or the like")
        found.update(range(int(ends[0]), int(ends[-1]) + 1))
    return frozenset(found)


class _Pace:
    """Shows how far the import is, at most ten times a second."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._began = self._shown = time.monotonic()
        self._what = ""

    def tell(self, what: str, done: int, of: int) -> None:
        """Show how much of something is done; ``of`` is 0 where nobody knows of how much."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began, self._shown = what, now, 0.0
        if now - self._shown < EVERY_S and not 0 < of == done:
            return
        self._shown = now
        passed = now - self._began
        total = passed * of / done if of and done else 0.0
        note = f"{done} of {of}" if of else f"{done} found" if done else ""
        self._display.update(what, passed, total, note=note)
