"""What a server told of itself over a window, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from joulemark.accounting import serving_names as names
from joulemark.accounting.serving_counters import ServerCounters
from joulemark.core.clock import NS
from joulemark.core.units import digits, si
from joulemark.report.flat import Row
from joulemark.report.format import clean, percent

LEVELS: Mapping[str, str] = {
    names.RUNNING: "running",
    names.WAITING: "waiting",
    names.KV_USE: "KV cache in use",
}
COUNTS: Mapping[str, str] = {
    names.PROMPT: "prompt tokens",
    names.CACHED: "of these at hand",
    names.GENERATED: "generated tokens",
    names.SUCCEEDED: "requests done",
    names.STEPS: "steps of the engine",
    names.PREEMPTED: "put back to wait",
}
TIMES: Mapping[str, str] = {
    names.TTFT: "to the first token",
    names.ITL: "between two tokens",
    names.TPOT: "per output token",
    names.E2E: "whole request",
    names.QUEUE: "waiting",
    names.PREFILL: "of the prompt",
    names.DECODE: "of the answer",
}
"""Names of rows, by those of ``accounting.serving_names``."""


def server_rows(told: ServerCounters | str) -> Iterator[Row]:
    """Yield what the server told over a window: levels, counts, means of times, remarks.

    Args:
        told: over the window, or why nothing; that is no row.
    """
    if isinstance(told, str):
        return
    seconds = (told.stop - told.start) / NS
    yield "told by", f"{clean(told.server, 60)}, {told.readings} readings in {si(seconds, 's', 3)}"
    for name, words in LEVELS.items():
        if name in told.levels:
            level = told.levels[name]
            show = percent if name == names.KV_USE else _number
            yield words, f"{show(level.mean)} on average, {show(level.most)} at most"
    yield from _counts(told, seconds)
    for name, words in TIMES.items():
        mean = told.times[name].mean if name in told.times else None
        if mean is not None:
            yield words, f"{si(mean, 's', 3)} on average, by its own clock"
    for remark in told.remarks:
        yield "", clean(remark, 300)


def _counts(told: ServerCounters, seconds: float) -> Iterator[Row]:
    for name, words in COUNTS.items():
        if name in told.counts:
            count = told.counts[name]
            rate = f" ({_number(count / seconds)}/s)" if count and seconds > 0 else ""
            yield words, f"{count:,.0f}{rate}".replace(",", " ")
    looked, found = told.counts.get(names.QUERIED), told.counts.get(names.HIT)
    if looked and found is not None:
        share = percent(found / looked) if found else "0 %"
        yield "prefix cache", f"{share} of tokens were at hand"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else digits(value, 3)
