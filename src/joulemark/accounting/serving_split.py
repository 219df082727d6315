"""Energy of serving by what it was for: prompts, generated tokens, time; and by request.

The energy of each part of a window is taken to be

    base power · length + a · prompt tokens + b · generated tokens [+ c · token-seconds in cache]

and the factors come from a regression over the parts, whose errors may differ from part to part and
be alike in neighbours (:mod:`joulemark.accounting.serving_regression`). Factors whose columns go
together cannot be told apart; that is said, with the columns' names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.repeats import RANDOM
from joulemark.accounting.serving_regression import inflation_of, regression
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_work import Counts, Floats, Steps, Times, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.clock import NS
from joulemark.core.value import Source, Term, Value

UNITS: Mapping[str, str] = {
    "base": "W",
    "prefill": "J/token",
    "decode": "J/token",
    "resident": "J/(token·s)",
}
FEWEST = 20
"""Fewer parts than this tell nothing."""
PART_S, SHORTEST_S, PARTS, READINGS = 1.0, 0.4, 40, 4
"""A part is a second long; in short windows shorter, so that there are so many."""
COLLINEAR = 400.0
"""Factors whose variance the other columns inflate by more than this are said to be inseparable."""
SINGULAR = 1e10
"""From this on they are not told at all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The factors of a window.

    Attributes:
        edges: of the parts, ns, shape (n + 1,).
        joules: energy of each part, shape (n,).
        factors: by the name of their column, of ``UNITS``.
        inflation: of each factor's variance by the other columns (uncentred).
        inseparable: columns that go together, so that their factors are known together only.
    """

    edges: Times
    joules: Floats
    factors: Mapping[str, Value]
    inflation: Mapping[str, float]
    inseparable: tuple[str, ...]


def split(
    work: Work,
    supply: Supply,
    start: int,
    stop: int,
    *,
    part_s: float | None = None,
    resident: bool = False,
    base_w: Value | None = None,
) -> Split | Unknown:
    """Return what energy rose by with time, prompts and generated tokens.

    Args:
        work: of the run.
        supply: energy of what served.
        start: of the window, ns; it need not be steady, the more the load varies the better.
        stop: ns.
        part_s: length of a part, s; several sensor updates and many steps of the engine. By default
            a second; in a short window down to a fortieth of it, 0.4 s and four readings.
        resident: whether tokens in the cache get a factor of their own.
        base_w: base power, W, where it is known or declared (idle power, say): it is then not
            fitted, so that a load that never varies can be split.
    """
    edges = _parts(supply.told(start, stop), start, stop, part_s)
    if isinstance(edges, Unknown):
        return edges
    counts = work.between(edges)
    columns = _columns(counts, resident=resident)
    if base_w is not None:
        del columns["base"]
    absent = [name for name, column in columns.items() if not column.any()]
    if absent:
        return Unknown(f"no {' and no '.join(absent)} in the window")
    inflation = dict(zip(columns, inflation_of(np.column_stack([*columns.values()])), strict=True))
    together = tuple(name for name, v in inflation.items() if v > COLLINEAR)
    if max(inflation.values()) > SINGULAR:
        return Unknown(f"{', '.join(together)} go together: they cannot be told apart")
    joules = supply.steps(edges)
    return Split(
        edges=edges,
        joules=joules,
        factors=_factors(
            columns, joules, counts.seconds, supply.between(start, stop).joules, base_w
        ),
        inflation={name: float(v) for name, v in inflation.items()},
        inseparable=together,
    )


def _parts(told: Times, start: int, stop: int, part_s: float | None) -> Times | Unknown:
    """Return the edges of the parts of a window, or why it has too few."""
    length = part_s or _part_s(told, (stop - start) / NS)
    count = int((stop - start) / NS / length)
    if count < FEWEST:
        return Unknown(f"{count} parts of {length:.2g} s; at least {FEWEST} are needed")
    edges = _edges(told, start, stop, count)
    if len(edges) <= FEWEST:
        return Unknown(f"{len(edges) - 1} parts between readings; at least {FEWEST} are needed")
    return edges


def _part_s(told: Times, seconds: float) -> float:
    """Return how long a part is in a window of so many seconds, s."""
    gap_s = float(np.median(np.diff(told))) / NS if len(told) > 1 else PART_S
    return min(max(seconds / PARTS, SHORTEST_S, READINGS * gap_s), PART_S)


def _edges(told: Times, start: int, stop: int, count: int) -> Times:
    """Return edges of about equal parts, each at the nearest moment of which a reading tells.

    Between two readings energy is only known to have been used, not when: what a prompt took just
    before an edge would be taken for the next part's in part, and the factors would come out low.
    """
    even = even_edges(start, stop, count)
    if not len(told):
        return even[[0, -1]]
    after = np.minimum(np.searchsorted(told, even[1:-1]), len(told) - 1)
    low, high = told[np.maximum(after - 1, 0)], told[after]
    nearest = np.where(even[1:-1] - low <= high - even[1:-1], low, high)
    return np.unique(np.concatenate([[start], nearest, [stop]]))


def _factors(
    columns: Mapping[str, Floats],
    joules: Floats,
    seconds: Floats,
    energy: Value,
    base_w: Value | None,
) -> dict[str, Value]:
    """Return the factors of the columns with their errors, and base power if it was given.

    What time alone would change in each factor (``held``) is all of base power, or of base power
    that was given the part that each factor takes of its error.
    """
    table = np.column_stack([*columns.values()])
    held = np.linalg.lstsq(table, seconds, rcond=None)[0]
    base = base_w or Value(0.0, "W")
    found = {} if base_w is None else {"base": base_w}
    told = regression(table, joules - base.value * seconds)
    for name, factor, u, dof, time in zip(columns, *told, held, strict=True):
        unit = UNITS[name]
        gross = float(factor + time * base.value)
        value = Value(float(factor), unit).plus(
            Source(Term.MODEL, f"split/{name}", float(dof)), float(u)
        )
        value += _of_meter(energy, gross, float(time / seconds.sum()), unit)
        found[name] = value - Value(0.0, unit, base.scaled(float(time), unit).parts)
    return found


def _of_meter(energy: Value, gross: float, constant: float, unit: str) -> Value:
    """Return zero with the systematic errors of the meter: those of its offset, and relative."""
    offset = energy.only(lambda source: source.term is Term.OFFSET)
    relative = energy.only(lambda s: s.term not in RANDOM and s.term is not Term.OFFSET)
    share = gross / energy.value if energy.value else 0.0
    return Value(0.0, unit, relative.scaled(share, unit).parts) + Value(
        0.0, unit, offset.scaled(constant, unit).parts
    )


def _columns(counts: Counts, *, resident: bool) -> dict[str, Floats]:
    columns = {"base": counts.seconds, "prefill": counts.prefill, "decode": counts.decode}
    return columns | ({"resident": counts.resident} if resident else {})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """The energy of a window, by request.

    Attributes:
        joules: of each of ``Work.requests`` in the window, shape (n,).
        whole: which of them were served within it from beginning to end, shape (n,).
        nobody: energy while no request was served, J.
        clipped: factors below zero, which counted as zero.
    """

    joules: Floats
    whole: np.ndarray[tuple[int], np.dtype[np.bool_]]
    nobody: float
    clipped: tuple[str, ...]

    def quantiles(self, at: tuple[float, ...] = (0.05, 0.5, 0.95)) -> Floats | None:
        """Return quantiles of the energy of whole requests, J; None if there is none."""
        return np.quantile(self.joules[self.whole], at) if self.whole.any() else None


def by_request(work: Work, parts: Split) -> Shared | Unknown:
    """Divide the energy of a window among its requests.

    The energy of each part of the window goes to what was in it in proportion to the terms of the
    regression, base power equally to the requests that are served. So the energies of requests
    and that of nobody add up to the energy of the window.

    Args:
        work: of the run.
        parts: factors and energies of the window.
    """
    if parts.inseparable:
        names = ", ".join(parts.inseparable)
        return Unknown(f"{names} cannot be told apart; vary the load, or give base power")
    factor = {name: max(value.value, 0.0) for name, value in parts.factors.items()}
    counts = work.between(parts.edges)
    columns = _columns(counts, resident="resident" in factor)
    fitted = sum((factor[name] * column for name, column in columns.items()), np.zeros(1))
    known = fitted > 0
    level = np.where(known, parts.joules / np.where(known, fitted, 1.0), 0.0)
    scale = Steps.levels(parts.edges, np.append(level, 0.0))
    joules = np.zeros(len(work.requests))
    for spans, name in ((work.prompts, "prefill"), (work.outputs, "decode")):
        inside = scale.integral(spans.end) - scale.integral(spans.begin)
        spent = factor[name] * spans.tokens * inside * NS / (spans.end - spans.begin)
        joules += np.bincount(spans.owner, spent, len(joules))
    if "resident" in factor:
        joules += factor["resident"] * _kept(work, scale)
    present = work.served
    share, empty = _shares(present, scale)
    joules += factor["base"] * (share.integral(work.ended) - share.integral(work.prompts.begin))
    start, stop = parts.edges[0], parts.edges[-1]
    idle = factor["base"] * float(empty.integral(parts.edges[-1:])[0])
    return Shared(
        joules=joules,
        whole=(work.prompts.begin >= start) & (work.ended <= stop),
        nobody=idle + float(parts.joules[~known].sum()),
        clipped=tuple(name for name, value in parts.factors.items() if value.value < 0),
    )


def _kept(work: Work, scale: Steps) -> Floats:
    """Return of each request its token-seconds in the cache, times the scale at the time."""
    end = scale.integral(work.ended)
    kept = work.tokens_in * (end - scale.integral(work.first))
    rest = end[work.outputs.owner] - scale.integral(work.outputs.end)
    return kept + np.bincount(work.outputs.owner, work.outputs.tokens * rest, len(end))


def _shares(present: Steps, scale: Steps) -> tuple[Steps, Steps]:
    """Return the scale by the number of requests while there are any, and itself while not."""
    time = np.union1d(present.time, scale.time)
    count, level = np.rint(present.at(time)), scale.at(time)
    share = np.where(count > 0, level / np.maximum(count, 1), 0.0)
    return Steps.levels(time, share), Steps.levels(time, np.where(count > 0, 0.0, level))


def of_pure_runs(
    prompts: tuple[Value, Counts], answers: tuple[Value, Counts], base_w: Value
) -> Mapping[str, Value] | Unknown:
    """Return the factors from two runs of one phase each, or nearly so.

    Two equations: the energy of each run above base power is that of its prompt tokens and of its
    generated tokens. Errors of the meter that both share stay one error.

    Args:
        prompts: energy (J) and work of a run with long prompts and the shortest answers.
        answers: the same of one with short prompts and long answers.
        base_w: power of time alone, W; idle power is what one can have.
    """
    rows = [(float(c.prefill.sum()), float(c.decode.sum())) for _, c in (prompts, answers)]
    (p1, d1), (p2, d2) = rows
    size = p1 * d2 - p2 * d1
    if not abs(size) > 1e-3 * math.hypot(p1, d1) * math.hypot(p2, d2):
        return Unknown("both runs had the same mix of prompt and generated tokens")
    above = [e - base_w.scaled(float(c.seconds.sum()), "J") for e, c in (prompts, answers)]
    first, second = above
    return {
        "base": base_w,
        "prefill": first.scaled(d2 / size, "J/token") - second.scaled(d1 / size, "J/token"),
        "decode": second.scaled(p1 / size, "J/token") - first.scaled(p2 / size, "J/token"),
    }
