"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

FIRST_S = 0.25


def pause_s(fields: Mapping[str, str], attempts: int, most_s: float) -> float:
    """Return the wait after an attempt, s.

    The server's ``Retry-After`` (RFC 9110, 10.2.3: seconds, or a date) is obeyed; without one the
    wait doubles with each attempt.

    Args:
        fields: of the head of its answer.
        attempts: how many were made.
        most_s: no wait is longer.
    """
    told = _told_s(fields.get("retry-after", ""))
    wait = FIRST_S * 2.0 ** min(attempts - 1, 20) if told is None else told
    return min(max(wait, 0.0), most_s)


def _told_s(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        try:
            return parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return found if math.isfinite(found) else None
