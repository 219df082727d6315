"""Results that a table lacks although it has others of their round and kind."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.suspicion import Suspicion, source, told
from joulemark.analysis.record.names import split
from joulemark.formats.results.declared import LOGS, DeclaredResult
from joulemark.rules.results.others import Stated, agrees, closed, plain

NAME = "missing"


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield results that other sources have of a round and system that the tables cover."""
    audited = {row.key for row in corpus.audited}
    covered = {_system(row) for row in corpus.audited} - {()}
    stated = {_result(row) for row in corpus.audited}
    told_of: set[tuple[str, ...]] = set()
    for row in corpus.known:
        name = _result(row)
        if row.key in audited or row.power is None or not closed(row) or name in told_of:
            continue
        if _system(row) not in covered or name in stated or _has(corpus, row, audited):
            continue
        told_of.add(name)
        where = "computed from its logs" if row.kind == LOGS else "stated elsewhere"
        yield Suspicion(
            detector=NAME,
            what=f"{told(row)} ({row.round}): no row of it, though the table has its system",
            keys=(row.key,),
            sources=(source(row),),
            evidence=(f"the result is {where}",),
            correction="add the row",
        )


def _has(corpus: Corpus, row: DeclaredResult, audited: set[str]) -> bool:
    """Return whether a table has a result under another name, by its figures."""
    found = corpus.others.powers.get((row.suite, row.round, row.power_unit, f"{row.power:.9e}"), ())
    if any(other.key in audited for other in found):
        return True
    same = Stated(row, corpus.others).same_result
    return any(o.key in audited and agrees(o.power, row.power) for o in same)


def _system(row: DeclaredResult) -> tuple[str, ...]:
    name = plain(row.system_name)
    return (row.suite, row.round, plain(row.submitter), name) if name else ()


def _result(row: DeclaredResult) -> tuple[str, ...]:
    return (*_system(row), *split(row.benchmark, row.suite), row.scenario)
