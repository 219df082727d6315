"""Errors of known kinds, planted in tables that are right: what the detectors must find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from joulemark.analysis.record.definitions import definitions, order
from joulemark.formats.results.declared import (
    PER_INFERENCE,
    PER_QUERY,
    PER_RUN,
    WATTS,
    DeclaredResult,
)
from joulemark.rules.results.others import family, plain

APART = 1.1
"""Exchanged figures that are nearer to each other are no error that matters."""
TRIES = 400
Rows = Sequence[DeclaredResult]


@dataclass(frozen=True, slots=True)
class Planted:
    """A table with one error.

    Attributes:
        rows: the table.
        keys: of the rows that are wrong, or that were taken out.
        gone: whether they were taken out: a table alone does not tell.
    """

    rows: Rows
    keys: frozenset[str]
    gone: bool = False


Plant = Callable[[Rows, Random], Planted | None]
"""Returns a table with an error at a random place; None where none was found to plant it."""


def kinds() -> Mapping[str, Plant]:
    """Return what can be planted, by its name."""
    return {
        "power of two systems exchanged": _exchanged,
        "J written as mJ, or mJ as J": _thousand,
        "kJ written as J": _kilo,
        "tokens/s labelled samples/s": _tokens,
        "figures copied from another system": _copied,
        "Server result among Offline": _server,
        "public number of another system": _number,
        "two digits of the power swapped": _swapped,
        "benchmark redefined from a round on": _redefined,
        "row left out": _left_out,
    }


def _changed(rows: Rows, *new: DeclaredResult) -> Planted:
    """Return a table in which some rows are replaced by those of the same key."""
    by_key = {row.key: row for row in new}
    return Planted([by_key.get(row.key, row) for row in rows], frozenset(by_key))


def _pick(
    rows: Rows, random: Random, good: Callable[[DeclaredResult], bool]
) -> DeclaredResult | None:
    chosen = [row for row in rows if good(row)]
    return random.choice(chosen) if chosen else None


def _in_watts(row: DeclaredResult) -> bool:
    return row.power_unit == WATTS and bool(row.power) and bool(row.performance)


def _pair(rows: Rows, random: Random) -> tuple[DeclaredResult, DeclaredResult] | None:
    """Return two rows of one round and of different accelerators with different powers."""
    chosen = [row for row in rows if _in_watts(row)]
    for _ in range(TRIES if chosen else 0):
        one, other = random.choice(chosen), random.choice(chosen)
        differ = plain(one.accelerator) != plain(other.accelerator) and one.round == other.round
        low, high = sorted((one.power or 0.0, other.power or 0.0))
        if differ and high > APART * low:
            return one, other
    return None


def _exchanged(rows: Rows, random: Random) -> Planted | None:
    pair = _pair(rows, random)
    if pair is None:
        return None
    one, other = pair
    return _changed(rows, replace(one, power=other.power), replace(other, power=one.power))


def _thousand(rows: Rows, random: Random) -> Planted | None:
    row = _pick(
        rows, random, lambda r: r.power_unit in (PER_QUERY, PER_INFERENCE) and bool(r.power)
    )
    if row is None or row.power is None:
        return None
    return _changed(rows, replace(row, power=row.power * random.choice((1e3, 1e-3))))


def _kilo(rows: Rows, random: Random) -> Planted | None:
    row = _pick(rows, random, lambda r: r.power_unit == PER_RUN and bool(r.power))
    return None if row is None else _changed(rows, replace(row, power=(row.power or 0) / 1e3))


def _tokens(rows: Rows, random: Random) -> Planted | None:
    known = definitions().tokens
    row = _pick(
        rows, random, lambda r: family(r.benchmark) in known and r.performance_unit == "tokens/s"
    )
    return None if row is None else _changed(rows, replace(row, performance_unit="samples/s"))


def _copied(rows: Rows, random: Random) -> Planted | None:
    pair = _pair([row for row in rows if row.scenario == "Offline"], random)
    if pair is None:
        return None
    one, other = pair
    return _changed(rows, replace(one, performance=other.performance, power=other.power))


def _server(rows: Rows, random: Random) -> Planted | None:
    servers = {
        (r.round, r.public_id, r.submitter, r.system_name, r.benchmark): r
        for r in rows
        if r.scenario == "Server" and _in_watts(r)
    }
    offline = [r for r in rows if r.scenario == "Offline" and _in_watts(r)]
    both = [
        (r, s)
        for r in offline
        if (s := servers.get((r.round, r.public_id, r.submitter, r.system_name, r.benchmark)))
    ]
    if not both:
        return None
    row, of = random.choice(both)
    return _changed(rows, replace(row, performance=of.performance, power=of.power))


def _number(rows: Rows, random: Random) -> Planted | None:
    pair = _pair([row for row in rows if row.public_id], random)
    if pair is None or pair[0].public_id == pair[1].public_id:
        return None
    return _changed(rows, replace(pair[0], public_id=pair[1].public_id))


def _swapped(rows: Rows, random: Random) -> Planted | None:
    """Swap two of the first four digits of a power; what changes less is no error to be seen."""
    for _ in range(TRIES):
        row = _pick(rows, random, lambda r: bool(r.power))
        if row is None or row.power is None:
            return None
        digits, _, exponent = f"{row.power:.9e}".partition("e")
        plain_digits = list(digits.replace(".", ""))
        at = random.randrange(3)
        plain_digits[at], plain_digits[at + 1] = plain_digits[at + 1], plain_digits[at]
        text = "".join(plain_digits)
        new = float(f"{text[0]}.{text[1:]}e{exponent}")
        if text[0] != "0" and abs(new - row.power) > 0.006 * row.power:  # seen
            return _changed(rows, replace(row, power=new))
    return None


def _redefined(rows: Rows, random: Random) -> Planted | None:
    """Count something else from a round on: a factor of 5 to 100, either way."""
    row = _pick(rows, random, lambda r: _in_watts(r) and bool(r.accelerator))
    if row is None:
        return None
    factor = 5 * 20 ** random.random()
    factor = factor if random.random() < 0.5 else 1 / factor  # a coin
    name, since = (family(row.benchmark), row.scenario), order(row.round)
    if not any(
        (family(r.benchmark), r.scenario) == name
        and order(r.round) < since
        and plain(r.accelerator) == plain(row.accelerator)
        for r in rows
    ):
        return None
    new = [
        replace(r, performance=r.performance * factor)
        for r in rows
        if (family(r.benchmark), r.scenario) == name
        and order(r.round) >= since
        and r.performance is not None
    ]
    return _changed(rows, *new)


def _left_out(rows: Rows, random: Random) -> Planted | None:
    row = _pick(rows, random, lambda r: bool(r.system_name) and bool(r.power))
    if row is None:
        return None
    return Planted([r for r in rows if r.key != row.key], frozenset((row.key,)), gone=True)
