"""Rules on what was measured: all nodes, each once, and the interconnect."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from joulemark.accounting.training_record import Kind
from joulemark.core.finding import Severity
from joulemark.core.units import count_of, si
from joulemark.rules.rule import Seen, rule
from joulemark.rules.training.facts import LogFacts
from joulemark.rules.training.review import Case, Run, TrainingReview, worst_of
from joulemark.rules.training.shape import shared

ESTIMATE_W = (10.0, 5000.0)
"""What an interconnect is declared to draw for each node, at least and at most."""
ALIKE = 0.25
"""Readings of two nodes, or of two runs, that agree for this part to the watt are of one."""
_ALL = "power_measurement: Measure All Nodes"
_LINKS = "power_measurement: Measure or Estimate Interconnects"


@rule(
    "training/nodes",
    source=_ALL,
    severity=Severity.ERROR,
    advice="Hand in a log of every node of every run.",
)
def nodes(review: TrainingReview) -> Iterator[Seen]:
    """Every run has a log of every node that the system has."""
    wanted = review.nodes_wanted
    cases = []
    for run in review.runs:
        found = len(run.nodes)
        if wanted is not None and run.powers and found != wanted:
            what = f"{count_of(found, 'node log')}, the system has {count_of(wanted, 'node')}"
            cases.append(Case(abs(found - wanted), what, run.file))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/indices",
    source="package checker: node_x and sw_x with x from 0",
    severity=Severity.WARNING,
    advice="Number the logs of nodes and of switches from 0.",
)
def indices(review: TrainingReview) -> Iterator[Seen]:
    """Nodes and switches are numbered from 0, without a hole."""
    cases = []
    for run in review.runs:
        for kind in Kind:
            logs = run.of(kind)
            numbers = [facts.index for facts in logs]
            if sorted(-1 if n is None else n for n in numbers) != list(range(len(logs))):
                named = ", ".join(facts.name for facts in logs[:3])
                named += " …" if len(logs) > 3 else ""
                what = f"{count_of(len(logs), f'{kind.value} log')} not numbered from 0: {named}"
                cases.append(Case(len(logs), what, logs[0].file))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/same-logs",
    source=_ALL + "; Measure all Runs",
    severity=Severity.ERROR,
    advice="Measure the same nodes and switches in every run.",
)
def same_logs(review: TrainingReview) -> Iterator[Seen]:
    """Every run has logs of the same nodes and switches."""
    measured = [run for run in review.runs if run.powers]
    sets = Counter(frozenset(facts.name for facts in run.powers) for run in measured)
    if len(sets) < 2:
        return
    usual = max(sets, key=lambda names: (sets[names], len(names)))
    cases = []
    for run in measured:
        names = {facts.name for facts in run.powers}
        lacks, more = sorted(usual - names), sorted(names - usual)
        if lacks or more:
            told = [f"lacks {', '.join(lacks[:5])}"] if lacks else []
            told += [f"has {', '.join(more[:5])} besides"] if more else []
            cases.append(Case(len(lacks) + len(more), " and ".join(told), run.file))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/copied-log",
    source=_ALL,
    severity=Severity.ERROR,
    advice="Hand in each node's own log of each run.",
)
def copied_log(review: TrainingReview) -> Iterator[Seen]:
    """No log of readings has the content of another, or a good part of its readings."""
    logs = [facts for facts in review.logs if facts.readings]
    first: dict[str, LogFacts] = {}
    cases = []
    for facts in logs:
        same = first.setdefault(facts.content, facts)
        if same is not facts:
            cases.append(Case(1.0, f"the same bytes as {same.file}", facts.file))
    yield from worst_of(cases + list(_alike(first.values())), len(logs))


def _alike(logs: Iterable[LogFacts]) -> Iterator[Case]:
    """Yield logs of which many readings stand in one that was looked at before."""
    before: dict[int, LogFacts] = {}
    for facts in logs:
        for other, _ in Counter(before[p].file for p in facts.pieces if p in before).most_common(1):
            found = next(before[p] for p in facts.pieces if p in before and before[p].file == other)
            share = shared(facts.pieces, found.pieces)
            if share >= ALIKE:
                yield Case(
                    share, f"{100 * share:.0f} % of its readings stand in {other}", facts.file
                )
        for piece in facts.pieces:
            before.setdefault(piece, facts)


@rule(
    "training/copied-host",
    source=_ALL,
    severity=Severity.ERROR,
    advice="Hand in each node's own log.",
)
def copied_host(review: TrainingReview) -> Iterator[Seen]:
    """No two logs of nodes of a run name the same host, and none names two."""
    cases = []
    for run in review.runs:
        of: dict[str, list[LogFacts]] = defaultdict(list)
        for facts in run.nodes:
            for host in facts.hosts:
                of[host].append(facts)
            if len(facts.hosts) > 1:
                named = ", ".join(repr(host) for host in facts.hosts[:3])
                cases.append(Case(len(facts.hosts), f"readings of hosts {named}", facts.file))
        for host, logs in of.items():
            if len(logs) > 1:
                what = f"{logs[0].name} and {logs[1].name} are both of host {host!r}"
                cases.append(Case(len(logs), what, logs[1].file))
    yield from worst_of(cases, len(review.nodes))


@rule(
    "training/no-switch",
    source=_LINKS,
    severity=Severity.ERROR,
    advice="Add sw_0.txt with what the switches drew, or the most that they may draw.",
)
def no_switch(review: TrainingReview) -> Iterator[Seen]:
    """A run on several nodes has its interconnect measured or estimated."""
    cases = []
    for run in review.runs:
        of = max(len(run.nodes), review.nodes_wanted or 0)
        if run.powers and of > 1 and not run.switches:
            what = f"no log of a switch in a run on {count_of(of, 'node')}"
            cases.append(Case(of, what, run.file))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/empty-log",
    source=_LINKS + "; " + _ALL,
    severity=Severity.ERROR,
    advice="Hand in logs with readings (of switches: or with interconnect_power_est).",
)
def empty_log(review: TrainingReview) -> Iterator[Seen]:
    """A log has readings, or, of a switch, a power that is declared."""
    cases = [
        Case(0.0, f"no power of the {facts.kind.value} in it", facts.file)
        for facts in review.logs
        if not facts.readings and not (facts.kind is Kind.SWITCH and facts.estimates)
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/estimated-node",
    source=_ALL,
    severity=Severity.ERROR,
    advice="Measure the node; only an interconnect may be estimated.",
)
def estimated_node(review: TrainingReview) -> Iterator[Seen]:
    """No power of a node is an estimate."""
    cases = [
        Case(max(facts.estimates), "interconnect_power_est in the log of a node", facts.file)
        for facts in review.nodes
        if facts.estimates
    ]
    yield from worst_of(cases, len(review.nodes))


@rule(
    "training/measured-switch",
    source="our own: the official summarizer leaves a switch that was measured out",
    severity=Severity.WARNING,
    advice="Add what was measured to the published energy, or declare the mean of it.",
)
def measured_switch(review: TrainingReview) -> Iterator[Seen]:
    """The energy of a switch that was measured is in the published figure."""
    cases = []
    for run in review.runs:
        for facts in run.switches:
            if facts.readings and not facts.estimates:
                joules = facts.in_run.in_run_j if facts.in_run else math.nan
                much = si(joules, "J") if math.isfinite(joules) else "its energy"
                what = f"{much} of a measured switch count as 0 J in the official figure"
                cases.append(Case(joules if joules > 0 else 0.0, what, facts.file))
    yield from worst_of(cases, sum(len(run.switches) for run in review.runs), "switch")


@rule(
    "training/switch-estimate",
    source=_LINKS + " (maximum specified power, by its share)",
    severity=Severity.WARNING,
    advice="State how the estimate follows from the topology; one for all the run's switches.",
)
def switch_estimate(review: TrainingReview) -> Iterator[Seen]:
    """An estimate is one power for each switch, as an interconnect of so many nodes may draw."""
    cases = [case for run in review.runs for case in _estimates(run, review.nodes_wanted)]
    yield from worst_of(cases, sum(len(run.switches) for run in review.runs), "switch")


def _estimates(run: Run, wanted: int | None) -> Iterator[Case]:
    of = max(len(run.nodes), wanted or 0, 1)
    total = sum(facts.estimates[0] for facts in run.switches if facts.estimates)
    for facts in run.switches:
        if len(facts.estimates) > 1:
            yield Case(0.0, f"{len(facts.estimates)} estimates, the first counts", facts.file)
        elif facts.estimates and not ESTIMATE_W[0] <= total / of <= ESTIMATE_W[1]:
            what = f"{total:g} W for the interconnect of {count_of(of, 'node')}"
            yield Case(abs(total) if math.isfinite(total) else math.inf, what, facts.file)


RULES = (
    nodes,
    indices,
    same_logs,
    copied_log,
    copied_host,
    no_switch,
    empty_log,
    estimated_node,
    measured_switch,
    switch_estimate,
)
