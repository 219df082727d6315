"""What benchmarks mean in each round, and what changed: from ``data/definitions.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is known of benchmarks.

    Attributes:
        dates: day of publication by suite and round.
        only_datacenter: benchmarks with variant that have no edge category.
        tokens: tokens of a sample, by benchmark.
    """

    dates: Mapping[str, Mapping[str, str]]
    only_datacenter: frozenset[str]
    tokens: Mapping[str, float]

    def date(self, suite: str, round_: str) -> str:
        """Return the day of publication; empty if it is not known."""
        return self.dates.get(suite, {}).get(round_, "")

    def tokens_per_sample(self, benchmark: str) -> float | None:
        """Return the tokens of a sample by which its figures are converted; None if unknown."""
        return self.tokens.get(benchmark)


@functools.cache
def definitions() -> Definitions:
    """Return the definitions that come with this package."""
    text = resources.files(__package__).joinpath("data/definitions.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Definitions(
        data["dates"],
        frozenset(data["edge"]["only_datacenter"]),
        {"gptj": 69.0, "llama2-70b": 292.0},
    )
