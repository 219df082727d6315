"""What the page of scores shows of a tiny session: windows, printed and recomputed, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulemark.core.units import digits, si
from joulemark.procedures.checked import Measured
from joulemark.procedures.scored import TinyScore
from joulemark.report.format import NOTHING, clean
from joulemark.report.scored_figures import MICRO, Rows, card, printed_uj, shown, signed

MOST_ROWS = 200
ALONE = 40
"""Characters that a printed energy may have on a card."""


def tiny_view(score: TinyScore, reasons: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template of a result shows of a session.

    Args:
        score: its figures.
        reasons: why some are missing, by their names.
    """
    printed = printed_uj(score.reported_uj, score.places, ALONE)
    recomputed = shown(score.recomputed, "J", MICRO)
    if score.mode in ("performance", "accuracy"):
        return {"headline": [score.mode], "facts": _facts(score)}
    how = f"median of {len(score.windows)} windows, on the runner's own time axis"
    return {
        "headline": [printed, recomputed],
        "cards": [
            card("Printed", printed, reasons.get("reported_uj", "energy of an inference")),
            card("Recomputed", recomputed, reasons.get("recomputed_uj", how)),
            card("Power", shown(score.power_w, "W"), "mean of the longest window"),
        ],
        "bars": _bars(score),
        "facts": _facts(score),
        "tables": [_windows(score)] if score.windows else [],
    }


def _facts(score: TinyScore) -> list[tuple[str, str]]:
    rate = None if score.throughput is None else f"{digits(score.throughput)} inferences/s"
    found = score.detected
    known: list[tuple[str, str | None]] = [
        ("session", score.mode or None),
        ("variant", clean(score.variant, 80) or None),
        ("energy per MAC", _or_none(score.energy_per_mac_j, "J")),
        ("MACs of the reference network", None if score.macs is None else f"{score.macs:,}"),
        ("throughput", rate),
        ("throughput, printed", _number(score.reported_throughput, "inferences/s")),
        ("power, printed", _si(score.reported_power_w, "W")),
        ("duty cycle", _or_none(score.duty, "")),
        ("duty cycle, printed", _number(score.reported_duty, "")),
        ("period", _si(score.period_s, "s")),
        ("words", None if found is None else f"{found[0]} heard, {found[1]} missed, "
         f"{found[2]} false alarms"),
        ("accuracy", _accuracy(score)),
        ("accuracy, printed", _percent(score.reported_accuracy)),
        ("energy monitor", clean(score.meter, 40) or None),
        ("supply", _si(score.volts, "V")),
        ("samples", _number(score.rate_hz, "a second")),
    ]  # fmt: skip
    return [(name, text) for name, text in known if text]


def _or_none(measured: Measured | None, unit: str) -> str | None:
    return None if measured is None else shown(measured, unit).strip()


def _number(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{digits(value)} {unit}".strip()


def _si(value: float | None, unit: str) -> str | None:
    return None if value is None else si(value, unit)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.4g} %"


def _accuracy(score: TinyScore) -> str | None:
    share = _percent(score.accuracy)
    return None if share is None else f"{score.metric} {share} of {score.inputs} inputs"


def _bars(score: TinyScore) -> list[dict[str, Any]]:
    """Return a bar for the energy of an inference in each window."""
    values = [one.per_inference_uj for one in score.windows]
    known = [value for value in values if value is not None]
    highest = max(known, default=0.0)
    if highest <= 0:
        return []
    bars = [
        {
            "label": f"window {at}",
            "segments": [
                {
                    "left": 0,
                    "width": round(100 * max(value, 0.0) / highest, 3),
                    "colour": 1,
                    "text": si(value * MICRO, "J", 6),
                }
            ],
            "value": si(value * MICRO, "J", 6),
        }
        for at, value in enumerate(values[:MOST_ROWS], 1)
        if value is not None
    ]
    return [{"name": "Energy of an inference, by window", "bars": bars, "legend": []}]


def _apart(mine: float | None, theirs: float | None, places: int) -> str:
    if mine is None or not theirs:
        return NOTHING
    same = abs(mine - theirs) <= 0.501 * 10.0**-places
    return "same digits" if same else signed(mine / theirs - 1)


def _windows(score: TinyScore) -> dict[str, Any]:
    rows: Rows = []
    for at, one in enumerate(score.windows[:MOST_ROWS], 1):
        mine, theirs = one.per_inference_uj, one.reported_uj
        rows.append(
            (
                str(at),
                [
                    si(one.seconds, "s", 5),
                    str(one.inferences),
                    NOTHING if theirs is None else f"{theirs:.{max(score.places or 0, 0)}f} µJ",
                    NOTHING if mine is None else f"{digits(mine, 7)} µJ",
                    _apart(mine, theirs, score.places or 0),
                    NOTHING if one.power_w is None else si(one.power_w, "W"),
                ],
            )
        )
    head = ("window", "length", "inferences", "printed", "recomputed", "apart", "power")
    more = max(len(score.windows) - MOST_ROWS, 0)
    return {"name": "Windows", "head": head, "rows": rows, "more": more}
