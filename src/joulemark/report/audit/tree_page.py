"""The page of a tree: every submitter and system, every rule that found something, every result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from joulemark.core.finding import Severity, Verdict
from joulemark.core.units import si
from joulemark.procedures.described import Described
from joulemark.report.audit.cited import visible
from joulemark.report.audit.figures import amount
from joulemark.report.audit.findings import anchor_of
from joulemark.report.audit.pictures import efficiency_by_benchmark, power_by_submitter
from joulemark.report.audit.tally import Name, OfRule, Row, System, Tally
from joulemark.report.format import NOTHING, clean
from joulemark.report.html import rendered
from joulemark.report.words import DISCLAIMER

STYLES, SCRIPTS = ("page.css", "audit.css"), ("page.js", "sort.js")
VERDICTS = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
MOST_MESSAGE, PARTS_OF_PATH = 160, 3
_RANK = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.PASS: 2}


def tree_page(
    tally: Tally,
    known: Mapping[str, Described],
    *,
    trees: Sequence[str],
    only_failing: bool = False,
) -> str:
    """Return the page of a tree.

    Args:
        tally: all results.
        known: the rules in words.
        trees: what the person named.
        only_failing: whether only failing results have pages.
    """
    systems = _ordered(tally)
    return rendered(
        "audit_tree.html.j2",
        styles=STYLES,
        scripts=SCRIPTS,
        title=_title(trees),
        trees=[clean(tree, 300) for tree in trees],
        disclaimer=DISCLAIMER,
        total=tally.total,
        measurements=tally.measurements,
        submitters=len({name[0] for name, _ in systems}),
        counts=[(v.value, tally.verdicts[v]) for v in VERDICTS],
        pairs=_pairs(tally),
        verdicts=[v.value for v in VERDICTS],
        only_failing=only_failing,
        systems=[_system(n, name, system) for n, (name, system) in enumerate(systems, 1)],
        results=[_results(n, name, system) for n, (name, system) in enumerate(systems, 1)],
        rules=[_rule(key[1], one, known, tally.total) for key, one in _by_gravity(tally)],
        power=power_by_submitter(tally),
        efficiencies=efficiency_by_benchmark(tally),
    )


def _title(trees: Sequence[str]) -> str:
    names = [clean(tree.rstrip("/").rpartition("/")[2] or tree, 80) for tree in trees]
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return f"Power results of {shown}"


def _ordered(tally: Tally) -> list[tuple[Name, System]]:
    """Return the systems, those with the most failures first."""

    def order(item: tuple[Name, System]) -> tuple[int, int, Name]:
        name, system = item
        return -system.verdicts[Verdict.FAIL], -system.verdicts[Verdict.WARN], name

    return sorted(tally.systems.items(), key=order)


def _pairs(tally: Tally) -> list[tuple[str, list[tuple[int, bool]]]]:
    """Return how many results have each verdict of ours (rows) and of the official checker."""
    if not tally.pairs:
        return []
    return [
        (
            ours.value,
            [
                (tally.pairs[ours, theirs], (ours is Verdict.FAIL) != (theirs is Verdict.FAIL))
                for theirs in VERDICTS
            ],
        )
        for ours in VERDICTS
    ]


def _by_gravity(tally: Tally) -> list[tuple[tuple[int, str], OfRule]]:
    return sorted(tally.rules.items(), key=lambda item: (item[0][0], -item[1].results, item[0][1]))


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One line of the table of systems: texts and counts."""

    anchor: str
    submitter: str
    system: str
    about: str
    total: int
    counts: list[tuple[str, int]]
    lowest: str
    lowest_w: float
    highest: str
    highest_w: float
    worst: str


def _system(number: int, name: Name, system: System) -> SystemRow:
    submitter, named, round_, division = name
    watts = [row.watts for row in system.rows if row.watts is not None]
    least, most = min(watts, default=-1.0), max(watts, default=-1.0)
    return SystemRow(
        anchor=f"s{number}",
        submitter=clean(submitter or NOTHING, 80),
        system=clean(named or NOTHING, 160),
        about=" ".join(filter(None, (clean(round_, 20), clean(division, 20)))),
        total=len(system.rows),
        counts=[(v.value, system.verdicts[v]) for v in VERDICTS],
        lowest=_watts(least),
        lowest_w=least,
        highest=_watts(most),
        highest_w=most,
        worst=clean(system.worst, 80),
    )


def _watts(value: float) -> str:
    return NOTHING if value <= 0 else si(value, "W", 3)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result: texts, and the address of its page."""

    name: str
    path: str
    href: str
    metric: str
    efficiency: str
    verdict: str
    official: str
    worst: str
    more: int


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one system."""

    anchor: str
    title: str
    is_open: bool
    rows: list[ResultRow]


def _results(number: int, name: Name, system: System) -> Results:
    rows = sorted(
        system.rows, key=lambda row: (_RANK[row.verdict], row.benchmark, row.scenario, row.path)
    )
    title = " · ".join(clean(part, 160) for part in name if part)
    return Results(f"s{number}", title or NOTHING, number == 1, [_result(row) for row in rows])


def _result(row: Row) -> ResultRow:
    metric, worth = row.metric, row.efficiency
    named = " · ".join(clean(part, 80) for part in (row.benchmark, row.scenario) if part)
    return ResultRow(
        name=named or visible(row.path, 200),
        path=visible(row.path, 400),
        href=quote(row.page),
        metric=NOTHING if metric is None else " ".join(amount(metric.value, metric.unit)),
        efficiency=NOTHING if worth is None else " ".join(amount(worth.value, worth.unit)),
        verdict=row.verdict.value,
        official="" if row.official is None else row.official.value,
        worst=clean(row.worst, 80),
        more=max(row.count - 1, 0),
    )


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in the table of findings: texts, counts, and the address of an example."""

    rule: str
    severity: str
    about: str
    findings: int
    results: int
    share: float
    message: str
    where: str
    whole: str
    href: str


def _rule(rule: str, one: OfRule, known: Mapping[str, Described], total: int) -> RuleRow:
    described = known.get(rule)
    return RuleRow(
        rule=clean(rule, 80),
        severity=Severity(one.severity).value,
        about="" if described is None else described.demands,
        findings=one.findings,
        results=one.results,
        share=one.results / max(total, 1),
        message=clean(one.message, MOST_MESSAGE),
        where=_end(one.where),
        whole=one.where,
        href=f"{quote(one.page)}#{anchor_of(rule)}" if one.page else "",
    )


def _end(where: str) -> str:
    """Return the last folders of a path with its file and line."""
    parts = where.split("/")
    return where if len(parts) <= PARTS_OF_PATH else f"…/{'/'.join(parts[-PARTS_OF_PATH:])}"
