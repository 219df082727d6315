"""A session of a tiny benchmark as one result among those that others state."""

from __future__ import annotations

import math
import statistics
from typing import Any

from joulemark.core.units import digits
from joulemark.formats.inference.as_system import Described
from joulemark.formats.results.declared import LOGS, PER_INFERENCE, WATTS, DeclaredResult
from joulemark.formats.tiny.figures import MICRO, TinyFigures
from joulemark.formats.tiny.parsed import Reported
from joulemark.formats.tiny.session import TinySession

_INFERENCES = "inferences/s"


def result_of(
    session: TinySession, figures: TinyFigures | None, about: Described, run: str
) -> DeclaredResult:
    """Return what a session was published as: what its runner printed, else what its files give.

    Args:
        session: of the result.
        figures: of it; None where its trace is not there, or cannot be read.
        about: the board.
        run: the stored run; empty without.
    """
    place = session.place
    value, unit = _figure(session, figures)
    rates = [rate for rate in (figures.throughput if figures else ()) if math.isfinite(rate)]
    identity = f"tiny {place.round}\0{session.path}" if place.submitter else f"tiny {run}"
    inferences = unit == PER_INFERENCE and rates
    return DeclaredResult(
        kind=LOGS,
        identity=identity,
        sources=(session.path,),
        suite="tiny",
        round=place.round,
        division=place.division,
        submitter=place.submitter,
        system=place.system,
        system_name=about.name,
        location=session.path,
        benchmark="-".join(filter(None, (session.benchmark, place.variant))),
        processor=about.system.cpu,
        nodes=1.0,
        performance=statistics.median(rates) if inferences else None,
        performance_unit=_INFERENCES if inferences else "",
        power=value,
        power_unit=unit,
        tree=session.tree.name,
        run=run,
        remarks=tuple(_remarks(session, figures)),
    )


def _figure(session: TinySession, figures: TinyFigures | None) -> tuple[float | None, str]:
    """Return the published figure in SI, and its unit; a rehearsal publishes none."""
    if _is_rehearsal(session):
        return None, ""
    reported = session.known_reported
    if session.benchmark == "sww":
        return _mean_power(reported, figures)
    if reported is not None and reported.median_uj is not None:
        return reported.median_uj.value / MICRO, PER_INFERENCE
    if figures is None or not math.isfinite(figures.recomputed_uj):
        return None, ""
    return figures.recomputed_uj / MICRO, PER_INFERENCE


def _mean_power(reported: Reported | None, figures: TinyFigures | None) -> tuple[float | None, str]:
    """Return mean power, W, which is what the streaming wake word is scored by."""
    stated = [w.power_uw.value for w in (reported.energy if reported else ()) if w.power_uw]
    if stated:
        return max(stated) / MICRO, WATTS
    power = None if figures is None else figures.power
    return (None, "") if power is None else (power.value, WATTS)


def _is_rehearsal(session: TinySession) -> bool:
    return session.known_log is not None and session.known_log.virtual


def _remarks(session: TinySession, figures: TinyFigures | None) -> list[str]:
    """Return what is odd: no trace, a figure that is not that of the trace, a rehearsal."""
    if _is_rehearsal(session):
        return ["its files say that board and monitor were simulated"]
    if figures is None or not figures.windows:
        return ["its trace is not there or cannot be read: published only"]
    reported = figures.reported
    if reported is None or session.benchmark == "sww":
        return []
    off = abs(reported.value - figures.recomputed_uj)
    if off <= reported.step:
        return []
    said, found = digits(reported.value, 6), digits(figures.recomputed_uj, 6)
    return [f"{said} µJ an inference are printed; the trace gives {found}"]


def published_json(session: TinySession, row: DeclaredResult) -> dict[str, Any]:
    """Return as what a session was published, for the record of its run."""
    place = session.place
    metric = None if row.power is None else {"value": row.power, "unit": row.power_unit}
    return {
        "path": session.path,
        "round": place.round,
        "division": place.division,
        "submitter": place.submitter,
        "system": place.system,
        "benchmark": row.benchmark,
        "metric": metric,
    }
