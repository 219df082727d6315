"""What the page of a run of serving shows: pictures and rows of text, ready to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.accounting.results import PhaseResult
from joulemark.accounting.serving_energy import DEFINITIONS, definition
from joulemark.accounting.serving_requests import NAME
from joulemark.accounting.serving_windows import RULES, Steady, Unknown
from joulemark.core.run import Run
from joulemark.core.trace import Trace
from joulemark.procedures.serving.costs import all_requests, factors_of
from joulemark.procedures.serving.figures import metrics_of
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.procedures.serving.results import ServingResult
from joulemark.procedures.serving.settings import slo_of
from joulemark.report.figures.serving_charts import Chart, by_length, distributions
from joulemark.report.figures.serving_timeline import SHADES, serving_timeline
from joulemark.report.figures.timeline import Timeline
from joulemark.report.flat import Row
from joulemark.report.format import NOTHING, clean
from joulemark.report.serving_beyond import beyond_rows
from joulemark.report.serving_cards import Card, cards
from joulemark.report.serving_energies import (
    IDLE,
    Scope,
    energy_rows,
    energy_text,
    idle_share,
    scopes_of,
    share_text,
    tokens_per_joule,
)
from joulemark.report.serving_more import (
    counted,
    mlenergy_rows,
    request_rows,
    sharing_words,
    shown_spreads,
    time_cells,
)
from joulemark.report.serving_server import server_rows
from joulemark.report.serving_words import (
    FACTORS,
    TIMES,
    load_rows,
    rate_rows,
    slo_words,
    window_of,
)

STATISTICS = ("mean", "p50", "p90", "p95", "p99")


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A line of a table of energies: name, texts by column, name of the definition."""

    name: str
    cells: list[str]
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingView:
    """Everything the page says of serving.

    Attributes:
        cards: figures at the top.
        load: what was asked of whom, and what became of it.
        timeline: the picture; None where no time passed.
        shades: what its shading means.
        scopes: columns of energies, with their provenance.
        energies: rows of energies.
        why_none: why there are no energies; empty where there are.
        factors: rows of what energy rose by.
        why_no_factors: why there are none, or which are known together only.
        requests: rows of energies of requests.
        why_no_requests: why there are none.
        clipped: which factors count as zero in them.
        lengths: energies by length.
        definitions: name and words of each that is named.
        times_of: of what the times are.
        times: name, and texts by ``STATISTICS``.
        rates: rows.
        distributions: of times.
        slo: what makes a request good.
        windows: of each repeat and rule: repeat, rule, words, whether it counts.
        rules: name and words of each rule that is named.
        mlenergy: rows.
        beyond: rows on reasoning, right answers and roles.
        server: of each load what the server told of itself: its name, and rows.
        findings: how bad, of which load, what.
    """

    cards: list[Card]
    load: list[Row]
    timeline: Timeline | None
    shades: Sequence[tuple[str, str]]
    scopes: list[Scope]
    energies: list[FigureRow]
    why_none: str
    factors: list[FigureRow]
    why_no_factors: str
    requests: list[tuple[str, str]]
    why_no_requests: str
    clipped: str
    lengths: list[Chart]
    definitions: list[Row]
    times_of: str
    times: list[tuple[str, list[str]]]
    rates: list[Row]
    distributions: list[Chart]
    slo: str
    windows: list[tuple[str, str, str, bool]]
    rules: list[Row]
    mlenergy: list[Row]
    server: list[tuple[str, list[Row]]]
    beyond: list[Row]
    findings: list[tuple[str, str, str]]


def serving_view(
    run: Run,
    traces: Mapping[str, Trace],
    results: Sequence[PhaseResult],
    result: ServingResult,
) -> ServingView:
    """Return what the page of a run of serving shows.

    Args:
        run: the record.
        traces: all traces by channel name.
        results: what each phase came to.
        result: what the loads came to.
    """
    slo, scopes = slo_of(result.settings), scopes_of(result)
    times_of, spreads = shown_spreads(result)
    windows, causes = _windows(result), _causes(result)
    energies = _energies(result, scopes)
    named = [*energies, *causes["factors"]]
    return ServingView(
        cards=cards(result, scopes),
        load=load_rows(result),
        timeline=serving_timeline(run, traces, results, result),
        shades=SHADES,
        scopes=scopes,
        energies=energies,
        why_none="" if scopes else _why(result),
        **causes,
        definitions=_definitions(named, requests=bool(causes["requests"])),
        times_of=times_of,
        times=[(TIMES[name], time_cells(spread)) for name, spread in spreads.items()],
        rates=rate_rows(metrics_of(result), slo, tokens_per_joule(result)),
        distributions=list(distributions(counted(result), slo)),
        slo=slo_words(slo),
        windows=windows,
        rules=[(name, text) for name, text in RULES.items() if any(name == w[1] for w in windows)],
        mlenergy=list(mlenergy_rows(result)),
        server=_server(result),
        beyond=beyond_rows(result),
        findings=_findings(result),
    )


def _why(result: ServingResult) -> str:
    reasons = [one.window.reason for one in result.repeats if isinstance(one.window, Unknown)]
    return clean("; ".join(dict.fromkeys(reasons)) or "no load has ended")


def _energies(result: ServingResult, scopes: list[Scope]) -> list[FigureRow]:
    rows = [
        _figure(row.name, [energy_text(v) for v in row.values], row.definition)
        for row in energy_rows(result, scopes)
    ]
    share = idle_share(result)
    if share is not None and scopes:
        cells = [share_text(share), *([NOTHING] * (len(scopes) - 1))]
        rows.append(_figure("of it idle power", cells, IDLE))
    return rows


def _figure(name: str, cells: list[str], of: str) -> FigureRow:
    return FigureRow(name, cells, of)


def _definitions(rows: Sequence[FigureRow], *, requests: bool) -> list[Row]:
    """Return the words of the definitions that the page names."""
    names = [*(row.definition for row in rows), *([NAME] if requests else [])]
    return [(name, definition(name).text) for name in names if name in DEFINITIONS]


def _causes(result: ServingResult) -> dict[str, Any]:
    factors, costs = factors_of(result), all_requests(result)
    found: dict[str, Any] = {"factors": [], "requests": [], "lengths": []}
    found |= {"why_no_requests": "", "clipped": ""}
    if isinstance(factors, Unknown):
        found["why_no_factors"] = clean(factors.reason)
    else:
        found["why_no_factors"] = _doubt(factors.inseparable)
        found["factors"] = [
            _figure(FACTORS[name][0], [energy_text(value)], FACTORS[name][1])
            for name, value in factors.values.items()
            if name in FACTORS
        ]
    if isinstance(costs, Unknown):
        found["why_no_requests"] = clean(costs.reason)
    else:
        found["requests"] = [(name, str(value)) for name, value in request_rows(costs)]
        found["lengths"] = list(by_length(costs))
        found["clipped"] = sharing_words(costs)
    return found


def _doubt(inseparable: Sequence[str]) -> str:
    names = " and ".join(FACTORS[name][0] for name in inseparable if name in FACTORS)
    return f"known together only: {names}" if names else ""


def _findings(result: ServingResult) -> list[tuple[str, str, str]]:
    return [
        (
            told.finding.severity.value,
            "" if told.repeat is None else f"load {told.repeat}",
            clean(told.finding.message, 600),
        )
        for told in findings_of_run(result)
    ]


def _server(result: ServingResult) -> list[tuple[str, list[Row]]]:
    """Return what the server told over the windows; without one over the whole load."""
    found = []
    for repeat, aside in zip(result.repeats, result.asides, strict=True):
        there = not isinstance(aside.server, str)
        rows = list(server_rows(aside.server if there else aside.whole))
        where = "in the window" if there else "whole load"
        found += [(f"Load {repeat.number + 1}, {where}", rows)] if rows else []
    return found


def _windows(result: ServingResult) -> list[tuple[str, str, str, bool]]:
    found = []
    for repeat in result.repeats:
        name = str(repeat.number + 1)
        each = {result.rule: repeat.window, **repeat.windows}
        for rule, window in each.items():
            counts = rule == result.rule and isinstance(window, Steady)
            found.append((name, clean(rule, 60), window_of(repeat, window), counts))
    return found
