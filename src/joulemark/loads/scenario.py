"""How queries arrive, by LoadGen's names."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from joulemark.core.errors import UsageError


class Scenario(StrEnum):
    """The four arrival patterns of MLPerf Inference.

    SingleStream sends one sample, and the next when it is answered; MultiStream the same with
    several samples a query; Server sends single samples at random times (Poisson) of a given mean
    rate, with a bound on latency; Offline sends all samples at once.
    """

    SINGLE_STREAM = "SingleStream"
    MULTI_STREAM = "MultiStream"
    SERVER = "Server"
    OFFLINE = "Offline"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the scenario of a name, in any case ("offline", "singlestream").

        Raises:
            UsageError: if there is none of that name.
        """
        for scenario in cls:
            if text.strip().casefold() == scenario.casefold():
                return scenario
        raise UsageError(f"no scenario is called {text!r}", remedy=f"choose from {', '.join(cls)}")

    @property
    def queries_for_early_stopping(self) -> int:
        """Least number of queries with which LoadGen's early stopping can call a run VALID.

        LoadGen asks with 99 % confidence that the percentile (90 % in SingleStream, else 99 %) is
        met; its logs name 64 and 662 queries with one above the estimate. Server could do with 459
        if no query at all is late; one late query is allowed for here. Offline has no such rule.
        """
        return {"SingleStream": 64, "Offline": 1}.get(self.value, 662)
