"""What benchmarks mean in each round, and what changed: from ``data/definitions.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from joulemark.core.words import StrEnum

_ROUND = re.compile(r"v(\d{1,2})\.(\d{1,2})")
FILE = "data/definitions.toml"


class Kind(StrEnum):
    """What a change does to figures on its two sides."""

    BREAK = "break"
    """They are of two things; nothing converts them."""
    METHOD = "method"
    """They are of one thing, measured or computed in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed its meaning with a round.

    Attributes:
        suite: which.
        benchmark: without variant; empty for all.
        scenario: LoadGen's name; empty for all.
        since: first round of the new meaning.
        kind: what that does to figures.
        what: in words.
        source: where that is said.
    """

    suite: str
    benchmark: str
    scenario: str
    since: str
    kind: Kind
    what: str
    source: str

    def is_of(self, suite: str, benchmark: str, scenario: str) -> bool:
        """Return whether it concerns a benchmark in a scenario."""
        same = self.suite == suite and self.benchmark in ("", benchmark)
        return same and self.scenario in ("", scenario)

    def between(self, one: str, other: str) -> bool:
        """Return whether it lies between two rounds."""
        return (order(one) < order(self.since)) != (order(other) < order(self.since))


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A benchmark that took another's place.

    Attributes:
        suite: of both.
        old: which ended.
        new: which began.
        since: first round of the new one.
        what: in words.
        source: where that is said.
    """

    suite: str
    old: str
    new: str
    since: str
    what: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How a benchmark counts tokens.

    Attributes:
        benchmark: without variant.
        since: first round whose results are in tokens.
        per_sample: tokens of a sample.
        spread: by how much results differ from it, relative; 0 where tokens are inferred by it.
        source: where the number is from.
    """

    benchmark: str
    since: str
    per_sample: float
    spread: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What is known of benchmarks.

    Attributes:
        dates: day of publication by suite and round.
        only_datacenter: benchmarks with variant that have no edge category.
        changes: of meaning.
        successors: of benchmarks.
        aliases: other names of benchmarks, by suite.
        tokens: by benchmark.
        queries: samples of a query, by scenario.
    """

    dates: Mapping[str, Mapping[str, str]]
    only_datacenter: frozenset[str]
    changes: tuple[Change, ...]
    successors: tuple[Successor, ...]
    aliases: Mapping[str, Mapping[str, str]]
    tokens: Mapping[str, Tokens]
    queries: Mapping[str, float]

    def date(self, suite: str, round_: str) -> str:
        """Return the day of publication; empty if it is not known."""
        return self.dates.get(suite, {}).get(round_, "")

    def benchmark(self, suite: str, name: str) -> str:
        """Return the one name of a benchmark that goes by several."""
        return self.aliases.get(suite, {}).get(name, name)

    def tokens_per_sample(self, benchmark: str) -> float | None:
        """Return the tokens of a sample by which figures are converted; None if unknown."""
        known = self.tokens.get(benchmark)
        return None if known is None else known.per_sample

    def changes_of(self, suite: str, benchmark: str, scenario: str) -> tuple[Change, ...]:
        """Return what changed of a benchmark in a scenario, in the order of rounds."""
        found = [c for c in self.changes if c.is_of(suite, benchmark, scenario)]
        return tuple(sorted(found, key=lambda change: order(change.since)))


def order(round_: str) -> tuple[int, int]:
    """Return the place of a round among the others; one that is none comes last."""
    match = _ROUND.fullmatch(round_)
    return (int(match[1]), int(match[2])) if match else (99, 0)


@functools.cache
def definitions() -> Definitions:
    """Return the definitions that come with this package."""
    text = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    data = tomllib.loads(text)
    return Definitions(
        dates=data["dates"],
        only_datacenter=frozenset(data["categories"]["only_datacenter"]),
        changes=tuple(Change(**{**c, "kind": Kind(c["kind"])}) for c in data["changes"]),
        successors=tuple(Successor(**each) for each in data["successors"]),
        aliases=data["aliases"],
        tokens={each["benchmark"]: Tokens(**each) for each in data["tokens"]},
        queries={k: float(v) for k, v in data["queries"].items() if k != "source"},
    )
