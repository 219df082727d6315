"""Read what ``joulemark show --json`` wrote: a result kept in a repository as a baseline.

The file says of each phase which uncertainty comes from which meter (``sources``), so errors of an
instrument cancel against a later run as they do between two stored runs. A file without it has only
the budget by kind of uncertainty; these are then taken for errors of its one part and meter, or,
with several, for errors that cancel with nothing. Its net energy cannot be compared. Of a run of
serving it is the windows that count which are compared, not the whole loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from joulemark.analysis.observed import Observation, Repeat, in_order
from joulemark.core.channel import Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, StoreError
from joulemark.core.run import SCHEMA, System
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Role
from joulemark.store.files import unreadable
from joulemark.store.jsontext import decode
from joulemark.store.schema import converted

MAX_FILE = 64 << 20
"""Largest file that is read, bytes."""
_REMEDY = "write it with: joulemark show RUN --json > FILE"

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Finite = Annotated[float, msgspec.Meta(ge=-1e30, le=1e30)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e30)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Number(msgspec.Struct):
    value: _Finite


class _Work(msgspec.Struct):
    count: _Finite
    unit: str


class _Part(msgspec.Struct):
    channel: str
    added: bool
    part: str
    domain: Domain
    node: str
    meter: str
    provenance: Provenance
    source: str
    instrument: Instrument = Instrument.UNKNOWN
    calibration: str | None = None


class _Uncertainty(msgspec.Struct):
    standard_uncertainty: _Finite


class _Source(_Uncertainty):
    term: Term
    of: str
    kin: str = ""


class _Sources(msgspec.Struct):
    energy_j: list[_Source] | None
    net_energy_j: list[_Source] | None


class _Repeat(msgspec.Struct):
    start: _Moment
    duration_s: _Amount
    coverage: _Share | None
    energy_j: _Number | None
    net_energy_j: _Number | None
    work: _Work | None


class _Evidence(msgspec.Struct):
    tier: str


class _Phase(msgspec.Struct):
    phase: str
    role: Role
    energy_j: _Number | None
    net_energy_j: _Number | None
    work: _Work | None
    provenance: Provenance | None
    lacks: tuple[str, ...]
    parts: list[_Part]
    budget: dict[Term, _Uncertainty] | None
    repeats: list[_Repeat]
    sources: _Sources | None = None
    evidence: _Evidence | None = None


class _Warning(msgspec.Struct):
    code: str
    phase: str


class _Serving(msgspec.Struct):
    phases: list[_Phase] = []


class _Result(msgspec.Struct):
    schema: int
    id: str
    title: str
    procedure: str
    joulemark: str
    started: _Moment
    duration_s: _Amount | None
    system: System
    settings: dict[str, Any]
    environment: dict[str, Any]
    channels: list[Channel]
    warnings: list[_Warning]
    phases: list[_Phase]
    serving: _Serving | None = None


def exported(path: Path) -> list[Observation]:
    """Return the measured phases of a result that was kept as JSON.

    Raises:
        StoreError: if the file cannot be read, or a newer version wrote it.
        FormatError: if it is not such a result.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise unreadable(error, path) from error
    if len(data) > MAX_FILE:
        raise FormatError(f"larger than {MAX_FILE >> 20} MiB", where=str(path), remedy=_REMEDY)
    document = decode(data, str(path))
    try:
        result = converted(document, _Result)
        _check_version(result, path)
        phases = result.phases if result.serving is None else result.serving.phases
        return [_observation(p, result) for p in phases if p.role is Role.MEASURE]
    except (msgspec.ValidationError, ValueError, KeyError) as error:
        what = f"not a result of joulemark ({error})"
        raise FormatError(what, where=str(path), remedy=_REMEDY) from error


def _check_version(result: _Result, path: Path) -> None:
    if result.schema > SCHEMA:
        raise StoreError(
            f"written by joulemark {result.joulemark} in format {result.schema}; "
            f"this one reads up to {SCHEMA}",
            where=str(path),
            remedy="install that version or a newer one",
        )


def _observation(phase: _Phase, result: _Result) -> Observation:
    channels = {channel.name: channel for channel in result.channels}
    added = tuple(_channel(part, channels) for part in phase.parts if part.added)
    counted = phase.work is not None and phase.work.count > 0
    sources = phase.sources
    return Observation(
        run=result.id,
        title=result.title,
        procedure=result.procedure,
        joulemark=result.joulemark,
        started=_ns(result.started),
        took_s=result.duration_s,
        system=result.system,
        settings=result.settings,
        environment=result.environment,
        codes=frozenset(w.code for w in result.warnings if w.phase in ("", phase.phase)),
        phase=phase.phase,
        unit=phase.work.unit if phase.work is not None and counted else "",
        lacks=phase.lacks,
        channels=added,
        provenance=phase.provenance,
        evidence=phase.evidence.tier if phase.evidence else "",
        energy=_energy(phase, added),
        net=_value(phase.net_energy_j, sources.net_energy_j if sources else None),
        repeats=in_order(_repeat(repeat, counted=counted) for repeat in phase.repeats),
    )


def _channel(part: _Part, known: Mapping[str, Channel]) -> Channel:
    """Return the channel that speaks for a part; that of a calibration is not among the run's."""
    if not part.calibration:
        return known[part.channel]
    return Channel(
        name=part.channel,
        meter=part.meter,
        part=part.part,
        domain=part.domain,
        quantity=Quantity.ENERGY,
        unit="J",
        node=part.node,
        provenance=part.provenance,
        instrument=part.instrument,
        calibration=part.calibration,
        source=part.source,
    )


def _value(number: _Number | None, sources: list[_Source] | None) -> Value | None:
    if number is None or sources is None:
        return None
    value = Value(number.value, "J")
    for one in sources:
        value = value.plus(Source(one.term, one.of, kin=one.kin), one.standard_uncertainty)
    return value


def _energy(phase: _Phase, channels: tuple[Channel, ...]) -> Value | None:
    if phase.sources is not None or phase.energy_j is None:
        return _value(phase.energy_j, phase.sources.energy_j if phase.sources else None)
    return Value(phase.energy_j.value, "J", _from_budget(phase, channels))


def _from_budget(phase: _Phase, channels: tuple[Channel, ...]) -> dict[Source, float]:
    """Return a budget by kind as errors of the only meter and part, or of nobody known."""
    meters = {f"{channel.node}/{channel.meter}" for channel in channels}
    parts = {f"{channel.node}/{channel.part}" for channel in channels}
    nodes = {channel.node for channel in channels}
    owners = {Term.GAIN: parts, Term.MODEL: meters, Term.OFFSET: parts, Term.CLOCK: nodes}
    found = {}
    for term, u in (phase.budget or {}).items():
        owner = owners.get(term, set())
        of = next(iter(owner)) if len(owner) == 1 else "several"
        found[Source(term, of)] = u.standard_uncertainty
    return found


def _repeat(repeat: _Repeat, *, counted: bool) -> Repeat:
    energy, net = repeat.energy_j, repeat.net_energy_j
    return Repeat(
        start=_ns(repeat.start),
        seconds=repeat.duration_s,
        covered_s=(repeat.coverage or 0.0) * repeat.duration_s,
        joules=None if energy is None else energy.value,
        net=None if net is None else net.value,
        count=repeat.work.count if counted and repeat.work is not None else 1.0,
    )


def _ns(moment: datetime) -> int:
    apart = moment - datetime.fromtimestamp(0, UTC)
    return (apart.days * 86400 + apart.seconds) * NS + apart.microseconds * 1000
