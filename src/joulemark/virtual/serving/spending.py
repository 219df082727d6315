"""What the scripted server spends: known costs, the truth of them, and a counter that shows it.

Time costs base power, and power that wanders about it; the energy of a prompt is spent evenly from
its admission to the answer's first token, that of a token in the step before it. The counter shows
what was spent up to its last update, as one in hardware does. Nothing here is measured.
"""

from __future__ import annotations

import heapq
import json
import math
import random
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from joulemark.core.channel import SOFTWARE
from joulemark.core.clock import NS

if TYPE_CHECKING:
    from joulemark.virtual.serving.engine import Stream

KNOT_S = 0.01
"""The truth is kept so finely."""
UPDATE_S = 0.1
"""The counter moves so often."""
MOST = 1_000_000
"""Knots of the truth that are kept: the last two and three quarters of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things cost.

    Attributes:
        base_w: power of time alone, W.
        prompt_j: energy of a prompt token, J.
        token_j: energy of a generated token, J.
        noise_w: standard deviation of a power that nothing explains and that wanders, W.
        noise_s: how long it takes to wander, s.
        seed: of that.
    """

    base_w: float = 0.0
    prompt_j: float = 0.0
    token_j: float = 0.0
    noise_w: float = 0.0
    noise_s: float = 0.5
    seed: int = 0

    @property
    def any(self) -> bool:
        """Whether anything costs energy."""
        return bool(self.base_w or self.prompt_j or self.token_j)


class Spending:
    """Adds up what is spent; times are s of the monotonic clock.

    Args:
        costs: what things cost.
        now: when it begins.

    Attributes:
        shown: what the counter shows, J.
    """

    def __init__(self, costs: Costs, now: float) -> None:
        """Begin with nothing spent."""
        self.costs = costs
        self.shown = 0.0
        self._random = random.Random(costs.seed)  # noqa: S311 # a virtual noise
        self._begun = self._at = now
        self._joules = self._level = self._noise = 0.0
        self._each = 0.0  # of base power, what one of those that run was given so far, J
        self._number = 0  # of the last knot
        self._ends: list[tuple[float, float]] = []
        self._present: dict[Stream, float] = {}
        self._knots = deque([(now, 0.0)], MOST)

    def begins(self, stream: Stream, now: float, until: float) -> None:
        """Admit a request, whose first token is due."""
        self.advance(now)
        self._present[stream] = self._each
        prompt = self.costs.prompt_j * stream.truth.tokens_in
        self._spend(prompt + self.costs.token_j, until)

    def goes_on(self, now: float, until: float, count: int = 1) -> None:
        """Compute further tokens, which are due."""
        self.advance(now)
        self._spend(self.costs.token_j * count, until)

    def ends(self, stream: Stream, now: float) -> None:
        """Let a request go, and note what was spent for it."""
        self.advance(now)
        before = self._present.pop(stream, None)
        if before is not None:
            truth, costs = stream.truth, self.costs
            truth.joules = self._each - before + costs.token_j * truth.tokens_out
            truth.joules += costs.prompt_j * truth.tokens_in

    def advance(self, now: float) -> None:
        """Spend up to now."""
        while self._at < now:
            knot = self._begun + (self._number + 1) * KNOT_S
            until = min(now, knot, self._ends[0][0] if self._ends else now)
            length = max(until - self._at, 0.0)
            self._joules += (self.costs.base_w + self._level + self._noise) * length
            if self._present:
                self._each += self.costs.base_w * length / len(self._present)
            self._at = max(until, self._at)
            self._let_go()
            if self._at >= knot:
                self._knot()

    def told(self) -> bytes:
        """Return what the counter says, as JSON."""
        about = f"{SOFTWARE} serving; {self.costs}; nothing is measured"
        return json.dumps({"joules": self.shown, "update_s": UPDATE_S, "about": about}).encode()

    def truth(self) -> bytes:
        """Return costs, and the true energy up to moments (ns of the monotonic clock), as JSON."""
        time = [round(time * NS) for time, _ in self._knots]
        joules = [joules for _, joules in self._knots]
        return json.dumps({"costs": asdict(self.costs), "time": time, "joules": joules}).encode()

    def _spend(self, joules: float, until: float) -> None:
        length = until - self._at
        if length < 1e-6:  # the server is late, and the work is done
            self._joules += joules
        else:
            self._level += joules / length
            heapq.heappush(self._ends, (until, joules / length))

    def _let_go(self) -> None:
        while self._ends and self._ends[0][0] <= self._at:
            self._level -= heapq.heappop(self._ends)[1]
        if not self._ends:
            self._level = 0.0

    def _knot(self) -> None:
        costs, self._number = self.costs, self._number + 1
        keep = math.exp(-KNOT_S / costs.noise_s)
        push = costs.noise_w * math.sqrt(1 - keep * keep) * self._random.gauss(0, 1)
        self._noise = keep * self._noise + push
        self._knots.append((self._at, self._joules))
        if self._number % round(UPDATE_S / KNOT_S) == 0:
            self.shown = self._joules
