"""A run directory as a list of files with sizes and sums, sent and received."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from joulemark.core.errors import FormatError, UsageError
from joulemark.procedures.training.wire import Peer
from joulemark.store.files import EVENTS, RAW, RUN, SUMS, TRACES, open_regular, store_error
from joulemark.store.writer import safe_name

MOST_FILES = 1000
MOST_BYTES = 16 << 30
_FOLDERS = ("", EVENTS, TRACES, RAW)
_NAME = re.compile(
    rf"(?:{RUN}|{SUMS}|(?:{EVENTS}|{TRACES}|{RAW})/[A-Za-z0-9_][A-Za-z0-9._-]{{0,99}})"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


class Listed(NamedTuple):
    """One file of a run.

    Attributes:
        name: relative to the run directory.
        size: bytes.
        digest: SHA-256, hexadecimal.
    """

    name: str
    size: int
    digest: str


def listed(run: Path) -> list[Listed]:
    """Return the files of a closed run.

    Raises:
        StoreError: if one cannot be read.
        FormatError: if one is no plain file.
    """
    names = [str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()]
    return [_listed(run, name) for name in sorted(names) if _NAME.fullmatch(name)]


def _listed(run: Path, name: str) -> Listed:
    digest, size = hashlib.sha256(), 0
    with open_regular(run / name) as file:
        while part := file.read(_CHUNK):
            digest.update(part)
            size += len(part)
    return Listed(name, size, digest.hexdigest())


def send(peer: Peer, run: Path, code: int) -> str:
    """Send a run, and return why the other side did not keep it; empty where it did.

    Args:
        peer: the gatherer.
        run: the directory.
        code: exit code of what was measured.

    Raises:
        UnavailableError: if the connection ended.
        FormatError: if the answer is none.
        StoreError: if a file of the run cannot be read.
    """
    files = listed(run)
    peer.send({"run": run.name, "code": code, "files": [list(file) for file in files]})
    for name, size, _ in files:
        with open_regular(run / name) as file:
            for left in range(size, 0, -_CHUNK):
                peer.send_bytes(file.read(min(left, _CHUNK)))
    answer, _ = peer.receive()
    return "" if answer.get("kept") is True else str(answer.get("refused", "no reason"))[:200]


def receive(peer: Peer, message: Mapping[str, Any], inbox: Path) -> Path:
    """Keep a run that is sent, whole or not at all, and return its directory.

    Args:
        peer: the agent.
        message: the list that it sent.
        inbox: directory for the runs; a run that is there already is replaced by no other.

    Raises:
        FormatError: if the list is no list of a run, or a file came damaged.
        UnavailableError: if the connection ended too soon.
        StoreError: if it cannot be written.
    """
    name, files = _checked(message, peer.name)
    target, work = inbox / name, inbox / f".{name}.part"
    try:
        shutil.rmtree(work, ignore_errors=True)
        for folder in _FOLDERS:
            (work / folder).mkdir(parents=True, exist_ok=True)
        for file in files:
            peer.receive_file(work / file.name, file.size, file.digest)
        if not target.exists():
            work.rename(target)
    except OSError as error:
        raise store_error(error, target) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    peer.send({"kept": True})
    return target


def _checked(message: Mapping[str, Any], where: str) -> tuple[str, list[Listed]]:
    name, rows = message.get("run"), message.get("files")
    odd = FormatError("what an agent offers is no run", where=where)
    if not isinstance(name, str) or not isinstance(rows, list) or len(rows) > MOST_FILES:
        raise odd
    try:
        files = [_row(row) for row in rows]
        safe_name(name)
    except (ValueError, TypeError, UsageError):
        raise odd from None
    if len({file.name for file in files}) < len(files) or sum(f.size for f in files) > MOST_BYTES:
        raise FormatError("a run with a file twice, or far too large", where=where)
    return name, files


def _row(row: Any) -> Listed:
    name, size, digest = row
    texts = isinstance(name, str) and isinstance(digest, str)
    if not texts or not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
        raise ValueError
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MOST_BYTES:
        raise ValueError
    return Listed(name, size, digest)
