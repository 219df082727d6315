"""Links to pages that other verbs wrote into the folder of the site."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from joulemark.report.format import clean
from joulemark.store.files import unreadable

PAGES = {
    "what-the-record-says.html": "What the record says: claims held against it",
    "figures/index.html": "The study’s figures, published and from the record",
    "scales.html": "All scales, from µW to MW",
    "review/index.html": "Review of the power logs",
}
"""Pages by the place where the site looks for them."""
FRONTIERS = "frontier"
"""Folder of the pages of ML.ENERGY's results."""
MOST = 500
_ALL = "index.html"
_TITLE = re.compile(r"<title>([^<]*)</title>")
_COMMON = (" · joulemark", " · time and energy")
"""What all these titles end in."""
_HEAD = 1 << 16


def is_known(name: str) -> bool:
    """Return whether a name at the top of a folder is that of such a page, or of its folder."""
    return name == FRONTIERS or any(name == page.partition("/")[0] for page in PAGES)


@dataclass(frozen=True, slots=True)
class Section:
    """Some links of one kind.

    Attributes:
        title: its heading.
        hint: a sentence on them; may be empty.
        links: text and relative address of each.
        folded: whether they are many, and shown on demand.
    """

    title: str
    hint: str
    links: tuple[tuple[str, str], ...]
    folded: bool = False


def sections(folder: Path) -> list[Section]:
    """Return links to what there is in a folder; none for what there is not.

    Raises:
        StoreError: if the folder cannot be read.
    """
    try:
        found = [(text, path) for path, text in PAGES.items() if (folder / path).is_file()]
        frontiers = tuple(_frontiers(folder))
    except OSError as error:
        raise unreadable(error, folder) from error
    made = []
    if found:
        made.append(Section("More of this record", "", tuple(found)))
    if frontiers:
        hint = "Energy against time of language and diffusion models, from ML.ENERGY's results."
        made.append(Section("Frontiers", hint, frontiers, folded=True))
    return made


def _frontiers(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the page of all first, then those of groups."""
    if not (folder / FRONTIERS).is_dir():
        return
    paths = sorted((folder / FRONTIERS).glob("*.html"), key=lambda p: (p.name != _ALL, p.name))
    for path in paths[:MOST]:
        yield _title(path), f"{FRONTIERS}/{quote(path.name)}"


def _title(path: Path) -> str:
    """Return what a page calls itself; its file's name where it does not."""
    with path.open("rb") as file:
        match = _TITLE.search(file.read(_HEAD).decode("utf-8", "replace"))
    text = html.unescape(match[1]).strip() if match else ""
    for common in _COMMON:
        text = text.removesuffix(common)
    return clean(text or path.stem, 120)
