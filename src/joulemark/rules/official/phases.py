"""Clocks, windows, durations and mean power of both runs."""

from __future__ import annotations

from typing import Any

from joulemark.formats.inference.directory import CLIENT, DETAIL, POWER_LOG, RANGING, TESTING
from joulemark.rules.official.case import Case
from joulemark.rules.official.outcome import RefusedError, Warned
from joulemark.rules.official.texts import LoadWindow

SUMMER_TIME_S = 3600
"""A stamp that lies an hour too late passes: a way round clocks put forward in between."""


def check_phases(case: Case) -> Warned | None:
    """Clocks agree; LoadGen ran while power was measured; the runs are like each other."""
    ours, theirs = case.client["phases"], case.server["phases"]
    pairs = [(run, ours[run], theirs[run]) for run in ("ranging", "testing")]
    for run, client, server in pairs:
        _clocks(case, run, client, server)
    windows = (case.ranging, case.testing)
    for (run, client, _), window in zip(pairs, windows, strict=True):
        _within(run, client, window)
    if warned := _durations(case, *(window.end - window.begin for window in windows)):
        return warned
    if case.revision.power_drop is not None:
        _powers(case, case.revision.power_drop)
    return None


def _clocks(case: Case, run: str, client: Any, server: Any) -> None:
    revision = case.revision
    line = case.line(CLIENT, "phases")
    if len(client) != len(server):
        raise RefusedError(
            f"{run}: the client stamped {len(client)} phases, the server {len(server)}", line=line
        )
    for number, (at_client, at_server) in enumerate(zip(client, server, strict=True), 1):
        skew = abs(at_client[0] - at_server[0])
        if not (skew < revision.skew_s or (revision.skew_reached and skew == revision.skew_s)):
            raise RefusedError(
                f"{run}, phase {number}: the clocks of client and server differ by "
                f"{skew * 1000:.1f} ms, {revision.skew_s * 1000:.0f} ms are allowed",
                line=line,
            )


def _within(run: str, phases: Any, window: LoadWindow) -> None:
    folder = RANGING if run == "ranging" else TESTING
    for what, moment, line in (
        ("begin", window.begin, window.begin_line),
        ("end", window.end, window.end_line),
    ):
        if not any(phases[1][0] < moment - shift < phases[2][0] for shift in (0, SUMMER_TIME_S)):
            raise RefusedError(
                f"{run}: LoadGen's {what} ({moment:.3f} s) is not between the client's stamps "
                f"({phases[1][0]} s to {phases[2][0]} s)",
                f"{folder}/{DETAIL}",
                line,
            )


def _durations(case: Case, ranging: float, testing: float) -> Warned | None:
    limit = case.revision.duration_change
    text = f"ranging took {ranging:.2f} s, testing {testing:.2f} s"
    if case.revision.duration_warns:
        if (ranging - testing) / ranging > limit:
            return Warned(
                f"{text}, which is less by more than {limit:.0%}",
                f"{TESTING}/{DETAIL}",
                case.testing.end_line,
            )
    elif not abs(ranging - testing) / max(ranging, testing) < limit:
        raise RefusedError(
            f"{text}; they may differ by less than {limit:.0%}",
            f"{TESTING}/{DETAIL}",
            case.testing.end_line,
        )
    return None


def _powers(case: Case, limit: float) -> None:
    ranging, ranging_factor = case.mean_power(RANGING)
    testing, testing_factor = case.mean_power(TESTING)
    change = round((testing / ranging - 1) * 100, 2)
    if not change > -limit:
        raise RefusedError(
            f"the mean power of testing, {testing} W (power factor {testing_factor}), lies "
            f"{-change} % below that of ranging, {ranging} W ({ranging_factor}); "
            f"less than {limit:g} % is allowed",
            f"{TESTING}/{POWER_LOG}",
        )
