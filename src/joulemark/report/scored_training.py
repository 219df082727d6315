"""What the page of scores shows of a training result: energies, breakdown, runs, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from joulemark.accounting.training_energy import KWH
from joulemark.core.units import digits, duration, si
from joulemark.procedures.scored import Both, LogFigures, TrainingFigures
from joulemark.report.format import NOTHING, clean, percent
from joulemark.report.scored_figures import Rows, card, shown, signed
from joulemark.report.words import TERMS

MOST_ROWS = 200
COMPUTE, LINKS = 1, 2
"""Colours of both kinds of parts."""


def training_view(figures: TrainingFigures, reasons: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template of a result shows of a benchmark.

    Args:
        figures: its figures.
        reasons: why some are missing, by their names.
    """
    whole, seconds = figures.whole, figures.ttt_s
    official = NOTHING if whole.official is None else si(whole.official, "J", 6)
    inside = shown(whole.in_run, "J")
    watts = whole.scaled(1 / seconds) if seconds else Both()
    kwh = whole.scaled(1 / KWH)
    runs = sum(run.counted for run in figures.runs)
    about = (
        f"official summarizer of {figures.algorithm}, mean of {runs} of {len(figures.runs)} runs"
    )
    facts = [
        ("time to train", NOTHING if seconds is None else duration(seconds)),
        ("scaling factor", digits(figures.scale, 6)),
        ("energy, published", _exact(kwh.official, "kWh")),
        ("energy, in the run", shown(kwh.in_run, "kWh")),
        ("mean power, published", NOTHING if watts.official is None else si(watts.official, "W")),
        ("mean power, in the run", shown(watts.in_run, "W")),
    ]
    return {
        "headline": [official, inside],
        "cards": [
            card("As published", official, reasons.get("official", about)),
            card("In the run", inside, reasons.get("in_run", _budget(figures))),
            card("Apart", signed(_apart(whole)), "in the run against published"),
        ],
        "strip": _strip(whole),
        "facts": facts,
        "bars": list(_bars(figures)),
        "tables": [_logs(figures.logs), _runs(figures)],
    }


def _apart(both: Both) -> float | None:
    if both.in_run is None or not both.official:
        return None
    return both.in_run.value / both.official - 1


def _budget(figures: TrainingFigures) -> str:
    """Return what the interval comes from, largest first."""
    words = {term.value: text for term, text in TERMS.items()}
    largest = sorted(figures.budget.items(), key=lambda item: -item[1])[:2]
    return "± mostly from " + ", then ".join(words.get(term, term) for term, _ in largest)


def _strip(both: Both) -> dict[str, Any] | None:
    """Return the published energy beside the interval of that in the run, on one axis."""
    if both.official is None or both.in_run is None:
        return None
    inside = both.in_run
    low = min(inside.value - inside.u95, both.official)
    high = max(inside.value + inside.u95, both.official)
    margin = 0.05 * (high - low) or 1.0
    low, span = low - margin, high - low + 2 * margin

    def at(value: float) -> float:
        return round(100 * (value - low) / span, 3)

    half = round(100 * inside.u95 / span, 3)
    rows = [
        {"label": "published", "at": at(both.official), "left": at(both.official), "width": 0,
         "value": si(both.official, "J")},
        {"label": "in the run", "at": at(inside.value), "left": round(at(inside.value) - half, 3),
         "width": 2 * half, "value": shown(inside, "J")},
    ]  # fmt: skip
    about = f"published {rows[0]['value']}, in the run {rows[1]['value']}"
    hint = "The line is the 95 % interval; a published energy states none."
    return {"name": "Published and in the run", "about": about, "rows": rows, "hint": hint}


def _bars(figures: TrainingFigures) -> Iterator[dict[str, Any]]:
    """Yield the bars of both energies with their parts, then those of the logs."""
    parts = (("compute", figures.compute, COMPUTE), ("interconnect", figures.interconnect, LINKS))
    legend = [(name, colour) for name, both, colour in parts if both.official or both.in_run]
    bars = []
    for name, choose in (("published", _official), ("in the run", _inside)):
        total = choose(figures.whole)
        if not total:
            continue
        segments, left = [], 0.0
        for part, both, colour in parts:
            joules = choose(both) or 0.0
            if joules > 0:
                width = round(100 * joules / total, 3)
                text = f"{part}: {si(joules, 'J')}, {percent(joules / total)}"
                segments.append({"left": left, "width": width, "colour": colour, "text": text})
                left = round(left + width, 3)
        bars.append({"label": name, "segments": segments, "value": si(total, "J")})
    if bars:
        yield {"name": "Compute and interconnect", "bars": bars, "legend": legend}
    yield from _by_log(figures.logs)


def _by_log(logs: Sequence[LogFigures]) -> Iterator[dict[str, Any]]:
    """Yield a bar for each node and switch."""
    known = [(log, _inside(log.energy)) for log in logs]
    highest = max((joules for _, joules in known if joules is not None), default=0.0)
    if highest <= 0 or len(logs) < 2:
        return
    bars = [
        {
            "label": clean(log.name, 30),
            "segments": [
                {
                    "left": 0,
                    "width": round(100 * max(joules, 0.0) / highest, 3),
                    "colour": COMPUTE if log.kind == "node" else LINKS,
                    "text": shown(log.energy.in_run, "J"),
                }
            ],
            "value": shown(log.energy.in_run, "J"),
        }
        for log, joules in known[:MOST_ROWS]
        if joules is not None
    ]
    yield {"name": "Nodes and switches, in the run", "bars": bars, "legend": []}


def _official(both: Both) -> float | None:
    return both.official


def _inside(both: Both) -> float | None:
    return None if both.in_run is None else both.in_run.value


def _exact(value: float | None, unit: str) -> str:
    return NOTHING if value is None else f"{digits(value, 6)} {unit}"


def _logs(logs: Sequence[LogFigures]) -> dict[str, Any]:
    rows: Rows = [
        (
            clean(log.name, 40),
            [
                log.kind,
                NOTHING if log.energy.official is None else si(log.energy.official, "J", 6),
                shown(log.energy.in_run, "J"),
                "declared" if log.readings is None else str(log.readings),
                NOTHING if log.longest_gap_s is None else si(log.longest_gap_s, "s", 3),
                percent(log.coverage),
                f"{log.shift_s / 3600:+g} h" if log.shift_s else "",
            ],
        )
        for log in logs[:MOST_ROWS]
    ]
    head = ("log", "kind", "published", "in the run", "fewest readings", "longest gap",
            "covered", "clock")  # fmt: skip
    return {
        "name": "Nodes and switches",
        "head": head,
        "rows": rows,
        "more": max(len(logs) - MOST_ROWS, 0),
    }


def _runs(figures: TrainingFigures) -> dict[str, Any]:
    rows: Rows = [
        (
            clean(run.name, 80),
            [
                NOTHING if run.seconds is None else duration(run.seconds),
                "counts" if run.counted else "left out" if run.converged else "did not converge",
                NOTHING if run.energy.official is None else si(run.energy.official, "J", 6),
                shown(run.energy.in_run, "J"),
            ],
        )
        for run in figures.runs[:MOST_ROWS]
    ]
    head = ("run, not scaled", "time", "olympic mean", "published", "in the run")
    more = max(len(figures.runs) - MOST_ROWS, 0)
    return {"name": "Runs", "head": head, "rows": rows, "more": more}
