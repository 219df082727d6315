"""One entry, or one for each category, from the statements of a result."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.record.figures import figures_of
from joulemark.analysis.record.names import round_of, split
from joulemark.analysis.record.places import first_place, places
from joulemark.analysis.record.runs import RunFacts
from joulemark.analysis.record.statements import PAGE, Statements, from_logs
from joulemark.core.units import digits
from joulemark.formats.results.declared import DIFFERS, LATENCY, LOGS, DeclaredResult
from joulemark.rules.results.others import agrees, place

_DIGITS = 16
_RESOLVED = "results/tables:"
"""The rule that another table contradicts a statement."""
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes entries.

    Attributes:
        facts: of runs, by name.
        doubts: of statements, by key.
        passed: whether our rules pass the log of a result, by round and place.
        definitions: of benchmarks.
    """

    facts: Mapping[str, RunFacts]
    doubts: Mapping[str, Sequence[str]]
    passed: Mapping[tuple[str, ...], bool]
    definitions: Definitions

    def entries(self, said: Statements) -> Iterator[Entry]:
        """Yield the entries of a result: of a system that is of two categories, one for each."""
        categories = self._categories(said)
        for category in categories:
            yield self._entry(said, category, categories)

    def _categories(self, said: Statements) -> tuple[Category, ...]:
        best = said.best
        if best.suite in ("tiny", "training"):
            return (Category(best.suite),)
        named = _kinds(said.rows)
        if best.scenario in ("SingleStream", "MultiStream"):
            return (Category.EDGE,)
        if best.scenario in ("Server", "Interactive"):
            return (Category.DATACENTER,)
        if Category.EDGE in named and best.benchmark in self.definitions.only_datacenter:
            named = tuple(kind for kind in named if kind is not Category.EDGE)
        return named or (Category.UNKNOWN,)

    def _entry(self, said: Statements, category: Category, all_: Sequence[Category]) -> Entry:
        said = _of(said, category) if len(all_) > 1 else said
        best, rows = said.best, said.rows
        round_ = round_of(best.round, best.public_id)
        benchmark, target = split(best.benchmark, best.suite)
        run = best.run if from_logs(best) else ""
        facts = self.facts.get(run, RunFacts())
        figures = figures_of(said, round_, facts, self.definitions)
        return Entry(
            key=_key(said, round_, category if len(all_) > 1 else None),
            suite=best.suite,
            category=category,
            round=round_,
            date=self.definitions.date(best.suite, round_),
            division=best.division or ("closed" if best.kind == PAGE else ""),
            submitter=best.submitter,
            system=_first(rows, "system"),
            system_name=_first(rows, "system_name"),
            public_id=_first(rows, "public_id"),
            benchmark=benchmark,
            target=target,
            scenario=best.scenario,
            processor=_first(rows, "processor"),
            accelerator=_first(rows, "accelerator"),
            accelerators=_number(rows, "accelerators"),
            nodes=_number(rows, "nodes"),
            software=_first(rows, "software"),
            work=figures.work,
            performance=figures.performance,
            latency_s=figures.latency_s,
            power_w=figures.power_w,
            energy_j=figures.energy_j,
            u95=facts.u95,
            evidence=_evidence(best),
            passed=self.passed.get(place(best)) if run else None,
            runs=(run,) if run else (),
            sources=tuple(dict.fromkeys(at for row in rows for _, _, at in places(row))),
            doubts=tuple(self._doubts(best)),
            remarks=tuple(dict.fromkeys(self._remarks(said, figures.remarks))),
        )

    def _doubts(self, best: DeclaredResult) -> Iterator[str]:
        """Yield the doubts on a statement; where a page contradicts it, a remark says so."""
        for why in self.doubts.get(best.key, ()):
            if DIFFERS not in why and (best.kind == PAGE or not why.startswith(_RESOLVED)):
                yield why

    def _remarks(self, said: Statements, more: Sequence[str]) -> Iterator[str]:
        best = said.best
        yield from (remark for remark in best.remarks if remark != DIFFERS)
        yield from more
        yield from said.remarks
        for row in said.rows:
            if row is not best:
                yield from contradictions(best, row)
                own = (remark for remark in row.remarks if remark != DIFFERS)
                yield from (f"{first_place(row)}: {remark}" for remark in own)


def _of(said: Statements, category: Category) -> Statements:
    """Return the statements of one category of two: a page lists each on its own."""

    def is_of(row: DeclaredResult) -> bool:
        return row is said.best or category in (_kinds([row]) or (category,))

    return Statements(tuple(filter(is_of, said.rows)), said.remarks)


def contradictions(best: DeclaredResult, row: DeclaredResult) -> Iterator[str]:
    """Yield where a less trusted statement says something else of the same result."""
    for name in ("power", "performance"):
        one, other = getattr(best, name), getattr(row, name)
        unit, of = getattr(best, f"{name}_unit"), getattr(row, f"{name}_unit")
        if one is None or other is None:
            continue
        if unit == of and not agrees(one, other):
            said = f"{digits(other, 5)} {of}; {_source(best)}: {digits(one, 5)} {unit}"
            slipped = unit.startswith("J") and agrees(other, one * _MILLI)
            slip = " (mJ that it calls J)" if slipped else ""
            yield f"{first_place(row)} states a {name} of {said}{slip}"
        elif unit != of and LATENCY not in (unit, of):
            yield f"{first_place(row)} states {name} in {of}, not in {unit}"
    if row.nodes and best.nodes and row.nodes != best.nodes:
        yield f"{first_place(row)} says {digits(row.nodes, 3)} nodes, not {digits(best.nodes, 3)}"


def _kinds(rows: Sequence[DeclaredResult]) -> tuple[Category, ...]:
    """Return the categories that descriptions name; pages list each on its own."""
    found = set()
    for row in rows:
        for kind in row.system_type.replace("+", ",").split(","):
            if kind.strip().lower() in ("edge", "datacenter"):
                found.add(Category(kind.strip().lower()))
    return tuple(kind for kind in Category if kind in found)


def _evidence(row: DeclaredResult) -> Evidence:
    if from_logs(row):
        return Evidence.LOGS
    return Evidence.PAGE if row.kind == PAGE else Evidence.REPOSITORY


def _key(said: Statements, round_: str, category: Category | None) -> str:
    """Return a name from what makes a result this one: its place, or a page's names of it."""
    best = said.best
    if where := place(best):
        parts: tuple[object, ...] = where
    elif best.kind == LOGS:
        parts = (best.identity,)
    else:
        names = (best.public_id, best.system_name, best.system_type, best.benchmark, best.scenario)
        parts = (round_, *names, best.nodes, best.power)
    text = "\0".join(map(str, (best.suite, *parts, category or "")))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _first(rows: Sequence[DeclaredResult], name: str) -> str:
    return next((getattr(row, name) for row in rows if getattr(row, name)), "")


def _number(rows: Sequence[DeclaredResult], name: str) -> float | None:
    known = (getattr(row, name) for row in rows)
    return next((v for v in known if v is not None and math.isfinite(v)), None)


def _source(row: DeclaredResult) -> str:
    return "the logs" if row.kind == LOGS else first_place(row)
