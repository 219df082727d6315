"""Times as logs write them: local clock time without a zone, with one, or a count since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from joulemark.core.clock import NS
from joulemark.formats.files import LATEST_US

_STAMP = re.compile(
    r"(\d{4})[/-](\d\d)[/-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?"
)
_COUNT = re.compile(r"(\d{9,19})(?:\.(\d{1,18}))?")
_SCALES = ((10**17, 1), (10**14, 1000), (10**11, 10**6), (10**8, NS))
"""From which count on it is one of ns, µs, ms, s; the year 1973 in each."""


def stamp(text: str) -> tuple[int, bool] | None:
    """Return a time in ns since 1970, and whether it is UTC; None if it is none.

    A local time without a zone is counted as if it were UTC.

    Args:
        text: ``2026/09/11 04:19:41.982``, the same with a zone, or seconds, ms, µs, ns since 1970.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        return _counted(text)
    whole = _second(text[:10], text[11:19])
    if whole is None:
        return None
    time = whole * NS + int((match[7] or "").ljust(9, "0"))
    zone = match[8]
    if zone is None:
        return time, False
    ahead = 0 if zone == "Z" else offset_s(zone)
    return None if ahead is None else (time - ahead * NS, True)


@lru_cache(maxsize=64)
def _second(day: str, clock: str) -> int | None:
    """Return whole seconds since 1970; rows of one second ask the same."""
    try:
        whole = datetime.fromisoformat(f"{day.replace('/', '-')}T{clock}").replace(tzinfo=UTC)
    except ValueError:
        return None
    seconds = int(whole.timestamp())
    return seconds if 0 <= seconds * 10**6 <= LATEST_US else None


def _counted(text: str) -> tuple[int, bool] | None:
    match = _COUNT.fullmatch(text)
    if match is None:
        return None
    count = int(match[1])
    scale = next((scale for least, scale in _SCALES if count >= least), 0)
    part = int((match[2] or "0")[:9].ljust(9, "0")) * scale // NS
    time = count * scale + part
    return (time, True) if 0 < time <= LATEST_US * 1000 else None


def offset_s(text: str) -> int | None:
    """Return how far a zone like ``+02:00`` or ``-0330`` is ahead of UTC, s; None if it is none."""
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    return (1 if match[1] == "+" else -1) * (int(match[2]) * 3600 + int(match[3]) * 60)
