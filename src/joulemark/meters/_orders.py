"""What a sampling process is told and answers: JSON objects, one a line.

An order may come in one line or piece by piece; each line gets one answer. See
:mod:`joulemark.meters.sampler`.
"""

from __future__ import annotations

import os
import sys

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.core.jsonlight import dumps, loads
from joulemark.meters import METERS
from joulemark.meters._channels import channel_to
from joulemark.meters._pace import check_period, every_ticks, slow_and_own
from joulemark.meters.journal import store_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from joulemark.core.clock import Clock
    from joulemark.core.errors import JoulemarkError
    from joulemark.core.interfaces import Meter
    from joulemark.meters._feeds import Feeds

MAX_LINE = 16 << 20
"""Longest line that is read, bytes."""

_KINDS = {"meters": list, "anchor": dict, "spool": str, "events": str, "writer": str,
          "path": list, "stderr": str}  # fmt: skip
_BEGINNING = ("spool", "events", "writer")


class Lines:
    """Lines from a pipe.

    Args:
        descriptor: the end to read from.
    """

    def __init__(self, descriptor: int) -> None:
        """Begin with nothing read."""
        self._descriptor = descriptor
        self._read = b""

    def next(self) -> bytes:
        """Return the next line without its end; what there is of one where the pipe ends."""
        while b"\n" not in self._read and len(self._read) < MAX_LINE:
            more = os.read(self._descriptor, 65536)
            if not more:
                break
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line


def parsed(line: bytes, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of an order after one more line.

    Args:
        line: a JSON object.
        known: what the lines before have said.

    Raises:
        FormatError: if it is none, says something of the wrong kind, or lacks what must come
            before the meters or before the beginning.
        UsageError: if the period is out of bounds.
    """
    try:
        order = loads(line)
    except ValueError:
        order = None
    if not isinstance(order, dict) or any(
        name in order and not isinstance(order[name], kind) for name, kind in _KINDS.items()
    ):
        raise _no_order(line)
    whole = {**known, "meters": [], **order}
    parts = sum(name in whole for name in _BEGINNING)
    if "anchor" not in whole or 0 < parts < len(_BEGINNING):
        raise _no_order(line)
    check_period(whole.get("period_s"))
    return whole


def _no_order(line: bytes) -> FormatError:
    return FormatError(
        f"no order for a sampler but {line[:80]!r}",
        where="standard input",
        remedy=f"give JSON with period_s, anchor, meters, {', '.join(_BEGINNING)}",
    )


def opened(feeds: Feeds, order: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    """Open the meters of a line, and return the answer to it.

    Raises:
        UsageError: if there is no such meter or a setting makes no sense.
        FormatError: if a file that a meter reads is damaged.
    """
    sys.path += [place for place in order.get("path", ()) if place and place not in sys.path]
    channels, edges = len(feeds.channels), []
    missing: list[tuple[str, UnavailableError]] = []
    for spec in order["meters"]:
        period, settings = slow_and_own(spec["settings"])
        meter: Meter = METERS.load(spec["name"])(settings)
        every = every_ticks(period, order["period_s"], spec["name"])
        missing += feeds.add(meter, clock, every)
        if hasattr(meter, "read_edges"):
            edges.append(spec["name"])
    return {
        "ready": "spool" in order,
        "pid": os.getpid(),
        "channels": [channel_to(channel) for channel in feeds.channels[channels:]],
        "edges": edges,
        "unavailable": [
            {"meter": name, "what": error.what, **_parts(error)} for name, error in missing
        ],
    }


def refused(error: JoulemarkError) -> dict[str, Any]:
    """Return the answer to a line that cannot be followed."""
    return {"ready": False, "error": error.what, **_parts(error)}


def _parts(error: JoulemarkError) -> dict[str, str]:
    """Return an error so that the parent can raise one of the same kind."""
    return {"where": error.where, "remedy": error.remedy, "kind": type(error).__name__}


def say(descriptor: int, message: Mapping[str, Any]) -> None:
    """Write a line."""
    data = dumps(message).encode("utf-8", "replace") + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def speak_into(path: str) -> None:
    """Let what is printed go to the end of a file.

    Raises:
        StoreError: if it cannot be opened.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise store_error(error, path) from error
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
