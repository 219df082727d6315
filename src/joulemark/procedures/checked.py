"""What is asked of results, which of them, and what came of it."""

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
ROOT = "."
"""The path of a result that is the whole tree."""
INFERENCE, TRAINING, TINY = "inference", "training", "tiny"
"""Kinds of results: of MLPerf Inference a power directory, of Training a benchmark with power, of
Tiny a session."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to check.

    Attributes:
        as_official: revision of the official checker whose verdict is wanted, ``own`` for that of
            each result's round; empty for what the rules mean.
        mended: faults that the official checker is to be rid of, by the names they have in
            :data:`joulemark.rules.official.FAULTS`.
        round: of results whose path does not tell; empty if nobody said.
        rules: patterns of the rules to apply; empty for all.
        ignored: patterns of the rules to leave out.
    """

    as_official: str = ""
    mended: tuple[str, ...] = ()
    round: str = ""
    rules: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def wants(self, rule: str) -> bool:
        """Return whether the findings of a rule are wanted."""
        chosen = not self.rules or any(fnmatchcase(rule, pattern) for pattern in self.rules)
        return chosen and not any(fnmatchcase(rule, pattern) for pattern in self.ignored)


@dataclass(frozen=True, slots=True)
class Target:
    """A result that is to be checked: its directory.

    Attributes:
        tree: which of the trees it lies in, by number.
        path: relative to the root of the tree; empty for the root itself.
        entries: its files: path relative to the directory (of a session their kind), path in the
            tree it was found in, size (-1 unknown), identity.
        place: where it belongs.
        beside: path, size and identity of each file outside it that holds for it.
        kind: what it is of.
    """

    tree: int
    path: str
    entries: tuple[tuple[str, str, int, str], ...]
    place: Place
    beside: tuple[tuple[str, int, str], ...] = ()
    kind: str = INFERENCE


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
    """What a check of one result came to.

    Attributes:
        kind: what it is of.
        tree: what the person called the tree, and where in it the round begins.
        path: the directory, relative to where the round begins; a dot for that itself.
        round: the round whose rules were applied; empty if nobody knows it.
        place: where the result belongs; the scenario of a session is its mode.
        verdict: what the findings come to.
        findings: in the order of the rules; files are relative as the path is.
        metric: as published, W or mJ, of Training kJ, of Tiny µJ an inference; None where it cannot
            be had.
        efficiency: likewise, per joule.
        energy_j: integral over the window of the test, or between start and stop of the runs, or of
            an inference, J; None where it cannot be had.
        average_power_w: that energy over the time it took, W.
        official: verdict of each official check by name; None if that was not asked for.
        revision: of the official checker; empty if that was not asked for.
        identity: of the content of the directory; empty if a file could not be read.
        beside: identity of each file beside the directory that was asked for.
        kept: whether this was taken over from an earlier check.
    """

    tree: str
    path: str
    kind: str = INFERENCE
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
        path=target.path or ROOT,
        kind=target.kind,
        round=target.place.round or asked.round,
        place=target.place,
        verdict=verdict([finding]),
        findings=(finding,),
        official={} if asked.as_official else None,
    )
