"""Pages of frontiers: one of each group, and one of all; self-contained, for light and dark.

The state of the sliders stands in the link (``#time=0.1&energy=57.4``, in the units of the
metrics), so that it can be shared. Without script the pages show what the command line asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from joulemark.analysis.frontier.candidate import Candidate
from joulemark.analysis.frontier.recommend import Answer, margin
from joulemark.report.format import NOTHING, clean
from joulemark.report.frontier.chart import NARROW, WIDE, chart
from joulemark.report.frontier.colours import colours_of, kind_of
from joulemark.report.frontier.views import Link
from joulemark.report.frontier.words import (
    amount,
    bare,
    command_lines,
    confidence_text,
    saving,
    short,
    target_text,
)
from joulemark.report.html import STYLES, rendered

CSS, SCRIPTS = (*STYLES, "frontier.css"), ("page.js", "frontier.js")
INDEX = "index.html"
_NAME, _CELL = 90, 40
_MOST_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A setting that differs among the candidates of a group."""

    name: str
    title: str


def page_name(answer: Answer) -> str:
    """Return the name of a group's page: readable, and unlike that of any other group."""
    group = answer.group
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in group.name.lower())
    words = "-".join(filter(None, plain.split("-")))[:80]
    digest = hashlib.sha256(f"{group.name}\0{answer.energy.name}".encode()).hexdigest()[:6]
    return f"{words or 'group'}-{digest}.html"


def group_page(
    answer: Answer,
    *,
    confidence: float,
    home: str = INDEX,
    links: Sequence[Sequence[Link]] = (),
    runs: Mapping[str, str] | None = None,
) -> str:
    """Return the page of a group.

    Args:
        answer: what was found for it.
        confidence: with which targets are to be met.
        home: link of the page of all groups; empty for none.
        links: to pages of the same group by other numbers.
        runs: links of the pages of run directories, by their paths.
    """
    rows = _ordered(answer)
    colours = colours_of(rows)
    columns = _columns(rows)
    return rendered(
        "frontier.html.j2",
        styles=CSS,
        scripts=SCRIPTS,
        home=home,
        title=clean(_title(answer), _NAME),
        sub=clean(answer.group.name, 200),
        provenance=clean(answer.group.labels.get("provenance") or "", 40),
        answer=answer,
        asked=[target_text(target, answer) for target in answer.targets],
        confidence=confidence_text(answer),
        level=f"{100 * confidence:g} %",
        time=_axis(answer, "time"),
        energy=_axis(answer, "energy"),
        cards=_cards(answer),
        wide=chart(answer, rows, colours, WIDE),
        narrow=chart(answer, rows, colours, NARROW),
        kinds=colours.legend(),
        columns=[column.title for column in columns],
        rows=[_row(one, answer, columns, confidence) for one in rows],
        links=links,
        runs=[[runs[path] for path in one.runs if path in runs] for one in rows] if runs else [],
        notes=[clean(note, 500) for note in answer.group.notes],
        meanings=_meanings(answer),
    )


def index_page(answers: Sequence[Answer], pages: Sequence[str], *, confidence: float) -> str:
    """Return the page of all groups.

    Args:
        answers: of the groups.
        pages: the name of each one's page.
        confidence: with which targets are to be met.
    """
    shown = list(zip(answers, pages, strict=True))
    sections = []
    for key, members in groupby(shown, lambda pair: (pair[0].group.source, pair[0].group.task)):
        listed = [_line(answer, page, confidence) for answer, page in members]
        sections.append((clean(" · ".join(filter(None, key)), 120), listed))
    return rendered(
        "frontiers.html.j2",
        styles=CSS,
        scripts=SCRIPTS,
        sections=sections,
        groups=len(answers),
        configurations=sum(len(answer.group.candidates) for answer in answers),
        sliders=_sliders(answers),
        exact=all(answer.frontier.exact for answer in answers),
        level=f"{100 * confidence:g} %",
    )


def _title(answer: Answer) -> str:
    return str(answer.group.labels.get("nickname") or "") or answer.group.model or "Frontier"


def _ordered(answer: Answer) -> list[Candidate]:
    names = answer.time.name, answer.energy.name
    known = [one for one in answer.group.candidates if one.has(*names)]
    time, energy = answer.time, answer.energy
    return sorted(
        known,
        key=lambda one: (
            time.cost(one.measures[time.name].value),
            energy.cost(one.measures[energy.name].value),
            one.name,
        ),
    )


def _axis(answer: Answer, which: str) -> dict[str, Any]:
    """Return what a slider needs: ends of its scale, unit, and the bound that was asked for."""
    metric = answer.time if which == "time" else answer.energy
    rows = _ordered(answer)
    values = [one.measures[metric.name].value for one in rows] or [1.0]
    bound = next((t.bound for t in answer.targets if t.metric == metric.name), None)
    return {
        "title": clean(metric.title or metric.name, 60),
        "unit": bare(metric.unit),
        "low": repr(min(values)),
        "high": repr(max(values)),
        "bound": "" if bound is None else repr(bound),
        "more": metric.more,
    }


def _cards(answer: Answer) -> dict[str, Any]:
    """Return the texts of the result; the script replaces them."""
    one = answer.recommended
    return {
        "name": NOTHING if one is None else clean(one.name, _NAME),
        "time": amount(one, answer.time),
        "energy": amount(one, answer.energy),
        "fastest": saving(answer.saving_vs_fastest),
        "default": saving(answer.saving_vs_default),
        "commands": command_lines(one),
        "reason": clean(answer.reason, 300),
    }


def _columns(rows: Sequence[Candidate]) -> list[Column]:
    """Return the settings that differ; GPU and count are in the name already."""
    names = dict.fromkeys(name for one in rows for name in one.labels)
    differing = [name for name in names if len({str(one.labels.get(name, "")) for one in rows}) > 1]
    return [Column(name, clean(name.replace("_", " "), 30)) for name in differing[:_MOST_COLUMNS]]


def _row(
    one: Candidate, answer: Answer, columns: Sequence[Column], confidence: float
) -> dict[str, Any]:
    time, energy = answer.time, answer.energy
    on = any(one is point for point in answer.frontier.points)
    tie = next((tie for tie in answer.frontier.tied if tie.candidate is one), None)
    by = "" if tie is None else clean(", ".join(tie.by), 120)
    return {
        "name": clean(one.name, _NAME),
        "mark": "frontier" if on else "tied" if tie is not None else "",
        "by": by,
        "time": amount(one, time),
        "energy": amount(one, energy),
        "cells": [clean(one.labels.get(column.name, NOTHING), _CELL) for column in columns],
        "gpu": kind_of(one),
        "default": answer.group.default_for(one) is one,
        "chosen": one is answer.recommended,
        "fastest": one is answer.fastest,
        "commands": json.dumps(command_lines(one), ensure_ascii=True),
        "source": clean(one.source, 160),
        "data": _data(one, answer, confidence),
    }


def _data(one: Candidate, answer: Answer, confidence: float) -> dict[str, str]:
    """Return the numbers for the script: each metric's value, and what a target is held against."""
    found = {}
    for which, metric in (("x", answer.time), ("y", answer.energy)):
        measure = one.measures[metric.name]
        found[which] = repr(measure.value)
        worse = metric.cost(measure.value) + margin(measure, confidence)
        found[f"{which}b"] = repr(metric.cost(worse) if metric.more else worse)
    return found


def _meanings(answer: Answer) -> list[tuple[str, str, str]]:
    return [
        (
            clean(metric.title or metric.name, 60),
            clean(metric.definition, 80),
            clean(metric.meaning),
        )
        for metric in (answer.time, answer.energy)
    ]


def _line(answer: Answer, page: str, confidence: float) -> dict[str, Any]:
    one = answer.recommended
    points = [
        [
            *(float(v) for v in _data(c, answer, confidence).values()),
            clean(c.name, _NAME),
            kind_of(c),
        ]
        for c in _ordered(answer)
    ]
    return {
        "page": page,
        "name": clean(_title(answer), _NAME),
        "model": clean(answer.group.model, _NAME),
        "count": len(answer.group.candidates),
        "on": len(answer.frontier.points),
        "kind": _kind(answer),
        "chosen": NOTHING if one is None else clean(one.name, _NAME),
        "time": NOTHING if one is None else short(one.measures[answer.time.name], answer.time),
        "energy": NOTHING
        if one is None
        else short(one.measures[answer.energy.name], answer.energy),
        "fastest": saving(answer.saving_vs_fastest),
        "default": saving(answer.saving_vs_default),
        "points": json.dumps(points, ensure_ascii=True),
        "defaults": json.dumps(
            {clean(g, 200): clean(n, _NAME) for g, n in answer.group.defaults.items()}
        ),
        "more": [answer.time.more, answer.energy.more],
        "units": [bare(answer.time.unit), bare(answer.energy.unit)],
    }


def _kind(answer: Answer) -> str:
    return f"{answer.time.title or answer.time.name} [{bare(answer.time.unit)}]"


def _sliders(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return a slider for each metric that stands for time in some group."""
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        found.setdefault(_kind(answer), []).append(answer)
    sliders = []
    for number_, (kind, members) in enumerate(found.items()):
        axes = [_axis(answer, "time") for answer in members]
        bound = next((axis["bound"] for axis in axes if axis["bound"]), "")
        sliders.append(
            {
                **axes[0],
                "id": f"t{number_}",
                "kind": kind,
                "low": repr(min(float(axis["low"]) for axis in axes)),
                "high": repr(max(float(axis["high"]) for axis in axes)),
                "bound": bound,
                "groups": len(members),
            }
        )
    return sliders
