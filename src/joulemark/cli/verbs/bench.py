"""Measure a workload: idle, warm-up, windows until they repeat well enough, idle.

Each measured window lasts at least 60 s, or 60 updates of the slowest sensor if that is longer;
windows are repeated until the 95 % half-width of their mean is at most 2 %, three to five times.
With --scenario the real LoadGen drives the windows. Nothing here is an MLPerf result.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from joulemark.cli.common import (
    checked,
    disturbance_argument,
    measure_arguments,
    options_of,
    positive,
    progress,
    show_run,
)
from joulemark.cli.flags import settings_flags, settings_given
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

if TYPE_CHECKING:
    from joulemark.core.interfaces import Workload
    from joulemark.loads.scenario import Scenario
    from joulemark.procedures.bench import BenchSettings, Load

EXAMPLES = """\
examples:
  joulemark bench vision --model LeNet --mode train --quick
  joulemark bench vision --model ResNet18 --batch-size 64 --threads 2
  joulemark bench vision --model ResNet18 --scenario Offline
  joulemark bench vision --quick --disturbance
  joulemark bench vision --help
  joulemark bench serving --help
  joulemark bench tiny --help
"""
SUBJECTS = ("tiny", "serving")
"""Workloads with arguments of their own: a board (``cli.subjects.tiny``), a server of text."""

QUICK_IDLE_S, IDLE_S = 10.0, 60.0
PAIRS = 10
"""Stretches of --disturbance with the sampler, and as many without."""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb, and those of the workload that is named first."""
    from joulemark.workloads import WORKLOADS

    names = ", ".join((*WORKLOADS.names(), *SUBJECTS))
    parser.add_argument("workload", metavar="NAME", help=f"one of: {names}")
    if words and words[0] in SUBJECTS:
        subject = _subject(words[0])
        parser.description, parser.epilog = subject.__doc__, subject.EXAMPLES
        subject.arguments(parser)
        parser.set_defaults(subject=words[0])
        _cut_command(parser, words, getattr(subject, "COMMAND", ""))
        return
    measure_arguments(parser, idle_s=IDLE_S)
    parser.set_defaults(idle=None)
    group = parser.add_argument_group("how long and how often")
    group.add_argument("--quick", action="store_true", help="short windows; not comparable")
    for name, text in (
        ("--window", "shortest measured window (default: 60 s)"),
        ("--warm-up", "work before the first window (default: 10 s)"),
    ):
        group.add_argument(name, type=checked(parse_time), metavar="S", help=text)
    group.add_argument("--repeats", type=checked(positive), metavar="N", help="fewest (default: 3)")
    group.add_argument(
        "--max-repeats", type=checked(positive), metavar="N", help="most (default: 5)"
    )
    group.add_argument("--target", type=float, metavar="SHARE", help="half-width (default: 0.02)")
    disturbance_argument(parser, default=PAIRS)
    _loadgen_arguments(parser)
    if words and not words[0].startswith("-"):
        _workload_arguments(parser, words[0])


def _subject(name: str) -> Any:
    from importlib import import_module

    return import_module(f"joulemark.cli.subjects.{name}")


def _cut_command(parser: ArgumentParser, words: list[str], name: str) -> None:
    """Take what follows -- out of the words: behind flags, argparse does not find it."""
    if name and "--" in words:
        place = words.index("--")
        parser.set_defaults(**{name: words[place + 1 :]})
        del words[place:]


def _loadgen_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("LoadGen")
    group.add_argument(
        "--scenario", metavar="NAME", help="SingleStream, MultiStream, Server or Offline"
    )
    group.add_argument(
        "--target-qps", type=float, metavar="QPS", help="asked rate (default: found beforehand)"
    )
    group.add_argument(
        "--target-latency",
        type=checked(parse_time),
        metavar="S",
        help="bound of Server queries (default: 0.1 s)",
    )


def _workload_arguments(parser: ArgumentParser, name: str) -> None:
    """Add a flag for each field of the workload's settings."""
    from joulemark.workloads import SETTINGS

    settings_flags(parser, f"settings of {name}", SETTINGS.load(name), "set_")


def main(args: Namespace) -> int:
    """Measure, then show the result."""
    if hasattr(args, "subject"):
        code: int = _subject(args.subject).main(args)
        return code
    from joulemark.loads.scenario import Scenario
    from joulemark.procedures.bench import bench
    from joulemark.procedures.stopping import stoppable
    from joulemark.workloads import WORKLOADS

    scenario = Scenario.parse(args.scenario) if args.scenario else None
    workload: Workload = WORKLOADS.load(args.workload)(settings_given(args, "set_"))
    settings = _settings(args)
    if args.idle is None:
        args.idle = QUICK_IDLE_S if args.quick else IDLE_S
    load = None if scenario is None else _load(args, workload, settings, scenario)
    more = {} if scenario is None else {"scenario": scenario.value}
    display, tell = progress()
    with stoppable(), display:
        path = bench(
            workload,
            options_of(args),
            settings,
            load=load,
            title=args.title,
            more=more,
            tell=tell,
        )
    show_run(path, as_json=args.json)
    return 0


def _settings(args: Namespace) -> BenchSettings:
    from joulemark.procedures.bench import QUICK, BenchSettings

    settings = QUICK if args.quick else BenchSettings()
    asked = {
        "window_s": args.window,
        "warm_up_s": args.warm_up,
        "repeats": args.repeats,
        "max_repeats": args.max_repeats,
        "target": args.target,
        "disturbance": args.disturbance,
    }
    settings = replace(settings, **{k: v for k, v in asked.items() if v is not None})
    if settings.max_repeats < settings.repeats:
        settings = replace(settings, max_repeats=settings.repeats)
    if settings.window_s <= 0 or settings.target <= 0:
        raise UsageError("windows and the target must be above zero")
    return settings


def _load(args: Namespace, workload: Workload, settings: BenchSettings, scenario: Scenario) -> Load:
    from joulemark.core.interfaces import Queries
    from joulemark.loads.loadgen import LoadGenSettings
    from joulemark.procedures.loaded import loadgen_load

    if not isinstance(workload, Queries):
        raise UsageError(
            f"workload {args.workload!r} does not answer queries", remedy="leave out --scenario"
        )
    asked = {"target_qps": args.target_qps, "target_latency_s": args.target_latency}
    return loadgen_load(
        workload,
        LoadGenSettings(
            scenario=scenario,
            min_duration_s=settings.window_s,
            **{name: value for name, value in asked.items() if value is not None},
        ),
    )
