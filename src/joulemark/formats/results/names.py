"""Names of MLPerf's benchmarks, scenarios and units, in the spellings that tables have."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from joulemark.formats.results.declared import LATENCY, PER_QUERY, WATTS

_BENCHMARKS: Mapping[str, str] = {
    "resnet": "resnet50",
    "resnet-50": "resnet50",
    "resnet50": "resnet50",
    "ssd-large": "ssd-resnet34",
    "ssd-resnet34": "ssd-resnet34",
    "ssd-small": "ssd-mobilenet",
    "ssd-mobilenet": "ssd-mobilenet",
    "rnn-t": "rnnt",
    "rnnt": "rnnt",
    "sdxl": "stable-diffusion-xl",
}
_FAMILIES = (
    "bert", "3d-unet", "dlrm-v2", "dlrm", "gptj", "llama2-70b", "mixtral-8x7b", "retinanet",
    "stable-diffusion-xl", "llama3.1-8b", "llama3.1-405b", "llama2-70b-interactive", "rgat",
    "deepseek-r1", "whisper", "pointpainting", "llama3-8b",
)  # fmt: skip
_TOKENS: tuple[tuple[str, tuple[int, int]], ...] = (
    ("llama", (4, 0)),
    ("mixtral", (4, 0)),
    ("deepseek", (4, 0)),
    ("whisper", (5, 1)),
    ("gptj", (4, 1)),
)
"""Beginnings of the benchmarks that count tokens, and the round from which they do."""
_VARIANT = re.compile(r"(.+?)-(99(?:\.\d)?)(?:\.0)?")
_ROUND = re.compile(r"v?(\d{1,2})\.(\d{1,2})")

SCENARIOS: Mapping[str, str] = {
    "offline": "Offline",
    "server": "Server",
    "singlestream": "SingleStream",
    "multistream": "MultiStream",
    "interactive": "Interactive",
}

_RATES: Mapping[str, str] = {
    "samples/s": "samples/s",
    "queries/s": "queries/s",
    "tokens/s": "tokens/s",
}
_LATENCIES: Mapping[str, float] = {"latency in ms": 1e-3, "latency (ms)": 1e-3}
_POWERS: Mapping[str, tuple[str, float]] = {
    "watts": (WATTS, 1.0),
    "power (w)": (WATTS, 1.0),
    "system power (w)": (WATTS, 1.0),
    "system power": (WATTS, 1.0),
    "millijoules": (PER_QUERY, 1e-3),
    "system energy (j) per stream": (PER_QUERY, 1.0),
    "system energy (mj) per stream": (PER_QUERY, 1e-3),
}


def benchmark(text: str) -> str:
    """Return a benchmark in MLPerf's spelling (``BERT-99.0`` is ``bert-99``); empty if unknown."""
    plain = text.strip().lower().replace("_", "-")
    if plain in _BENCHMARKS:
        return _BENCHMARKS[plain]
    if plain in _FAMILIES:
        return plain
    match = _VARIANT.fullmatch(plain)
    if match and match[1] in _FAMILIES:
        return f"{match[1]}-{match[2].removesuffix('.0')}"
    return ""


def scenario(text: str) -> str:
    """Return LoadGen's name of a scenario; empty if it is none."""
    return SCENARIOS.get(re.sub(r"[\s_-]", "", text).lower(), "")


def counts_tokens(name: str, round_: str) -> bool:
    """Return whether the rate of a benchmark (in MLPerf's spelling) was in tokens in a round."""
    match = _ROUND.fullmatch(round_)
    when = (int(match[1]), int(match[2])) if match else (99, 0)
    return any(name.startswith(begin) and when >= first for begin, first in _TOKENS)


def rate_unit(unit: str, name: str, round_: str) -> tuple[str, str]:
    """Return the unit that a stated rate must have, and a remark where it is stated otherwise.

    Args:
        unit: as stated, in words of :func:`performance`.
        name: of the benchmark.
        round_: which round.
    """
    tokens = counts_tokens(name, round_)
    if tokens == (unit == "tokens/s") or not name:
        return unit, ""
    right = "tokens/s" if tokens else "samples/s"
    return right, f"stated in {unit}; {name} counts {right.partition('/')[0]}"


def performance(value: float | None, unit: str) -> tuple[float | None, str] | None:
    """Return a performance in our units; None if the unit is none of performance."""
    plain = unit.strip().lower()
    if plain in _RATES:
        return value, _RATES[plain]
    if plain in _LATENCIES:
        return None if value is None else value * _LATENCIES[plain], LATENCY
    return None


def power(value: float | None, unit: str) -> tuple[float | None, str] | None:
    """Return a power, or an energy of a query, in SI; None if the unit is none of these."""
    known = _POWERS.get(unit.strip().lower().rstrip("*"))
    if known is None:
        return None
    return None if value is None else value * known[1], known[0]


def number(text: object) -> float | None:
    """Return a finite number, written as JSON has it or with commas between thousands."""
    if isinstance(text, str):
        try:
            text = float(text.replace(",", ""))
        except ValueError:
            return None
    if isinstance(text, bool) or not isinstance(text, int | float):
        return None
    try:
        value = float(text)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
