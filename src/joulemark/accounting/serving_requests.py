"""Energies of single requests with their uncertainty, and numbers of many of them.

The energies are those of :func:`joulemark.accounting.serving_split.by_request`
(``energy-of-request/1``). Their uncertainty is found by moving each source of the factors by one
standard uncertainty and dividing the energy again. How the errors of one regression's factors go
together is not kept: they are added as they are at worst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.serving_split import Shared, Split, by_request
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_work import Floats, Work
from joulemark.core.request import Request
from joulemark.core.value import Source, Term, Value

FITTED = "split/"
"""How the names of the regression's own errors begin."""
NAME = "energy-of-request/1"
QUANTILES = (0.05, 0.5, 0.95)
FEWEST = 8
"""Fewer requests than this are not sorted into short and long."""
PART = 0.25
"""Share of the requests that are said to be the short ones, and the long ones."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Costs:
    """Energies of requests.

    Attributes:
        requests: those that an answer came to, in the order of their sending.
        joules: energy of each, J, shape (n,).
        whole: which were served from beginning to end and are complete, shape (n,).
        shifts: by how much one standard uncertainty of each source changes them, J, shape (n,).
        nobody: energy while no request was served, J.
        clipped: factors below zero, which counted as zero.
    """

    requests: tuple[Request, ...]
    joules: Floats
    whole: Mask
    shifts: Mapping[Source, Floats]
    nobody: float
    clipped: tuple[str, ...]

    def number(self, of: Callable[[Floats], float], chosen: Mask | None = None) -> Value:
        """Return a number of the energies (mean, quantile …) with its uncertainty, J.

        Args:
            of: the number.
            chosen: of which requests; by default those that are whole, of which there must be one.
        """
        which = self.whole if chosen is None else chosen
        own = self.joules[which]
        value = float(of(own))
        moved = {s: float(of(own + shift[which])) - value for s, shift in self.shifts.items()}
        return _value(value, moved)

    def each(self) -> Iterator[Value]:
        """Yield the energy of each request with its uncertainty, J."""
        for place, joules in enumerate(self.joules.tolist()):
            yield _value(joules, {s: float(shift[place]) for s, shift in self.shifts.items()})


def _value(value: float, moved: Mapping[Source, float]) -> Value:
    fitted = {s: d for s, d in moved.items() if _is_fitted(s)}
    parts = {s: d for s, d in moved.items() if s not in fitted and d}
    worst = sum(map(abs, fitted.values()))
    if worst:
        dof = min(s.dof for s, d in fitted.items() if d)
        parts[Source(Term.MODEL, f"{FITTED}request", dof)] = worst
    return Value(value, "J", parts)


def _is_fitted(source: Source) -> bool:
    return source.term is Term.MODEL and source.of.startswith(FITTED)


def costs_of(work: Work, parts: Split) -> Costs | Unknown:
    """Return the energies of a load's requests, or why there are none.

    Args:
        work: of the load.
        parts: factors and energies of the load.
    """
    shared = by_request(work, parts)
    if isinstance(shared, Unknown):
        return shared
    return _costs(work, parts, shared)


def _costs(work: Work, parts: Split, shared: Shared) -> Costs:
    sources = dict.fromkeys(s for value in parts.factors.values() for s in value.parts)
    ok = np.array([one.ok for one in work.requests], dtype=bool)
    return Costs(
        requests=work.requests,
        joules=shared.joules,
        whole=shared.whole & ok,
        shifts={s: _moved(work, parts, s) - shared.joules for s in sources},
        nobody=shared.nobody,
        clipped=shared.clipped,
    )


def _moved(work: Work, parts: Split, source: Source) -> Floats:
    """Return energies of requests after one source is off by its standard uncertainty.

    What is the meter's changes the energy of the parts, too; what is the regression's does not.
    """
    off = {name: value.parts.get(source, 0.0) for name, value in parts.factors.items()}
    factors = {n: Value(v.value + off[n], v.unit, v.parts) for n, v in parts.factors.items()}
    joules = parts.joules
    if not _is_fitted(source):
        counts = work.between(parts.edges)
        done = {
            "base": counts.seconds,
            "prefill": counts.prefill,
            "decode": counts.decode,
            "resident": counts.resident,
        }
        joules = joules + sum((off[n] * done[n] for n in off), np.zeros(1))
    shared = by_request(work, replace(parts, factors=factors, joules=joules))
    # it was no Unknown before, and no name has changed
    return np.zeros(len(work.requests)) if isinstance(shared, Unknown) else shared.joules


def pooled(loads: Sequence[Costs]) -> Costs:
    """Return the requests of several loads as one; each load's regression erred by itself.

    Args:
        loads: at least one.
    """
    shifts: dict[Source, Floats] = {}
    sizes = [len(one.requests) for one in loads]
    ends = np.cumsum([0, *sizes])
    for number, one in enumerate(loads):
        for source, shift in one.shifts.items():
            own = replace(source, of=f"{source.of}/{number + 1}") if _is_fitted(source) else source
            whole = shifts.setdefault(own, np.zeros(int(ends[-1])))
            whole[ends[number] : ends[number + 1]] = shift
    return Costs(
        requests=tuple(request for one in loads for request in one.requests),
        joules=np.concatenate([one.joules for one in loads]),
        whole=np.concatenate([one.whole for one in loads]),
        shifts=shifts,
        nobody=math.fsum(one.nobody for one in loads),
        clipped=tuple(dict.fromkeys(name for one in loads for name in one.clipped)),
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Requests that are alike: those with the shortest or longest prompts or answers.

    Attributes:
        words: what they are: ``short prompts``.
        bound: tokens that they have at most (short) or at least (long).
        count: how many there are.
        mean: their mean energy, J.
    """

    words: str
    bound: int
    count: int
    mean: Value


def groups(costs: Costs) -> list[Group]:
    """Return the quarters with the shortest and longest prompts and answers.

    None of a kind whose requests are all of one length, or hardly any.
    """
    if int(costs.whole.sum()) < FEWEST:
        return []
    found = []
    for kind in ("prompts", "answers"):
        each = np.array([float(_tokens(one, kind)) for one in costs.requests])
        low, high = np.quantile(each[costs.whole], (PART, 1 - PART))
        if low < high:
            for words, bound, of in (
                (f"short {kind}", math.floor(low), each <= math.floor(low)),
                (f"long {kind}", math.ceil(high), each >= math.ceil(high)),
            ):
                chosen = costs.whole & of
                found.append(Group(words, bound, int(chosen.sum()), costs.number(np.mean, chosen)))
    return found


def _tokens(request: Request, kind: str) -> int:
    return (request.tokens_in if kind == "prompts" else request.tokens_out) or 0
