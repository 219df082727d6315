"""Rules on what LoadGen says of the run whose power was measured."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.inference.parsed import Detail
from joulemark.formats.inference.performance import number, text
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

SHORTEST_MS = 600_000.0
MOST = 5
"""Errors of LoadGen that are shown at most."""
INFERRED_FROM = {
    "Offline": ("Offline", "SingleStream", "MultiStream"),
    "MultiStream": ("MultiStream", "SingleStream"),
    "SingleStream": ("SingleStream",),
    "Server": ("Server",),
    "Interactive": ("Server", "Interactive"),
}
"""Scenarios that may be run for a result of a scenario."""
UNCOMMITTED = "uncommitted changes"


def _line(detail: Detail, key: str) -> int | None:
    logged = detail.values.get(key)
    return None if logged is None else logged.line


@rule(
    "inference/loadgen-invalid",
    source="official check 26",
    severity=Severity.ERROR,
    advice="Meet LoadGen's constraints in the very run whose power is measured.",
)
def loadgen_invalid(review: Review) -> Iterator[Seen]:
    """LoadGen found the testing run valid."""
    summary, detail = review.testing_summary, review.testing_detail
    validity = text(detail, "result_validity")
    if summary.valid is False:
        yield "LoadGen's summary says that the run is not valid", summary.name, None
    elif validity and validity != "VALID":
        yield f"result_validity is {validity}", detail.name, _line(detail, "result_validity")
    elif summary.valid is None and not validity:
        yield "LoadGen does not say whether the run is valid", summary.name, None


@rule(
    "inference/loadgen-errors",
    source="official check 26",
    severity=Severity.ERROR,
    advice="Mend what LoadGen reports and run again.",
)
def loadgen_errors(review: Review) -> Iterator[Seen]:
    """LoadGen logged no error in the testing run."""
    detail = review.testing_detail
    real = [error for error in detail.errors if UNCOMMITTED not in str(error.value)]
    for error in real[:MOST]:
        yield f"LoadGen reports: {str(error.value)[:200]}", detail.name, error.line


@rule(
    "inference/loadgen-modified",
    source="power rules, LoadGen unmodified; official check 26 lets it pass where asked to",
    severity=Severity.WARNING,
    advice="Build LoadGen from a clean checkout of the round's release.",
)
def loadgen_modified(review: Review) -> Iterator[Seen]:
    """LoadGen was built without uncommitted changes."""
    detail = review.testing_detail
    for error in detail.errors:
        if UNCOMMITTED in str(error.value):
            yield f"LoadGen reports: {str(error.value)[:200]}", detail.name, error.line
            return


@rule(
    "inference/min-duration",
    source="official check 26",
    severity=Severity.ERROR,
    advice="Set min_duration to 600000 ms or more.",
)
def min_duration(review: Review) -> Iterator[Seen]:
    """LoadGen was told to run for 600 s at least."""
    detail = review.testing_detail
    key = "effective_min_duration_ms"
    shortest = number(detail, key)
    if shortest is not None and shortest < SHORTEST_MS:
        yield f"{key} is {shortest:g}, less than {SHORTEST_MS:g}", detail.name, _line(detail, key)


@rule(
    "inference/scenario",
    source="inference rules, scenarios that may be inferred",
    severity=Severity.ERROR,
    advice="Hand in a run of the scenario, or of one from which it may be inferred.",
)
def scenario(review: Review) -> Iterator[Seen]:
    """LoadGen ran the scenario of the result, or one from which it may be inferred."""
    detail, asked = review.testing_detail, review.directory.place.scenario
    ran = text(detail, "effective_scenario")
    if asked in INFERRED_FROM and ran and ran not in INFERRED_FROM[asked]:
        what = f"LoadGen ran {ran}, the result is of {asked}"
        yield what, detail.name, _line(detail, "effective_scenario")


@rule(
    "inference/query-count",
    source="official check 23: the metric needs it",
    severity=Severity.ERROR,
    advice="Use the round's release of LoadGen; it counts the queries.",
)
def query_count(review: Review) -> Iterator[Seen]:
    """Where energy is of a stream or query, the log tells how many there were."""
    figures = review.figures
    if figures.published_w is not None and figures.metric is None:
        what = f"{figures.scenario}: how many queries ran is {figures.n_query or 'not logged'}"
        yield what, review.testing_detail.name, None


@rule(
    "inference/same-workload",
    source="power rules: the ranging run is the same workload",
    severity=Severity.WARNING,
    advice="Run both with the same settings of LoadGen.",
)
def same_workload(review: Review) -> Iterator[Seen]:
    """Ranging and testing run are one scenario with the same target and samples per query."""
    ranging, testing = review.ranging_detail, review.testing_detail
    for key in ("effective_scenario", "effective_target_qps", "effective_samples_per_query"):
        first, second = ranging.values.get(key), testing.values.get(key)
        if first is not None and second is not None and first.value != second.value:
            what = f"{key} is {second.value!r} in the test, {first.value!r} in ranging"
            yield what, testing.name, second.line


RULES = (
    loadgen_invalid,
    loadgen_errors,
    loadgen_modified,
    min_duration,
    scenario,
    query_count,
    same_workload,
)
