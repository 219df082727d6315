"""A process that drives a part of a load: an order on standard input, records on standard output.

The order is one line. The worker says that it is ready, is told when to start, writes a line for
each request as it ends, and last of all how late it was. When its input ends early it ends the
requests that are under way and says so of each.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from joulemark.core.request import Request
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.lag import Lag
from joulemark.workloads.openai.questions import different
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.tokenizer import tokenizer_of


@dataclass(frozen=True, slots=True)
class Order:
    """A part of a load.

    Attributes:
        target: whom to ask.
        load: what and when; on its way to a worker it holds each different prompt once.
        bounds: what the client puts up with.
        shift: what turns the monotonic clock into the run's, ns.
        places: on its way, which of them each request asks.
        tokenizer: file of a tokenizer that counts where the server does not; empty for none.
    """

    target: Target
    load: Load
    bounds: Bounds
    shift: int
    places: tuple[int, ...] = ()
    tokenizer: str = ""


def packed(order: Order) -> Order:
    """Return an order as it is sent: prompts that come again are in it once."""
    prompts, places = different(order.load.prompts)
    return replace(order, load=replace(order.load, prompts=prompts), places=tuple(places))


def unpacked(order: Order) -> Order:
    """Return an order as it was before it was sent."""
    prompts = [order.load.prompts[place] for place in order.places]
    return replace(order, load=replace(order.load, prompts=prompts), places=())


@dataclass(frozen=True, slots=True)
class Line:
    """What a worker says: that it is ready, what came of a request, or how late it was."""

    request: Request | None = None
    text: str = ""
    lag: Lag | None = None


def main() -> int:
    """Obey one order."""
    more_files()
    order = unpacked(msgspec.json.decode(sys.stdin.buffer.readline(), type=Order))
    tokenizer = tokenizer_of(order.tokenizer) if order.tokenizer else None
    client = Client(order.target, _keep, order.bounds, shift=order.shift, tokenizer=tokenizer)
    client.prepare(order.load)
    _say(Line())
    start = sys.stdin.buffer.readline()
    if not start.strip().isdigit():
        return 1
    asyncio.run(_drive(client, replace(order.load, start=int(start))))
    return 0


def more_files() -> None:
    """Let this process have as many connections as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _keep(request: Request, text: str) -> None:
    _say(Line(request, text))


async def _drive(client: Client, load: Load) -> None:
    work = asyncio.ensure_future(client.drive(load))
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_soon_threadsafe(work.cancel)

    threading.Thread(target=_until_input_ends, args=(end,), daemon=True).start()
    try:
        _say(Line(lag=await work))
    except asyncio.CancelledError:
        _say(Line(lag=Lag()))


def _until_input_ends(end: Callable[[], None]) -> None:
    sys.stdin.buffer.read()
    with suppress(RuntimeError):  # the loop is closed: all is done
        end()


def _say(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
