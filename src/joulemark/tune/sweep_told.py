"""What a command tells that measured itself: JSON of ``joulemark bench``, or of any program.

Numbers stand under ``metrics`` (of the key ``serving``, where it is there): plain, with the
half-width of their 95 % interval as ``NAME_u95`` beside them, or as ``{"value": …, "u95": …}``.
The intervals of energies stand with the ``figures``, by the names of their definitions, and so
does where they come from. Where ``scatter_u95`` is told, it is the interval that tells points
apart, without what a meter errs in all of them alike. Of a bench without metrics the first measured
phase is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.tune.sweep_axes import NAME
from joulemark.tune.sweep_reads import Reads

_U95 = "_u95"
_ENDINGS = {"J": "_j", "W": "_w", "s": "_s"}
_MOST, _LONG = 1000, 400
NO_WINDOW = "no-window"
"""Rule of what ``joulemark bench serving`` finds where no window of a load counts."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command told of a point.

    Attributes:
        metrics: numbers by name.
        u95: half-widths of their 95 % intervals, where told.
        meter_u95: the same with what all points have in common, where that is told apart.
        provenance: of its energy: ``measured``, ``estimated`` …; empty where not told.
        run: name of its run directory; empty where not told.
        model: what was served; empty where not told.
        gpu: name of the accelerators; empty where not told, or of several kinds.
        gpus: how many of them were measured.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    u95: Mapping[str, float] = field(default_factory=dict)
    meter_u95: Mapping[str, float] = field(default_factory=dict)
    provenance: str = ""
    run: str = ""
    model: str = ""
    gpu: str = ""
    gpus: int = 0


def told_by(value: Any, reads: Reads, where: str) -> Told:
    """Return what the JSON of a command tells.

    Args:
        value: it.
        reads: metrics that are wanted beside those that it tells, by their key paths.
        where: its place, for messages.

    Raises:
        FormatError: if a number that is wanted is not there, or none is.
    """
    record = value if isinstance(value, Mapping) else {}
    serving = _table(record, "serving")
    figures = {**_figures(record), **_figures(serving)}
    metrics = _table(serving, "metrics") or _table(record, "metrics")
    found = dict(_all(metrics, figures) if metrics else _phase(record))
    for name, path in reads.metrics.items():
        found[name] = _joined(_wanted(value, path, where), figures.get(name))
    if not found:
        remedy = "name them in [read.metrics], or let the command write them under metrics"
        raise FormatError("no metrics", where=where, remedy=remedy)
    u95 = {name: one.apart for name, one in found.items() if one.apart is not None}
    whole = {n: one.u95 for n, one in found.items() if None not in (one.u95, one.scatter)}
    sources = {one.provenance for one in found.values() if one.provenance}
    sources = sources or {one.provenance for one in figures.values() if one.provenance}
    sources = sources or {_text(record, "provenance")} - {""}
    gpu, gpus = _gpus(record)
    return Told(
        {name: one.value for name, one in found.items()},
        u95,
        {name: half for name, half in whole.items() if half is not None},
        " ".join(sorted(sources)),
        run_of(value),
        _model(record, serving),
        gpu,
        gpus,
    )


def _model(record: Mapping[str, Any], serving: Mapping[str, Any]) -> str:
    kept = _table(_table(record, "settings"), "serving")
    return _text(serving, "model") or _text(kept, "model") or _text(record, "model")


def _gpus(record: Mapping[str, Any]) -> tuple[str, int]:
    """Return the kind and number of accelerators whose energy was added up."""
    names = _table(record, "system").get("gpus")
    kinds = set(names) if isinstance(names, list) and all(isinstance(n, str) for n in names) else {}
    parts = _first_measured(record).get("parts")
    listed = [one for one in parts if isinstance(one, Mapping)] if isinstance(parts, list) else []
    added = [one for one in listed if one.get("domain") == "gpu" and one.get("added")]
    return (next(iter(kinds)), len(added)) if len(kinds) == 1 and added else ("", 0)


def run_of(value: Any) -> str:
    """Return the name of the run that the JSON of a command names; empty for none."""
    record = value if isinstance(value, Mapping) else {}
    return PurePath(_text(record, "run") or _text(record, "id")).name


def error_of(value: Any) -> str:
    """Return what the JSON of a command says was wrong: its errors; empty for none."""
    return _said(value, lambda one: one.get("severity") == "error")


def lack_of(value: Any) -> str:
    """Return why the JSON of a command has no energy, where it says so; empty otherwise."""
    return _said(value, lambda one: one.get("rule") == NO_WINDOW)


def _said(value: Any, wanted: Callable[[Mapping[str, Any]], bool]) -> str:
    record = value if isinstance(value, Mapping) else {}
    findings = _table(record, "serving").get("findings")
    listed = findings if isinstance(findings, list) else []
    some = [one for one in listed if isinstance(one, Mapping) and wanted(one)]
    return "; ".join(filter(None, (_text(one, "message") for one in some)))[:_LONG]


def value_at(value: Any, key: str) -> Any:
    """Return what stands at a key path; None for nothing. Names may have dots in them."""
    if not key:
        return value
    if isinstance(value, Mapping):
        for name in (key, *(key[:place] for place in range(len(key)) if key[place] == ".")):
            if name in value:
                return value_at(value[name], key[len(name) + 1 :])
        return None
    part, _, rest = key.partition(".")
    if isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(value):
        return value_at(value[int(part[:9])], rest)
    return None


def number(value: Any) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    u95: float | None = None
    provenance: str = ""
    unit: str = ""
    scatter: float | None = None

    @property
    def apart(self) -> float | None:
        """The interval that tells points apart."""
        return self.u95 if self.scatter is None else self.scatter


def _number(value: Any) -> _Number | None:
    """Return a number with what is told of it."""
    if not isinstance(value, Mapping):
        plain = number(value)
        return None if plain is None else _Number(plain)
    plain, u95 = number(value.get("value")), number(value.get("u95"))
    if plain is None:
        return None
    half = None if u95 is None else abs(u95)
    scatter = number(value.get("scatter_u95"))
    return _Number(plain, half, _text(value, "provenance"), _text(value, "unit"), scatter)


def _wanted(value: Any, path: str, where: str) -> _Number:
    there = value_at(value, path)
    found = _number(there)
    if found is None:
        what, remedy = f"no number but {there!r:.40}", "see what the command writes"
        raise FormatError(what, where=f"{where}: {path}", remedy=remedy)
    half = number(value_at(value, path + _U95))
    return _joined(found, None if half is None else _Number(found.value, abs(half)))


def _joined(one: _Number, more: _Number | None) -> _Number:
    """Return a number with the interval that another statement of the same number has."""
    if more is None or not math.isclose(one.value, more.value, rel_tol=1e-6):
        return one
    u95, scatter = (more.u95, more.scatter) if one.u95 is None else (one.u95, one.scatter)
    return _Number(one.value, u95, one.provenance or more.provenance, one.unit, scatter)


def _all(
    metrics: Mapping[str, Any], figures: Mapping[str, _Number]
) -> Iterator[tuple[str, _Number]]:
    named = [name for name in metrics if NAME.fullmatch(name)]
    for name in named[:_MOST]:
        found = _number(metrics[name])
        if found is not None and not name.endswith(_U95):
            half = number(metrics.get(name + _U95))
            beside = None if half is None else _Number(found.value, abs(half))
            yield name, _joined(_joined(found, beside), figures.get(name))


def _phase(record: Mapping[str, Any]) -> Iterator[tuple[str, _Number]]:
    """Yield the numbers of the first measured phase of a run."""
    phase = _first_measured(record)
    share = _number(phase.get("energy_per_unit"))
    if share is not None and share.unit.startswith("J/") and NAME.fullmatch(share.unit[2:]):
        yield f"energy_per_{share.unit[2:]}_j", share
    named = {"energy_j": "energy_j", "net_energy_j": "net_j", "duration_s": "time_s",
             "average_power_w": "power_w"}  # fmt: skip
    for there, name in named.items():
        found = _number(phase.get(there))
        if found is not None:
            source = _text(phase, "provenance") if name != "time_s" else ""
            yield name, _Number(found.value, found.u95, source)


def _first_measured(record: Mapping[str, Any]) -> Mapping[str, Any]:
    phases = record.get("phases")
    listed = phases if isinstance(phases, list) else []
    tables = [one for one in listed if isinstance(one, Mapping)]
    return next((one for one in tables if one.get("role") == "measure"), {})


def _figures(record: Mapping[str, Any]) -> dict[str, _Number]:
    """Return figures by the names that metrics have: energy-per-token/1, J: energy_per_token_j."""
    found = {}
    for name, value in _table(record, "figures").items():
        one = _number(value)
        if one is not None:
            plain = str(name).partition("/")[0].replace("-", "_")
            unit = one.unit.partition("/")[0]
            found[plain + _ENDINGS.get(unit, "")] = one
            found.setdefault(plain, one)
    return found


def _table(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
