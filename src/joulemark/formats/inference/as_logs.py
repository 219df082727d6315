"""What the logs of a power directory say beside readings and windows, as JSON values of a run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import (
    CLIENT,
    CONSOLE,
    DETAIL,
    POWER_LOG,
    RANGING,
    SERVER,
    SUMMARY,
    TESTING,
    PowerDirectory,
)
from joulemark.formats.inference.performance import number, text
from joulemark.formats.inference.replies import (
    identity,
    ranges,
    reply_to,
    stated_uncertainty,
)

Read = TypeVar("Read")

METER_LOGS = (f"{RANGING}/{POWER_LOG}", f"{TESTING}/{POWER_LOG}", CONSOLE)
"""The analyser's own logs."""
KEPT = (
    *METER_LOGS,
    CLIENT,
    SERVER,
    f"{RANGING}/{DETAIL}",
    f"{RANGING}/{SUMMARY}",
    f"{TESTING}/{DETAIL}",
    f"{TESTING}/{SUMMARY}",
)
"""The files that a run refers to, and others that the session noted."""
MAX_TEXT = 400
"""Longer texts are cut."""
MAX_VALUES = 100
"""More values of one kind are left out."""

_MAKER = "Yokogawa"
"""Every analyser that a round ever accepted is of this maker."""
_COUNTS = {"queries": "result_query_count", "samples_per_query": "effective_samples_per_query"}


def or_none(read: Callable[[], Read]) -> Read | None:
    """Return what a file says; None if it cannot be read."""
    try:
        return read()
    except FormatError:
        return None


def analyser(directory: PowerDirectory) -> dict[str, Any]:
    """Return what the analyser says it is, and its ranges; empty where nobody asked.

    ``model`` is PTDaemon's name, ``accepted`` whether rounds accept such analysers,
    ``instrument`` maker, model, serial number and firmware, ``calibrated`` a date,
    ``ranges`` what was set before, for the test and after it.
    """
    server = or_none(lambda: directory.server)
    known = None if server is None else identity(reply_to(server.ptd_messages, "Identify"))
    if server is None or known is None:
        return {}
    set_to = [m.command[:MAX_TEXT] for m in server.ptd_messages if m.command.startswith("SR,")]
    asked: dict[str, Any] = {"set": set_to[:MAX_VALUES]}
    before = ranges(reply_to(server.ptd_messages, "RR"))
    if before is not None:
        asked["before"] = {
            "amps": before.amps,
            "amps_auto": before.amps_auto,
            "volts": before.volts,
            "volts_auto": before.volts_auto,
        }
    return {
        "model": known.model[:MAX_TEXT],
        "accepted": known.model.startswith(_MAKER),
        "version": known.version[:MAX_TEXT],
        "instrument": known.instrument[:MAX_TEXT],
        "calibrated": dated(known.calibrated[:MAX_TEXT]),
        "ranges": asked,
    }


def dated(text: str) -> str:
    """Return a date as ``YYYY-MM-DD`` where its order is plain; else as it is written."""
    plain = re.sub(r"[\s/.-]+", " ", text).strip()
    for form in ("%Y %m %d", "%d %b %Y", "%d %B %Y", "%b %d, %Y"):
        try:
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007 # a day only
        except ValueError:
            continue
    return text


def ptdaemon(directory: PowerDirectory) -> dict[str, Any]:
    """Return what PTDaemon says of the testing run at its end; empty where it was not asked."""
    server = or_none(lambda: directory.server)
    if server is None:
        return {}
    found: dict[str, Any] = {}
    for name in ("Watts", "Uncertainty"):
        said = [m.reply for m in server.ptd_messages if m.command == name]
        if said:
            found[name.lower()] = said[-1][:MAX_TEXT]
    stated = stated_uncertainty(found.get("uncertainty", ""))
    if stated is not None:
        found |= {
            "uncertainty_mean": stated.mean,
            "uncertainty_largest": stated.largest,
            "readings": stated.readings,
            "over_limit": stated.over,
        }
    return found


def loadgen(directory: PowerDirectory) -> dict[str, Any]:
    """Return LoadGen's verdict and figures of the testing run."""
    detail, summary = directory.testing_detail, or_none(lambda: directory.testing_summary)
    validity, valid = text(detail, "result_validity"), None if summary is None else summary.valid
    if valid is None and validity:
        valid = validity == "VALID"
    reasons = text(detail, "result_invalid_reason")[:MAX_TEXT]
    values = {} if summary is None else dict(list(summary.values.items())[:MAX_VALUES])
    return {
        "valid": valid,
        "invalid_reasons": [reasons] if reasons else [],
        "scenario": text(detail, "effective_scenario")[:MAX_TEXT],
        "loadgen": text(detail, "loadgen_version")[:MAX_TEXT],
        **{name: number(detail, key) for name, key in _COUNTS.items()},
        "errors": len(detail.errors),
        "summary": {name[:MAX_TEXT]: logged.value for name, logged in values.items()},
    }


def noted_logs(directory: PowerDirectory) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the files of a directory, and which of the analyser's logs are as the session noted.

    Returns:
        Size and digest of each file of the session by its name; and the SHA-256 of each of the
        analyser's logs whose SHA-1 is the one that server or client noted. A log that lost its
        carriage returns on the way (git may take them) counts where they alone are missing.
    """
    noted: dict[str, set[str]] = {}
    for session in (or_none(lambda: directory.server), or_none(lambda: directory.client)):
        for name, digest in (session.results if session is not None else {}).items():
            noted.setdefault(name, set()).add(digest.lower())
    files: dict[str, Any] = {}
    genuine: dict[str, str] = {}
    for name in sorted({*noted, *KEPT} & directory.entries.keys()):
        try:
            data = directory.source(name).data
        except FormatError:
            continue
        sha256, as_noted = hashlib.sha256(data).hexdigest(), _as_noted(data, noted, name)
        files[name] = {"size": len(data), "sha256": sha256, "as_noted": as_noted}
        if name in METER_LOGS and as_noted:
            genuine[name] = sha256
    return files, genuine


def _as_noted(data: bytes, noted: Mapping[str, set[str]], name: str) -> bool | None:
    """Return whether a file is the one that the session noted; None where it noted none."""
    if name not in noted:
        return None
    if _sha1(data) in noted[name]:
        return True
    return b"\r" not in data and _sha1(data.replace(b"\n", b"\r\n")) in noted[name]


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
