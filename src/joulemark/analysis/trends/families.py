"""Which accelerator is the next of which: from ``data/families.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources

FILE = "data/families.toml"


@dataclass(frozen=True, slots=True)
class Generation:
    """One accelerator of a family.

    Attributes:
        name: for people.
        pattern: found in the names by which results state it.
    """

    name: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Family:
    """Accelerators of which each is the next of the one before.

    Attributes:
        name: for people.
        source: where that is said.
        generations: the oldest first.
    """

    name: str
    source: str
    generations: tuple[Generation, ...]

    def place(self, accelerator: str) -> int | None:
        """Return which generation an accelerator is; None if it is of another family."""
        for number, generation in enumerate(self.generations):
            if generation.pattern.search(accelerator):
                return number
        return None


@functools.cache
def families() -> tuple[Family, ...]:
    """Return the families that come with this package."""
    text = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    return tuple(
        Family(each["name"], each["source"], tuple(map(_generation, each["generations"])))
        for each in tomllib.loads(text)["families"]
    )


def _generation(said: dict[str, str]) -> Generation:
    return Generation(said["name"], re.compile(said["pattern"], re.IGNORECASE))
