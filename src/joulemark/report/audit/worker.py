"""What a worker process of an audit does: one measurement after another, its page written."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from joulemark.core.finding import Verdict
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.formats.inference.performance import text
from joulemark.formats.trees.tree import Entry, Tree
from joulemark.procedures.check_worker import Trees, parts_named, target_of
from joulemark.procedures.checked import INFERENCE, NEWEST, Asked, Checked, Target, lost
from joulemark.procedures.judging import judge
from joulemark.procedures.kinds import Outcome, Parts
from joulemark.procedures.known import known_rules
from joulemark.report.audit.reading import Member, or_none
from joulemark.report.audit.result_page import result_page
from joulemark.report.audit.stated import Stated
from joulemark.report.audit.summary import Summary, summary_of
from joulemark.store.files import store_error

MOST_SHOWN = 50
"""Results of one measurement whose findings its page tells."""


class Desk:
    """Reviews measurements and writes their pages.

    Args:
        parts: what to check with.
        open_tree: opens a tree by its number; called when it is another than before.
        asked: how to check.
        folder: of the pages.
        only_failing: whether measurements get a page only if a result of theirs fails.
    """

    def __init__(
        self,
        parts: Parts,
        open_tree: Callable[[int], Tree],
        asked: Asked,
        folder: Path,
        *,
        only_failing: bool,
    ) -> None:
        """Keep the arguments; nothing is opened."""
        self._kind = parts.kind(INFERENCE)
        self._open_tree = open_tree
        self._asked = asked
        self._folder = folder
        self._only_failing = only_failing
        self._known = known_rules()
        self._open: tuple[int, Tree] | None = None

    def answer(
        self, targets: Sequence[Target], page: str, stated: Sequence[Sequence[Stated]] = ()
    ) -> list[Summary]:
        """Review the results that rest on one measurement, write its page, and sum them up.

        Args:
            targets: their directories.
            page: where the page goes, relative to the folder.
            stated: what tables state of each.

        Raises:
            StoreError: if the page cannot be written.
        """
        members: list[Member] = []
        judged: list[tuple[Checked, Mapping[str, Outcome]]] = []
        for number, target in enumerate(targets):
            said = stated[number] if number < len(stated) else ()
            member, checked, official = self._judge(target, said)
            judged.append((checked, official))
            if member is not None and len(members) < MOST_SHOWN:
                members.append(member)
        fails = any(checked.verdict is Verdict.FAIL for checked, _ in judged)
        if not members or (self._only_failing and not fails):
            page = ""
        members.sort(key=_is_inferred)
        if page:
            home = "../" * page.count("/") + "index.html"
            more = len(targets) - len(members)
            made = result_page(members, self._known, home=home, more=more)
            write_page(self._folder / page, made)
        return [summary_of(checked, official, page) for checked, official in judged]

    def _judge(
        self, target: Target, stated: Sequence[Stated]
    ) -> tuple[Member | None, Checked, Mapping[str, Outcome]]:
        name = ""
        try:
            tree = self._tree(target.tree)
            name = tree.name
            directory = _directory(tree, target)
            checked = judge(directory, target, name, self._asked, self._kind)
            official = self._official(directory, checked.round)
            fresh = _directory(tree, target)  # without the bytes of every file
            fresh.place = checked.place
            return Member(fresh, checked, official, stated), checked, official
        except Exception as error:  # noqa: BLE001 # one directory must not end the audit of thousands
            what = f"{type(error).__name__}: {str(error)[:300]}"
            return None, lost(target, name, self._asked, what), {}

    def _official(self, directory: PowerDirectory, round_: str) -> Mapping[str, Outcome]:
        revision = round_ if round_ in self._kind.revisions else NEWEST
        return self._kind.official(directory, revision, ()) if self._kind.official else {}

    def _tree(self, number: int) -> Tree:
        if self._open is None or self._open[0] != number:
            self._open = number, self._open_tree(number)
        return self._open[1]


def _is_inferred(member: Member) -> bool:
    """Return whether a result is of another scenario than the one that ran."""
    place, detail = member.checked.place, or_none(lambda: member.directory.testing_detail)
    return detail is None or text(detail, "effective_scenario") not in (place.scenario, "")


def _directory(tree: Tree, target: Target) -> PowerDirectory:
    entries = {name: Entry(path, size, known) for name, path, size, known in target.entries}
    beside = tuple(Entry(*entry) for entry in target.beside)
    return PowerDirectory(tree, target.path, entries, target.place, beside)


def write_page(path: Path, page: str) -> bool:
    """Write a page unless it says the same already; half of one is never seen.

    Returns:
        Whether it was written.

    Raises:
        StoreError: if it cannot be written.
    """
    data = page.encode("utf-8", "replace")
    try:
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        work = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            work.write_bytes(data)
            work.replace(path)
        finally:
            work.unlink(missing_ok=True)
    except OSError as error:
        raise store_error(error, path) from error
    return True


def first_line(parts: str, trees: Sequence[Tree], told: Mapping[str, Any]) -> bytes:
    """Return what a worker is told first."""
    return json.dumps({"parts": parts, "tokens": [tree.token for tree in trees], **told}).encode()


def request(targets: Sequence[Target], page: str, stated: Sequence[Sequence[Stated]] = ()) -> bytes:
    """Return a measurement as a line for a worker."""
    said = [[asdict(one) for one in each] for each in stated]
    return json.dumps([[asdict(target) for target in targets], page, said]).encode()


def main(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    """Answer lines of standard input until it ends.

    Args:
        source: where requests come from; standard input by default.
        sink: where answers go; standard output by default.
    """
    is_process = source is None
    source = source or sys.stdin.buffer
    sink = sink or sys.stdout.buffer
    told = json.loads(source.readline())
    parts, trees = parts_named(told["parts"]), Trees(told["tokens"])
    desk = Desk(
        parts,
        lambda number: trees.open(parts, number),
        msgspec.convert(told["asked"], Asked),
        Path(told["folder"]),
        only_failing=told["only_failing"],
    )
    if is_process:
        gc.freeze()
    for line in source:
        targets, page, said = json.loads(line)
        stated = [[_stated(record) for record in each] for each in said]
        found = desk.answer([target_of(record) for record in targets], page, stated)
        sink.write(msgspec.json.encode(found, enc_hook=str) + b"\n")
        sink.flush()
    trees.close()
    return 0


def _stated(record: dict[str, Any]) -> Stated:
    return Stated(**{**record, "doubts": tuple(record["doubts"])})
