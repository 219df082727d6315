"""The figures of a measurement as its page shows them: as published, and as the integral gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.mlperf_power import MILLI
from joulemark.core.units import digits, si, with_u95
from joulemark.core.value import Value
from joulemark.formats.inference.figures import Figures
from joulemark.report.format import NOTHING, percent, plus_minus

STREAM = "mJ"
"""Unit of what is published of a stream or query."""


@dataclass(frozen=True, slots=True)
class Card:
    """One number in large type, with what it means.

    Attributes:
        title: what it is.
        number: as text; empty for none.
        unit: its unit.
        meaning: a sentence.
        hint: another one; empty for none.
    """

    title: str
    number: str
    unit: str
    meaning: str
    hint: str = ""


def amount(value: float, unit: str) -> tuple[str, str]:
    """Return a published figure and its unit, as text, with a prefix that suits."""
    if unit.endswith("/J"):
        return digits(value, 4), unit
    shown = si(value / MILLI, "J", 5) if unit == STREAM else si(value, unit, 5)
    number, _, unit = shown.partition(" ")
    return number, unit


def cards(figures: Figures | None) -> list[Card]:
    """Return what the page begins with."""
    if figures is None:
        return [Card("Figures", "", "", "The logs of the test cannot be read: there is no figure.")]
    return [_published(figures), _integral(figures), _energy(figures), _efficiency(figures)]


def _published(figures: Figures) -> Card:
    title = "Power as published"
    if figures.metric is None:
        return Card(title, "", "", "There are no readings in LoadGen's window, or no queries.")
    number, unit = amount(figures.metric.value, figures.metric.unit)
    what = f"Plain mean of {figures.samples} readings between LoadGen's begin and end"
    if figures.metric.unit == STREAM:
        what = f"{what}, times the time, divided by the queries"
        unit = f"{unit} per {'query' if figures.scenario == 'MultiStream' else 'stream'}"
    return Card(title, number, unit, f"{what}.", "Recomputed from the logs by the round's formula.")


def _integral(figures: Figures) -> Card:
    title = "Average power"
    if figures.average_power_w is None:
        return Card(title, "", "", "There is no reading in the window.")
    number, unit = _interval(figures.average_power_w, "W")
    hint = _agreement(figures)
    what = f"Integral over the {digits(figures.duration_s, 4)} s of the test, by its length."
    return Card(title, number, unit, what, hint)


def _agreement(figures: Figures) -> str:
    published, power = figures.published_w, figures.average_power_w
    if published is None or power is None or power.value <= 0:
        return ""
    apart = published - power.value
    share = percent(abs(apart) / power.value)
    if abs(apart) <= figures.own_u95_w:
        return f"The plain mean agrees with it: {share} apart, within what it may be off by."
    side = "above" if apart > 0 else "below"
    return f"The plain mean is {share} {side} it, more than it may be off by."


def _energy(figures: Figures) -> Card:
    title = "Energy of the test"
    if figures.energy_j is None:
        return Card(title, "", "", "There is no reading in the window.")
    number, unit = _interval(figures.energy_j, "J")
    lacks = f"{figures.dropped} lines without a reading; " if figures.dropped else ""
    what = f"{lacks}{percent(figures.coverage)} of the window is covered."
    return Card(title, number, unit, f"{what[:1].upper()}{what[1:]}", "± is the 95 % half-width.")


def _interval(value: Value, unit: str) -> tuple[str, str]:
    number, _, shown = with_u95(value.value, value.u95, unit).rpartition(" ")
    return number, shown


def _efficiency(figures: Figures) -> Card:
    title = "Efficiency"
    if figures.efficiency is None:
        return Card(title, "", "", "LoadGen's log gives no performance for it.")
    number = digits(figures.efficiency.value, 4)
    better = _better_efficiency(figures)
    hint = f"From the integral: {better} {figures.efficiency.unit}." if better else ""
    what = "Work per joule, from the power as published."
    return Card(title, number, figures.efficiency.unit, what, hint)


def _better_efficiency(figures: Figures) -> str:
    power, published = figures.average_power_w, figures.published_w
    if figures.efficiency is None or power is None or not published or power.value <= 0:
        return ""
    value = figures.efficiency.value * published / power.value
    return with_u95(value, value * power.u95 / power.value, "").strip()


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure as published beside the same from the integral: texts."""

    name: str
    published: str
    integral: str
    interval: str
    apart: str


def compared(figures: Figures | None) -> Sequence[Compared]:
    """Return each figure both ways."""
    if figures is None or figures.published_w is None or figures.average_power_w is None:
        return []
    power = figures.average_power_w
    apart = "" if power.value <= 0 else f"{100 * (figures.published_w / power.value - 1):+.3f} %"
    rows = [("mean power", figures.published_w, power)]
    factor = figures.published_w and power.scaled(1 / figures.published_w, "")
    if factor and figures.metric is not None and figures.metric.unit == STREAM:
        name = "energy per query" if figures.scenario == "MultiStream" else "energy per stream"
        joules = figures.metric.value / MILLI
        rows.append((name, joules, factor.scaled(joules, "J")))
    made = [
        Compared(name, si(value, other.unit, 5), si(other.value, other.unit, 5),
                 plus_minus(other) or NOTHING, apart or NOTHING)
        for name, value, other in rows
    ]  # fmt: skip
    if figures.efficiency is not None:
        unit = figures.efficiency.unit
        value = figures.efficiency.value * (figures.published_w / power.value)
        other = -100 * (1 - power.value / figures.published_w)
        made.append(
            Compared(
                name="work per joule",
                published=f"{digits(figures.efficiency.value, 5)} {unit}",
                integral=f"{digits(value, 5)} {unit}",
                interval=percent(power.u95 / power.value, sign="±"),
                apart=f"{other:+.3f} %",
            )
        )
    return made
