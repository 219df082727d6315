"""Start an instrument in software that speaks a real protocol, until Ctrl-C.

It stands in for hardware in rehearsals and tests: nothing that it says is a measurement. It answers
on this machine alone unless told otherwise.
"""

from __future__ import annotations

import sys
import threading
from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import fields
from typing import Any

from joulemark.cli.common import checked, print_json
from joulemark.core.units import parse_time

EXAMPLES = """\
examples:
  joulemark virtual
  joulemark virtual ipmi --port 6230 --watts 350
  joulemark virtual ipmi --help

Exit code 0 after --for, 130 after Ctrl-C, 2 for a senseless setting, 3 if a
port is taken or a package is missing.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb, and those of the instrument that is named first."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="(default: list all)")
    parser.add_argument(
        "--for",
        dest="lasting",
        type=checked(parse_time),
        metavar="S",
        help="end by itself after so long",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    if words and not words[0].startswith("-"):
        _instrument_arguments(parser, words[0])


def _instrument_arguments(parser: ArgumentParser, name: str) -> None:
    """Add a flag for each field of the instrument's settings."""
    from joulemark.virtual.instruments import INSTRUMENTS

    settings: Any = INSTRUMENTS.load(name)
    group = parser.add_argument_group(f"settings of {name}")
    for item in fields(settings):
        kind: Any = type(item.default)
        told = item.default if item.default not in ("", ()) else "none"
        text = f"{item.metadata['help']} (default: {told})".replace("%", "%%")
        more: dict[str, Any] = {"type": kind, "metavar": kind.__name__.upper()}
        if kind is bool:
            more = {"action": BooleanOptionalAction}
        elif kind is tuple:
            more = {"action": "append", "metavar": "TEXT"}
        flag = "--" + item.name.replace("_", "-")
        group.add_argument(flag, dest=f"set_{item.name}", default=SUPPRESS, help=text, **more)


def main(args: Namespace) -> int:
    """Start an instrument and wait, or list them."""
    from joulemark.procedures.stopping import stoppable
    from joulemark.virtual.instruments import INSTRUMENTS, about

    if args.name is None:
        known = about()
        if args.json:
            print_json(known)
        else:
            width = max(map(len, known), default=0)
            print("\n".join(f"{name:{width}}  {text}" for name, text in known.items()))
        return 0
    given = {k.removeprefix("set_"): v for k, v in vars(args).items() if k.startswith("set_")}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    with stoppable():
        served = INSTRUMENTS.load(args.name)(**given).start()
        try:
            says = [f"virtual {args.name}: software, not hardware", *served.says]
            if args.json:
                print_json({"virtual": args.name, "says": list(served.says)})
            else:
                print("\n".join(says))
            sys.stdout.flush()
            threading.Event().wait(args.lasting)  # a signal ends it
        finally:
            served.close()
    return 0
