"""Which entries of the record may stand in one line: of one subject, one meaning and one unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.record.comparing import converted
from joulemark.analysis.record.definitions import Change, Definitions, Kind, definitions, order
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.core.errors import UsageError

NO_ENERGY = "its energy of a unit of work is not known"
DOUBTED = "it stands on a page of results only, and a rule doubts it"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a line is of.

    Attributes:
        suite: which.
        category: the scale of the systems.
        division: ``closed``, ``open``, ``network``.
        benchmark: by its one name, without variant.
        target: the accuracy or model variant; empty without.
        scenario: LoadGen's name; empty for other suites.
    """

    suite: str
    category: Category
    division: str
    benchmark: str
    target: str
    scenario: str

    @property
    def name(self) -> str:
        """Benchmark and variant: ``bert-99.9``."""
        return f"{self.benchmark}-{self.target}" if self.target else self.benchmark

    def __str__(self) -> str:
        """Return it in words for people."""
        words = (self.name, self.scenario, str(self.category), self.division)
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Line:
    """Entries that may be compared with each other.

    Attributes:
        subject: what they are of.
        part: which line of the subject, from 0; a break of its definition starts the next.
        opened_by: the changes that started it; empty for the first.
        work: the unit of work of all entries.
        entries: in the order of rounds, then of keys; each has an energy of a unit of work.
        left_out: how many entries are not in it, by why.
    """

    subject: Subject
    part: int
    opened_by: tuple[Change, ...]
    work: str
    entries: tuple[Entry, ...]
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def rounds(self) -> tuple[str, ...]:
        """The rounds of its entries, in order."""
        return tuple(dict.fromkeys(entry.round for entry in self.entries))

    def of_round(self, round_: str) -> tuple[Entry, ...]:
        """Return the entries of a round."""
        return tuple(entry for entry in self.entries if entry.round == round_)


def subject_of(entry: Entry, known: Definitions | None = None) -> Subject:
    """Return what the line of an entry is of."""
    known = known or definitions()
    return Subject(
        suite=entry.suite,
        category=entry.category,
        division=entry.division,
        benchmark=known.benchmark(entry.suite, entry.benchmark),
        target=entry.target,
        scenario=entry.scenario,
    )


def lines(entries: Iterable[Entry], known: Definitions | None = None) -> tuple[Line, ...]:
    """Return the lines of a record, in the order of their subjects; the order of entries is none.

    Args:
        entries: of the record; those of one's own are of no round and in no line.
        known: what benchmarks mean; what comes with the package if None.
    """
    known = known or definitions()
    found: dict[tuple[Subject, int], list[Entry]] = {}
    for entry in entries:
        if entry.round:
            subject = subject_of(entry, known)
            found.setdefault((subject, len(_before(entry, known))), []).append(entry)
    return tuple(_line(*place, found[place], known) for place in sorted(found))


def _before(entry: Entry, known: Definitions) -> list[str]:
    """Return the rounds of breaks up to an entry's: as many as there are lines before its."""
    since = {c.since for c in _breaks(entry, known) if order(c.since) <= order(entry.round)}
    return sorted(since, key=order)


def _breaks(entry: Entry, known: Definitions) -> list[Change]:
    changes = known.changes_of(entry.suite, entry.benchmark, entry.scenario)
    return [change for change in changes if change.kind is Kind.BREAK]


def _line(subject: Subject, part: int, entries: Sequence[Entry], known: Definitions) -> Line:
    work = _unit(entries)
    left_out: Counter[str] = Counter()
    kept = sorted(_in_unit(entries, work, known, left_out), key=_place)
    before = _before(entries[0], known)
    opened = [c for c in _breaks(entries[0], known) if before and c.since == before[-1]]
    return Line(subject, part, tuple(opened), work, tuple(kept), tuple(sorted(left_out.items())))


def _unit(entries: Sequence[Entry]) -> str:
    """Return the unit of work that most results of the latest round are in; empty without one."""
    known = [entry for entry in entries if entry.work]
    latest = max((order(entry.round) for entry in known), default=None)
    counts = Counter(entry.work for entry in known if order(entry.round) == latest)
    return min(counts, key=lambda work: (-counts[work], work), default="")


def _in_unit(
    entries: Sequence[Entry], work: str, known: Definitions, left_out: Counter[str]
) -> Iterator[Entry]:
    for entry in entries:
        if not entry.per_joule or (entry.doubts and entry.evidence is Evidence.PAGE):
            left_out[DOUBTED if entry.per_joule else NO_ENERGY] += 1
            continue
        try:
            yield _in_work(entry, work, known)
        except UsageError as error:
            left_out[error.what] += 1


def _in_work(entry: Entry, work: str, known: Definitions) -> Entry:
    """Return an entry in a unit of work; how far the conversion may be off is in its interval."""
    made = converted(entry, work, known)
    tokens = known.tokens.get(entry.benchmark)
    if made.work == entry.work or made.u95 is None or tokens is None:
        return made
    return replace(made, u95=math.hypot(made.u95, tokens.spread))


def _place(entry: Entry) -> tuple[tuple[int, int], str, str]:
    return (order(entry.round), entry.round, entry.key)
