"""Published claims, as data: from ``data/claims.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources

from joulemark.analysis.figures.data import Point
from joulemark.analysis.published.plotted import plotted


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim. What is empty is not asked, or is the usual: Offline results of inference.

    Attributes:
        id: short and lasting.
        where: it stands in the study.
        says: it, in a sentence.
        kind: which way its value is computed.
        value: as printed, with all its digits; empty where it is several.
        at_least: whether the value is a bound.
        unit: of the value; empty for a ratio or a count.
        figure: whose plotted numbers it is, with ``series``.
        series: of that figure.
        suite: of the results that are asked.
        category: likewise.
        benchmark: likewise, with variant where there is one.
        scenario: likewise.
        until: the last round that the study had.
        work: unit of work to count in.
        quantity: attribute of an entry.
        factor: by which that quantity is divided to have the unit.
        benchmarks: benchmark of each plotted point, by its name.
        ids: public numbers.
        end: ``least`` or ``greatest``.
        of: what is counted.
        why: it cannot be verified.
    """

    id: str
    where: str
    says: str
    kind: str
    value: str = ""
    at_least: bool = False
    unit: str = ""
    figure: str = ""
    series: str = ""
    suite: str = "inference"
    category: str = ""
    benchmark: str = ""
    scenario: str = "Offline"
    until: str = ""
    work: str = ""
    quantity: str = ""
    factor: float = 1.0
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    end: str = ""
    of: str = ""
    why: str = ""

    @property
    def number(self) -> float | None:
        """The value; None where it is several."""
        return float(self.value) if self.value else None

    @property
    def step(self) -> float:
        """One step of the last printed digit; 0 where the value is several."""
        return step(self.value) if self.value else 0.0

    @property
    def points(self) -> tuple[Point, ...]:
        """The plotted numbers, each with its public number as label."""
        if not self.figure:
            return ()
        series = plotted()[self.figure].series
        return next(one.points for one in series if one.name == self.series)


def step(text: str) -> float:
    """Return one step of the last digit of a printed number: 0.1 of ``3.8``."""
    exponent = Decimal(text).as_tuple().exponent
    return 10.0**exponent if isinstance(exponent, int) else 0.0


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims of one study.

    Attributes:
        source: of them.
        claims: in the order of the study.
    """

    source: str
    claims: tuple[Claim, ...]


@functools.cache
def claims() -> Claims:
    """Return the claims that come with this package."""
    text = resources.files(__package__).joinpath("data/claims.toml").read_text("utf-8")
    data = tomllib.loads(text)
    made = (Claim(**{**one, "ids": tuple(one.get("ids", ()))}) for one in data["claims"])
    return Claims(data["source"], tuple(made))
