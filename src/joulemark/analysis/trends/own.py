"""One's own runs laid over the record: where unit and benchmark are comparable, else the reason.

A run of one's own seldom says that it is a benchmark of MLPerf, and nobody reviewed it. What it is
compared with is therefore named by its owner, and every answer says so. Its figures are its own:
other meters, another boundary and no accuracy check may stand behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.record.comparing import converted, differences
from joulemark.analysis.record.definitions import Definitions, definitions
from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.record.names import split
from joulemark.analysis.trends.best import best, efficiency, told_apart
from joulemark.analysis.trends.changes import Change, measurement
from joulemark.analysis.trends.lines import Line, Subject
from joulemark.analysis.trends.organisations import hardware
from joulemark.core.errors import UsageError

_SAY = "say which with RUN=BENCHMARK/SCENARIO, such as last=bert-99/Offline"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an owner says of a run.

    Attributes:
        run: name of it, or the beginning of one.
        benchmark: with variant; empty if nothing is said.
        scenario: LoadGen's name; empty likewise.
    """

    run: str
    benchmark: str = ""
    scenario: str = ""


def claim(text: str) -> Claim:
    """Return what ``RUN[=BENCHMARK[/SCENARIO]]`` says.

    Raises:
        UsageError: if the run or the benchmark is empty.
    """
    run, said, of = text.partition("=")
    benchmark, slash, scenario = of.partition("/")
    if not run or (said and not benchmark) or (slash and not scenario):
        raise UsageError(f"{text!r} names no run", remedy="write RUN or RUN=BENCHMARK/SCENARIO")
    return Claim(run, benchmark, scenario)


def claimed(entry: Entry, said: Claim) -> Entry:
    """Return an entry of one's own as the benchmark that its owner says it is.

    Args:
        entry: of a run of one's own.
        said: what the owner says; what is empty stays as the run has it.
    """
    if not said.benchmark:
        return replace(entry, scenario=said.scenario or entry.scenario)
    benchmark, target = split(said.benchmark, "inference")
    scenario = said.scenario or entry.scenario
    remark = f"its owner says that it ran {said.benchmark} {scenario}".strip()
    return replace(
        entry,
        benchmark=benchmark,
        target=target,
        scenario=scenario,
        remarks=(*entry.remarks, remark),
    )


@dataclass(frozen=True, slots=True)
class Laid:
    """A run of one's own over a line.

    Attributes:
        entry: the run, in the line's unit of work.
        line: what it is laid over.
        best: of the line.
        times: its efficiency over that of the best.
        place: its place among the measurements of the line, 1 for better than all.
        count: measurements of the line, without it.
        apart: whether it can be told apart from the best; None if that is not known.
    """

    entry: Entry
    line: Line
    best: Entry
    times: float
    place: int
    count: int
    apart: bool | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A run of one's own that cannot be laid over anything.

    Attributes:
        entry: the run.
        why: it is not comparable.
    """

    entry: Entry
    why: str


def laid_over(
    own: Iterable[Entry], lines: Sequence[Line], known: Definitions | None = None
) -> tuple[list[Laid], list[Refused]]:
    """Return runs of one's own over the lines they may be compared with, and those refused.

    Only the last line of a subject is of today's meaning, so only that is compared with. A run
    that is behind a published result stands in the line of that.

    Args:
        own: entries of runs, as :func:`claimed`.
        lines: of the record.
        known: what benchmarks mean; what comes with the package if None.
    """
    known = known or definitions()
    laid: list[Laid] = []
    refused: list[Refused] = []
    for entry in own:
        if entry.round:
            found, why = _among(entry, lines)
        else:
            found, why = _laid(entry, list(_last(lines)), known)
        laid += found
        if not found:
            refused.append(Refused(entry, why))
    return laid, refused


def _last(lines: Iterable[Line]) -> Iterator[Line]:
    last: dict[Subject, Line] = {}
    for line in lines:
        if line.entries and line.part >= last.get(line.subject, line).part:
            last[line.subject] = line
    yield from last.values()


def _among(entry: Entry, lines: Iterable[Line]) -> tuple[list[Laid], str]:
    """Return a published entry over the line that it is in; why there is none."""
    found = [(other, line) for line in lines for other in line.entries if other.key == entry.key]
    told = [_over(replace(other, remarks=entry.remarks), line) for other, line in found]
    return told, f"{entry.division} {entry.name} of {entry.round} is not among the results shown"


def _laid(entry: Entry, lines: Sequence[Line], known: Definitions) -> tuple[list[Laid], str]:
    """Return an entry over the lines it may be compared with; why there is none."""
    if not entry.per_joule:
        return [], "no energy of a unit of work is known of it"
    named = [line for line in lines if _is_of(entry, line.subject, known)]
    if not named:
        return [], _unnamed(entry, lines, known)
    played = [line for line in named if entry.scenario == line.subject.scenario]
    if not played:
        had = ", ".join(sorted({line.subject.scenario for line in named}))
        what = f"its scenario is {entry.scenario}" if entry.scenario else "its scenario is not said"
        return [], f"{what}; {entry.name} has {had}; {_SAY}"
    scaled = [line for line in played if _fits(entry.category, line.subject.category)]
    if not scaled:
        scales = ", ".join(sorted({line.subject.category for line in played}))
        return [], f"its scale is {entry.category}; {entry.name} has results of {scales}"
    found, why = [], ""
    for line in scaled:
        of = replace(entry, suite=line.subject.suite)
        try:
            found.append(_over(converted(of, line.work, known), line))
        except UsageError as error:
            why = error.what
    return found, why


def _is_of(entry: Entry, subject: Subject, known: Definitions) -> bool:
    name = known.benchmark(subject.suite, entry.benchmark)
    return (name, entry.target) == (subject.benchmark, subject.target)


def _unnamed(entry: Entry, lines: Sequence[Line], known: Definitions) -> str:
    """Return why there is no line of an entry's benchmark."""
    if not entry.benchmark:
        return f"it does not say which benchmark it ran; {_SAY}"
    of = [
        s
        for line in lines
        if known.benchmark((s := line.subject).suite, entry.benchmark) == s.benchmark
    ]
    if of:
        names = " or ".join(sorted({subject.name for subject in of}))
        return f"its accuracy target is not that of a line: {names}; {_SAY}"
    return f"no line shown here is of {entry.name}; {_SAY}"


def _fits(own: Category, published: Category) -> bool:
    """Return whether a scale may be compared: an energy to train only with trainings."""
    if Category.TRAINING in (own, published):
        return own is published
    return own in (Category.UNKNOWN, published)


def _over(entry: Entry, line: Line) -> Laid:
    top = best(line.entries)
    once = {measurement(other): efficiency(other) for other in line.entries}
    once.pop(measurement(entry), None)  # it may be among them
    return Laid(
        entry=entry,
        line=line,
        best=top,
        times=efficiency(entry) / efficiency(top),
        place=1 + sum(value > efficiency(entry) for value in once.values()),
        count=len(once),
        apart=told_apart(entry, top),
    )


def as_trainings(own: Iterable[Entry]) -> tuple[list[Entry], list[Refused]]:
    """Return runs of one's own that are trainings of a known size, and those refused.

    Args:
        own: entries of runs, as :func:`claimed`.
    """
    found: list[Entry] = []
    refused: list[Refused] = []
    for entry in own:
        if entry.category is not Category.TRAINING:
            refused.append(Refused(entry, f"its scale is {entry.category}, not training"))
        elif not entry.accelerators:
            refused.append(Refused(entry, "the number of its accelerators is not known"))
        else:
            found.append(replace(entry, suite="training", submitter=entry.submitter or "you"))
    return found, refused


def own_change(
    own: Sequence[Entry], *, stays: bool, known: Definitions | None = None
) -> Change | str:
    """Return the change from one run of one's own to another, or why it is none.

    Args:
        own: two entries.
        stays: whether the machine is to be one (software), or to be two (hardware).
        known: what benchmarks mean; what comes with the package if None.
    """
    if len(own) != 2:
        return f"a change is from one run to another: name two with --with, not {len(own)}"
    before, after = own
    if not before.per_joule or not after.per_joule:
        return "no energy of a unit of work is known of one of the two"
    if not before.benchmark:
        return f"it is not known which benchmark they ran; {_SAY}"
    if (hardware(before) == hardware(after)) is not stays:
        return "the machine is another" if stays else "the machine is the same"
    try:
        after = converted(after, before.work, known)
    except UsageError as error:
        return error.what
    if why := differences(before, after, known):
        return "; ".join(why)
    of = Subject("", before.category, "", before.benchmark, before.target, before.scenario)
    return Change(of, before, after)
