"""Paths of hostile trees: what may be one, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from joulemark.core.errors import FormatError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.tree import Entry

DRIVE = re.compile(rb"[A-Za-z]:")
SHOWN = 300
"""Characters of a path that a message shows."""


def shown(text: str) -> str:
    r"""Return text that any terminal can show: what cannot be printed is escaped (``\udcff``)."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def to_text(raw: bytes) -> str:
    """Return a path as text; bytes that are no UTF-8 become surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def to_bytes(path: str) -> bytes:
    """Return the bytes of a path; what no path can hold becomes a question mark."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "replace")


def is_path(path: str) -> bool:
    """Say whether a text can be the path of a file in a tree."""
    known = {"", ".", ".."}.isdisjoint(path.split("/"))
    return known and "\0" not in path and to_text(to_bytes(path)) == path


def hostile(tree: str, path: bytes | str, why: str, remedy: str = "") -> FormatError:
    """Return the error about an entry of a tree."""
    text = path if isinstance(path, str) else to_text(path)
    return FormatError(why, where=f"{shown(tree)}: {shown(text)}", remedy=remedy)


def checked(raw: bytes, tree: str, limits: Limits) -> bytes:
    """Return the path of an archive's entry without "." and doubled "/"; empty for the root.

    Raises:
        FormatError: if it could lead out of the tree or mean different files to different programs.
    """
    if b"\0" in raw or b"\\" in raw:
        found = "a NUL byte" if b"\0" in raw else "a backslash"
        raise hostile(tree, raw, f"the name has {found}; unpackers disagree on what that means")
    if raw[:1] == b"/" or DRIVE.fullmatch(raw.partition(b"/")[0]):
        raise hostile(tree, raw, "an absolute path in an archive")
    parts = [part for part in raw.split(b"/") if part not in {b"", b"."}]
    if b".." in parts:
        raise hostile(tree, raw, 'a path with ".." leads out of the archive')
    path = b"/".join(parts)
    if len(path) > limits.path or len(parts) > limits.depth:
        raise hostile(
            tree, raw, f"a path longer than {limits.path} bytes or {limits.depth} folders"
        )
    return path


def one_by_one(entries: Iterator[Entry], tree: str, limits: Limits) -> Iterator[Entry]:
    """Pass entries on, each once and in order.

    Raises:
        FormatError: if they are too many, or a path occurs twice or as both file and folder.
    """
    before: list[str] = []  # files that the last path begins with
    last = b""
    for number, entry in enumerate(entries):
        path = entry.path
        raw = path.encode("utf-8", "surrogateescape")
        if number >= limits.entries:
            raise FormatError(f"more than {limits.entries} files", where=shown(tree))
        if raw <= last:
            raise hostile(tree, path, "the entry is there twice or out of order")
        last = raw
        while before and not path.startswith(before[-1]):
            before.pop()
        if any(path[len(file)] == "/" for file in before):
            raise hostile(tree, path, "its folder is a file as well")
        before.append(path)
        yield entry
