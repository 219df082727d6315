"""What is asked of power directories, which of them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from joulemark.core.finding import Finding, Severity, Verdict, verdict
from joulemark.formats.inference.directory import Place

OWN = "own"
"""Stands for the revision of the official checker that belongs to a directory's own round."""
NEWEST = "head"
"""The newest revision of the official checker."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to check.

    Attributes:
        as_official: revision of the official checker whose verdict is wanted, ``own`` for that of
            each directory's round; empty for what the rules mean.
        round: of directories whose path does not tell; empty if nobody said.
        rules: patterns of the rules to apply; empty for all.
        ignored: patterns of the rules to leave out.
    """

    as_official: str = ""
    round: str = ""
    rules: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def wants(self, rule: str) -> bool:
        """Return whether the findings of a rule are wanted."""
        chosen = not self.rules or any(fnmatchcase(rule, pattern) for pattern in self.rules)
        return chosen and not any(fnmatchcase(rule, pattern) for pattern in self.ignored)


@dataclass(frozen=True, slots=True)
class Target:
    """A power directory that is to be checked.

    Attributes:
        tree: which of the trees it lies in, by number.
        path: relative to the root of the tree; empty for the root itself.
        entries: its files: path relative to the directory, size (-1 unknown), identity.
        place: where it belongs.
        base: the part of ``path`` above the results it belongs to (above ``closed``, ``open``).
    """

    tree: int
    path: str
    entries: tuple[tuple[str, int, str], ...]
    place: Place
    base: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as published, and its unit."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with the half-width of its 95 % interval."""

    value: float
    u95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of one power directory came to.

    Attributes:
        tree: what the person called the tree.
        base: the part of the directory's path above the results it belongs to.
        path: the directory, relative to that.
        round: the round whose rules were applied; empty if nobody knows it.
        place: where the result belongs.
        verdict: what the findings come to.
        findings: in the order of the rules; ``file`` is relative to the root of the tree.
        metric: as published, W or mJ; None where it cannot be had.
        efficiency: likewise, per joule.
        energy_j: integral over the window of the test, J; None where it cannot be had.
        average_power_w: energy over the length of that window, W.
        official: verdict of each official check by name; None if that was not asked for.
        revision: of the official checker; empty if that was not asked for.
        identity: of the content of the directory; empty if a file could not be read.
        beside: identity of each file beside the directory that was asked for.
        kept: whether this was taken over from an earlier check.
    """

    tree: str
    path: str
    base: str = ""
    round: str = ""
    place: Place = field(default_factory=Place)
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    metric: Amount | None = None
    efficiency: Amount | None = None
    energy_j: Measured | None = None
    average_power_w: Measured | None = None
    official: Mapping[str, str] | None = None
    revision: str = ""
    identity: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    kept: bool = False

    def within(self, file: str) -> str:
        """Return a path within the tree relative to the results the directory belongs to."""
        return file.removeprefix(f"{self.base}/") if self.base else file

    @property
    def system(self) -> tuple[str, str]:
        """Submitter and system; dashes where the path does not tell."""
        return self.place.submitter or "–", self.place.system or "–"


def lost(target: Target, tree: str, asked: Asked, what: str) -> Checked:
    """Return the result of a directory that could not be checked.

    Args:
        target: the directory.
        tree: name of its tree.
        asked: how it was to be checked.
        what: what happened, in words.
    """
    finding = Finding(
        rule="joulemark/internal", severity=Severity.ERROR, message=what, file=target.path
    )
    return Checked(
        tree=tree,
        base=target.base,
        path=relative(target),
        round=target.place.round or asked.round,
        place=target.place,
        verdict=verdict([finding]),
        findings=(finding,),
        official={} if asked.as_official else None,
    )


def relative(target: Target) -> str:
    """Return the path of a directory within its results; a dot for the root itself."""
    within = target.path.removeprefix(f"{target.base}/") if target.base else target.path
    return within or "."
