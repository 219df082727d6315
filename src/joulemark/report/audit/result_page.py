"""One self-contained HTML page of a measurement and the results that rest on it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.core.finding import Severity, Verdict
from joulemark.formats.results.declared import LOGS
from joulemark.procedures.described import Described
from joulemark.procedures.kinds import Outcome
from joulemark.report.audit import facts, tables
from joulemark.report.audit.cited import Cited, visible
from joulemark.report.audit.figures import amount, cards, compared
from joulemark.report.audit.findings import Group, anchor_of, groups
from joulemark.report.audit.reading import Member, Reading, or_none, reading_of
from joulemark.report.audit.summary import official_verdict
from joulemark.report.audit.timeline import timeline
from joulemark.report.format import NOTHING, clean
from joulemark.report.html import rendered
from joulemark.report.words import DISCLAIMER
from joulemark.rules.official.outcome import Word

STYLES, SCRIPTS = ("page.css", "audit.css"), ("page.js",)
VERDICTS: Mapping[Verdict, str] = {
    Verdict.PASS: "passes",
    Verdict.WARN: "passes, with warnings",
    Verdict.FAIL: "fails",
}
MOST_MEMBERS = 200
ROLES = (("ranging", "LoadGen's window, ranging run"), ("measure", "LoadGen's window, test"))


def result_page(
    members: Sequence[Member], known: Mapping[str, Described], *, home: str, more: int = 0
) -> str:
    """Return the page of a measurement.

    Args:
        members: the results that rest on it, the one to be shown first.
        known: the rules in words.
        home: address of the page of the tree, relative to this page; empty for none.
        more: further results that rest on it and are not among the members.
    """
    reading = reading_of(members)
    figures = or_none(lambda: reading.review.figures)
    cited = Cited()
    found = groups(members, known, cited)
    official = _official(members[0].official, cited, reading)  # may cite lines, too
    first = members[0].checked
    place = first.place
    return rendered(
        "audit_result.html.j2",
        styles=STYLES,
        scripts=SCRIPTS,
        title=_title(reading),
        about=" · ".join(filter(None, (place.round, place.division, clean(first.path, 300)))),
        folder=visible(first.path, 1000),
        home=home,
        disclaimer=DISCLAIMER,
        verdict=worst(members),
        verdict_words=VERDICTS[worst(members)],
        counts=_counts(found),
        groups=found,
        cards=cards(figures),
        compared=compared(figures),
        timeline=timeline(reading),
        roles=ROLES,
        members=[_member(member) for member in members[:MOST_MEMBERS]],
        stated=_stated(members),
        more_members=more + max(len(members) - MOST_MEMBERS, 0),
        official=official,
        official_verdict=official_verdict(members[0].official),
        official_of=clean(first.round or "the newest round", 20),
        sections=cited.sections(),
        anchor_of=anchor_of,
        **_facts(reading),
    )


def _facts(reading: Reading) -> dict[str, Any]:
    figures = or_none(lambda: reading.review.figures)
    checked = reading.first.checked
    return {
        "place": facts.place_rows(checked.place),
        "system": facts.system_rows(reading.first.directory),
        "meter": facts.meter_rows(reading, figures),
        "session": facts.session_rows(reading, figures),
        "load": facts.load_rows(reading, figures),
        "channels": tables.channel_rows(reading),
        "clocks": tables.clock_rows(reading),
        "files": tables.file_rows(reading),
        "tree": clean(checked.tree),
        "commands": [
            f"joulemark check {shlex.quote(clean(checked.tree))}",
            *(f"joulemark show {run} --evidence" for run in _runs(reading)[:1]),
            *(f"joulemark explain {shlex.quote(rule)}" for rule in _rules(reading)[:3]),
        ],
    }


def _runs(reading: Reading) -> list[str]:
    """Return the stored runs of the measurement."""
    runs = (clean(one.run, 120) for member in reading.members for one in member.stated)
    return [shlex.quote(run) for run in dict.fromkeys(runs) if run]


def _rules(reading: Reading) -> list[str]:
    return list(dict.fromkeys(clean(f.rule, 80) for f in reading.first.checked.findings))


def _title(reading: Reading) -> str:
    place = reading.first.checked.place
    parts = (place.submitter, place.system, place.benchmark, place.scenario)
    shown = " · ".join(clean(part, 120) for part in parts if part)
    return shown or clean(reading.first.checked.path, 200)


def worst(members: Sequence[Member]) -> Verdict:
    """Return the worst verdict on the results of a measurement."""
    verdicts = {member.checked.verdict for member in members}
    return next(v for v in (Verdict.FAIL, Verdict.WARN, Verdict.PASS) if v in verdicts)


def _counts(found: Sequence[Group]) -> list[tuple[str, int]]:
    """Return how many findings there are of each severity."""
    counts = dict.fromkeys(Severity, 0)
    for group in found:
        counts[group.severity] += len(group.found) + group.more
    return [(severity.value, count) for severity, count in counts.items() if count]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One result that rests on the measurement: texts."""

    path: str
    benchmark: str
    scenario: str
    metric: str
    efficiency: str
    verdict: str
    official: str


def _member(member: Member) -> MemberRow:
    checked = member.checked
    metric, worth = checked.metric, checked.efficiency
    official = official_verdict(member.official)
    return MemberRow(
        path=visible(checked.path, 300),
        benchmark=clean(checked.place.benchmark or NOTHING, 80),
        scenario=clean(checked.place.scenario or NOTHING, 40),
        metric=NOTHING if metric is None else " ".join(amount(metric.value, metric.unit)),
        efficiency=NOTHING if worth is None else " ".join(amount(worth.value, worth.unit)),
        verdict=checked.verdict.value,
        official="" if official is None else official.value,
    )


@dataclass(frozen=True, slots=True)
class StatedRow:
    """What a table states of a result: texts."""

    number: int
    kind: str
    source: str
    stated: str
    apart: str
    doubts: list[str]


def _stated(members: Sequence[Member]) -> list[StatedRow]:
    """Return what tables state beside the logs, result by result."""
    made = []
    for number, member in enumerate(members[:MOST_MEMBERS], 1):
        metric = member.checked.metric
        for one in member.stated:
            if one.kind == LOGS or one.value is None:
                continue
            same = metric is not None and metric.unit == one.unit and metric.value > 0
            apart = 100 * (one.value / metric.value - 1) if same and metric is not None else None
            made.append(
                StatedRow(
                    number=number,
                    kind=clean(one.kind, 40),
                    source=visible(one.source, 300),
                    stated=" ".join(amount(one.value, one.unit)),
                    apart=NOTHING if apart is None else f"{apart:+.3f} %",
                    doubts=[clean(doubt, 400) for doubt in one.doubts],
                )
            )
    return made


@dataclass(frozen=True, slots=True)
class OfficialRow:
    """One check of the official checker: texts, and the anchor of the line it names."""

    name: str
    verdict: str
    message: str
    where: str
    whole: str
    anchor: str


def _official(outcomes: Mapping[str, Outcome], cited: Cited, reading: Reading) -> list[OfficialRow]:
    directory = reading.first.directory
    prefix = directory.name_of("")
    made = []
    for name, one in outcomes.items():
        file = one.file.removeprefix(prefix)
        data = or_none(lambda file=file: directory.read(file)) if one.verdict != Word.OK else None  # type: ignore[misc]
        where = one.file if one.line is None else f"{one.file}:{one.line}"
        made.append(
            OfficialRow(
                name=name,
                verdict=str(one.verdict),
                message=clean(one.message, 600),
                where=visible(where.removeprefix(prefix), 400),
                whole=visible(where, 1000),
                anchor=cited.cite(one.file, one.line, f"official/{name}", data),
            )
        )
    return made
