"""What gathering the nodes of a training came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from joulemark.accounting.clocks import Drift
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.core.finding import Finding
from joulemark.core.units import parse
from joulemark.core.value import Value

DECLARED, MEASURED = "declared", "measured"


@dataclass(frozen=True, slots=True)
class Switch:
    """A part of the interconnect that a run uses.

    Attributes:
        name: ``sw_0`` …
        watts: power that is declared as its most, W; None where an agent measures it.
        share: part of it that is provisioned to the run, 0 to 1.
    """

    name: str
    watts: float | None = None
    share: float = 1.0

    @property
    def declared_w(self) -> float | None:
        """The run's share of the declared power, W."""
        return None if self.watts is None else self.watts * self.share


def switch_of(text: str) -> Switch:
    """Return a switch written as ``sw_0=declared:59570W,share=0.5`` or ``sw_0=measured``.

    Raises:
        UsageError: if it is written otherwise.
    """
    name, _, kind = text.partition("=")
    how, _, rest = kind.partition(":")
    remedy = "write sw_0=declared:59570W, sw_0=declared:59570W,share=0.25 or sw_0=measured"
    wrong = UsageError(f"{text[:80]!r} is no switch", remedy=remedy)
    if not (name.startswith("sw_") and name[3:].isdecimal()):
        raise wrong
    if how == MEASURED and not rest:
        return Switch(name)
    power, _, share = rest.partition(",share=")
    if how != DECLARED or not power:
        raise wrong
    watts = parse(power, "W")
    part = parse(share, "") if share else 1.0
    if watts <= 0 or not 0 < part <= 1:
        raise wrong
    return Switch(name, watts, part)


def efficiency_of(text: str) -> tuple[str, float]:
    """Return part and factor of ``node=0.96``, ``node_3=0.95`` or ``sw=0.9``.

    Raises:
        UsageError: if it is written otherwise.
    """
    part, _, number = text.partition("=")
    kind, _, place = part.partition("_")
    factor = parse(number, "") if number else 0.0
    if kind not in ("node", "sw") or (place and not place.isdecimal()) or not 0 < factor <= 1:
        raise UsageError(
            f"{text[:80]!r} is no efficiency", remedy="write node=0.96, node_3=0.95 or sw=0.9"
        )
    return part, factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One node or switch.

    Attributes:
        part: ``node_0``, ``sw_0`` …
        host: name of the machine; empty where nobody knows it.
        run: name of its run; empty without.
        provenance: of its power; None without.
        meters: what read it.
        offset_s: what its clock lacks to the clock of the run, s; None if unknown.
        offset_half_s: that is no further than this from the truth.
        drift: how fast that grows; None if unknown.
        readings: how many were written.
        longest_gap_s: longest time between two of them in the run, s.
        coverage: share of the run's time that its meters cover.
        published: J, as the official summarizer has it; None without.
        in_run: J between start and stop of the run; None without.
    """

    part: str
    host: str = ""
    run: str = ""
    provenance: Provenance | None = None
    meters: tuple[str, ...] = ()
    offset_s: float | None = None
    offset_half_s: float = 0.0
    drift: Drift | None = None
    readings: int = 0
    longest_gap_s: float = 0.0
    coverage: float = 0.0
    published: float | None = None
    in_run: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All of it.

    Attributes:
        expected: how many nodes there should be.
        seen: nodes and switches, those that never came included.
        start: when the run began by its own log, ns; None without a log that says so.
        stop: when it ended.
        merged: the merged run.
        folder: the benchmark's folder in the official layout; None without a log of the run.
        findings: what is missing or wrong, the worst first.
    """

    expected: int
    seen: tuple[Seen, ...]
    start: int | None
    stop: int | None
    merged: Path | None
    folder: Path | None
    findings: tuple[Finding, ...] = field(default_factory=tuple)

    @property
    def seconds(self) -> float | None:
        """Time to train, s."""
        return None if self.start is None or self.stop is None else (self.stop - self.start) / NS
