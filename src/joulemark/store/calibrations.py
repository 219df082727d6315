"""Files of calibrations: one JSON object each, written once, read strictly.

    {"format": "joulemark calibration", "version": 1, "id": …, and the fields of Calibration}

``id`` is the beginning of the SHA-256 of all other fields, so that a file that was changed by hand
is recognised. A run keeps the whole object in its settings, under ``calibration``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from joulemark.core.calibration import Calibration, Kind, Span
from joulemark.core.errors import FormatError, StoreError
from joulemark.store.files import new_file
from joulemark.store.jsontext import DAMAGED, decode, encode
from joulemark.store.named import named_bytes
from joulemark.store.schema import converted

FORMAT, VERSION = "joulemark calibration", 1
MAX_FILE = 4 << 20
"""Largest file that is read, bytes."""
LARGEST = 1e15
"""No number of a calibration is as large as this; keeps hostile files from overflowing."""

_DIGITS = 12
_ROUNDING = 1e-9


def record_of(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as JSON values, with its id.

    Whole numbers become floats where floats belong, so that what was read gives the same id again.
    """
    exact = converted(json.loads(encode(calibration)), Calibration)
    head = {"format": FORMAT, "version": VERSION}
    record: dict[str, Any] = {**head, **json.loads(encode(exact))}
    return {**record, "id": _identity(record)}


def identified(calibration: Calibration) -> Calibration:
    """Return a calibration with the id that belongs to it."""
    return replace(calibration, id=record_of(calibration)["id"])


def write_calibration(calibration: Calibration, path: Path, *, force: bool = False) -> None:
    """Write a calibration as a file.

    Raises:
        UsageError: if the file exists and ``force`` is not given.
        StoreError: if it cannot be written.
    """
    text = json.dumps(record_of(calibration), indent=2, ensure_ascii=False)
    new_file(path, f"{text}\n".encode(), force=force)


def read_calibration(path: Path) -> Calibration:
    """Return the calibration in a file.

    Raises:
        FormatError: if it is none, or was changed after it was made.
        StoreError: if it cannot be read, or a newer version wrote it.
    """
    return calibration_of(decode(named_bytes(path, MAX_FILE), str(path)), str(path))


def calibration_of(record: Any, where: str) -> Calibration:
    """Return the calibration that JSON values describe; raises what :func:`read_calibration` does.

    Args:
        record: what :func:`record_of` gave.
        where: where it stands, for messages.
    """
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        remedy = "give a file that joulemark calibrate --output wrote"
        raise FormatError("not a calibration", where=where, remedy=remedy)
    version = record.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise StoreError(
            f"format {version!r:.40} of calibrations; this one reads {VERSION}",
            where=where,
            remedy="install the version that wrote it or a newer one",
        )
    if record.get("id") != _identity(record):
        remedy = "make it again with joulemark calibrate"
        raise FormatError("it was changed after it was made", where=where, remedy=remedy)
    try:
        calibration = converted(record, Calibration)
    except msgspec.ValidationError as error:
        raise FormatError(str(error), where=where, remedy=DAMAGED) from error
    for fault in _faults(calibration, record):
        raise FormatError(fault, where=where, remedy=DAMAGED)
    return calibration


def _identity(record: dict[str, Any]) -> str:
    rest = {key: value for key, value in record.items() if key != "id"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _faults(calibration: Calibration, record: dict[str, Any]) -> Iterator[str]:
    """Yield what cannot be true of a calibration."""
    if not all(abs(number) < LARGEST for number in _numbers(record)):
        yield "a number is too large"
    count, size = len(calibration.coefficients), len(calibration.covariance)
    wanted = 3 if calibration.kind is Kind.UTILISATION else 2
    if count != wanted or size != wanted or any(len(r) != wanted for r in calibration.covariance):
        yield f"{count} coefficients and a covariance of {size} rows; {wanted} belong there"
    covariance = np.array(calibration.covariance)
    least = float(np.linalg.eigvalsh(covariance).min())
    if (covariance != covariance.T).any() or least < -_ROUNDING * float(np.trace(covariance)):
        yield "the covariance is none"
    deviations = (calibration.between_w, calibration.within_w, calibration.residual_w)
    if min(deviations) < 0 or calibration.factor < 1 or calibration.groups < 1:
        yield "a standard deviation below zero, or a factor below one"
    spans = [calibration.power_w, calibration.duration_s, *calibration.beside.values()]
    spans += [calibration.utilisation_range or Span(0, 0)]
    if any(span.low > span.high for span in spans) or calibration.duration_s.low <= 0:
        yield "a range that ends before it begins"
    named = (bool(calibration.utilisation), calibration.utilisation_range is not None)
    if named != (wanted == 3,) * 2:
        yield "utilisation without its name or range"


def _numbers(value: Any) -> Iterator[float]:
    """Yield every number in JSON values; NaN stands for infinity, which JSON may spell 1e999."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value if not isinstance(value, float) or math.isfinite(value) else math.inf
