"""What a check asks of results of one kind: whatever offers this can be checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from joulemark.core.value import Value
from joulemark.formats.inference.directory import Place
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import Entry, Tree
from joulemark.procedures.checked import Target
from joulemark.rules.rule import Rule


class Outcome(Protocol):
    """What one check of the official checker says."""

    @property
    def verdict(self) -> str:
        """OK, WARN, FAIL or EXC."""

    @property
    def message(self) -> str:
        """What it says; empty for nothing."""

    @property
    def file(self) -> str:
        """The file it is about; empty for none."""

    @property
    def line(self) -> int | None:
        """The line in it."""


class Published(Protocol):
    """A number and its unit."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def unit(self) -> str:
        """Its unit."""


class Figures(Protocol):
    """What a result is worth."""

    @property
    def metric(self) -> Published | None:
        """As published."""

    @property
    def efficiency(self) -> Published | None:
        """As published."""

    @property
    def energy_j(self) -> Value | None:
        """Integral over the window of the test, J."""

    @property
    def average_power_w(self) -> Value | None:
        """Its mean, W."""


class Subject(Protocol):
    """A result as it was found in a tree."""

    place: Any
    """Where it belongs, with a field ``round``; set anew where the round is found out."""

    @property
    def tree(self) -> Tree:
        """Where it lies."""

    @property
    def path(self) -> str:
        """Relative to the tree's root."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Its files, by the names that :meth:`read` takes."""

    @property
    def beside(self) -> tuple[Entry, ...]:
        """Files outside it that hold for it."""

    def read(self, name: str, /) -> bytes:
        """Return the bytes of one of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What results of one kind are checked with; handed in so that each can be another.

    Attributes:
        restore: makes a result again from where it lies, its files, and what is kept of files.
        place: of a result, as results of all kinds tell it.
        guess_round: of a result whose path does not tell; empty if nothing tells; None where the
            rules of all rounds are the same.
        rules: of a round.
        review: makes of a result what the rules look at.
        figures: of a result.
        official: outcomes by name of the check, of one revision of the official checker without
            the faults that are named; None where none is known.
        revisions: the known ones, the newest last.
    """

    restore: Callable[[Tree, Target, Shelf], Subject]
    place: Callable[[Any], Place]
    guess_round: Callable[[Any], str] | None
    rules: Callable[[str], Sequence[Rule[Any]]]
    review: Callable[[Any], Any]
    figures: Callable[[Any], Figures]
    official: Callable[[Any, str, Collection[str]], Mapping[str, Outcome]] | None
    revisions: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a check is made of.

    Attributes:
        open_tree: opens what a person named.
        reopen: opens a tree again in another process, from its token.
        find: yields the results of a tree, each with its kind.
        kind: by its name.
    """

    open_tree: Callable[[str], Tree]
    reopen: Callable[[str], Tree]
    find: Callable[[Tree], Iterator[tuple[str, Subject]]]
    kind: Callable[[str], Kind]
