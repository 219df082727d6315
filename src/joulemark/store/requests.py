"""Requests of a run of serving, a line each in ``raw/serving/``, written as they end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.request import Request
from joulemark.meters.journal import Journal
from joulemark.store.files import RAW, open_regular, store_error, unreadable

FOLDER = "serving"
REQUESTS, METRICS = "requests.jsonl", "metrics.jsonl"
MOST_LINE = 64 << 20
DAY_NS = 86_400 * NS
MOST_NS = 100 * DAY_NS
"""A run whose requests are further apart is damaged."""
Entry = TypeVar("Entry")


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the requests.

    Attributes:
        repeat: of which repeat of the load, from 0.
        request: what became of it.
        text: the answer; empty where texts were not to be kept.
    """

    repeat: int
    request: Request
    text: str = ""


class Scraped(msgspec.Struct, frozen=True):
    """A line of what the server told of itself.

    Attributes:
        repeat: during which repeat, from 0.
        time: when it was read, ns of the run's clock.
        text: Prometheus text, as it came.
    """

    repeat: int
    time: int
    text: str


def folder_of(run: Path) -> Path:
    """Return the folder of a run's files of serving."""
    return run / RAW / FOLDER


def journal(run: Path, name: str) -> Journal:
    """Open a file of a run's folder of serving to append lines.

    Raises:
        StoreError: if it cannot be written.
    """
    folder = folder_of(run)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise store_error(error, folder) from error
    return Journal(folder / name)


def line_of(entry: Kept | Scraped) -> bytes:
    """Return the line of an entry."""
    return msgspec.json.encode(entry) + b"\n"


def read_requests(run: Path) -> list[Kept]:
    """Return the requests of a run in the order of their end; none if it has no such file.

    Raises:
        FormatError: if a line is damaged, or holds what cannot be; a last line without its end is
            left out.
        StoreError: if the file cannot be read.
    """
    path = folder_of(run) / REQUESTS
    found = _entries(path, Kept)
    for place, entry in enumerate(found, 1):
        fault = entry.request.fault or _far(entry.request, found[0].request)
        if fault or entry.repeat < 0:
            what = fault or f"the repeat is {entry.repeat}"
            raise FormatError(f"request {place} of this file: {what}", where=str(path))
    return found


def _far(request: Request, first: Request) -> str:
    given = (request.planned, request.sent, request.ended, *request.chunks[-1:])
    apart = max(abs(time - first.planned) for time in given if time is not None)
    return f"more than {MOST_NS // DAY_NS} days from the first one" if apart > MOST_NS else ""


def read_scraped(run: Path) -> list[Scraped]:
    """Return what the server told of itself, as :func:`read_requests` does requests."""
    return _entries(folder_of(run) / METRICS, Scraped)


def _entries(path: Path, kind: type[Entry]) -> list[Entry]:
    decode, found = msgspec.json.Decoder(kind).decode, []
    for number, line in _lines(path):
        try:
            found.append(decode(line))
        except (msgspec.MsgspecError, RecursionError) as error:
            where = f"{path}:{number}"
            raise FormatError(f"no entry of this file: {error}", where=where) from error
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with open_regular(path) as file:
            number = 0
            while line := file.readline(MOST_LINE):
                number += 1
                if not line.endswith(b"\n"):
                    if len(line) < MOST_LINE:
                        return  # a writer was killed
                    raise FormatError("a line is too long", where=f"{path}:{number}")
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        return
    except OSError as error:
        raise unreadable(error, path) from error
