"""Write the site: what is there already and says the same is left as it is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Entry
from joulemark.core.errors import StoreError
from joulemark.report.audit.worker import write_page
from joulemark.report.made import read_note
from joulemark.report.site.columns import columns
from joulemark.report.site.details import shards
from joulemark.report.site.page import TITLE, index_page
from joulemark.report.site.pages import Pages, page_of, wanted_pages
from joulemark.report.site.sections import Section, is_known, sections
from joulemark.report.stamp import Stamp, run_stamp, stamp_of
from joulemark.store.files import store_error

MADE_BY = "joulemark site"
INDEX, NOTE, ROWS = "index.html", "site.json", "data/rows.js"
_DETAILS, _RUNS = "data/details", "runs"
_OURS = re.compile(
    r"data/rows\.js|data/details/[0-9a-z_]{2}\.js|runs/[A-Za-z0-9][\w.-]{0,200}\.html"
)

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What site is to be written.

    Attributes:
        folder: where to.
        store: the directory of all runs.
        title: of the page.
        pages: which runs get a page of their own.
        checks: state of a check, for verdicts; None for that of the store.
        force: whether a folder that holds something else may be written to.
    """

    folder: Path
    store: Path
    title: str = TITLE
    pages: Pages = Pages.OWN
    checks: Path | None = None
    force: bool = False


@dataclass(slots=True)
class Written:
    """What was done.

    Attributes:
        entries: results on the site.
        new: files that were written.
        same: files that said the same already.
        gone: files that were removed, as nothing leads to them any more.
        unread: runs that should have a page and cannot be read.
        unchanged: whether nothing changed since the last time, so that nothing was looked at.
    """

    entries: int = 0
    new: int = 0
    same: int = 0
    gone: int = 0
    unread: list[str] = field(default_factory=list)
    unchanged: bool = False


def write_site(
    wanted: Wanted,
    made: Callable[[], Iterable[Entry]],
    tell: Tell = lambda what, done, of: None,
) -> Written:
    """Write the site.

    Args:
        wanted: which.
        made: returns the results of the store; not asked where nothing has changed.
        tell: told how far it is.

    Raises:
        FormatError: if the table of stated results is damaged.
        StoreError: if the store cannot be read, a file cannot be written, or the folder holds
            something else.
    """
    note = _prepare(wanted)
    links = sections(wanted.folder)
    stamp = stamp_of(wanted.store, wanted.checks, (wanted.title, wanted.pages.value, repr(links)))
    if note.get("stamp") == stamp.whole and _is_whole(wanted.folder, note):
        return Written(entries=int(note["entries"]), unchanged=True)
    tell("reading the record", 0, 0)
    writer = _Writer(wanted, stamp, note, tell)
    writer.write(tuple(made()), links)
    return writer.done


class _Writer:
    """Writes the files of one site, and notes them."""

    def __init__(self, wanted: Wanted, stamp: Stamp, note: Mapping[str, Any], tell: Tell) -> None:
        self._wanted, self._stamp, self._note, self._tell = wanted, stamp, note, tell
        self._files: dict[str, int] = {}
        self._runs: dict[str, str] = {}
        self.done = Written()

    def write(self, entries: Sequence[Entry], links: Sequence[Section]) -> None:
        """Write all of it; the page comes after the data that it loads, the note last."""
        self.done.entries = len(entries)
        self._pages(wanted_pages(entries, self._wanted.pages))
        data = [
            *_details(entries, self._runs),
            (ROWS, _script("rows", columns(entries, definitions()))),
        ]
        build = hashlib.sha256("".join(text for _, text in data).encode()).hexdigest()[:12]
        for number, (name, text) in enumerate(data):
            self._tell("writing", number, len(data))
            self._put(name, text)
        page = index_page(entries, links, definitions(), self._wanted.title, build)
        self._put(INDEX, page)
        self._remove()
        self._put_note()

    def _pages(self, names: Sequence[str]) -> None:
        """Write pages of runs, but for those whose run and program are those of the last time."""
        known = _mapping(self._note.get("runs"))
        for number, name in enumerate(names):
            self._tell("pages of runs", number, len(names))
            path, stamp = f"{_RUNS}/{name}.html", run_stamp(self._wanted.store / name, self._stamp)
            if known.get(name) == stamp and (self._wanted.folder / path).is_file():
                self._keep(path)
            elif (page := page_of(self._wanted.store, name)) is not None:
                self._put(path, page)
            else:
                self.done.unread.append(name)
                continue
            self._runs[name] = stamp

    def _keep(self, path: str) -> None:
        self._files[path] = (self._wanted.folder / path).stat().st_size
        self.done.same += 1

    def _put(self, name: str, text: str) -> None:
        path = self._wanted.folder / name
        if write_page(path, text):
            self.done.new += 1
        else:
            self.done.same += 1
        self._files[name] = path.stat().st_size

    def _remove(self) -> None:
        """Remove files of the last time that nothing leads to any more."""
        for name in _mapping(self._note.get("files")):
            if name not in self._files and _OURS.fullmatch(name):
                (self._wanted.folder / name).unlink(missing_ok=True)
                self.done.gone += 1

    def _put_note(self) -> None:
        note = {
            "made_by": MADE_BY,
            "stamp": self._stamp.whole,
            "entries": self.done.entries,
            "files": self._files,
            "runs": self._runs,
        }
        write_page(self._wanted.folder / NOTE, json.dumps(note, indent=0, sort_keys=True) + "\n")


def _details(entries: Sequence[Entry], pages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, found in shards(entries, pages).items():
        yield f"{_DETAILS}/{name}.js", _script("details", found, name)


def _script(name: str, value: Any, *first: str) -> str:
    """Return a call that hands over JSON as one string of ASCII: a script that is only data."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return f"joulemark.{name}({','.join(json.dumps(part) for part in (*first, text))})\n"


def _prepare(wanted: Wanted) -> Mapping[str, Any]:
    """Make the folder; return the note of the last time, empty for a new site."""
    folder = wanted.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        note = read_note(folder / NOTE, MADE_BY)
        if note is None and any(_strange(folder)) and not wanted.force:
            raise StoreError(
                "the folder holds something else",
                where=str(folder),
                remedy="name an empty or a new one, or use --force",
            )
    except OSError as error:
        raise store_error(error, folder) from error
    return note or {}


def _strange(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder and neither of other verbs nor of a site that was interrupted."""
    for path in folder.iterdir():
        ours = path.name in ("data", _RUNS) or path.name.startswith(".") or is_known(path.name)
        if not ours:
            yield path


def _is_whole(folder: Path, note: Mapping[str, Any]) -> bool:
    """Return whether all files of the last time are there, in their sizes."""
    files = _mapping(note.get("files"))
    if INDEX not in files or not isinstance(note.get("entries"), int):
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except OSError:
        return False


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
