"""Power or performance that cannot belong to its row: rows of a table were shuffled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.detect_units import EXACT, THOUSANDS, known_factor
from joulemark.analysis.claims.suspicion import Suspicion, of_rows, source, told
from joulemark.core.units import digits
from joulemark.formats.results.declared import RATES, WATTS, DeclaredResult
from joulemark.rules.results.others import Stated, agrees, plain, trust
from joulemark.rules.results.stated import FACTOR

NAME = "foreign power"
SYSTEM = 1.6
"""Power of a system is within this of what it draws in its other results. Of 496 results of rounds
v1.0 to v2.1 that have two others, none is further away."""
OTHERS = 2
"""So many other results of a system tell what it draws."""


@dataclass(frozen=True, slots=True)
class _Odd:
    """A row whose figures do not go together, and why."""

    row: DeclaredResult
    why: tuple[str, ...]


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield the rows whose power or performance is of another row, with that row if it is found."""
    odd = [one for row in corpus.audited if (one := _odd(corpus, row)) is not None]
    holders = _holders(corpus.known)
    for one in odd:
        partner, how = _partner(corpus, one.row, odd, holders)
        right = corpus.trusted(one.row)
        rows = [one.row] if partner is None else [one.row, partner]
        what = f"{told(one.row)}: its power and its performance are not of one result"
        evidence = [*one.why, *([how] if how else [])]
        value = None if right is None else right.power
        yield of_rows(NAME, rows, what, evidence, _correction(one.row, partner, right), value)


def _odd(corpus: Corpus, row: DeclaredResult) -> _Odd | None:
    """Return why the figures of a row do not go together; None if they may.

    What another, more trusted source states of the same result decides where there is one.
    """
    if not row.power or row.power <= 0:
        return None
    right = corpus.trusted(row)
    if right is not None:
        why = list(_contradicted(row, right))
        why += _unlike_system(corpus, row) if why else ()
        return _Odd(row, tuple(why)) if why else None
    if row.power_unit != WATTS:
        return None
    why = [*_same_digits(corpus, row), *_unlike_system(corpus, row), *_unlike_others(corpus, row)]
    return _Odd(row, tuple(why)) if why else None


def _same_digits(corpus: Corpus, row: DeclaredResult) -> Iterator[str]:
    same = Stated(row, corpus.others).same_power
    if same and corpus.strange(row) >= corpus.strange(same[0]):
        yield f"its power is that of {told(same[0])}, to the last digit"


def _unlike_system(corpus: Corpus, row: DeclaredResult) -> Iterator[str]:
    elsewhere = corpus.elsewhere(row) if row.power_unit == WATTS else None
    if elsewhere is None or elsewhere.count < OTHERS or row.power is None:
        return
    if elsewhere.far(row.power, SYSTEM):
        low, high = digits(elsewhere.low, 4), digits(elsewhere.high, 4)
        yield f"{digits(row.power, 4)} W; the system draws {low} to {high} W in other results"


def _unlike_others(corpus: Corpus, row: DeclaredResult) -> Iterator[str]:
    value, comparable = row.per_joule, corpus.comparable(row)
    if value is None or comparable is None or comparable.count < OTHERS:
        return
    if comparable.far(value, FACTOR):
        low, high = digits(comparable.low, 3), digits(comparable.high, 3)
        unit = row.per_joule_unit
        yield f"{digits(value, 3)} {unit}; {row.accelerator} gives {low} to {high} elsewhere"


def _contradicted(row: DeclaredResult, right: DeclaredResult) -> Iterator[str]:
    """Yield what a more trusted statement of the same result says, where it has another power."""
    mine, other, unit = row.power, right.power, row.power_unit
    if not mine or not other or right.power_unit != unit or agrees(mine, other):
        return
    if known_factor(mine / other, THOUSANDS, EXACT) is None:  # else a unit slipped
        yield f"{digits(mine, 5)} {unit}; {source(right)} has {digits(other, 5)} {unit}"


def _holders(rows: Sequence[DeclaredResult]) -> Mapping[tuple[str, str], list[DeclaredResult]]:
    """Return rows by round and rounded power; neighbours of the rounding are asked for, too."""
    found: dict[tuple[str, str], list[DeclaredResult]] = {}
    for row in rows:
        if row.power_unit == WATTS and row.power and 0 < row.power < math.inf:
            found.setdefault((row.round, f"{row.power:.4e}"), []).append(row)
    return found


def _partner(
    corpus: Corpus,
    row: DeclaredResult,
    odd: Sequence[_Odd],
    holders: Mapping[tuple[str, str], list[DeclaredResult]],
) -> tuple[DeclaredResult | None, str]:
    """Return the row whose power this is, and how that is known."""
    held = holders.get((row.round, f"{row.power:.4e}"), ())
    for other in sorted(held, key=trust):
        if not _same_system(row, other):
            return other, f"{digits(other.power or 0, 7)} W is the power of {told(other)}"
    for one in odd:
        if not _same_system(one.row, row) and _exchanged(corpus, row, one.row):
            return one.row, f"its power and that of {told(one.row)} fit when exchanged"
    return None, ""


def _exchanged(corpus: Corpus, row: DeclaredResult, other: DeclaredResult) -> bool:
    """Return whether each of two rows could have the power of the other."""
    if row.round != other.round or row.power is None or other.power is None:
        return False
    one, two = corpus.elsewhere(row), corpus.elsewhere(other)
    if one is None or two is None:
        return False
    return not one.far(other.power, SYSTEM) and not two.far(row.power, SYSTEM)


def _same_system(row: DeclaredResult, other: DeclaredResult) -> bool:
    return plain(row.system_name or row.system) == plain(other.system_name or other.system)


def _correction(
    row: DeclaredResult, partner: DeclaredResult | None, right: DeclaredResult | None
) -> str:
    if right is not None and right.power is not None:
        rate = ""
        if right.performance is not None and right.performance_unit in RATES:
            rate = f" at {digits(right.performance, 6)} {right.performance_unit}"
        return f"should be {digits(right.power, 6)} {right.power_unit}{rate} ({source(right)})"
    if partner is not None and not agrees(row.power, partner.power):
        return f"power should be {digits(partner.power or 0, 6)} W, that of {told(partner)}"
    return "leave the row out until its logs are found"
