"""The arguments of ``joulemark bench serving``."""

from __future__ import annotations

import math
from argparse import ArgumentParser
from pathlib import Path

from joulemark.cli.common import checked, positive
from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time

SILENCE_S = 120.0
REQUESTS = 100
USUAL_INPUT = "lognormal:200,150"


def above_zero(text: str) -> float:
    """Return a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{text!r} is not a number above 0")
    return value


def time_above_zero(text: str) -> float:
    """Return a duration above zero, s."""
    seconds = parse_time(text)
    if seconds <= 0:
        raise UsageError(f"{text!r} is no time above 0", remedy="write it like 90s or 250ms")
    return seconds


def share(text: str) -> float:
    """Return a share from 0 to 1: "1%" or "0.01"."""
    number, sign = text.strip().removesuffix("%").strip(), text.strip().endswith("%")
    try:
        value = float(number) / (100 if sign else 1)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UsageError(f"{text!r} is not a share from 0 to 100 %", remedy="write it like 1%")
    return value


def role(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a role and its parts: ``prefill=gpu-0,gpu-1``."""
    name, sign, rest = text.partition("=")
    parts = tuple(part.strip() for part in rest.split(","))
    if not (sign and name.strip() and all(parts)):
        raise UsageError(f"{text!r} is no role", remedy="write it like prefill=gpu-0,gpu-1")
    return name.strip(), parts


def count(text: str) -> int:
    """Return a whole number from zero on."""
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise UsageError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def server_arguments(parser: ArgumentParser) -> None:
    """Add what tells whom to ask, and how."""
    group = parser.add_argument_group("the server")
    group.add_argument("--url", metavar="URL", help="its address, http://HOST:PORT")
    group.add_argument(
        "--model",
        default="",
        metavar="NAME",
        help="(default: the only one it has)",
    )
    group.add_argument(
        "--endpoint", choices=("chat", "completions"), default="chat", help="(default: chat)"
    )
    group.add_argument("--no-stream", action="store_true", help="ask for answers as a whole")
    group.add_argument(
        "--no-usage", action="store_true", help="do not ask for counts (strict servers)"
    )
    group.add_argument(
        "--tokenizer", default="", metavar="FILE", help="tokenizer.json: counts where it does not"
    )
    group.add_argument("--extra", metavar="JSON", help="more fields of each request, as they are")
    group.add_argument(
        "--limit-field",
        default="max_tokens",
        metavar="NAME",
        help="(max_tokens)",
    )
    group.add_argument("--key-file", type=Path, metavar="FILE", help="file with the API key")
    group.add_argument(
        "--cafile", default="", metavar="FILE", help="certificate of an https server"
    )
    group.add_argument(
        "--batch",
        type=checked(positive),
        metavar="B",
        help="most requests it runs at once",
    )


def client_arguments(parser: ArgumentParser) -> None:
    """Add what the client puts up with, and how it asks."""
    group = parser.add_argument_group("the client")
    group.add_argument(
        "--silence",
        type=checked(time_above_zero),
        default=SILENCE_S,
        metavar="S",
        help="an answer that stands still for so long has stalled (default: 120 s)",
    )
    group.add_argument(
        "--retries",
        type=checked(count),
        default=0,
        metavar="N",
        help="how often a request is sent again after 429 or 5xx (default: 0)",
    )
    group.add_argument(
        "--client-processes",
        type=checked(positive),
        metavar="N",
        help="(default: by the load)",
    )


def load_arguments(parser: ArgumentParser) -> None:
    """Add what tells what is asked, and when."""
    group = parser.add_argument_group("the load")
    number, time = checked(above_zero), checked(time_above_zero)
    group.add_argument(
        "--arrivals",
        metavar="KIND",
        help="closed, poisson, gamma, constant, ramp, trace, saturation (default: by the rest)",
    )
    group.add_argument(
        "--concurrency", type=checked(positive), metavar="N", help="requests under way at once"
    )
    group.add_argument("--rate", type=number, metavar="R", help="requests per second")
    group.add_argument("--last-rate", type=number, metavar="R", help="of a ramp, at its end")
    group.add_argument("--burstiness", type=number, metavar="B", help="shape of gamma arrivals")
    group.add_argument("--trace", type=Path, metavar="FILE", help="times of a recording")
    group.add_argument("--speed", type=number, metavar="X", help="of its replay")
    group.add_argument(
        "--requests", type=checked(positive), metavar="N", help="in each load (default: 100)"
    )
    group.add_argument("--for", dest="lasting", type=time, metavar="S", help="then it is cut")
    group.add_argument("--prompts", type=Path, metavar="FILE", help="JSON lines, or like ShareGPT")
    group.add_argument(
        "--input-lengths",
        metavar="D",
        help=f"of made-up prompts, words (default: {USUAL_INPUT})",
    )
    group.add_argument(
        "--images", type=checked(positive), metavar="N", help="pictures of noise in each prompt"
    )
    group.add_argument("--image-size", metavar="WxH", help="of these, pixels (256x256)")
    group.add_argument("--output-lengths", default="", metavar="D", help="most tokens of answers")
    group.add_argument("--seed", type=checked(count), default=0, metavar="N", help="(default: 0)")


def judging_arguments(parser: ArgumentParser) -> None:
    """Add what tells which part counts, how often, and what is good."""
    group = parser.add_argument_group("what counts")
    time = checked(time_above_zero)
    for name in ("ttft", "tpot", "e2e"):
        group.add_argument(f"--slo-{name}", type=time, metavar="S", help="of a good request")
    group.add_argument(
        "--rule",
        default="steady/1",
        metavar="NAME",
        help="of windows: steady/1, whole/1 …",
    )
    group.add_argument("--steady", type=time, metavar="S", help="its least length (default: 10 s)")
    group.add_argument(
        "--updates", type=checked(positive), metavar="N", help="least of the sensor in it (30)"
    )
    group.add_argument("--repeats", type=checked(positive), metavar="N", help="fewest loads (3)")
    group.add_argument("--max-repeats", type=checked(positive), metavar="N", help="most (5)")
    group.add_argument(
        "--target",
        type=checked(above_zero),
        default=0.05,
        metavar="SHARE",
        help="half-width of the repeats at which to stop (0.05)",
    )
    group.add_argument(
        "--quick", action="store_true", help="one load, short windows: not comparable"
    )
    group.add_argument(
        "--allow-failed",
        type=checked(share),
        default=0.0,
        metavar="SHARE",
        help="1%% or 0.01 of the requests (default: none)",
    )
    group.add_argument(
        "--role",
        type=checked(role),
        action="append",
        default=[],
        metavar="NAME=PART,…",
        help="parts that share the work: prefill=gpu-0 decode=gpu-1",
    )
    group.add_argument("--keep-text", action="store_true", help="keep the answers")
