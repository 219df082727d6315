"""From one result to another: how much its efficiency changed, and what changes come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import efficiency, spread, told_apart
from joulemark.analysis.trends.lines import Subject
from joulemark.analysis.trends.organisations import hardware, organisation
from joulemark.analysis.trends.statistics import Summary, summary

Measurement = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Between two results that may be compared.

    Attributes:
        subject: of both.
        before: the one.
        after: the other, in the same unit of work.
        note: what else differs between them; empty if nothing does.
    """

    subject: Subject
    before: Entry
    after: Entry
    note: str = ""

    @property
    def relative(self) -> float:
        """By how much work a joule changed, relative."""
        return efficiency(self.after) / efficiency(self.before) - 1

    @property
    def u95(self) -> float | None:
        """Half-width of the 95 % interval of after over before, relative; None if unknown."""
        return spread(self.before, self.after)

    @property
    def apart(self) -> bool | None:
        """Whether the two can be told apart; None if an interval is not known."""
        return told_apart(self.before, self.after)

    @property
    def measured(self) -> tuple[Measurement, Measurement]:
        """What names the two measurements: their logs, else where and what they are."""
        return measurement(self.before), measurement(self.after)


@dataclass(frozen=True, slots=True)
class Changes:
    """Many of one kind.

    Attributes:
        changes: in the order of subjects and rounds.
        summary: what they come to; None of fewer than three.
        distinct: pairs of measurements behind them: one log may stand for two accuracy targets.
        apart: how many can be told apart.
        unsure: of how many that is not known.
    """

    changes: tuple[Change, ...]
    summary: Summary | None
    distinct: int
    apart: int
    unsure: int


def changes_of(found: Sequence[Change]) -> Changes:
    """Return changes with what they come to.

    The interval of their median draws the results of one machine together.

    Args:
        found: changes of one kind.
    """
    clusters = [(organisation(c.before), *hardware(c.before)) for c in found]
    return Changes(
        changes=tuple(found),
        summary=summary([change.relative for change in found], clusters),
        distinct=len({change.measured for change in found}),
        apart=sum(change.apart is True for change in found),
        unsure=sum(change.apart is None for change in found),
    )


def once(found: Iterable[Change]) -> list[Change]:
    """Return changes, those of a system that is published in two categories once."""
    kept: dict[object, Change] = {}
    for change in found:
        of = change.subject
        kept.setdefault((of.name, of.scenario, of.division, change.measured), change)
    return list(kept.values())


def measurement(entry: Entry) -> Measurement:
    """Return what names the measurement of a result: its log, or where it stands."""
    if entry.runs:
        return entry.runs
    return (entry.suite, entry.round, entry.division, organisation(entry), *_stated(entry))


def _stated(entry: Entry) -> tuple[str, ...]:
    of = (entry.system_name or entry.system, entry.name, entry.scenario, entry.energy_j)
    return tuple(map(str, of))
