"""Whose error an uncertainty is: what two runs share cancels in their ratio, the rest stays.

A source of uncertainty is named within a run ("localhost/gpu-0"). Across runs it is the same error
only if the same instrument made it:

proven   every part was read by a device whose unique number (UUID) is in both runs
assumed  same name of the host, same processor, same meter, part and place of reading
model    a model's coefficients: as assumed, and the same kind of load (procedure, program or
         network, mode and phase)
calibration
         the coefficients of one calibration, by its checksum, and its reference

Anything else gets the name of its run and cancels with nothing. Errors that differ from window to
window, and idle power, never cancel between runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePath

from joulemark.analysis.observed import Observation
from joulemark.core.channel import Accuracy, Channel
from joulemark.core.value import Source, Term, Value

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBERED = re.compile(r"hwmon\d+")
"""The kernel numbers these anew at each start."""
_LOCAL = "localhost"


class Known(StrEnum):
    """How it is known that two runs used one instrument."""

    PROVEN = "proven"
    ASSUMED = "assumed"
    CALIBRATED = "calibrated"
    """One calibration was applied to both."""
    SAID = "said"
    """The person who compares said so."""


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """What makes a systematic error.

    Attributes:
        key: the same for the same instrument in any run.
        name: for people.
        known: how well the key identifies it.
        size: its accuracy class as the run had it (relative, or W); zero where it has none.
    """

    key: str
    name: str = field(compare=False)
    known: Known = field(compare=False)
    size: float = field(compare=False, default=0.0)


Sizes = Mapping[tuple[Term, str], float]
"""The accuracy class to take for each error, by its kind and the key of its instrument."""


def renamed(
    value: Value, of: Observation, *, same: bool = False, sizes: Sizes | None = None
) -> Value:
    """Return a value whose sources are named by instrument or by run, so that runs can be compared.

    Args:
        value: a figure of a run.
        of: the run.
        same: the meters of all runs are the same instruments, whatever the runs say.
        sizes: accuracy classes to take instead of the run's own: of one instrument, which another
            version of joulemark may have known better or worse, it is one and the same error.
    """
    parts: dict[Source, float] = {}
    for source, part in value.parts.items():
        owner = instrument(source, of, same=same)
        name = _own(source, of) if owner is None else owner.key
        renaming = Source(source.term, name, source.dof, _kin(source, of, same=same))
        scale = 1.0
        if sizes is not None and owner is not None and owner.size > 0:
            scale = sizes[source.term, owner.key] / owner.size
        parts[renaming] = parts.get(renaming, 0.0) + scale * part
    return Value(value.value, value.unit, parts)


def _own(source: Source, of: Observation) -> str:
    """Return the name of an error of one phase of a run; idle power is that of the whole run."""
    phase = "" if source.term is Term.IDLE else of.phase
    return f"{of.run}:{phase}:{source.of}"


def _kin(source: Source, of: Observation, *, same: bool) -> str:
    """Return what an error is akin to: the errors of the meters of one machine."""
    if not source.kin or same:
        return source.kin
    return f"{_machine(of, source.kin.partition('/')[0])}/{source.kin}"


def instrument(source: Source, of: Observation, *, same: bool = False) -> Instrument | None:
    """Return the instrument that a systematic error belongs to; None for an error of the run."""
    if source.term is Term.CLOCK:
        if source.of not in {channel.node for channel in of.channels} | {""}:
            return None
        return _named("clock", f"the clock of {_host(of, source.of)}", _machine(of, source.of))
    if source.term is Term.CALIBRATION:
        return None if "@" in source.of else _calibration(source, of)
    if source.term not in (Term.GAIN, Term.OFFSET, Term.MODEL):
        return None
    made = [channel for channel in of.channels if source.of == _owner(source.term, channel)]
    return _meter(source, made, of, same=same) if made else _calibration(source, of)


def _meter(source: Source, made: list[Channel], of: Observation, *, same: bool) -> Instrument:
    """Return the instrument behind the channels that an error is of."""
    name = f"{' and '.join(_distinct(c.meter for c in made))} of {_host(of, made[0].node)}"
    places = sorted(_place(of, channel) for channel in made)
    numbers = [_UUID.findall(channel.source) for channel in made]
    if same:
        found = Instrument(f"said:{source.of}", name, Known.SAID)
    elif source.term is Term.MODEL:
        found = _named("model", name, *places, kind_of_load(of))
    elif all(numbers):
        unique = sorted({number.lower() for each in numbers for number in each})
        found = Instrument("|".join(unique), f"{name} ({', '.join(unique)})", Known.PROVEN)
    else:
        found = _named("meter", name, *places)
    return replace(found, size=_size(source.term, made[0].accuracy) if len(made) == 1 else 0.0)


def _size(term: Term, accuracy: Accuracy) -> float:
    if term is Term.MODEL:
        return accuracy.model
    return accuracy.gain if term is Term.GAIN else accuracy.offset_w


def _calibration(source: Source, of: Observation) -> Instrument | None:
    """Return the calibration that an error of its coefficients or its reference belongs to."""
    applied = _distinct(channel.calibration for channel in of.channels if channel.calibration)
    if not applied:
        return None
    name = f"the calibration {' and '.join(applied)}"
    return Instrument(f"{'|'.join(applied)}|{source.of}", name, Known.CALIBRATED)


def _named(kind: str, name: str, *places: str) -> Instrument:
    return Instrument("|".join((kind, *places)), name, Known.ASSUMED)


def _owner(term: Term, channel: Channel) -> str:
    """Return what accounting calls the owner of such an error of a channel; nothing for none.

    A calibrated channel has the errors of its calibration.
    """
    if channel.calibration:
        return ""
    return f"{channel.node}/{channel.meter if term is Term.MODEL else channel.part}"


def _host(of: Observation, node: str) -> str:
    return of.system.host if node in ("", _LOCAL) else node


def _machine(of: Observation, node: str) -> str:
    if node not in ("", _LOCAL):
        return node
    system = of.system
    return f"{system.host}/{system.cpu}/{system.sockets}/{system.machine}/{system.virtual}"


def _place(of: Observation, channel: Channel) -> str:
    model = channel.accuracy.model > 0
    where = "" if model else _NUMBERED.sub("hwmon", channel.source)
    machine = f"{_machine(of, channel.node)}/{of.system.threads if model else ''}"
    return f"{machine}/{channel.meter}/{channel.part}/{where}"


def kind_of_load(of: Observation) -> str:
    """Return what a model's error depends on beside the machine: what kind of work was done."""
    workload, command = of.settings.get("workload"), of.settings.get("command")
    serving, what = of.settings.get("serving"), of.title
    if isinstance(serving, dict) and serving.get("model"):
        what = f"{serving['model']}"
    elif isinstance(workload, dict) and isinstance(workload.get("model"), dict):
        what = f"{workload['model'].get('name')}"
    elif isinstance(command, list) and command:
        what = PurePath(str(command[0])).name
    return f"{of.procedure}/{what}/{of.phase}"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
