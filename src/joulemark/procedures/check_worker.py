"""What a worker process of a check does: one result after another, each answered by a line."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any, BinaryIO

import msgspec

from joulemark.formats.inference.directory import Place
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.checked import Asked, Checked, Target, lost
from joulemark.procedures.judging import judge
from joulemark.procedures.kinds import Parts
from joulemark.procedures.watched import WatchedTree, identity, unchanged

_SELDOM = (20_000, 20, 20)
"""A directory makes thousands of small objects, hardly any in circles: look for those seldom."""
SAME = b"same"
"""The answer where an earlier result still holds."""


def parts_named(name: str) -> Parts:
    """Return what a check is made of, from ``module:function``."""
    module, _, function = name.partition(":")
    parts: Parts = getattr(import_module(module), function)()
    return parts


class Desk:
    """Checks directories of several trees.

    Args:
        parts: what to check with.
        open_tree: opens a tree by its number; called when it is another than before.
        asked: how to check.
    """

    def __init__(self, parts: Parts, open_tree: Callable[[int], Tree], asked: Asked) -> None:
        """Keep the arguments; nothing is opened."""
        self._parts = parts
        self._open_tree = open_tree
        self._asked = asked
        self._shelf = Shelf()
        self._open: tuple[int, Tree] | None = None

    def answer(
        self, target: Target, known: tuple[str, Mapping[str, str]] | None = None
    ) -> Checked | None:
        """Return what the check of a directory comes to; None if what is known still holds.

        Args:
            target: the directory.
            known: identity of its content, and of files beside it, when it was last checked; an
                identity is only looked for if this is given.
        """
        name = ""
        try:
            tree = WatchedTree(self._tree(target.tree), target.path)
            name = tree.name
            kind = self._parts.kind(target.kind)
            subject = kind.restore(tree, target, self._shelf)
            now = "" if known is None else identity(subject)
            if known is not None and now and known[0] == now and unchanged(tree, known[1]):
                return None
            tree.beside.clear()
            checked = judge(subject, target, name, self._asked, kind)
        except Exception as error:  # noqa: BLE001 # one directory must not end the check of thousands
            what = f"{type(error).__name__}: {str(error)[:300]}"
            return lost(target, name, self._asked, what)
        return replace(checked, identity=now, beside=tree.beside)

    def _tree(self, number: int) -> Tree:
        if self._open is None or self._open[0] != number:
            self._open = number, self._open_tree(number)
        return self._open[1]


def first_line(parts: str, trees: Sequence[Tree], asked: Asked) -> bytes:
    """Return what a worker is told first."""
    tokens = [tree.token for tree in trees]
    told = {"parts": parts, "tokens": tokens, "asked": asdict(asked)}
    return json.dumps(told).encode()


def request(target: Target, known: tuple[str, Mapping[str, str]] | None) -> bytes:
    """Return a directory as a line for a worker."""
    return json.dumps([asdict(target), known]).encode()


def encoded(checked: Checked) -> bytes:
    """Return a result as one line of JSON."""
    return msgspec.json.encode(checked, enc_hook=str)


def main(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    """Answer lines of standard input until it ends.

    Args:
        source: where requests come from; standard input by default.
        sink: where answers go; standard output by default.
    """
    source = source or sys.stdin.buffer
    sink = sink or sys.stdout.buffer
    told = json.loads(source.readline())
    parts, trees = parts_named(told["parts"]), Trees(told["tokens"])
    asked = msgspec.convert(told["asked"], Asked)
    desk = Desk(parts, lambda number: trees.open(parts, number), asked)
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    for line in source:
        target, known = json.loads(line)
        checked = desk.answer(target_of(target), known and (known[0], known[1]))
        sink.write((SAME if checked is None else encoded(checked)) + b"\n")
        sink.flush()
    trees.close()
    return 0


class Trees:
    """Trees of another process, of which one at a time is open."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Keep the tokens; nothing is opened."""
        self._tokens = tokens
        self._tree: Tree | None = None

    def open(self, parts: Parts, number: int) -> Tree:
        """Open a tree by its number, and close the one that was open."""
        self.close()
        self._tree = parts.reopen(self._tokens[number])
        return self._tree

    def close(self) -> None:
        """Close the tree that is open."""
        if self._tree is not None:
            self._tree.close()
            self._tree = None


def target_of(record: dict[str, Any]) -> Target:
    """Return a directory from its record in a request."""
    lists = {name: tuple(map(tuple, record[name])) for name in ("entries", "beside")}
    return Target(**{**record, **lists, "place": Place(**record["place"])})
