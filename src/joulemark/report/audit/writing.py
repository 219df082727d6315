"""Write the pages of trees: one of each measurement as it is reviewed, then one of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import StoreError
from joulemark.procedures.check_worker import parts_named
from joulemark.procedures.checked import Asked, Target, lost
from joulemark.procedures.checking import PARTS, Found, processors
from joulemark.procedures.crew import Crew, Lost
from joulemark.procedures.known import known_rules
from joulemark.report.audit.naming import Measurement, measurements
from joulemark.report.audit.stated import Stated, key_of, stated_in
from joulemark.report.audit.summary import Summary, summary_of
from joulemark.report.audit.tally import Tally
from joulemark.report.audit.tree_page import tree_page
from joulemark.report.audit.worker import Desk, first_line, request, write_page
from joulemark.store.files import store_error

INDEX = "index.html"
MARK = b'<meta name="generator" content="joulemark audit">'
"""Tells a folder of pages from others."""
_WORKER = "joulemark.report.audit.worker"
_BEGUN = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">{mark}<title>joulemark</title>'
    "</head><body><p>These pages are being written, or their writing was interrupted.</p></body>"
    "</html>\n"
)

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How pages are to be written.

    Attributes:
        folder: where to.
        asked: how to check.
        only_failing: only measurements of which a result fails get a page of their own.
        force: whether a folder that holds something else may be written to.
        jobs: worker processes; 1 works in this process; None: one for each processor.
        parts: names what a check is made of.
        names: of the trees as the person gave them.
        store: whose tables of stated results are looked up; None for none.
    """

    folder: Path
    asked: Asked
    only_failing: bool = False
    force: bool = False
    jobs: int | None = None
    parts: str = PARTS
    names: Sequence[str] = ()
    store: Path | None = None


def write_pages(found: Found, wanted: Wanted, tell: Tell = lambda what, done, of: None) -> Tally:
    """Write the pages of trees; what is there already and says the same is left as it is.

    Args:
        found: their power directories.
        wanted: how.
        tell: told how far it is.

    Returns:
        What was counted.

    Raises:
        StoreError: if a page cannot be written, or the folder holds something else.
    """
    _prepare(wanted)
    of = len(found.targets)
    groups = measurements(found.targets, found.trees, lambda done: tell("reading", done, of))
    stated = {} if wanted.store is None else stated_in(wanted.store, found.targets)
    work = [_Work(one, [stated.get(key_of(t), ()) for t in one.targets]) for one in groups]
    tally = Tally()
    done = 0
    for group, summaries in zip(groups, _reviewed(found, work, wanted), strict=True):
        tally.add(summaries)
        done += len(group.targets)
        tell("writing", done, of)
    names = wanted.names or list(dict.fromkeys(tree.name for tree in found.trees))
    page = tree_page(tally, known_rules(), trees=names, only_failing=wanted.only_failing)
    write_page(wanted.folder / INDEX, page)
    return tally


@dataclass(frozen=True, slots=True)
class _Work:
    """A measurement, and what tables state of each of its results."""

    group: Measurement
    stated: Sequence[Sequence[Stated]]


def _prepare(wanted: Wanted) -> None:
    """Make the folder, and put a page into it that says that the rest is to come."""
    folder, index = wanted.folder, wanted.folder / INDEX
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = any(folder.iterdir()) and not _is_ours(index)
        if not strange and index.exists():
            return
    except OSError as error:
        raise store_error(error, folder) from error
    if strange and not wanted.force:
        raise StoreError(
            "the folder holds something else",
            where=str(folder),
            remedy="name an empty or a new one, or use --force",
        )
    write_page(index, _BEGUN.format(mark=MARK.decode()))


def _is_ours(index: Path) -> bool:
    if not index.is_file():
        return False
    with index.open("rb") as file:
        return MARK in file.read(4096)


def _reviewed(found: Found, work: Sequence[_Work], wanted: Wanted) -> Iterator[list[Summary]]:
    hands = min(wanted.jobs or processors(), len(work))
    if hands > 1:
        yield from _by_workers(found, work, wanted, hands)
        return
    desk = Desk(
        parts_named(wanted.parts),
        lambda number: found.trees[number],
        wanted.asked,
        wanted.folder,
        only_failing=wanted.only_failing,
    )
    for one in work:
        yield desk.answer(one.group.targets, one.group.page, one.stated)


def _by_workers(
    found: Found, work: Sequence[_Work], wanted: Wanted, hands: int
) -> Iterator[list[Summary]]:
    told: dict[str, Any] = {
        "asked": asdict(wanted.asked),
        "folder": str(wanted.folder),
        "only_failing": wanted.only_failing,
    }
    first = first_line(wanted.parts, found.trees, told)
    requests = (request(one.group.targets, one.group.page, one.stated) for one in work)
    with Crew(_WORKER, hands, first) as crew:
        for one, answer in zip(work, crew.answers(requests), strict=True):
            if isinstance(answer, Lost):
                targets = one.group.targets
                yield [_lost(each, found.trees[each.tree].name, wanted, answer) for each in targets]
            else:
                yield _decoded(answer)


def _lost(target: Target, tree: str, wanted: Wanted, answer: Lost) -> Summary:
    return summary_of(lost(target, tree, wanted.asked, answer.why), {}, "")


def _decoded(line: bytes) -> list[Summary]:
    import msgspec

    from joulemark.store.schema import converted

    return [converted(record, Summary) for record in msgspec.json.decode(line)]
