"""What measuring cost the work, in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulemark.core.units import digits
from joulemark.report.format import clean, percent

RESULT = "disturbance"
"""Name of the result in a run."""


def disturbance_rows(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a row that says what measuring cost; none where that was not measured.

    Args:
        results: of the run, by name; what a damaged file may hold instead is left out.
    """
    said = results.get(RESULT)
    if not isinstance(said, Mapping) or not isinstance(said.get("slowdown"), Mapping):
        return []
    effects = [_effect(name, each) for name, each in said["slowdown"].items()]
    parts = [effect for effect in effects if effect]
    share = _number(said.get("sampler_cpu_share"))
    if parts and share is not None:
        parts.append(f"the sampler took {percent(share)} of a core")
    return [("measuring", "; ".join(parts))] if parts else []


def _effect(name: object, effect: object) -> str:
    if not isinstance(effect, Mapping):
        return ""
    value, u95 = _number(effect.get("value")), _number(effect.get("u95"))
    if value is None or u95 is None:
        return ""
    what = clean(name, 40)
    if abs(value) <= u95:
        return f"slowing the work was not seen: below {percent(value + u95)} ({what})"
    half = digits(100 * u95, 2)
    places = len(half.partition(".")[2])
    by = f"{100 * abs(value):.{places}f} ± {half} % ({what})"
    if value < 0:  # measuring does not help: the machine was not the same all the while
        return f"the work was faster meanwhile, by {by}: something else changed"
    return f"slowed the work by {by}"


def _number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
