"""Meters against each other: a bar for each part, filled by the parts within it and the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from joulemark.accounting.balance import Balance
from joulemark.accounting.boundary import Part, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.units import digits, si
from joulemark.report import svg
from joulemark.report.figures.parts import colours_of
from joulemark.report.format import NOTHING, axis_unit, percent
from joulemark.report.style import mark
from joulemark.report.table_balance import SAYS, agreed, called, compared, parts_and_rest, rest


@dataclass(frozen=True, slots=True)
class Piece:
    """One part within another: place and width in percent, colour, text."""

    left: float
    width: float
    colour: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One balance.

    Attributes:
        name: of the part.
        pieces: the parts within it.
        rest: place and width of what is left over, percent; None where nothing is.
        beyond: place and width of what its parts draw above it, percent; None where they do not.
        whole: place of the part's own power, percent.
        whole_w: its power in words.
        parts_w: of the parts within it.
        rest_w: the rest with its interval.
        share: the rest as a share.
        slope: how the part moved with those within it.
        verdict: what the balance says.
        said: the balance as a sum in words.
        summary: all of it, for readers that do not see the bar.
    """

    name: str
    pieces: list[Piece]
    rest: tuple[float, float] | None
    beyond: tuple[float, float] | None
    whole: float
    whole_w: str
    parts_w: str
    rest_w: str
    share: str
    slope: str
    verdict: str
    said: str
    summary: str


@dataclass(frozen=True, slots=True)
class Bars:
    """The balances of one phase on one axis of mean power, and channels beside each other."""

    unit: str
    rows: list[Row]
    ticks: list[tuple[float, str]]
    legend: list[tuple[str, int]]
    channels: list[str]


def balance_bars(result: PhaseResult, results: Sequence[PhaseResult]) -> Bars:
    """Return the balances of a phase.

    Args:
        result: the phase.
        results: all phases of the run, so that parts keep their colours.
    """
    check, colours = result.crosscheck, colours_of(results)
    powers = [max(b.whole_w.value, b.sum_w.value) for b in check.balances]
    highest = max(powers, default=0.0)
    factor, unit = axis_unit(highest, "W")
    axis = svg.Scale(0.0, svg.round_up(highest / factor), 0.0, 100.0)
    inner = {part_of(c): c for balance in check.balances for c in balance.parts}
    agreeing = [each for each in check.agreements if each.agrees]
    apart = [f"{compared(a)}: they disagree" for a in check.agreements if not a.agrees]
    return Bars(
        unit=unit,
        rows=[_row(balance, colours, axis, factor) for balance in check.balances],
        ticks=[(round(axis(v), 3), text) for v, text in svg.labelled(svg.ticks(0.0, axis.high, 4))],
        legend=[(called(c), mark(colours.get(part, 0))[0]) for part, c in inner.items()],
        channels=[*apart, *([agreed(agreeing)] if agreeing else [])],
    )


def _row(balance: Balance, colours: Mapping[Part, int], axis: svg.Scale, factor: float) -> Row:
    pieces, at = [], 0.0
    for channel, watts in zip(balance.parts, balance.parts_w, strict=True):
        power = max(watts.value, 0.0) / factor
        text = f"{called(channel)} {si(watts.value, 'W', 3)}"
        colour = mark(colours.get(part_of(channel), 0))[0]
        pieces.append(Piece(round(axis(at), 3), round(axis(power), 3), colour, text))
        at += power
    whole = max(balance.whole_w.value, 0.0) / factor
    ends = (round(axis(min(at, whole)), 3), round(axis(abs(whole - at)), 3))
    verdict = SAYS[balance.verdict]
    said = parts_and_rest(balance)
    return Row(
        name=called(balance.whole),
        pieces=pieces,
        rest=ends if whole > at else None,
        beyond=ends if at > whole else None,
        whole=round(axis(whole), 3),
        whole_w=si(balance.whole_w.value, "W"),
        parts_w=si(balance.sum_w.value, "W"),
        rest_w=rest(balance),
        share=percent(balance.share),
        slope=NOTHING if balance.motion is None else digits(balance.motion.slope, 3),
        verdict=verdict,
        said=said,
        summary=f"{said}: {'; '.join(piece.text for piece in pieces)}; rest {rest(balance)}",
    )
