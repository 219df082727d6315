"""Fit one meter against a better one; show what that gains for other workloads.

TARGET and REFERENCE are two channels of a run (RUN:CHANNEL, RUN:METER,
RUN:total), of two runs that were recorded at the same time, or two columns of a
table (--table FILE, or FILE:COLUMN twice with --join). Readings are changed
only where a calibration is asked for: --calibration FILE of show, report,
export, run and bench.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.cli.common import checked, print_json, store_argument, store_of
from joulemark.core.calibration import TOTAL, Side
from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import UsageError
from joulemark.core.units import parse, parse_time

if TYPE_CHECKING:
    from joulemark.analysis.calibrating.outcome import Outcome, Stated
    from joulemark.analysis.calibrating.tables import Table
    from joulemark.store.reader import StoredRun

EXAMPLES = """\
examples:
  joulemark calibrate last:rapl --against plug/wall --split 30s -o wall.json
  joulemark calibrate a1b2:total --against plug/wall --also c3d4 --also e5f6
  joulemark calibrate codecarbon_j --against wall_meter_j --table runs.csv \\
      --time seconds --group model --by task,hardware
  joulemark calibrate tool.csv:tool_kwh --against meter.csv:meter_wh \\
      --join run --time seconds --group model
  joulemark show last --calibration wall.json

Exit code 1 if some of the readings give no calibration; it says why.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("target", metavar="TARGET", help="what is to be calibrated")
    parser.add_argument("--against", required=True, metavar="REFERENCE", help="the better meter")
    _table_arguments(parser)
    runs = parser.add_argument_group("runs")
    more = "a further run with the same channels, may be repeated"
    runs.add_argument("--also", action="append", default=[], metavar="RUN", help=more)
    pieces = "cut windows into pieces of this length (default: whole windows)"
    runs.add_argument("--split", type=checked(parse_time), default=0.0, metavar="S", help=pieces)
    store_argument(parser)
    said = parser.add_argument_group("what only you can say")
    for flag, metavar, text in (
        ("--accuracy", "GAIN[,W]", "accuracy class of the reference, 95 %%: 1%%,0.5W"),
        ("--applies-to", "CHANNEL[+…]", "channel (or their sum) that a column stands for"),
        ("--node", "HOST", "machine that a table is of"),
        ("--boundary", "KIND[:PART]", "what the reference of a table watches (default: wall)"),
    ):
        said.add_argument(flag, default="", metavar=metavar, help=text)
    out = parser.add_argument_group("output")
    each = "write the calibration; of several, each to FILE-N.json"
    out.add_argument("-o", "--output", type=Path, metavar="FILE.json", help=each)
    picture = "draw how far each workload left out lay off"
    out.add_argument("--plot", type=Path, metavar="FILE.svg", help=picture)
    out.add_argument("--force", action="store_true", help="replace files that exist")
    out.add_argument("--groups", action="store_true", help="list every workload left out")
    out.add_argument("--json", action="store_true", help="print JSON")
    out.add_argument("--markdown", action="store_true", help="print a table in Markdown")


def _table_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("tables (CSV, TSV, JSON, JSON lines, Parquet)")
    for flag, metavar, text in (
        ("--table", "FILE", "TARGET and REFERENCE are columns of this table"),
        ("--join", "COLUMN", "key that two tables have in common"),
        ("--time", "COLUMN", "length of each row"),
        ("--group", "COLUMN", "workload; whole workloads are left out (default: each row)"),
        ("--by", "COLUMN,…", "one calibration for each of their values"),
        ("--utilisation", "COLUMN", "adds a term in this column, or channel of a run"),
    ):
        group.add_argument(flag, default="", metavar=metavar, help=text)
    for flag, metavar, text in (
        ("--only", "COLUMN=VALUE", "only these rows, may be repeated"),
        ("--unit", "COLUMN=UNIT", "unit, where the column's name does not end in it"),
        ("--step", "COLUMN=1Wh", "step of a meter's readings (default: found, if coarse)"),
    ):
        group.add_argument(flag, action="append", default=[], metavar=metavar, help=text)
    group.add_argument("--skip-bad", action="store_true", help="leave rows with bad cells out")


def main(args: Namespace) -> int:
    """Fit, write, print; 1 if some readings gave no calibration."""
    from joulemark.report.calibration import (
        calibration_json,
        calibration_markdown,
        print_calibrations,
    )

    for path, suffix in ((args.output, ".json"), (args.plot, ".svg")):
        if path is not None and path.suffix != suffix:
            remedy = f"end it in {suffix}"
            raise UsageError(f"this file is written as {suffix}", where=str(path), remedy=remedy)
    outcome = _outcome(args)
    refusal = outcome.first_refusal()
    if refusal is not None:
        raise refusal
    written = _write(args, outcome)
    if args.json:
        print_json(calibration_json(outcome))
    elif args.markdown:
        print(calibration_markdown(outcome), end="")
    else:
        print_calibrations(outcome, groups=args.groups)
        for path in written:
            print(f"written: {path}")
    return 1 if outcome.refused else 0


def _outcome(args: Namespace) -> Outcome:
    from joulemark.analysis.calibrating.tables import SUFFIXES, joined, read_table

    file, _, column = args.target.rpartition(":")
    alone: list[str] = []
    if args.table:
        return _of_table(args, read_table(Path(args.table)), (args.target, args.against), alone)
    if not file.lower().endswith(SUFFIXES):
        return _of_runs(args)
    other, _, theirs = args.against.rpartition(":")
    if not other or not args.join:
        raise UsageError("two tables need a key", remedy="--against FILE:COLUMN --join COLUMN")
    table, alone = joined(read_table(Path(file)), read_table(Path(other)), args.join)
    reference = f"right.{theirs}" if f"right.{theirs}" in table.columns else theirs
    return _of_table(args, table, (column, reference), alone)


def _of_table(args: Namespace, table: Table, names: tuple[str, str], alone: list[str]) -> Outcome:
    from joulemark.analysis.calibrating.from_table import Columns
    from joulemark.analysis.calibrating.outcome import from_table

    columns = Columns(
        target=names[0],
        reference=names[1],
        time=args.time,
        group=args.group,
        by=tuple(filter(None, args.by.split(","))),
        only=_pairs(args.only, "--only"),
        utilisation=args.utilisation,
        units=_pairs(args.unit, "--unit"),
        steps_j={name: _joules(text) for name, text in _pairs(args.step, "--step").items()},
        skip_bad=args.skip_bad,
    )
    return from_table(table, columns, _stated(args, names), alone)


def _of_runs(args: Namespace) -> Outcome:
    from joulemark.analysis.calibrating.from_runs import Recorded
    from joulemark.analysis.calibrating.outcome import from_runs
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    def stored(name: str) -> StoredRun:
        return open_run(find_run(store_of(args), name))

    run, _, target = args.target.rpartition(":")
    other, _, reference = args.against.rpartition(":")
    first = stored(run or "last")
    recorded = [Recorded(first, stored(other) if other and other != run else first)]
    for name in args.also:
        more = stored(name)
        recorded.append(Recorded(more, more))
    names = (target, reference)
    return from_runs(
        recorded,
        names,
        _stated(args, names),
        split_s=args.split,
        utilisation=args.utilisation,
    )


def _stated(args: Namespace, names: tuple[str, str]) -> Stated:
    from datetime import UTC, datetime

    from joulemark import __version__
    from joulemark.analysis.calibrating.outcome import Stated

    channels = tuple(sorted(filter(None, args.applies_to.split("+"))))
    if bool(channels) != bool(args.node):
        raise UsageError(
            "a column stands for channels of one machine",
            remedy="give both --applies-to and --node",
        )
    kind, _, part = args.boundary.partition(":")
    if kind and kind not in list(Domain):
        choice = ", ".join(domain.value for domain in Domain)
        raise UsageError(f"{kind!r} is no kind of part", remedy=f"choose from {choice}")
    domain = Domain(kind) if kind else Domain.WALL
    name = names[0] if not channels else channels[0] if len(channels) == 1 else TOTAL
    return Stated(
        target=Side(name=name, node=args.node, channels=channels if len(channels) > 1 else ()),
        reference=Side(name=names[1], part=part or domain.value, domain=domain, node=args.node),
        accuracy=_accuracy(args.accuracy) if args.accuracy else None,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        joulemark=__version__,
    )


def _accuracy(text: str) -> Accuracy:
    gain, _, offset = text.partition(",")
    share = gain.strip().removesuffix("%")
    if share == gain.strip():
        raise UsageError(f"{text!r} is no accuracy class", remedy="write it like 1%,0.5W")
    relative = parse(share, "") / 100
    watts = parse(offset, "W") if offset else 0.0
    if not 0 <= relative < 1 or watts < 0:
        raise UsageError(f"{text!r} is no accuracy class", remedy="write it like 1%,0.5W")
    return Accuracy(gain=relative, offset_w=watts, source="stated when the calibration was made")


def _pairs(texts: list[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark or not name or not value:
            raise UsageError(f"{text!r} is not NAME=VALUE", where=flag)
        found[name] = value
    return found


def _joules(text: str) -> float:
    """Return a step ("1Wh", "3.6kJ", "0.001kWh") in joules."""
    joules = parse(text.removesuffix("h"), "W") * 3600 if text.endswith("Wh") else parse(text, "J")
    if joules <= 0:
        raise UsageError(f"{text!r} is no step of a meter", where="--step")
    return joules


def _write(args: Namespace, outcome: Outcome) -> list[Path]:
    """Write each calibration and the picture; nothing is written if one of the files exists."""
    from joulemark.report.figures.residuals import residuals
    from joulemark.store.calibrations import write_calibration
    from joulemark.store.files import new_file, refuse_existing

    paths = [] if args.output is None else _paths(args.output, outcome)
    pictures = [] if args.plot is None else [args.plot]
    for path in (*paths, *pictures):
        refuse_existing(path, force=args.force)
    for path, one in zip(paths, outcome.made, strict=bool(paths)):
        write_calibration(one.calibration, path, force=args.force)
    for path in pictures:
        new_file(path, residuals(outcome).encode(), force=args.force)
    return [*paths, *pictures]


def _paths(output: Path, outcome: Outcome) -> list[Path]:
    if len(outcome.made) + len(outcome.refused) == 1:
        return [output]
    count = len(outcome.made)
    return [output.with_name(f"{output.stem}-{n}{output.suffix}") for n in range(1, count + 1)]
