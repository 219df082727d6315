"""What a run of serving came to, in words: shared by the terminal and the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from joulemark.accounting.serving_energy import (
    PER_INPUT,
    PER_OUTPUT,
    PER_REQUEST,
    PER_SECOND,
    PER_TOTAL,
)
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.accounting.serving_words import (
    DECODE_ROLE,
    PER_ANSWER,
    PER_CORRECT,
    PER_IMAGE_IN,
    PER_VIDEO_IN,
    PREFILL_ROLE,
)
from joulemark.core.clock import NS
from joulemark.core.request import Counted, Outcome, Request
from joulemark.core.units import count_of, digits, si
from joulemark.core.value import Value
from joulemark.loads.serving.latency import Target
from joulemark.procedures.serving.figures import PER_GOOD, figures_of_repeat
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.flat import Row
from joulemark.report.format import clean, percent, quantity

SHORT: Mapping[str, str] = {
    PER_OUTPUT: "per output token",
    PER_INPUT: "per input token",
    PER_TOTAL: "per token of either",
    PER_REQUEST: "per request",
    PER_GOOD: "per good request",
    PER_CORRECT: "per right answer",
    PER_ANSWER: "per token of answers",
    PER_IMAGE_IN: "per picture asked about",
    PER_VIDEO_IN: "per film asked about",
    PREFILL_ROLE: "prefill per input token",
    DECODE_ROLE: "decode per output token",
    PER_SECOND: "mean power",
}
"""Names of figures in tables, in their order."""
FACTORS: Mapping[str, tuple[str, str]] = {
    "prefill": ("a prompt token", "energy-per-prefill-token/1"),
    "decode": ("a generated token", "energy-per-decode-token/1"),
    "resident": ("a token kept for 1 s", ""),
    "base": ("time alone", "power-base/1"),
}
"""Names of the regression's factors in tables, and of their definitions."""
TIMES: Mapping[str, str] = {
    "ttft": "time to first token",
    "tpot": "time per output token",
    "itl": "between two events",
    "latency": "whole answer",
    "lateness": "client's own delay",
}
"""Names of times in tables, by those of ``loads.serving.latency``."""
TIMES_SHORT: Mapping[str, str] = {"ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "latency": "e2e"}
KINDS: Mapping[str, str] = {
    "closed": "closed loop",
    "poisson": "Poisson arrivals",
    "gamma": "gamma arrivals",
    "constant": "evenly spaced arrivals",
    "ramp": "a ramp of arrivals",
    "trace": "a recording",
    "saturation": "all at once",
}
COUNTERS: Mapping[Counted, str] = {
    Counted.USAGE: "the server",
    Counted.ENGINE: "the engine",
    Counted.TOKENIZER: "a tokenizer",
    Counted.CHUNKS: "events of the stream",
    Counted.LENGTH: "shares of characters",
}
_LENGTH = 120


def server_of(settings: Mapping[str, Any]) -> str:
    """Return what served, and how it was asked."""
    told = [clean(settings.get("model", "unknown model"), _LENGTH)]
    how = [clean(settings.get("endpoint", ""), 40)] if settings.get("endpoint") else []
    if settings.get("stream") is not None:
        how.append("streamed" if settings["stream"] else "not streamed")
    if settings.get("url"):
        told.append(f"at {clean(settings['url'], _LENGTH)}")
    elif settings.get("engine"):
        told.append(f"in {clean(settings['engine'], 40)}")
    return f"{' '.join(told)} ({', '.join(how)})" if how else " ".join(told)


def load_of(settings: Mapping[str, Any]) -> str:
    """Return how requests came."""
    told = settings.get("arrivals")
    if not isinstance(told, Mapping):
        return "not told"
    words = [KINDS.get(str(told.get("kind")), clean(told.get("kind"), 40))]
    for name, text in (
        ("concurrency", "{} at once"),
        ("rate", "{}/s"),
        ("last_rate", "to {}/s"),
        ("burstiness", "burstiness {}"),
        ("lasting_s", "cut after {} s"),
    ):
        value = told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            words.append(text.format(f"{value:g}"))
    if told.get("trace"):
        words.insert(1, clean(told["trace"], 80))
    if isinstance(settings.get("batch"), int):
        words.append(f"at most {settings['batch']} run at once")
    return ", ".join(words)


def requests_of(requests: Sequence[Request]) -> str:
    """Return how many requests were answered, and what became of the others."""
    fates = Counter(_fate(one) for one in requests)
    answered = fates.pop("answered", 0)
    others = [f"{_grouped(count)} {fate}" for fate, count in fates.most_common()]
    return ", ".join([f"{_grouped(answered)} answered", *others])


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _fate(request: Request) -> str:
    if request.ok:
        return "answered"
    if request.outcome is Outcome.CANCELLED:
        return "never sent" if request.sent is None else "cut off at the end"
    return request.outcome.value


def lengths_of(requests: Sequence[Request], *, prompts: bool) -> str:
    """Return how long prompts or answers were, and who counted."""
    pairs = [
        (one.tokens_in, one.counted_in) if prompts else (one.tokens_out, one.counted_out)
        for one in requests
        if one.ok
    ]
    known = np.array([count for count, _ in pairs if count is not None], dtype=float)
    if not known.size:
        return "counted by nobody" if pairs else ""
    low, high = (f"{v:.0f}" for v in np.percentile(known, (5, 95)))
    who = dict.fromkeys(COUNTERS[by] for count, by in pairs if count is not None and by)
    by = f", counted by {' and '.join(who)}" if who else ""
    missing = len(pairs) - known.size
    lacking = f", {missing} not counted" if missing else ""
    spread = "" if low == high else f" (5 to 95 %: {low} to {high})"
    return f"{digits(float(known.mean()), 3)} tokens{spread}{by}{lacking}"


def window_of(repeat: Repeat, window: Steady | Unknown) -> str:
    """Return when a window was, or why there is none."""
    if isinstance(window, Unknown):
        return f"none: {clean(window.reason)}"
    length, whole = (window.stop - window.start) / NS, repeat.load.duration_s
    share = f" of {si(whole, 's', 3)} ({percent(length / whole)})" if whole > 0 else ""
    remarks = "".join(f"; {clean(text)}" for text in window.remarks)
    return f"{si(length, 's', 3)}{share}{remarks}"


def window_rows(result: ServingResult) -> Iterator[Row]:
    """Yield the window that counts of each repeat, of several with what it came to."""
    many = len(result.repeats) > 1
    for repeat in result.repeats:
        name = f"window {repeat.number + 1}" if many else "window"
        came = _came_to(repeat, result) if many else ""
        yield name, f"{clean(result.rule, 60)}: {window_of(repeat, repeat.window)}{came}"


def _came_to(repeat: Repeat, result: ServingResult) -> str:
    energy = figures_of_repeat(repeat, result).get(PER_OUTPUT)
    said = [] if energy is None else [quantity(energy, count=3)]
    if repeat.latency is not None:
        said.append(f"{digits(repeat.latency.output_rate, 3)} tokens/s")
    return "".join(f", {words}" for words in said)


def load_rows(result: ServingResult) -> list[Row]:
    """Return server, load, what became of the requests, lengths and windows."""
    every = [one for repeat in result.repeats for one in repeat.requests]
    loads = len(result.repeats)
    times = f"; {count_of(loads, 'repeat')}" if loads != 1 else ""
    rows = [("server", server_of(result.settings)), ("load", load_of(result.settings) + times)]
    if every:
        rows.append(("requests", requests_of(every)))
    for name in ("prompts", "answers"):
        said = lengths_of(every, prompts=name == "prompts")
        rows += [(name, said)] if said else []
    return [*rows, *window_rows(result)]


def slo_words(slo: Target | None) -> str:
    """Return what makes a request good."""
    if slo is None:
        return ""
    bounds = (("TTFT", slo.ttft_s), ("TPOT", slo.tpot_s), ("whole answer", slo.latency_s))
    return ", ".join(f"{name} ≤ {bound_of(v)}" for name, v in bounds if v is not None)


def clipped_words(clipped: Sequence[str]) -> str:
    """Return which factors came out below zero and count as zero in energies of requests."""
    names = " and ".join(FACTORS[name][0] for name in clipped if name in FACTORS)
    return f"Came out below zero and counts as zero here: {names}." if names else ""


def bound_of(seconds: float) -> str:
    """Return a bound as it was told, in ms or s."""
    return f"{seconds:g} s" if seconds >= 1 else f"{1e3 * seconds:g} ms"


def plain(value: Value) -> str:
    """Return a value with its half-width without a prefix, which tokens do not have."""
    half = value.u95
    if not 0 < half < abs(value.value):
        return f"{digits(value.value, 3)} {value.unit}"
    places = max(1 - math.floor(math.log10(half)), 0)
    return f"{value.value:.{places}f} ± {half:.{places}f} {value.unit}"


def rate_rows(
    metrics: Mapping[str, float], slo: Target | None, efficiency: Value | None
) -> list[Row]:
    """Return rates, how many requests ran, tokens per joule, and how many requests were good."""

    def told(name: str, unit: str) -> str:
        return f"{digits(metrics[name], 4)} {unit}" if name in metrics else ""

    rows = [
        ("output", told("output_tokens_per_s", "tokens/s")),
        ("both ways", told("total_tokens_per_s", "tokens/s")),
        ("served", told("requests_per_s", "requests/s")),
        ("mean batch", told("mean_batch", "requests")),
        ("efficiency", "" if efficiency is None else f"{plain(efficiency)}, of answers"),
    ]
    good, whole = metrics.get("goodput_requests_per_s"), metrics.get("requests_per_s")
    if good is not None:
        share = f", {percent(good / whole)} of them" if whole else ""
        rows.append(("goodput", f"{digits(good, 4)} requests/s{share}: {slo_words(slo)}"))
    return [(name, text) for name, text in rows if text]
