"""Links to pages that other verbs wrote into the folder of the site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from joulemark.report.format import clean
from joulemark.store.files import unreadable

PAGES = {
    "claims.html": "What the record says: published claims, held against it",
    "figures/index.html": "The figures of the study, as published and from the record",
    "scales.html": "All scales, from µW to MW",
    "review/index.html": "Review of the power logs, measurement by measurement",
}
"""Pages by the place where the site looks for them."""
FRONTIERS, ALL = "frontier", "index.html"
"""Folder of the pages of ML.ENERGY's results."""
MOST = 500


@dataclass(frozen=True, slots=True)
class Section:
    """Some links of one kind.

    Attributes:
        title: its heading.
        hint: a sentence on them; may be empty.
        links: text and relative address of each.
    """

    title: str
    hint: str
    links: tuple[tuple[str, str], ...]


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
        made.append(Section("Frontiers", hint, frontiers))
    return made


def _frontiers(folder: Path) -> Iterator[tuple[str, str]]:
    if not (folder / FRONTIERS).is_dir():
        return
    if (folder / FRONTIERS / ALL).is_file():  # it links the others
        yield "All groups", f"{FRONTIERS}/{ALL}"
        return
    for path in sorted((folder / FRONTIERS).glob("*.html"))[:MOST]:
        yield clean(path.stem.replace("-", " "), 80), f"{FRONTIERS}/{quote(path.name)}"
