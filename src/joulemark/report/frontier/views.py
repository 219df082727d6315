"""Pages of one group by other numbers: other times, and energies of something else.

A sweep holds several; each pair has a page of its own, and all pages of a group link to each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Group
from joulemark.analysis.frontier.recommend import Answer, recommend
from joulemark.analysis.frontier.served import ENERGIES, GOODPUT
from joulemark.report.format import clean
from joulemark.report.frontier.words import bare

TIMES = (
    *("tpot_mean", "tpot_p50", "tpot_p99", "itl_p50", "itl_p99", "ttft_p50", "ttft_p99"),
    *("e2e_p50", "e2e_p99", "latency", "output_tokens_per_s", GOODPUT, "time_s"),
)
_ENERGIES = (*ENERGIES, "energy_per_good_request_j", "energy_j")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a page of other numbers; without one it is that of this page."""

    title: str
    href: str


def views_of(answer: Answer) -> list[Answer]:
    """Return the answers by all numbers of a group, its own among them.

    Args:
        answer: as asked for. Others have no targets: theirs were on other numbers.
    """
    group = answer.group
    times, energies = _names(group, answer.time.name, TIMES), _energies(answer)
    own = (answer.time.name, answer.energy.name)
    return [
        answer if (time, energy) == own else recommend(group, time=time, energy=energy)
        for energy in energies
        for time in times
    ]


def view_name(answer: Answer, page: str) -> str:
    """Return the name of a page of other numbers, beside the group's own page."""
    words = f"{answer.time.name}-{answer.energy.name}"
    digest = hashlib.sha256(words.encode()).hexdigest()[:6]
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in words)[:60]
    return f"{page.removesuffix('.html')}-{plain}-{digest}.html"


def links_of(answer: Answer, views: Sequence[Answer], names: Sequence[str]) -> list[list[Link]]:
    """Return the links to other times, and to other energies; lists of less than two are left out.

    Args:
        answer: whose page links.
        views: all of the group.
        names: of their pages.
    """
    found: list[list[Link]] = [[], []]
    for view, name in zip(views, names, strict=True):
        same = view.time.name == answer.time.name, view.energy.name == answer.energy.name
        href = "" if all(same) else name
        if same[1]:
            found[0].append(Link(_title(view, "time"), href))
        if same[0]:
            found[1].append(Link(_title(view, "energy"), href))
    return [links for links in found if len(links) > 1]


def _title(view: Answer, which: str) -> str:
    metric = view.time if which == "time" else view.energy
    return clean(metric.title or metric.name, 60)


def _energies(answer: Answer) -> list[str]:
    """Return the energies: only quantities of joules, so that a page compares like with like."""
    group = answer.group
    names = _names(group, answer.energy.name, _ENERGIES)
    return [name for name in names if bare(group.metrics[name].unit) == "J"] or names[:1]


def _names(group: Group, own: str, known: Sequence[str]) -> list[str]:
    held = group.held()
    there = [name for name in known if name in held]
    return there if own in there else [own, *there]
