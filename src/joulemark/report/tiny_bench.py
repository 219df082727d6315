"""What a session with a board under test came to, in 80 columns and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.text import Text

from joulemark.accounting.duty_cycle import battery_life
from joulemark.accounting.tiny_energy import energy_per_mac
from joulemark.core.finding import Severity
from joulemark.core.units import digits, duration, si
from joulemark.core.value import Value
from joulemark.formats.tiny.written import NOT_MEASURED
from joulemark.procedures.tiny.settings import ACCURACY, ENERGY, DutyFigures, TinyOutcome
from joulemark.report.format import clean
from joulemark.report.table_phases import add_columns, new_table

WIDTH = 80
WIDTHS = (7, 9, 11, 11, 11, 9, 11)
DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S
MARKS = {
    Severity.ERROR: ("✗", "red"),
    Severity.WARNING: ("!", "yellow"),
    Severity.NOTE: ("·", "dim"),
}
UNVERIFIED = "Our own figures, not verified by MLCommons."


@dataclass(frozen=True, slots=True)
class Wish:
    """What else is asked of a duty cycle.

    Attributes:
        battery: its energy as declared, J; None for none.
        budget_w: the average power that may be used; None for no such limit.
    """

    battery: Value | None = None
    budget_w: float | None = None


def print_tiny(
    outcomes: Sequence[TinyOutcome], wish: Wish | None = None, file: IO[str] | None = None
) -> None:
    """Print sessions in 80 columns.

    Args:
        outcomes: of one mode.
        wish: what else is asked of a duty cycle.
        file: where to print; standard output by default.
    """
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    if any(outcome.settings.virtual for outcome in outcomes):
        console.print(Text(NOT_MEASURED, style="yellow"))
    console.print(_table(outcomes))
    for outcome in outcomes:
        for line in _below(outcome):
            console.print(line)
        if outcome.duty is not None:
            for text in duty_lines(outcome, outcome.duty, wish or Wish()):
                console.print(Text(text, overflow="fold"))
    console.print(Text(UNVERIFIED, style="dim"))


def _table(outcomes: Sequence[TinyOutcome]) -> RenderableType:
    table = new_table()
    if outcomes[0].settings.mode == ENERGY:
        heads = ("model", "inf.", "energy/inf.", "power", "energy/MAC", "inf./s", "true energy")
        add_columns(table, heads, WIDTHS, left=("model",))
        for outcome in outcomes:
            table.add_row(*_energy_row(outcome))
            table.add_row(*_half_widths(outcome), style="dim")
        return table
    add_columns(
        table, ("model", "inputs", "inf.", "inf./s", "accuracy"), WIDTHS[:5], left=("model",)
    )
    for outcome in outcomes:
        table.add_row(*_other_row(outcome))
    return table


def _energy_row(outcome: TinyOutcome) -> Iterator[str]:
    figures = outcome.figures
    yield outcome.model
    yield str(outcome.iterations)
    if not figures.windows:
        yield from ("none",) * (len(WIDTHS) - 2)
        return
    yield si(figures.median.value, "J")
    yield _shown(figures.power)
    yield _shown(_per_mac(outcome))
    yield digits(_middle(figures.throughput))
    yield "" if outcome.true_j is None else si(outcome.true_j, "J")


def _half_widths(outcome: TinyOutcome) -> Iterator[str]:
    figures = outcome.figures
    yield from ("", f"{len(figures.windows)} windows")
    if not figures.windows:
        return
    for value in (figures.median, figures.power, _per_mac(outcome)):
        yield "" if value is None else f"±{si(value.u95, value.unit.partition('/')[0], 2)}"
    yield ""
    if outcome.true_j:
        yield f"{100 * (figures.median.value / outcome.true_j - 1):+.3f} %"


def _other_row(outcome: TinyOutcome) -> Iterator[str]:
    figures, accuracy = outcome.figures, outcome.figures.accuracy
    yield outcome.model
    known = accuracy.inputs if accuracy is not None else len(figures.throughput)
    yield str(known)
    yield str(outcome.iterations or 1)
    timed = figures.throughput and outcome.settings.mode != ACCURACY
    yield digits(_middle(figures.throughput)) if timed else ""
    if accuracy is not None:
        top1 = accuracy.metric == "top1"
        yield f"{100 * accuracy.value:.1f} %" if top1 else f"AUC {accuracy.value:.3f}"


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else float("nan")


def _shown(value: Value | None) -> str:
    return "" if value is None else si(value.value, value.unit.partition("/")[0])


def _per_mac(outcome: TinyOutcome) -> Value | None:
    if outcome.network is None or not outcome.figures.windows:
        return None
    return energy_per_mac(outcome.figures.median, outcome.network.macs)


def _below(outcome: TinyOutcome) -> Iterator[Text]:
    for finding in outcome.findings:
        mark, style = MARKS[finding.severity]
        yield Text(f"{mark} {outcome.model} {finding.rule}: {clean(finding.message)}", style)
    refused = "refused; " if outcome.refused else ""
    yield Text(f"{outcome.model}: {refused}run {outcome.path}", overflow="fold")
    for layout, folder in outcome.folders.items():
        inside = folder.is_relative_to(outcome.path)
        shown = f"…/{folder.relative_to(outcome.path)}" if inside else str(folder)
        yield Text(f"  {layout}: {shown}", "dim", overflow="fold")


def duty_lines(outcome: TinyOutcome, duty: DutyFigures, wish: Wish) -> Iterator[str]:
    """Yield what a duty cycle came to, in lines."""
    true = "" if outcome.true_sleep_w is None else f"; true {si(outcome.true_sleep_w, 'W')}"
    current = duty.sleep.scaled(1 / duty.volts, "A")
    yield f"{outcome.model}, {often(Value(duty.rate, '1/s'))}, {duty.volts:g} V:"
    yield f"  asleep, measured        {duty.sleep} ({current}){true}"
    yield f"  asleep, from two rates  {duty.sleep_found}"
    yield f"  energy of an inference  {duty.cycle.energy}"
    yield f"  waking up and talking   {duty.cycle.wake} more, each time"
    yield f"  average, measured       {duty.measured}"
    yield f"  average, modelled       {duty.modelled}"
    quiet = duty.cycle.sleep + duty.cycle.energy.scaled(duty.rate, "W")
    yield f"  without waking up       {quiet}: what a board would use that wakes by itself"
    if wish.battery is not None:
        life = battery_life(wish.battery, duty.measured)
        yield f"  a battery of {si(wish.battery.value, 'J')} (declared) lasts {lasting(life)}"
    if wish.budget_w is not None:
        within = duty.cycle.rate_within(wish.budget_w)
        yield f"  within {si(wish.budget_w, 'W')} at most {often(within)}"


def often(rate: Value) -> str:
    """Return a rate in a unit in which it is no fraction."""
    units = (("a second", 1.0), ("a minute", 60.0), ("an hour", 3600.0))
    unit, factor = next((one for one in units if rate.value * one[1] >= 1), units[-1])
    return f"{rate.scaled(factor, 'inferences')} {unit}"


def lasting(life: Value) -> str:
    """Return a long time in days or years, with its half-width."""
    if life.value < 2 * DAY_S:
        return duration(life.value)
    unit, name = (DAY_S, "days") if life.value < 2 * YEAR_S else (YEAR_S, "years")
    return str(life.scaled(1 / unit, name))


def tiny_json(outcome: TinyOutcome, wish: Wish | None = None) -> dict[str, Any]:
    """Return a session as JSON values."""
    figures, network = outcome.figures, outcome.network
    return {
        "virtual": outcome.settings.virtual,
        "mode": outcome.settings.mode,
        "model": outcome.model,
        "board": outcome.name,
        "run": str(outcome.path),
        "files": {name: str(folder) for name, folder in outcome.folders.items()},
        "volts": outcome.settings.volts,
        "iterations": outcome.iterations,
        "windows": [
            {"seconds": one.seconds, "energy_j": _value(one.per_inference)}
            for one in figures.windows
        ],
        "energy_j": _value(figures.median) if figures.windows else None,
        "power_w": _value(figures.power),
        "macs": None if network is None else network.macs,
        "energy_per_mac_j": _value(_per_mac(outcome)),
        "throughput": list(figures.throughput) if outcome.settings.mode != ACCURACY else [],
        "accuracy": _accuracy(outcome),
        "true_energy_j": outcome.true_j,
        "duty": _duty_json(outcome, wish or Wish()),
        "refused": outcome.refused,
        "findings": [
            {"rule": one.rule, "severity": one.severity.value, "message": one.message}
            for one in outcome.findings
        ],
    }


def _accuracy(outcome: TinyOutcome) -> dict[str, Any] | None:
    found = outcome.figures.accuracy
    if found is None:
        return None
    return {"metric": found.metric, "value": found.value, "inputs": found.inputs}


def _duty_json(outcome: TinyOutcome, wish: Wish) -> dict[str, Any] | None:
    duty = outcome.duty
    if duty is None:
        return None
    found: dict[str, Any] = {
        "rate": duty.rate,
        "sleep_w": _value(duty.sleep),
        "sleep_from_rates_w": _value(duty.sleep_found),
        "sleep_a": _value(duty.sleep.scaled(1 / duty.volts, "A")),
        "true_sleep_w": outcome.true_sleep_w,
        "wake_j": _value(duty.cycle.wake),
        "measured_w": _value(duty.measured),
        "modelled_w": _value(duty.modelled),
    }
    if wish.battery is not None:
        found["battery_s"] = _value(battery_life(wish.battery, duty.measured))
    if wish.budget_w is not None:
        found["rate_within_budget"] = _value(duty.cycle.rate_within(wish.budget_w))
    return found


def _value(value: Value | None) -> dict[str, float] | None:
    return None if value is None else {"value": value.value, "u95": value.u95}
