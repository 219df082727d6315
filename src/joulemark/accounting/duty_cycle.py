"""Average power of a board that computes now and then and sleeps in between.

With a rate r of inferences, the energy E and the time t of one, what waking up costs beside it
(E_w within t_w), and the power P_s of sleep::

    P = r (E + E_w) + P_s (1 - r (t + t_w))

which is a straight line over r. Uncertainties follow the GUM (JCGM 100:2008, 5.1.2) with the
derivatives of this formula; those of one source, the gain of one monitor above all, stay one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from joulemark.core.errors import UsageError
from joulemark.core.value import Value, total

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCycle:
    """What a duty-cycled board uses.

    Attributes:
        energy: of one inference, J.
        busy: time of one inference, s.
        sleep: power of sleep, W.
        wake: what waking up, and going to sleep again, costs beside the inference, J.
        waking: how long both take together, s.
    """

    energy: Value
    busy: Value
    sleep: Value
    wake: Value = field(default_factory=lambda: Value(0.0, "J"))
    waking: Value = field(default_factory=lambda: Value(0.0, "s"))

    @property
    def awake_s(self) -> float:
        """How long the board is awake for one inference, s."""
        return self.busy.value + self.waking.value

    @property
    def most_rate(self) -> float:
        """Inferences a second without any sleep."""
        return 1.0 / self.awake_s if self.awake_s > 0 else math.inf

    @property
    def step(self) -> Value:
        """What one inference adds to the energy of sleep, J: the slope of power over rate."""
        awake = self.busy + self.waking
        slept = self.sleep.scaled(-awake.value, "J")
        return total([self.energy, self.wake, slept, _shift(awake, -self.sleep.value)], "J")

    def asleep(self, rate: float) -> float:
        """Return the share of time asleep.

        Raises:
            UsageError: if the board cannot compute so often.
        """
        share = 1.0 - rate * self.awake_s
        if not rate >= 0 or not share >= 0:
            raise UsageError(
                f"{rate:g} inferences a second are not possible",
                remedy=f"ask for at most {self.most_rate:.4g}",
            )
        return share

    def power(self, rate: float) -> Value:
        """Return the average power at so many inferences a second, W.

        Raises:
            UsageError: if the board cannot compute so often.
        """
        self.asleep(rate)
        return self.sleep + self.step.scaled(rate, "W")

    def rate_within(self, watts: float) -> Value:
        """Return the highest rate whose average power is within a budget, 1/s.

        It is zero where sleep alone takes more, and ``most_rate`` where the budget is never used.
        """
        step = self.step
        left = Value(watts, "W") - self.sleep
        if left.value <= 0:
            return Value(0.0, "1/s")
        if step.value * self.most_rate <= left.value:
            return Value(self.most_rate, "1/s")
        return left.over(step, "1/s")

    def sleep_from(self, mean: Value, rate: float) -> Value:
        """Return the power of sleep that a measured average power tells, W.

        Raises:
            UsageError: if the board never sleeps at this rate.
        """
        share = self.asleep(rate)
        if share == 0:
            raise UsageError("a board that never sleeps tells nothing of sleep")
        awake = (self.energy + self.wake).scaled(-rate, "W")
        slept = self.busy + self.waking
        found = (mean + awake).scaled(1.0 / share, "W")
        return found + _shift(slept, found.value * rate / share, "W")


def step_between(slow: Value, fast: Value, rates: tuple[float, float]) -> Value:
    """Return what one inference adds, from the average power at two rates, J.

    Raises:
        UsageError: if the second rate is not the higher.
    """
    apart = rates[1] - rates[0]
    if not apart > 0:
        raise UsageError("two rates that do not rise tell no step")
    return (fast - slow).scaled(1.0 / apart, "J")


def sleep_between(slow: Value, fast: Value, rates: tuple[float, float]) -> Value:
    """Return the power at no inference at all, from that at two rates, W.

    Raises:
        UsageError: if the second rate is not the higher.
    """
    step = step_between(slow, fast, rates)
    return slow + step.scaled(-rates[0], "W")


def charge(milliampere_hours: float, volts: float, usable: float = 1.0) -> Value:
    """Return the energy of a battery as its maker declares it, J; no uncertainty is claimed.

    Raises:
        UsageError: if a number makes no sense.
    """
    if not (milliampere_hours > 0 and volts > 0 and 0 < usable <= 1):
        raise UsageError("a battery has a charge, a voltage, and a usable share of at most 1")
    return Value(milliampere_hours / 1000 * HOUR_S * volts * usable, "J")


def battery_life(energy: Value, power: Value) -> Value:
    """Return how long a battery lasts at an average power, s.

    Raises:
        UsageError: if the power is not above zero.
    """
    if not power.value > 0:
        raise UsageError("no power is drawn; the battery lasts as long as it keeps")
    return energy.over(power, "s")


def _shift(value: Value, factor: float, unit: str = "J") -> Value:
    """Return nothing but what the uncertainty of a value adds to another, by a derivative."""
    return Value(0.0, unit, value.scaled(factor, unit).parts)
