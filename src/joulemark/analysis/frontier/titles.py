"""What metrics are called for people."""

from __future__ import annotations

from collections.abc import Mapping

TIMES: Mapping[str, str] = {
    "tpot": "time per output token",
    "itl": "time between tokens",
    "ttft": "time to first token",
    "e2e": "time to last token",
}
_OTHERS: Mapping[str, str] = {
    "latency": "batch latency",
    "energy_per_request": "energy per request",
    "energy_per_token": "energy per output token",
    "energy_per_image": "energy per image",
    "energy_per_video": "energy per video",
    "power": "mean power",
    "output_tokens": "mean output tokens",
    "goodput_requests_per_s": "good requests per second",
    "output_tokens_per_s": "output tokens per second",
    "requests_per_s": "requests per second",
    "tokens_per_joule": "output tokens per joule",
}


def title_of(name: str) -> str:
    """Return a metric's name for people: ``itl_p50`` is the median time between tokens."""
    if name in _OTHERS:
        return _OTHERS[name]
    time, _, statistic = name.partition("_")
    of = {**TIMES, "latency": _OTHERS["latency"]}.get(time)
    if of is None or not statistic:
        return name.replace("_", " ")
    words = {"mean": "mean", "p50": "median"}
    return f"{words.get(statistic, statistic)} {of}"
