"""Write pages of frontiers into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from joulemark.analysis.frontier.recommend import CONFIDENCE, Answer
from joulemark.procedures.results import results_of
from joulemark.procedures.serving.results import is_serving, serving_of
from joulemark.report.frontier.page import INDEX, group_page, index_page, page_name
from joulemark.report.frontier.views import links_of, view_name, views_of
from joulemark.report.page import run_page
from joulemark.store.files import new_file, refuse_existing, store_error
from joulemark.store.reader import open_run

RUNS = "runs"
"""Folder of the pages of runs."""
Pages = dict[str, Answer]


def write_pages(
    answers: Sequence[Answer],
    folder: Path,
    *,
    confidence: float = CONFIDENCE,
    force: bool = False,
    runs: bool = False,
) -> Path:
    """Write a page of each group, and the page of all; return the latter's path.

    A group whose numbers are from runs of joulemark, a sweep, has pages by other numbers too.

    Args:
        answers: of the groups.
        folder: where to; made if it is not there.
        confidence: with which targets are to be met.
        force: whether pages that exist are replaced.
        runs: whether the page of each run is written as well, and linked.

    Raises:
        UsageError: if a page exists and ``force`` is not given; nothing is written then.
        FormatError: if a run is damaged.
        StoreError: if a page cannot be written, or a run cannot be read.
    """
    groups = [_pages(answer) for answer in answers]
    linked = _run_pages(answers) if runs else {}
    names = [name for pages in groups for name in pages]
    for name in (INDEX, *names, *linked.values()):
        refuse_existing(folder / name, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if linked:
            (folder / RUNS).mkdir(exist_ok=True)
    except OSError as error:
        raise store_error(error, folder) from error
    for pages in groups:
        _write_group(pages, folder, linked, confidence=confidence, force=force)
    for path, name in linked.items():
        _write_run(Path(path), folder / name, force=force)
    index = index_page(answers, [page_name(one) for one in answers], confidence=confidence)
    new_file(folder / INDEX, index.encode(), force=force)
    return folder / INDEX


def _pages(answer: Answer) -> Pages:
    """Return the answers of a group by the names of their pages."""
    own = page_name(answer)
    if not any(one.runs for one in answer.group.candidates):
        return {own: answer}
    return {own if one is answer else view_name(one, own): one for one in views_of(answer)}


def _run_pages(answers: Sequence[Answer]) -> dict[str, str]:
    """Return the names of the pages of runs, by the paths of their directories."""
    paths = [path for answer in answers for one in answer.group.candidates for path in one.runs]
    return {path: f"{RUNS}/{Path(path).name}.html" for path in dict.fromkeys(paths)}


def _write_group(
    pages: Pages, folder: Path, runs: Mapping[str, str], *, confidence: float, force: bool
) -> None:
    views, names = list(pages.values()), list(pages)
    for name, view in pages.items():
        links = links_of(view, views, names)
        page = group_page(view, confidence=confidence, links=links, runs=runs)
        new_file(folder / name, page.encode(), force=force)


def _write_run(path: Path, target: Path, *, force: bool) -> None:
    stored = open_run(path)
    served = serving_of(stored) if is_serving(stored) else None
    results = results_of(stored)
    page = run_page(stored.run, stored.traces(), results, path=stored.path, serving=served)
    new_file(target, page.encode(), force=force)
