"""What makes a power directory the measurement that it is, and as what it was published."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.inference.as_logs import or_none
from joulemark.formats.inference.directory import POWER_LOG, TESTING, Place, PowerDirectory

_DAY = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[_T ](\d{2})-(\d{2})-(\d{2})_?(.*)", re.ASCII | re.DOTALL
)
_DIGITS = 10
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Published:
    """One result as which a measurement was published.

    Attributes:
        place: where it belongs.
        path: its directory, relative to the root of the tree.
        metric: as published, ``{"value", "unit"}``; None where it cannot be had.
        efficiency: work per joule, likewise.
    """

    place: Place
    path: str
    metric: Mapping[str, Any] | None = None
    efficiency: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        place = asdict(self.place)
        return {"path": self.path, **place, "metric": self.metric, "efficiency": self.efficiency}


def identity_of(directory: PowerDirectory) -> tuple[str, str]:
    """Return what tells measurements apart: the session's name and SHA-1 of the testing power log.

    Copies of a directory under other benchmarks or scenarios have the same.

    Raises:
        FormatError: if there is no power log of the test.
    """
    name = f"{TESTING}/{POWER_LOG}"
    try:
        digest = directory.sha1(name)
    except FileNotFoundError:
        raise FormatError("the file is missing", where=directory.name_of(name)) from None
    session = or_none(lambda: directory.server) or or_none(lambda: directory.client)
    return "" if session is None else session.session, digest


def run_id(session: str, digest: str) -> str:
    """Return the name of an imported run, from its content alone.

    Args:
        session: name of the power session, ``2021-03-17_20-35-32_label``.
        digest: SHA-1 of the power log.
    """
    found = _DAY.fullmatch(session)
    stamp = f"{''.join(found.groups()[:3])}-{''.join(found.groups()[3:6])}" if found else ""
    label = found[7] if found else session
    plain = "".join(c if c.isascii() and c.isalnum() else " " for c in label.lower())
    words = "-".join(plain.split())[:_LONGEST].strip("-")
    text = f"{session}\0{digest}".encode("utf-8", "replace")
    short = hashlib.sha256(text).hexdigest()[:_DIGITS]
    return "-".join(filter(None, (stamp, words or "mlperf", short)))


def publication(directory: PowerDirectory) -> Published:
    """Return as what a directory was published, with its figures where they can be had."""
    figures = or_none(lambda: directory.figures)
    found = (None, None) if figures is None else (figures.metric, figures.efficiency)
    metric, efficiency = (
        None if each is None else {"value": each.value, "unit": each.unit} for each in found
    )
    return Published(directory.place, directory.path, metric, efficiency)
