"""Pairs of readings from runs in which two meters were read at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from joulemark.accounting.boundary import PartEnergy, choose, part_of, split
from joulemark.accounting.calibrated import beside
from joulemark.accounting.context import context
from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.repeats import RANDOM
from joulemark.analysis.calibrating.from_table import SAME
from joulemark.analysis.calibrating.points import Points
from joulemark.analysis.calibrating.sides import channel_named, reference_side, target_side
from joulemark.core.calibration import TOTAL, Side, Span
from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.errors import CalibrationError, UsageError
from joulemark.core.trace import Trace
from joulemark.core.value import Term
from joulemark.core.window import Role, Window
from joulemark.store.files import RUN
from joulemark.store.reader import StoredRun

COVERED = 0.99
"""Pieces that a meter covers less of than this are left out."""
_KNOWN = RANDOM | {Term.CLOCK}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where two meters were read at the same time.

    Attributes:
        target: run that the windows and the target are taken from.
        reference: run that the reference is taken from; the same, or one that was recorded
            meanwhile.
    """

    target: StoredRun
    reference: StoredRun


@dataclass(frozen=True, slots=True, eq=False)
class FromRuns:
    """Points, and what is known of both sides.

    Attributes:
        points: the points.
        target: what is calibrated.
        reference: what it is calibrated against.
        beside: range of power of other parts inside the reference, by channel, W.
        left_out: stretches that were not covered, in words.
        sources: SHA-256 of the records of the runs, by name.
    """

    points: Points
    target: Side
    reference: Side
    beside: dict[str, Span]
    left_out: tuple[str, ...]
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One stretch: energies of both sides, and what else was read."""

    window: Window
    label: str
    target: list[PartEnergy]
    reference: Energy
    others: list[tuple[str, float]]
    utilisation: float | None

    @property
    def energy(self) -> Energy:
        return Energy.sum_of([part.energy for part in self.target])


def points_of_runs(
    recorded: Sequence[Recorded], target: str, reference: str, *, split_s: float, utilisation: str
) -> FromRuns:
    """Return pairs of readings: one of each window, idle ones too, or of each piece of one.

    Args:
        recorded: the runs.
        target: channel, meter, or ``total`` for the sum of all but the reference.
        reference: channel or meter.
        split_s: length of a piece, s; zero for whole windows.
        utilisation: channel of utilisation or processor time; empty for none.

    Raises:
        UsageError: if a run has no such channel.
        CalibrationError: if there is no stretch that both cover, or the reference watches
            something that does not hold the target.
    """
    first = recorded[0]
    outer = channel_named(first.reference, reference)
    same = first.reference is first.target and target != TOTAL
    if same and channel_named(first.target, target).name == outer.name:
        raise UsageError(SAME, where=outer.name)
    pieces, left_out = _pieces(recorded, target, outer, split_s, utilisation)
    inner = [part.channel for part in pieces[0].target]
    return FromRuns(
        points=_points(pieces, utilisation=bool(utilisation)),
        target=target_side(target, inner, recorded[0].target.run.system.host),
        reference=reference_side(outer, inner, recorded[0].target.channels),
        beside=_ranges(pieces),
        left_out=tuple(left_out),
        sources={
            stored.run.id: hashlib.sha256((stored.path / RUN).read_bytes()).hexdigest()
            for pair in recorded
            for stored in (pair.target, pair.reference)
        },
    )


def _pieces(
    recorded: Sequence[Recorded], target: str, outer: Channel, split_s: float, utilisation: str
) -> tuple[list[_Piece], list[str]]:
    """Return every stretch that both cover, and the names of the others."""
    pieces: list[_Piece] = []
    left_out: list[str] = []
    for pair in recorded:
        reader = _Reader(pair, target, channel_named(pair.reference, outer.name), utilisation)
        for window, label in _stretches(pair.target, split_s):
            piece = reader.read(window, label)
            if piece is None:
                left_out.append(label)
            else:
                pieces.append(piece)
    if not pieces:
        remedy = "both meters must be read over the same windows"
        raise CalibrationError("no stretch of time is covered by both", remedy=remedy)
    names = {part.channel.name for part in pieces[0].target}
    for piece in pieces:
        if {part.channel.name for part in piece.target} != names:
            what = f"the target is not of the same channels in {piece.label}"
            raise CalibrationError(what, remedy="calibrate one channel instead of the total")
    return pieces, left_out


class _Reader:
    """Reads both sides of one pair of runs."""

    def __init__(self, pair: Recorded, target: str, outer: Channel, utilisation: str) -> None:
        self.place, self.utilisation = part_of(outer), utilisation
        self.target = target if target == TOTAL else channel_named(pair.target, target).name
        same = pair.reference is pair.target
        traces = pair.target.traces()
        self.traces: list[Trace] = [traces[utilisation]] if utilisation in traces else []
        if utilisation and not self.traces:
            pair.target.trace(utilisation)  # says which channels there are
        self.curves: list[Curve] = [
            curve_of(trace) for trace in traces.values() if trace.channel.carries_energy
        ]
        other = traces[outer.name] if same else pair.reference.trace(outer.name)
        self.reference = curve_of(other)

    def read(self, window: Window, label: str) -> _Piece | None:
        """Return one stretch; None where either side does not cover it."""
        stop = window.start if window.stop is None else window.stop
        energies = [(c.channel, energy_between(c, window.start, stop)) for c in self.curves]
        read = [(channel, energy) for channel, energy in energies if energy.coverage >= COVERED]
        if self.target == TOTAL:
            inside = [pair for pair in read if part_of(pair[0]) != self.place]
            found = [part for part in split(choose(inside)) if part.added]
        else:
            found = [PartEnergy(*pair, added=True) for pair in read if pair[0].name == self.target]
        reference = energy_between(self.reference, window.start, stop)
        seen = context([window], self.traces).get(self.utilisation)
        covered = reference.coverage >= COVERED and reference.joules.value > 0
        if not found or not covered or (self.utilisation and seen is None):
            return None
        others = [
            (channel.name, energy.joules.value / (energy.coverage * window.duration_s))
            for channel, energy in beside(read, found, self.place)
        ]
        return _Piece(window, label, found, reference, others, seen)


def _stretches(stored: StoredRun, split_s: float) -> Iterator[tuple[Window, str]]:
    """Yield the windows of a run, or their pieces, with a name.

    Not those of warm-up, that never ended, or that hold others: no time is to count twice.
    """
    closed = [w for w in stored.run.windows if w.stop is not None and w.duration_s > 0]
    kept = [w for w in closed if w.role is not Role.WARM_UP]
    for window in kept:
        if window.stop is None or any(_holds(window, other) for other in kept):
            continue
        count = max(int(window.duration_s // split_s), 1) if split_s else 1
        edges = np.linspace(0, window.stop - window.start, count + 1).astype(np.int64)
        for number in range(count):
            start, stop = window.start + int(edges[number]), window.start + int(edges[number + 1])
            name = f"{window.phase} at {(start - stored.run.anchor.utc_ns) / NS:.1f} s"
            group = f"{stored.run.title}: {window.phase}".strip(": ")
            piece = replace(window, start=start, stop=stop, phase=group)
            yield piece, f"{name} of {stored.run.id}"


def _holds(outer: Window, inner: Window) -> bool:
    """Return whether one window lies within another and is shorter."""
    within = outer.start <= inner.start and (inner.stop or 0) <= (outer.stop or 0)
    return within and inner.duration_s < outer.duration_s


def _points(pieces: list[_Piece], *, utilisation: bool) -> Points:
    energies = [piece.energy.joules for piece in pieces]
    target = [piece.energy.joules.value for piece in pieces]
    covered = [piece.energy.coverage for piece in pieces]
    references = [piece.reference.joules for piece in pieces]
    return Points(
        target_j=np.array(target) / np.array(covered),
        reference_j=np.array([p.reference.joules.value / p.reference.coverage for p in pieces]),
        seconds=np.array([piece.window.duration_s for piece in pieces]),
        target_u_j=np.array([v.only(lambda source: source.term in _KNOWN).u for v in energies]),
        reference_u_j=np.array([v.only(lambda s: s.term in _KNOWN).u for v in references]),
        groups=tuple(piece.window.phase for piece in pieces),
        labels=tuple(piece.label for piece in pieces),
        utilisation=np.array([piece.utilisation for piece in pieces]) if utilisation else None,
    )


def _ranges(pieces: list[_Piece]) -> dict[str, Span]:
    """Return the range of power of each other part, where it was read in every piece."""
    watts: dict[str, list[float]] = {}
    for piece in pieces:
        for name, value in piece.others:
            watts.setdefault(name, []).append(value)
    return {
        name: Span(min(seen), max(seen)) for name, seen in watts.items() if len(seen) == len(pieces)
    }
