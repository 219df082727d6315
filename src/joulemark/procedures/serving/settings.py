"""How a bench of serving is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joulemark.accounting.serving_windows import STEADY
from joulemark.core.request import Outcome, Request
from joulemark.loads.serving.latency import Target
from joulemark.workloads.openai.client import ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """How long, how often, and what counts.

    Attributes:
        repeats: fewest repeats of the load.
        max_repeats: most repeats.
        goal: relative 95 % half-width of the repeats at which to stop.
        rule: which window counts, of ``accounting.serving_windows.RULES``.
        seconds: shortest steady state, s.
        updates: fewest sensor updates in it.
        batch: most requests that the server runs at once, where that is told: the target of a
            saturated load, and what the rules of ML.ENERGY ask for.
        slo: what makes a request good; None for no such thing.
        allow_failed: share of the requests that may fail.
        quick: whether this is a look that is not comparable with a full run.
        keep_text: whether answers are kept.
        roles: parts by the name of their role (prefill, decode), where servers share the work.
        declared: what is told of the load and the server, for the record.
    """

    repeats: int = 3
    max_repeats: int = 5
    goal: float = 0.05
    rule: str = STEADY
    seconds: float = 10.0
    updates: int = 30
    batch: int | None = None
    slo: Target | None = None
    allow_failed: float = 0.0
    quick: bool = False
    keep_text: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)


def slo_of(settings: Mapping[str, Any]) -> Target | None:
    """Return what makes a request good, from the settings of a run; None if nothing was asked."""
    told = settings.get("slo")
    if not isinstance(told, Mapping):
        return None
    bounds = {name: number_of(told.get(name)) for name in ("ttft_s", "tpot_s", "latency_s")}
    return Target(**bounds) if any(v is not None for v in bounds.values()) else None


def was_cut(request: Request, settings: Mapping[str, Any]) -> bool:
    """Return whether a request did not end, or begin, because the time of its load was over."""
    arrivals = settings.get("arrivals")
    lasting = arrivals.get("lasting_s") if isinstance(arrivals, Mapping) else None
    ended = request.outcome is Outcome.CANCELLED and request.error == ENDED
    return lasting is not None and ended


def number_of(value: object) -> float | None:
    """Return a setting as a number; None if it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
