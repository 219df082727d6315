"""The figures of a run of serving over its repeats, and flat numbers of them for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from joulemark.accounting.repeats import with_repeats
from joulemark.accounting.serving_energy import PER_OUTPUT, PER_REQUEST, PER_SECOND
from joulemark.accounting.serving_quality import Accuracy
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_words import PER_ANSWER, PER_CORRECT, PER_IMAGE_IN, PER_VIDEO_IN
from joulemark.accounting.serving_work import work_of
from joulemark.core.clock import NS
from joulemark.core.value import Value, total
from joulemark.loads.serving.latency import Spread
from joulemark.procedures.serving.beyond import accuracy_of_run, more_figures
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.procedures.serving.settings import slo_of, was_cut

PER_GOOD = "energy-per-good-request/1"
ALL = "all"
STATISTICS = {50.0: "p50", 90.0: "p90", 95.0: "p95", 99.0: "p99"}
NAMES = {"ttft": "ttft", "tpot": "tpot", "itl": "itl", "latency": "e2e", "lateness": "lateness"}
"""Short names of times for programs, by those of ``loads.serving.latency``."""


def figures_of(result: ServingResult, of: str = ALL) -> dict[str, Value]:
    """Return each figure that every repeat with a window has: their mean, with their scatter.

    Args:
        result: of a run.
        of: ``all`` parts, ``accelerators`` or ``host``.
    """
    found = [figures_of_repeat(repeat, result, of) for repeat in result.repeats]
    each = [figures for figures in found if figures]
    if not each:
        return {}
    names = [name for name in each[0] if all(name in one for one in each)]
    fewest = fewest_of(result)
    return {name: _mean([one[name] for one in each], name, fewest) for name in names}


def figures_of_repeat(repeat: Repeat, result: ServingResult, of: str = ALL) -> dict[str, Value]:
    """Return the figures of one repeat; none where it has no window."""
    account = repeat.accounts.get(of)
    if account is None:
        return {}
    found = dict(account.figures)
    good = good_requests(repeat, result)
    if good and PER_REQUEST in found:
        each = found[PER_REQUEST]  # with the scatter of the window
        share = account.energy.joules.value / each.value / good if each.value else 1.0
        found[PER_GOOD] = each.scaled(share, "J/request")
    return found | (more_figures(repeat, result) if of == ALL else {})


def good_requests(repeat: Repeat, result: ServingResult) -> float | None:
    """Return how many requests of a window kept the service level, each by its share in it.

    Those that ended with an error are none. None where there is no service level or no window.
    """
    slo = slo_of(result.settings)
    if slo is None or not repeat.accounts:
        return None
    from joulemark.loads.serving.latency import kept_by

    good = kept_by(repeat.requests, slo)
    work = work_of([one for one, fine in zip(repeat.requests, good, strict=True) if fine])
    edges = np.array([repeat.window.start, repeat.window.stop])  # type: ignore[union-attr]
    return float(work.between(edges).requests[0]) if work.requests else 0.0


def fewest_of(result: ServingResult) -> int | None:
    """Return after how many repeats a run could have ended; None if their number was settled."""
    asked = result.settings.get("repeats")
    most = result.settings.get("max_repeats")
    return asked if isinstance(asked, int) and asked != most else None


def _mean(values: Sequence[Value], name: str, fewest: int | None) -> Value:
    mean = total([value.scaled(1 / len(values), value.unit) for value in values], values[0].unit)
    return with_repeats(mean, [value.value for value in values], name, fewest=fewest)


def spreads_of(result: ServingResult) -> dict[str, Spread]:
    """Return times over the windows of all repeats, by the names of ``loads.serving.latency``.

    Each repeat counts the same: a percentile is the mean of the repeats' own.
    """
    each = [repeat.latency.spreads for repeat in result.repeats if repeat.latency is not None]
    names = dict.fromkeys(name for one in each for name in one)
    return {name: _spread([one[name] for one in each if name in one]) for name in names}


def _spread(parts: Sequence[Spread]) -> Spread:
    return Spread(
        sum(part.count for part in parts),
        float(np.mean([part.mean for part in parts])),
        float(np.mean([part.deviation for part in parts])),
        {
            key: float(np.mean([part.percentiles[key] for part in parts]))
            for key in parts[0].percentiles
        },
        max(part.most for part in parts),
    )


def metrics_of(result: ServingResult) -> dict[str, float]:
    """Return flat numbers, SI, for sweeps and programs; what is not known is absent."""
    found = dict(_energies(figures_of(result)))
    for name, spread in spreads_of(result).items():
        short = NAMES.get(name)
        if short is not None:
            found[f"{short}_mean_s"] = spread.mean
            for percentile, statistic in STATISTICS.items():
                if percentile in spread.percentiles:
                    found[f"{short}_{statistic}_s"] = spread.percentiles[percentile]
    found |= _rates(result)
    batches = [r.mean_batch for r in result.repeats if r.mean_batch is not None]
    if batches:
        found["mean_batch"] = float(np.mean(batches))
    accuracy = accuracy_of_run(result)
    if isinstance(accuracy, Accuracy):
        found["accuracy"] = accuracy.share
    every = [one for r in result.repeats for one in r.requests]
    cut = [one for one in every if was_cut(one, result.settings)]
    found["requests"] = float(sum(one.sent is not None for one in cut) + len(every) - len(cut))
    found["failed"] = float(sum(not one.ok for one in every) - len(cut))
    return found


def _energies(figures: Mapping[str, Value]) -> Iterator[tuple[str, float]]:
    names = {
        PER_OUTPUT: "energy_per_output_token_j",
        "energy-per-input-token/1": "energy_per_input_token_j",
        "energy-per-total-token/1": "energy_per_total_token_j",
        PER_REQUEST: "energy_per_request_j",
        PER_GOOD: "energy_per_good_request_j",
        PER_SECOND: "power_w",
        PER_IMAGE_IN: "energy_per_image_input_j",
        PER_VIDEO_IN: "energy_per_video_input_j",
        PER_ANSWER: "energy_per_answer_token_j",
        PER_CORRECT: "energy_per_correct_answer_j",
    }
    for name, flat in names.items():
        if name in figures:
            yield flat, figures[name].value
    if PER_OUTPUT in figures and figures[PER_OUTPUT].value > 0:
        yield "tokens_per_joule", 1 / figures[PER_OUTPUT].value


def rates_of(repeat: Repeat, result: ServingResult) -> dict[str, float]:
    """Return rates of the work that one repeat's window counts, each per s; none without one.

    What energies are by, so that power is energy per token times tokens per second.
    """
    if isinstance(repeat.window, Unknown):
        return {}
    edges = np.array([repeat.window.start, repeat.window.stop])
    done, seconds = repeat.work.between(edges), (edges[1] - edges[0]) / NS
    answers, prompts = float(done.tokens_out[0]), float(done.tokens_in[0])
    found = {
        "output_tokens_per_s": answers / seconds,
        "total_tokens_per_s": (answers + prompts) / seconds,
        "requests_per_s": float(done.requests[0]) / seconds,
    }
    good = good_requests(repeat, result)
    return found if good is None else found | {"goodput_requests_per_s": good / seconds}


def _rates(result: ServingResult) -> dict[str, float]:
    each = [rates_of(repeat, result) for repeat in result.repeats]
    each = [one for one in each if one]
    names = [name for name in each[0] if all(name in one for one in each)] if each else []
    return {name: float(np.mean([one[name] for one in each])) for name in names}
