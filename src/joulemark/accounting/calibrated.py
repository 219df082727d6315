"""Energies with a calibration applied; the readings themselves are never changed.

The calibrated energy of a window is ``gain·E + offset·T (+ slope·u·T)`` over its covered time T.
It is the energy of what the *reference* watches, so it stands as a part of that kind: of the same
part it takes the place of the reading, of a larger one (the wall) it holds the readings inside it,
and :mod:`joulemark.accounting.boundary` adds nothing twice. Where the run reads the reference's
part by a meter of its own, that reading stays the total and the calibrated one is shown in it.

Uncertainty: gain, offset and model of the target give way to the calibration's coefficients (one
error for every window, split into independent sources), the scatter from one workload to another
(one error for a phase), from run to run (each window by itself; larger in windows shorter than
those it was made of) and the accuracy class of the reference. The target's other terms stay,
times the gain. All that the fit found shares its few degrees of freedom, so these terms are
widened by the calibration's factor over the normal one instead of each having degrees of freedom
of its own.

The windows of a phase are calibrated all or not at all: a sum of both would be of nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from joulemark.accounting.boundary import PartEnergy, choose, part_of, split
from joulemark.accounting.context import context
from joulemark.accounting.results import Application
from joulemark.core.calibration import MARGIN, TOTAL, Calibration
from joulemark.core.channel import Channel, Instrument, Provenance, Quantity
from joulemark.core.energy import Energy
from joulemark.core.errors import CalibrationError
from joulemark.core.student import NORMAL_975
from joulemark.core.trace import Trace
from joulemark.core.units import si
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Window

Read = list[tuple[Channel, Energy]]
"""Channels that gave energy in a window."""

LOCAL = "localhost"
"""What channels of the machine itself call their node."""
_REPLACED = frozenset({Term.GAIN, Term.OFFSET, Term.MODEL})
"""Terms of the target that the calibration takes the place of."""


def calibrate(
    group: list[Window], reads: list[Read], traces: Iterable[Trace], calibration: Calibration
) -> tuple[list[Read], Application]:
    """Return the energies of all windows of a phase with the calibration applied, or as they were.

    Args:
        group: windows of one phase.
        reads: what was read in each.
        traces: all traces of the run, for utilisation.
        calibration: what to apply.
    """
    traces = list(traces) if calibration.utilisation else []
    phase, made = f"{group[0].phase}@{group[0].start}", []
    for place, (window, read) in enumerate(zip(group, reads, strict=True), 1):
        seen = context([window], traces).get(calibration.utilisation)
        try:
            made.append(_window(window, read, calibration, seen, phase))
        except CalibrationError as error:
            which = f"window {place} of {len(group)}: " if len(group) > 1 else ""
            return reads, Application(calibration, f"{which}{error}")
    return made, Application(calibration)


def _window(
    window: Window, read: Read, calibration: Calibration, seen: float | None, phase: str
) -> Read:
    target = _target(read, calibration)
    energy = Energy.sum_of([part.energy for part in target])
    seconds = energy.coverage * window.duration_s
    reason = calibration.outside(energy.joules.value / seconds, seen)
    if reason:
        raise CalibrationError(reason)
    _look_beside(read, target, calibration, window.duration_s)
    changed = replace(
        energy,
        joules=_joules(energy.joules, seconds, calibration, seen or 0.0, (phase, window.start)),
        method=f"{energy.method}, calibrated",
    )
    if changed.joules.value <= 0:
        raise CalibrationError(f"it would give {si(changed.joules.value, 'J', 3)}")
    return _placed(read, target, changed, calibration)


def _target(read: Read, calibration: Calibration) -> list[PartEnergy]:
    """Return the parts whose energies the calibration is for.

    Raises:
        CalibrationError: if the run did not read them, or read other devices.
    """
    side, reference = calibration.target, (calibration.target.node, calibration.reference.part)
    if not side.node:
        raise CalibrationError("it does not say which machine and channel it is for")
    here = [pair for pair in read if pair[0].node == side.node]
    if not here:
        raise CalibrationError(f"it was made on {side.node}, not here" if read else "no reading")
    if side.name == TOTAL:
        others = [pair for pair in here if part_of(pair[0]) != reference]
        found = [part for part in split(choose(others)) if part.added]
        wanted = set(side.channels)
    else:
        found = [PartEnergy(*pair, added=True) for pair in here if pair[0].name == side.name]
        wanted = {side.name}
    names = {part.channel.name for part in found}
    if names != wanted:
        seen = " + ".join(sorted(names)) or "nothing of it"
        raise CalibrationError(f"it is for {' + '.join(sorted(wanted))}; here is {seen}")
    if side.device and device_of(part.channel for part in found) != side.device:
        raise CalibrationError(f"it was made for {side.device}")
    return found


def device_of(channels: Iterable[Channel]) -> str:
    """Return where sensors are read, so that another device is recognised; nothing for a model."""
    sensors = [c for c in channels if c.provenance is not Provenance.ESTIMATED and c.source]
    return "; ".join(sorted({channel.source for channel in sensors}))


def on_host(calibration: Calibration, host: str) -> Calibration:
    """Return a calibration that knows whether it is for a host.

    A machine's own meters call their node ``localhost``; a calibration keeps the machine's name.
    """
    if calibration.target.node != host:
        return calibration
    return replace(calibration, target=replace(calibration.target, node=LOCAL))


def beside(read: Read, target: list[PartEnergy], reference: tuple[str, str]) -> Read:
    """Return what was read of other parts that lie neither in the target nor at the reference.

    Args:
        read: channels that gave energy.
        target: the parts that a calibration is for.
        reference: node and part of the reference.
    """
    own = {part.channel.name for part in target} | {part_of(part.channel) for part in target}
    others = choose(pair for pair in read if part_of(pair[0]) != reference)
    return [
        (part.channel, part.energy)
        for part in split(others)
        if part.added and part.channel.name not in own and part_of(part.channel) not in own
    ]


def _look_beside(
    read: Read, target: list[PartEnergy], calibration: Calibration, seconds: float
) -> None:
    """Raise CalibrationError where another part uses what it did not when the fit was made."""
    place = (calibration.target.node, calibration.reference.part)
    if any(part_of(part.channel) == place for part in target):
        return
    margin = MARGIN * (calibration.power_w.high - calibration.power_w.low)
    for channel, energy in beside(read, target, place):
        known = calibration.beside.get(channel.name)
        if known is None:
            raise CalibrationError(f"{channel.name} was not read when it was made")
        watts = energy.joules.value / (energy.coverage * seconds)
        if not known.low - margin <= watts <= known.high + margin:
            low, high = si(known.low, "W", 3), si(known.high, "W", 3)
            raise CalibrationError(
                f"{channel.name} at {si(watts, 'W', 3)} was {low} to {high} when it was made",
                remedy="calibrate the total instead",
            )


def _joules(
    joules: Value,
    seconds: float,
    calibration: Calibration,
    seen: float,
    where: tuple[str, int],
) -> Value:
    """Return the calibrated energy with its uncertainty.

    Args:
        joules: the target's energy.
        seconds: covered time, s.
        calibration: what to apply.
        seen: utilisation; not looked at where the calibration has none.
        where: the phase and the start of the window, so that errors are shared by the right ones:
            those with an @ in their name belong to this run alone.
    """
    terms = np.array([joules.value, seconds, seen * seconds][: len(calibration.coefficients)])
    gain, made, of = calibration.coefficients[0], calibration.id, calibration.reference
    node = calibration.target.node
    kept = joules.only(lambda source: source.term not in _REPLACED).scaled(gain, "J")
    result = Value(float(terms @ np.array(calibration.coefficients)), "J", kept.parts)
    wide = calibration.factor / NORMAL_975
    for place, axis in enumerate(_independent(calibration)):
        result = result.plus(
            Source(Term.CALIBRATION, f"{made}/{place}"), wide * float(terms @ axis)
        )
    phase, start = where
    longer = math.sqrt(max(calibration.duration_s.low / seconds, 1.0))
    part, meter = f"{node}/{of.part}", f"{node}/{of.meter or of.name}"
    new, again = calibration.between_w * seconds, calibration.within_w * longer * seconds
    for source, u in (
        (Source(Term.CALIBRATION, f"{made}/{phase}"), wide * new),
        (Source(Term.CALIBRATION, f"{made}@{start}"), wide * again),
        (Source(Term.GAIN, part, kin=meter), _u(of.accuracy.gain) * result.value),
        (Source(Term.OFFSET, part), _u(of.accuracy.offset_w) * seconds),
    ):
        result = result.plus(source, u)
    return result


def _u(half_width: float) -> float:
    return half_width / NORMAL_975


def _independent(calibration: Calibration) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return the covariance of the coefficients as independent errors: axes of its ellipsoid."""
    squares, axes = np.linalg.eigh(np.array(calibration.covariance))
    return [axes[:, k] * math.sqrt(max(square, 0.0)) for k, square in enumerate(squares)]


def _placed(read: Read, target: list[PartEnergy], energy: Energy, calibration: Calibration) -> Read:
    """Return what was read, with the calibrated energy where it belongs."""
    channels, of = [part.channel for part in target], calibration.reference
    place, meters = (calibration.target.node, of.part), {c.meter for c in channels}
    same = [c for c in channels if part_of(c) == place]
    rival = any(part_of(c) == place and c.meter not in meters for c, _ in read)
    instruments = {c.instrument for c in channels}
    channel = Channel(
        name=same[0].name if same else f"calibrated/{of.part}",
        meter=" + ".join(sorted(meters)),
        part=f"{of.part} (calibrated)" if rival else of.part,
        domain=of.domain,
        quantity=Quantity.ENERGY,
        unit="J",
        node=place[0],
        parent=of.part if rival else next((c.parent for c in same), None),
        accuracy=of.accuracy,
        provenance=energy.provenance,
        instrument=instruments.pop() if len(instruments) == 1 else Instrument.UNKNOWN,
        covers=same[0].covers if same else (),
        calibration=str(calibration),
        source=" + ".join(c.name for c in channels),
        note=f"calibrated: {calibration.formula}",
    )
    gone = place if same and not rival else None
    return [*(pair for pair in read if part_of(pair[0]) != gone), (channel, energy)]
