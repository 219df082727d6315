"""Write pages of frontiers into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from joulemark.analysis.frontier.recommend import CONFIDENCE, Answer
from joulemark.report.frontier.page import INDEX, group_page, index_page, page_name
from joulemark.store.files import new_file, refuse_existing, store_error


def write_pages(
    answers: Sequence[Answer],
    folder: Path,
    *,
    confidence: float = CONFIDENCE,
    force: bool = False,
) -> Path:
    """Write a page of each group, and the page of all; return the latter's path.

    Args:
        answers: of the groups.
        folder: where to; made if it is not there.
        confidence: with which targets are to be met.
        force: whether pages that exist are replaced.

    Raises:
        UsageError: if a page exists and ``force`` is not given; nothing is written then.
        StoreError: if a page cannot be written.
    """
    names = [page_name(answer) for answer in answers]
    for name in (INDEX, *names):
        refuse_existing(folder / name, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise store_error(error, folder) from error
    for answer, name in zip(answers, names, strict=True):
        page = group_page(answer, confidence=confidence)
        new_file(folder / name, page.encode(), force=force)
    index = index_page(answers, names, confidence=confidence)
    new_file(folder / INDEX, index.encode(), force=force)
    return folder / INDEX
