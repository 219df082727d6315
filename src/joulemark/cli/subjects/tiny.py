"""Measure a board under test as MLPerf Tiny does: energy, performance or accuracy.

With --virtual it is rehearsed: a board and an LPM01A in software whose true
energy is known, in virtual time. Otherwise the board is at --dut, or behind a
relay at --io, and an energy monitor feeds it and sees its pin. The real thing
has not met hardware yet: protocols and commands are those of public sources.
A result is given in the layouts of EnergyRunner and of the Python runner,
saying that joulemark wrote it. Nothing here is a result verified by MLCommons.
The streaming wake word cannot be measured here: a recording has to be played.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.cli.common import checked, positive, print_json, progress, store_argument, store_of
from joulemark.core.errors import UsageError
from joulemark.core.units import parse

if TYPE_CHECKING:
    from joulemark.procedures.live import Tell
    from joulemark.procedures.tiny.settings import TinyOutcome, TinySettings
    from joulemark.procedures.tiny.steps import Station
    from joulemark.procedures.tiny.steps import Tell as TellTrial
    from joulemark.report.tiny_bench import Wish

EXAMPLES = """\
examples:
  joulemark bench tiny --virtual
  joulemark bench tiny --virtual --model kws --duty 1/s --battery 220mAh
  joulemark bench tiny --virtual --model ic --mode accuracy --json
  joulemark bench tiny --virtual --model kws --fault parasitic
  joulemark bench tiny --io /dev/ttyACM0 --volts 1.8 \\
      --monitor lpm01a:port=/dev/ttyACM1 --inputs datasets --output results
  joulemark bench tiny --dut /dev/ttyACM0 --mode performance

Exit codes: 0 done, 1 refused (the reasons are printed) or the board failed,
2 wrong argument, 3 a port, monitor or package is missing, 5 the monitor failed.
"""
ALL = ("ad", "ic", "kws", "vww")
STREAMING = "sww"
VOLTS = 1.8
"""Of a rehearsal."""
PER = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this workload."""
    where = parser.add_argument_group("what is measured")
    where.add_argument("--virtual", action="store_true", help="rehearse with a board in software")
    where.add_argument("--dut", metavar="PORT", help="serial port of the board")
    where.add_argument("--io", metavar="PORT", help="serial port of the relay before it")
    where.add_argument("--monitor", metavar="NAME[:KEY=VALUE,…]", help="the energy monitor")
    where.add_argument("--volts", type=float, metavar="V", help="supply of the board")
    where.add_argument("--baud", type=checked(positive), metavar="N", help="rate of the board")
    where.add_argument("--system", default="", metavar="TEXT", help="what the board is")
    what = parser.add_argument_group("how")
    what.add_argument("--mode", default="energy", help="energy (default), performance, accuracy")
    what.add_argument("--inputs", type=Path, metavar="DIR", help="the official files, if you have")
    what.add_argument(
        "--most-inputs",
        type=checked(positive),
        metavar="N",
        help="of an accuracy run (default: all)",
    )
    what.add_argument("--warmups", type=int, default=1, metavar="N", help="(default: 1)")
    what.add_argument(
        "--duty",
        type=checked(_rate),
        metavar="N/s",
        help="also the average power at this rate: 1/s, 10/min",
    )
    what.add_argument(
        "--battery", type=checked(_charge), metavar="mAh", help="then how long this battery lasts"
    )
    what.add_argument(
        "--budget", type=checked(_watts), metavar="W", help="then how often it may infer"
    )
    what.add_argument("--output", type=Path, metavar="DIR", help="copy the files there")
    what.add_argument("--json", action="store_true", help="print JSON, one object a session")
    store_argument(what)  # type: ignore[arg-type] # a group takes arguments, too
    virtual = parser.add_argument_group("with --virtual")
    virtual.add_argument(
        "--model", default="all", metavar="NAME", help="ad, ic, kws, vww, ic02 or all (default)"
    )
    virtual.add_argument("--fault", default="", metavar="NAME", help="of the board")
    virtual.add_argument("--monitor-fault", default="", metavar="NAME", help="of the monitor")
    virtual.add_argument("--sleep", type=checked(_watts), metavar="W", help="power asleep (5 µW)")


def _rate(text: str) -> float:
    """Return inferences a second of ``10/min``.

    Raises:
        UsageError: if it is no rate.
    """
    number, _, unit = text.partition("/")
    try:
        rate = float(number) / PER[unit or "s"]
    except (ValueError, KeyError):
        rate = 0.0
    if not 0 < rate < 1e6:
        raise UsageError(f"{text!r} is no rate", remedy="write it like 1/s, 10/min or 4/h")
    return rate


def _charge(text: str) -> float:
    """Return mAh."""
    value = parse(text.removesuffix("Ah") + ("Ah" if text.endswith("Ah") else "mAh"), "Ah")
    return value * 1000


def _watts(text: str) -> float:
    return parse(text, "W")


def main(args: Namespace) -> int:
    """Measure, print; 1 if a result was refused."""
    from joulemark.procedures.stopping import stoppable
    from joulemark.report.tiny_bench import print_tiny, tiny_json

    wish = _wish(args)
    if args.virtual:
        outcomes = list(_rehearsed(args))
    else:
        display, tell = progress()
        with stoppable(), display:
            outcomes = [_measured(args, _teller(tell))]
    if args.json:
        print_json([tiny_json(one, wish) for one in outcomes])
    else:
        print_tiny(outcomes, wish)
    return int(any(one.refused for one in outcomes))


def _wish(args: Namespace) -> Wish:
    from joulemark.accounting.duty_cycle import charge
    from joulemark.report.tiny_bench import Wish

    if args.duty is None and (args.battery is not None or args.budget is not None):
        raise UsageError("--battery and --budget go with --duty")
    volts = args.volts or VOLTS
    battery = None if args.battery is None else charge(args.battery, volts)
    return Wish(battery, args.budget)


def _teller(tell: Tell) -> TellTrial:
    began = time.monotonic()

    def told(what: str, at: int, of: int) -> None:
        passed = time.monotonic() - began
        tell(what, passed, passed * of / max(at, 1), None)

    return told


def _settings(args: Namespace, **more: Any) -> TinySettings:
    from joulemark.procedures.tiny.settings import MODES, TinySettings

    if args.mode not in MODES:
        raise UsageError(f"no mode {args.mode!r}", remedy=f"one of {', '.join(MODES)}")
    given = {
        "mode": args.mode,
        "volts": args.volts,
        "warmups": args.warmups,
        "inputs": args.inputs,
        "most_inputs": args.most_inputs,
        "duty_hz": args.duty,
        "baud": args.baud if args.io else None,
        "system": args.system,
    }
    return TinySettings(**{**given, **more})


def _measured(args: Namespace, tell: TellTrial) -> TinyOutcome:
    from joulemark.procedures.tiny.bench import bench_tiny

    for flag in ("fault", "monitor_fault", "sleep"):
        if getattr(args, flag):
            raise UsageError(f"--{flag.replace('_', '-')} goes with --virtual")
    settings = _settings(args)
    return bench_tiny(_station(args), store_of(args), settings, output=args.output, tell=tell)


def _rehearsed(args: Namespace) -> Iterator[TinyOutcome]:
    from joulemark.formats.tiny.networks import network
    from joulemark.virtual.board import FAULTS, NETWORKS, Kind
    from joulemark.virtual.lpm01a import FAULTS as MONITOR_FAULTS
    from joulemark.virtual.tiny import rehearse, virtual_bench

    if args.dut or args.io or args.monitor:
        raise UsageError("--virtual brings a board and a monitor of its own")
    for name, known in ((args.fault, FAULTS), (args.monitor_fault, MONITOR_FAULTS)):
        if name and name not in known:
            raise UsageError(f"no fault is called {name!r}", remedy=f"one of {', '.join(known)}")
    settings = _settings(args, volts=args.volts or VOLTS, virtual=True)
    for name in ALL if args.model == "all" else (args.model,):
        found = network(name)
        if found is None or found.model not in NETWORKS:
            why = " (a recording has to be played)" if name.startswith(STREAMING) else ""
            remedy = f"one of {', '.join(NETWORKS)}, a benchmark of these, or all"
            raise UsageError(f"no board in software runs {name!r}{why}", remedy=remedy)
        plain = Kind(found.model, energy=args.mode == "energy")
        kind = Kind(plain.model, plain.energy, sleep_w=args.sleep or plain.sleep_w)
        bench = virtual_bench(
            kind, mode=args.mode, fault=args.fault, monitor_fault=args.monitor_fault
        )
        yield rehearse(bench, store_of(args), settings, output=args.output)


def _station(args: Namespace) -> Station:
    """Return what a real board is measured with."""
    from joulemark.core.clock import Anchor
    from joulemark.procedures.tiny.steps import Station
    from joulemark.workloads.tiny.line import BAUD, ENERGY_BAUD, SerialLine

    if bool(args.dut) == bool(args.io):
        raise UsageError(
            "one port is needed: of the board, or of the relay before it",
            remedy="say --dut PORT or --io PORT, or rehearse with --virtual",
        )
    monitor = None if args.monitor is None else _monitor(args.monitor)
    energy = args.mode == "energy"
    baud = BAUD if args.io else args.baud or (ENERGY_BAUD if energy else BAUD)
    clock = Anchor(time.time_ns(), time.monotonic_ns()).clock(time.monotonic_ns)
    return Station(SerialLine(args.io or args.dut, baud), bool(args.io), monitor, clock)


def _monitor(text: str) -> Any:
    from joulemark.core.interfaces import EnergyMonitor
    from joulemark.meters import METERS, parse_spec

    name, settings = parse_spec(text)
    monitor = METERS.load(name)(settings)
    if not isinstance(monitor, EnergyMonitor):
        raise UsageError(
            f"the meter {name!r} neither feeds a board nor sees its pin",
            remedy="use an energy monitor: lpm01a, joulescope, ppk2",
        )
    return monitor
