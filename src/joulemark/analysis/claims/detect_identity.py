"""Rows under another result's name: a public number that is of another system, swapped digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.suspicion import Suspicion, of_rows, source, told
from joulemark.core.units import digits
from joulemark.formats.results.declared import DeclaredResult
from joulemark.rules.results.others import agrees, plain

NAME = "identity"
LONG = 3
"""Fewer digits say nothing when two of them are swapped."""
_STEP = 1e-4
"""What is left behind the last digit of a rounded figure, relative."""


def detect(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield rows whose public number is of another system, and figures with swapped digits."""
    yield from _numbers(corpus)
    for row in corpus.audited:
        right = corpus.trusted(row)
        if right is not None:
            yield from _swaps(row, right)


def _numbers(corpus: Corpus) -> Iterator[Suspicion]:
    """Yield rows under a public number of which most rows name another system."""
    groups: dict[tuple[str, ...], list[DeclaredResult]] = {}
    for row in corpus.audited:
        if row.public_id:
            groups.setdefault((row.suite, row.round, row.public_id), []).append(row)
    for (*_, number), rows in groups.items():
        counted = Counter((plain(row.submitter), plain(row.accelerator)) for row in rows)
        if len(counted) == 1:
            continue
        usual, most = counted.most_common(1)[0]
        for row in rows:
            name = plain(row.submitter), plain(row.accelerator)
            if name == usual or counted[name] * 2 > most:
                continue
            owner = next(o for o in rows if (plain(o.submitter), plain(o.accelerator)) == usual)
            right = _number_of(corpus, row)
            what = f"{told(row)}: number {number} is of {owner.system_name or owner.system}"
            evidence = [f"{most} of {len(rows)} rows of {number} are of {owner.submitter}"]
            yield of_rows(
                NAME,
                [row, owner],
                what,
                evidence,
                f"its number is {right}" if right else "find its number",
            )


def _number_of(corpus: Corpus, row: DeclaredResult) -> str:
    """Return the public number of the other rows of a system; empty if there are several."""
    system = plain(row.system_name)
    found = {
        other.public_id
        for other in corpus.audited
        if other.round == row.round
        and plain(other.system_name) == system
        and other.public_id not in ("", row.public_id)
    }
    return found.pop() if len(found) == 1 else ""


def _swaps(row: DeclaredResult, right: DeclaredResult) -> Iterator[Suspicion]:
    for name in ("power", "performance"):
        mine, other = getattr(row, name), getattr(right, name)
        same_unit = getattr(row, f"{name}_unit") == getattr(right, f"{name}_unit")
        if mine is None or other is None or not same_unit or agrees(mine, other):
            continue
        if swapped(mine, other):
            unit = getattr(row, f"{name}_unit")
            what = f"{told(row)}: two digits of its {name} are swapped"
            evidence = [f"{digits(mine, 6)} {unit}; {source(right)} has {digits(other, 6)}"]
            mended = f"{name} should be {digits(other, 6)} {unit}"
            yield of_rows(NAME, [row, right], what, evidence, mended, other)


def swapped(one: float, other: float) -> bool:
    """Return whether two figures differ by two neighbouring digits that changed places.

    The figure of fewer digits counts; the rest of the other is rounding.
    """
    if not (one > 0 and other > 0):
        return False
    for count in range(LONG, 10):
        first, second = _written(one, count), _written(other, count)
        if first != second and _transposed(first, second) and _whole(one, other, count):
            return True
    return False


def _whole(one: float, other: float, count: int) -> bool:
    """Return whether so many digits are all of the figure that has fewer."""
    rest = min((one, other), key=lambda value: abs(float(_written(value, count)) - value))
    return abs(float(_written(rest, count)) - rest) <= _STEP * rest


def _written(value: float, count: int) -> str:
    return f"{value:.{count - 1}e}"


def _transposed(first: str, second: str) -> bool:
    """Return whether two numbers in scientific notation differ by one swap of neighbours."""
    (one, _, power), (two, _, other) = first.partition("e"), second.partition("e")
    if power != other:
        return False
    one, two = one.replace(".", ""), two.replace(".", "")
    places = [n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b]
    if len(places) != 2 or places[1] != places[0] + 1:  # a swap is of two
        return False
    at = places[0]
    return one[at : at + 2] == two[at : at + 2][::-1]
