"""What time, prompts, tokens and single requests of a run cost, over its repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.repeats import with_repeats
from joulemark.accounting.serving_requests import Costs, costs_of, pooled
from joulemark.accounting.serving_split import Split
from joulemark.accounting.serving_windows import Unknown
from joulemark.core.value import Value, total
from joulemark.procedures.serving.results import ServingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """The factors of a run: of each the mean of the repeats that have them.

    Attributes:
        values: by the name of their column.
        inseparable: columns that go together in some repeat.
        repeats: how many repeats there are of them.
    """

    values: dict[str, Value]
    inseparable: tuple[str, ...]
    repeats: int


def factors_of(result: ServingResult) -> Factors | Unknown:
    """Return what energy rose by with time, prompts and tokens, or why that is not known."""
    splits = [one.split for one in result.repeats if isinstance(one.split, Split)]
    if not splits:
        return _why([one.split for one in result.repeats])
    names = [n for n in splits[0].factors if all(n in one.factors for one in splits)]
    return Factors(
        values={n: _mean([one.factors[n] for one in splits], n) for n in names},
        inseparable=tuple(dict.fromkeys(n for one in splits for n in one.inseparable)),
        repeats=len(splits),
    )


def _mean(values: Sequence[Value], name: str) -> Value:
    mean = total([v.scaled(1 / len(values), v.unit) for v in values], values[0].unit)
    return with_repeats(mean, [v.value for v in values], f"split/{name}")


def requests_of(result: ServingResult) -> list[Costs | Unknown]:
    """Return the energies of the requests of each repeat, or why there are none."""
    return [
        one.split if isinstance(one.split, Unknown) else costs_of(one.work, one.split)
        for one in result.repeats
    ]


def all_requests(result: ServingResult) -> Costs | Unknown:
    """Return the energies of all requests of the repeats that have them, or why none has."""
    each = requests_of(result)
    known = [one for one in each if isinstance(one, Costs)]
    if known and any(one.whole.any() for one in known):
        return pooled(known)
    return _why(each)


def _why(each: Sequence[object]) -> Unknown:
    reasons = dict.fromkeys(one.reason for one in each if isinstance(one, Unknown))
    return Unknown("; ".join(reasons) or "no load has ended")
