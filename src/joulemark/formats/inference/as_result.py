"""A power directory as one result among those that others state."""

from __future__ import annotations

from joulemark.accounting.mlperf_power import STREAMS
from joulemark.formats.inference.as_identity import Published
from joulemark.formats.inference.as_logs import or_none
from joulemark.formats.inference.as_system import Described
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.formats.inference.performance import performance
from joulemark.formats.inference.timed import round_for
from joulemark.formats.results.declared import LOGS, PER_QUERY, WATTS, DeclaredResult
from joulemark.formats.results.names import benchmark

_PERFORMANCE = "/performance"


def location_of(path: str) -> str:
    """Return where a result lies in its repository, as lists of results have it."""
    return path.removesuffix(_PERFORMANCE)


def result_of(
    directory: PowerDirectory, published: Published, about: Described, run: str
) -> DeclaredResult:
    """Return what a directory was published as, its figures computed from its logs.

    Args:
        directory: of the result.
        published: its figures.
        about: the system under test.
        run: the stored run of its measurement.
    """
    place, round_ = directory.place, round_for(directory)
    name, location = place.round or round_.name, location_of(directory.path)
    identity = f"{name}\0{location}" if place.submitter else f"{run}\0{directory.path}"
    rate, unit = _rate(directory)
    power, power_unit = _power(published)
    return DeclaredResult(
        kind=LOGS,
        identity=identity,
        sources=(directory.path,),
        round=name,
        division=place.division,
        submitter=place.submitter,
        system=place.system,
        system_name=about.name,
        system_type=about.kind,
        location=location,
        benchmark=benchmark(place.benchmark) or place.benchmark,
        scenario=place.scenario,
        accelerator=about.accelerator,
        accelerators=None if about.accelerators is None else float(about.accelerators),
        processor=about.system.cpu,
        nodes=float(about.nodes),
        software=about.fields.get("framework", ""),
        performance=rate,
        performance_unit=unit,
        power=power,
        power_unit=power_unit,
        rated_w=about.rated_w,
        tree=directory.tree.name,
        run=run,
    )


def _rate(directory: PowerDirectory) -> tuple[float | None, str]:
    """Return the performance of a result that is a rate."""
    place, round_ = directory.place, round_for(directory)
    if place.scenario in STREAMS:
        return None, ""
    found = or_none(
        lambda: performance(directory.testing_detail, round_, place.scenario, place.benchmark)
    )
    if found is None:
        return None, ""
    queries = place.scenario == "Server"
    return found.rate, "tokens/s" if found.tokens else "queries/s" if queries else "samples/s"


def _power(published: Published) -> tuple[float | None, str]:
    """Return the published figure in SI."""
    metric = published.metric
    if metric is None:
        return None, ""
    if metric["unit"] == "W":
        return metric["value"], WATTS
    return metric["value"] / 1000, PER_QUERY
