"""A result of one scenario where another belongs: Server among Offline above all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from joulemark.analysis.claims.corpus import Corpus, Name, system_of
from joulemark.analysis.claims.suspicion import Suspicion, of_rows, told
from joulemark.core.units import digits
from joulemark.formats.results.declared import RATES, DeclaredResult
from joulemark.rules.results.others import agrees

NAME = "scenario"
_PAIR = ("Offline", "Server")


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield Offline rows whose figures are those of the Server result of the same system."""
    for pair in _pairs(corpus).values():
        offline, server = (pair.get(name) for name in _PAIR)
        if offline is None or server is None:
            continue
        if agrees(offline.per_joule, server.per_joule) and offline.power == server.power:
            what = f"{told(offline)}: holds the Server result of the same system"
            seen = f"{digits(offline.performance or 0, 6)}/s and {digits(offline.power or 0, 6)} W"
            right = corpus.trusted(offline)
            yield of_rows(NAME, [offline, server], what, [f"{seen} in both"], _mended(right))
            continue
        yield from _held_by_server(corpus, offline, server)


def _held_by_server(
    corpus: Corpus, offline: DeclaredResult, server: DeclaredResult
) -> Iterator[Suspicion]:
    """Yield an Offline row with the figures that another source states of Server."""
    right, beside = corpus.trusted(offline), corpus.trusted(server)
    if right is None or beside is None or agrees(offline.performance, right.performance):
        return
    if agrees(offline.performance, beside.performance) and agrees(offline.power, beside.power):
        what = f"{told(offline)}: holds the Server result of the same system"
        seen = f"{digits(beside.performance or 0, 6)}/s is what another source states of Server"
        yield of_rows(NAME, [offline, server], what, [seen], _mended(right))


def _mended(right: DeclaredResult | None) -> str:
    if right is None:
        return "look for the Offline result of the system"
    rate = f"{digits(right.performance or 0, 6)} {right.performance_unit}"
    return f"Offline is {rate} at {digits(right.power or 0, 6)} {right.power_unit}"


def _pairs(corpus: Corpus) -> Mapping[Name, dict[str, DeclaredResult]]:
    """Return the rows of each system and benchmark, by scenario."""
    found: dict[Name, dict[str, DeclaredResult]] = {}
    for row in corpus.audited:
        if row.scenario in _PAIR and row.performance_unit in RATES and row.power is not None:
            name = (*system_of(row), row.public_id, row.kind, row.benchmark)
            found.setdefault(name, {}).setdefault(row.scenario, row)
    return found
