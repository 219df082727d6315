"""Meters against each other: each part that contains measured parts, and what is left over."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.balance import Agreement, Balance, Verdict
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel
from joulemark.core.units import digits, with_u95
from joulemark.report.format import NOTHING, clean, percent, quantity
from joulemark.report.table_phases import add_columns, new_table
from joulemark.report.words import listed

WIDTHS = (18, 9, 9, 17, 6, 5, 10)
"""Columns: part, its power, that of the parts within it, the rest, its share, slope, verdict."""
_HEADINGS = ("part", "mean W", "within W", "rest W", "share", "slope", "says")
COLOUR = {
    Verdict.BALANCED: "green",
    Verdict.REST: "default",
    Verdict.IMPOSSIBLE: "bold red",
}
SAYS = {
    Verdict.BALANCED: "balanced",
    Verdict.REST: "a rest",
    Verdict.IMPOSSIBLE: "impossible",
}
MOST_NAMED = 6
TELLING = 0.25
"""Half-width of a ratio, 95 %, above which it tells nothing."""


def has_balance(result: PhaseResult) -> bool:
    """Return whether two meters of a phase can be compared at all."""
    return bool(result.crosscheck.balances or result.crosscheck.agreements)


def balance_table(result: PhaseResult) -> RenderableType:
    """Return the balances and the comparisons of one phase."""
    check = result.crosscheck
    shown: list[RenderableType] = [Text(f"Balance of {clean(result.phase, 50)}", style="bold")]
    if check.balances:
        table = new_table()
        add_columns(table, _HEADINGS, WIDTHS, left=("part", "says"))
        for balance in check.balances:
            _add(table, balance)
        shown.append(table)
        shown += [Text(parts_and_rest(each), "dim", overflow="fold") for each in check.balances]
    agreeing = [each for each in check.agreements if each.agrees]
    shown += [
        Text(f"{compared(each)}: they disagree", "yellow", overflow="fold")
        for each in check.agreements
        if not each.agrees
    ]
    if agreeing:
        shown.append(Text(agreed(agreeing), "dim", overflow="fold"))
    return Group(*shown)


def _add(table: Table, balance: Balance) -> None:
    table.add_row(
        Text(called(balance.whole)),
        Text(quantity(balance.whole_w)),
        Text(quantity(balance.sum_w)),
        Text(rest(balance)),
        Text(percent(balance.share)),
        Text(NOTHING if balance.motion is None else digits(balance.motion.slope, 3)),
        Text(SAYS[balance.verdict], style=COLOUR[balance.verdict]),
    )


def called(channel: Channel) -> str:
    """Return the name of a part, with its node unless that is the machine itself."""
    name = clean(channel.part, 40)
    return name if channel.node == "localhost" else f"{clean(channel.node, 40)} {name}"


def rest(balance: Balance) -> str:
    """Return the rest of a balance with its half-width."""
    return with_u95(balance.rest_w.value, balance.rest_w.u95, "W")


def parts_and_rest(balance: Balance) -> str:
    """Return a balance as a sum in words, with what the rest may be."""
    names = [called(channel) for channel in balance.parts]
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    text = f"{called(balance.whole)} = {' + '.join(names)} + rest"
    if balance.verdict is Verdict.IMPOSSIBLE or not balance.may_hold:
        return text
    return f"{text}; the rest may be {listed(list(balance.may_hold))}"


def compared(agreement: Agreement) -> str:
    """Return two channels of one part with their powers."""
    first, second = clean(agreement.channel.name, 60), clean(agreement.other.name, 60)
    return f"{first} {agreement.channel_w}, {second} {agreement.other_w}"


def agreed(agreements: list[Agreement]) -> str:
    """Return in words how near further channels come to those that speak for their parts.

    One whose ratio is known to no better than a quarter agrees with anything, and says nothing.
    """
    vague = [each for each in agreements if each.ratio is not None and each.ratio.u95 > TELLING]
    clear = [each for each in agreements if each not in vague]
    said = [_agree(clear)] if clear else []
    if len(vague) == 1:
        said.append(f"{compared(vague[0])}: too uncertain to tell")
    elif vague:
        said.append(f"{len(vague)} further channels are too uncertain to tell{_near(vague)}")
    return "; ".join(said)


def _agree(clear: list[Agreement]) -> str:
    if len(clear) == 1:
        return f"{compared(clear[0])}: they agree"
    near = _near(clear)
    return f"{len(clear)} further channels agree with those that speak for their parts{near}"


def _near(agreements: list[Agreement]) -> str:
    ratios = [each.ratio.value for each in agreements if each.ratio is not None]
    return f", ratio {digits(min(ratios), 3)} to {digits(max(ratios), 3)}" if ratios else ""
