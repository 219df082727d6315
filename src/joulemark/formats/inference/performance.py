"""The performance of a result, as the round takes it from LoadGen's log."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.accounting.mlperf_power import STREAMS
from joulemark.core.clock import NS
from joulemark.formats.inference.parsed import Detail
from joulemark.formats.inference.rounds import Round


@dataclass(frozen=True, slots=True)
class Performance:
    """Work per second.

    Attributes:
        rate: samples or tokens per second.
        tokens: whether it counts tokens.
        line: of the log it stands on.
    """

    rate: float
    tokens: bool
    line: int


def number(detail: Detail, key: str) -> float | None:
    """Return a number of LoadGen's log; None if it is not there, or none."""
    logged = detail.values.get(key)
    value = None if logged is None else logged.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def text(detail: Detail, key: str) -> str:
    """Return a text of LoadGen's log; empty if it is not there."""
    logged = detail.values.get(key)
    return logged.value if logged is not None and isinstance(logged.value, str) else ""


def performance(detail: Detail, round_: Round, scenario: str, benchmark: str) -> Performance | None:
    """Return the performance of a result that is a rate; None of a stream, or if it is not there.

    Args:
        detail: LoadGen's log.
        round_: whose keys count.
        scenario: of the result.
        benchmark: as the path names it.
    """
    if scenario in STREAMS:
        return None
    measured = text(detail, "effective_scenario") or scenario
    if scenario == "Offline" and measured in STREAMS:
        return _inferred(detail, measured)
    key = round_.performance_key(scenario, benchmark)
    key = key or round_.performance_key(measured, benchmark)
    return _rate(detail, key, number(detail, key))


def _inferred(detail: Detail, measured: str) -> Performance | None:
    """Return samples per second of a stream, for an offline result inferred from it."""
    if measured == "SingleStream":
        key = "result_qps_without_loadgen_overhead"
        return _rate(detail, key, number(detail, key))
    key = "result_mean_query_latency_ns"
    samples, latency = number(detail, "effective_samples_per_query"), number(detail, key)
    return _rate(detail, key, samples * NS / latency if samples and latency else None)


def _rate(detail: Detail, key: str, rate: float | None) -> Performance | None:
    if rate is None:
        return None
    return Performance(rate, tokens="tokens" in key, line=detail.values[key].line)
