"""The one page of the site: what is in it before its data has come, and without JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import si, with_u95
from joulemark.formats.results.declared import MLENERGY
from joulemark.report.format import NOTHING, clean
from joulemark.report.html import rendered
from joulemark.report.site.columns import name_of, natural
from joulemark.report.site.doubt import Best, best_of
from joulemark.report.site.script import program
from joulemark.report.site.sections import Section
from joulemark.report.words import DISCLAIMER

TITLE = "Energy of machine learning: the record"
BEST = ("benchmark", "scale", "energy", "power", "system", "submitter", "round", "among")
_NAME = 100
_MOST = 400
"""So many open results are listed without JavaScript."""


def index_page(
    entries: Sequence[Entry],
    sections: Sequence[Section],
    known: Definitions,
    title: str,
    build: str,
) -> str:
    """Return the page.

    Args:
        entries: all results.
        sections: links to other pages.
        known: what benchmarks mean.
        title: of the page.
        build: names the data, so that a browser keeps no old one.
    """
    return rendered(
        "site.html.j2",
        styles=("page.css", "site.css"),
        program=program(),
        title=clean(title, 120),
        build=build,
        sub=subtitle(entries),
        count=len(entries),
        disclaimer=DISCLAIMER,
        sections=sections,
        best=list(best_tables(entries, known)),
        best_head=BEST,
        changes=[
            (_spoken(c.suite, c.benchmark, c.scenario), c.since, c.what) for c in known.changes
        ],
    )


def subtitle(entries: Sequence[Entry]) -> str:
    """Return how many results there are of what."""
    if not entries:
        return "The store holds no result yet."
    kinds = Counter(entry.suite for entry in entries)
    named = [
        f"{_grouped(number)} {_whose(suite)}"
        for suite, number in sorted(kinds.items(), key=lambda item: (not item[0], item[0]))
    ]
    results = "result" if len(entries) == 1 else "results"
    return f"{_grouped(len(entries))} {results}: {', '.join(named)}"


def _whose(suite: str) -> str:
    if suite == MLENERGY:
        return "of ML.ENERGY"
    return f"of MLPerf {suite.title()}" if suite else "of this store"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def best_tables(
    entries: Sequence[Entry], known: Definitions
) -> Iterator[tuple[str, list[list[str]], bool]]:
    """Yield heading, rows, and whether to fold them, of the best results of each division."""
    groups: dict[str, list[Best]] = {}
    for best in best_of(entries, known):
        groups.setdefault(best.entry.division, []).append(best)
    for division in sorted(groups, key=lambda name: (name != "closed", not name, name)):
        found = sorted(groups[division], key=_order)
        heading = f"Least energy, {division or 'own runs'}{' division' if division else ''}"
        yield clean(heading, 80), [_row(best) for best in found[:_MOST]], division == "open"


def _order(best: Best) -> tuple[object, ...]:
    entry = best.entry
    return (entry.suite, natural(entry.name), entry.scenario, entry.category, entry.work, best.side)


def _row(best: Best) -> list[str]:
    entry = best.entry
    unit = f"J/{entry.work}" if entry.work else "J"
    among = str(best.among) + (f", {best.doubted} in doubt left out" if best.doubted else "")
    return [
        clean(_spoken(entry.name, entry.scenario, best.side), _NAME),
        entry.category.value,
        _figure(entry.energy_j, entry.u95, unit),
        _figure(entry.power_w, entry.u95, "W"),
        clean(name_of(entry), _NAME),
        clean(entry.submitter, _NAME),
        clean(entry.round or entry.date, 20),
        among,
    ]


def _spoken(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _figure(value: float | None, share: float | None, unit: str) -> str:
    unit = clean(unit, 40)
    if value is None:
        return NOTHING
    return with_u95(value, share * value, unit) if share else si(value, unit)
