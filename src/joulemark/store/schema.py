"""Decode ``run.json`` strictly, whichever version of joulemark wrote it.

History of the format (``schema`` in the file):

1. the first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

from joulemark.core.channel import Accuracy, Channel
from joulemark.core.errors import FormatError, StoreError
from joulemark.core.run import SCHEMA, Run, Sampler
from joulemark.core.window import Window, Work
from joulemark.store.jsontext import DAMAGED, SPELLED, decode

MAX_RUN = 64 << 20
"""Largest run.json that is read, bytes."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the record of one version and returns that of the next; ``schema`` is set for it."""

UPGRADES: Mapping[int, Upgrade] = {}
"""One step for each older version, by the version it starts from."""

_INT64 = 1 << 63
_Kind = TypeVar("_Kind")


def decode_run(
    data: bytes, where: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES, schema: int = SCHEMA
) -> Run:
    """Return the record in ``data``.

    Args:
        data: the bytes of run.json.
        where: its path, for messages.
        upgrades: steps from older versions.
        schema: the version to arrive at.

    Raises:
        FormatError: if it does not follow the format; names the file and the field.
        StoreError: if its version is newer than ours, or too old.
    """
    if len(data) > MAX_RUN:
        raise FormatError(f"larger than {MAX_RUN >> 20} MiB", where=where, remedy=DAMAGED)
    record = _upgraded(_version_of(decode(data, where), where), where, upgrades, schema)
    for part in ("channels", "windows", "sampler"):
        if part in record:
            record[part] = restore(record[part])
    try:
        run = converted(record, Run)
    except msgspec.ValidationError as error:
        raise FormatError(str(error), where=where, remedy=DAMAGED) from error
    _check_times(run, where)
    return run


def converted(record: Any, kind: type[_Kind]) -> _Kind:
    """Return JSON values as an object of a class; words of closed lists become their members.

    Raises:
        msgspec.ValidationError: if they do not fit; names the field.
    """
    return msgspec.convert(record, kind, dec_hook=_member)


def _member(kind: type, value: object) -> object:
    """Return the member of a closed list; anything goes where any object may stand."""
    return value if kind is object else kind(value)


def restore(value: Any, *, number: bool = False) -> Any:
    """Return a copy in which the fields that are numbers are so, NaN and infinities too.

    Args:
        value: JSON of channels, windows, work, facts or the sampler.
        number: whether ``value`` itself stands where a number belongs.
    """
    if isinstance(value, list):
        return [restore(item) for item in value]
    if isinstance(value, dict):
        return {
            key: restore(item, number=number or key in _numbers()) for key, item in value.items()
        }
    return SPELLED.get(value, value) if number and isinstance(value, str) else value


@functools.cache
def _numbers() -> frozenset[str]:
    """Return the fields that hold floats, or floats by name."""
    kinds = (Accuracy, Channel, Sampler, Window, Work)
    names = (field for kind in kinds for field in fields(kind))
    return frozenset(field.name for field in names if "float" in str(field.type))


def _version_of(record: Any, where: str) -> tuple[dict[str, Any], int]:
    version = record.get("schema") if isinstance(record, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise FormatError("no record of a run: no schema version", where=where, remedy=DAMAGED)
    return record, version


def _upgraded(
    found: tuple[dict[str, Any], int], where: str, upgrades: Mapping[int, Upgrade], schema: int
) -> dict[str, Any]:
    record, version = found
    if version > schema:
        writer = record.get("joulemark") or "a newer joulemark"
        raise StoreError(
            f"written by joulemark {writer} in format {version}; this one reads up to {schema}",
            where=where,
            remedy="install that version or a newer one",
        )
    for step in range(version, schema):
        if step not in upgrades:
            raise StoreError(f"format {step} is not known", where=where, remedy=DAMAGED)
        record = {**upgrades[step](record), "schema": step + 1}
    return record


def _check_times(run: Run, where: str) -> None:
    times = [run.anchor.utc_ns, run.anchor.monotonic_ns, run.stopped or 0]
    for window in run.windows:
        times += [window.start, window.start if window.stop is None else window.stop]
        if window.stop is not None and window.stop < window.start:
            what = f"window {window.phase!r} stops before it starts"
            raise FormatError(what, where=where, remedy=DAMAGED)
    if not all(-_INT64 <= time < _INT64 for time in times):
        raise FormatError("a time is no 64-bit number", where=where, remedy=DAMAGED)
