"""Published claims, as data: from ``data/claims.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from joulemark.analysis.figures.data import Point
from joulemark.analysis.published.plotted import plotted
from joulemark.core.errors import FormatError
from joulemark.store.named import named_bytes

MAX_BYTES = 1 << 20
KINDS = ("growth", "end", "variants", "consecutive")
"""Kinds that a claim of one's own can have."""
_MOST = 1e30
_REMEDY = "joulemark audit --help shows a claim"
_TEXTS = frozenset((
    "id", "where", "says", "kind", "value", "unit", "suite", "category", "benchmark", "scenario",
    "since", "until", "work", "end",
))  # fmt: skip
_BOUND = "at_least"


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
        since: the first round that is asked; by default the first with a result.
        until: the last round that is asked, as the study had it.
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
    since: str = ""
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
    return Claims(data["source"], tuple(_made(one) for one in data["claims"]))


def _made(data: Mapping[str, Any]) -> Claim:
    return Claim(**{**data, "ids": tuple(data.get("ids", ()))})


def read_claims(path: Path) -> Claims:
    """Return the claims of a file, in the form of those that come with this package.

    Args:
        path: a TOML file.

    Raises:
        FormatError: if it is none, or one of its claims cannot be asked.
        StoreError: if it cannot be read.
    """
    text = named_bytes(path, MAX_BYTES).decode("utf-8", "replace")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FormatError(f"not TOML: {error}", where=str(path)) from error
    listed = data.get("claims")
    if not isinstance(listed, list) or not listed:
        raise FormatError("no claims", where=str(path), remedy=_REMEDY)
    made = [_checked(one, f"{path}: claim {n}") for n, one in enumerate(listed, 1)]
    source = data.get("source", path.name)
    return Claims(source if isinstance(source, str) else path.name, tuple(made))


def _checked(data: object, where: str) -> Claim:
    """Return one claim of a file."""
    if not isinstance(data, dict):
        raise FormatError("a claim is a table of names and values", where=where, remedy=_REMEDY)
    known = {field.name: field.default for field in fields(Claim)}
    for name, value in data.items():
        if name not in known:
            raise FormatError(f"{name[:40]!r} is not asked of a claim", where=where, remedy=_REMEDY)
        right = isinstance(value, str) if name in _TEXTS else isinstance(value, bool)
        if name not in (*_TEXTS, _BOUND) or not right:
            raise FormatError(
                f"{name}: {str(value)[:60]!r} is not right", where=where, remedy=_REMEDY
            )
    try:
        claim = _made({"where": "", **data})
        number, places = claim.number, claim.step
    except (TypeError, ValueError, ArithmeticError) as error:
        raise FormatError(f"incomplete: {error}", where=where, remedy=_REMEDY) from error
    if claim.kind not in KINDS or number is None or not 0 < number < _MOST or places <= 0:
        what = f"kind is one of {', '.join(KINDS)}, and value a positive number in quotes"
        raise FormatError(what, where=where, remedy=_REMEDY)
    return claim
