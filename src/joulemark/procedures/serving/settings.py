"""How a bench of serving is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joulemark.accounting.serving_windows import STEADY
from joulemark.loads.serving.latency import Target


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
    keep_text: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
