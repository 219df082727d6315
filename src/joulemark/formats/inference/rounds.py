"""The rounds of MLPerf Inference: what their stamps, units and metrics are, and who checks them.

The facts stand in ``data/rounds.json``; where each comes from, in
``docs/formats/mlperf-inference.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from joulemark.accounting.mlperf_power import STREAMS
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UsageError
from joulemark.formats.inference.parsed import Session

if TYPE_CHECKING:
    from joulemark.formats.inference.directory import PowerDirectory

ESTIMATED = "estimated"
LOCAL = "local"
_SUMMER = 3600
_VERSION = re.compile(r"version=(.+?)-")
_RELEASE = re.compile(r"\.?[0-9]+[.a-z][0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Attributes:
        name: ``v1.0`` …
        power: whether power could be handed in.
        last_run: date after which no run of the round was made, ``YYYY-MM-DD``.
        loadgen: versions of LoadGen that belong to it.
        ptd_versions: versions of PTDaemon that were allowed.
        server_sources: SHA-1 of ``lib/server.py`` in the power tool's revisions that were allowed.
        power_checker: official revision, ``repository@commit or tag``, that checks a directory.
        submission_checker: official revision that computes the metric.
        clock_tolerance_ms: how far the stamps of client and server may be apart.
        stamps: what LoadGen's and PTDaemon's stamps are: ``utc`` or ``local``.
        stream_unit: unit in which the energy of a stream or query is published: ``J`` or ``mJ``.
        queries: key of the detail log that counts the queries; ``estimated``: there is none.
        positive_only: whether readings of 0 W and less are left out of the official mean.
        performance: key of the detail log that holds the performance, by scenario.
        by_benchmark: the same, of benchmarks that differ.
    """

    name: str
    power: bool
    last_run: str
    loadgen: tuple[str, ...]
    ptd_versions: tuple[str, ...]
    server_sources: tuple[str, ...]
    power_checker: str
    submission_checker: str
    clock_tolerance_ms: int
    stamps: str
    stream_unit: str
    queries: str
    positive_only: bool
    performance: Mapping[str, str]
    by_benchmark: Mapping[str, Mapping[str, str]]

    def performance_key(self, scenario: str, benchmark: str = "") -> str:
        """Return the key that holds the performance; empty for a scenario the round has not."""
        own = self.by_benchmark.get(benchmark, {})
        return own.get(scenario, self.performance.get(scenario, ""))

    def energy_unit(self, scenario: str) -> str:
        """Return the unit of the published power figure: W, or energy a query."""
        return self.stream_unit if scenario in STREAMS else "W"


@cache
def rounds() -> Mapping[str, Round]:
    """Return every round by its name, the first first."""
    data = files(__package__).joinpath("data/rounds.json").read_bytes()
    return {round_.name: round_ for round_ in msgspec.json.decode(data, type=list[Round])}


def round_of(name: str) -> Round:
    """Return a round by its name.

    Raises:
        UsageError: if there is none of that name.
    """
    known = rounds()
    if name in known:
        return known[name]
    raise UsageError(f"no round {name!r}", remedy=f"one of {', '.join(known)}")


def performance_unit(key: str) -> str:
    """Return the unit of a performance figure by its key: samples/s, tokens/s, ns or samples."""
    if "tokens" in key:
        return "tokens/s"
    if "latency" in key:
        return "ns"
    return "samples" if key == "effective_samples_per_query" else "samples/s"


def shift_ns(round_: Round, session: Session, begin: int) -> int:
    """Return what is to be added to the stamps of one side for UTC.

    Where stamps are local time, the session files give the zone's standard time, also in summer:
    then an hour is taken off. Which of the two holds is told by the phases of the testing run.

    Args:
        round_: the round.
        session: the session file of the side whose clock made the stamps.
        begin: ns as stamped, of LoadGen's begin of the testing run or a reading in it.
    """
    if round_.stamps != LOCAL:
        return 0
    standard = round(session.timezone_s) * NS
    phases = session.phases.get("testing", ())
    if phases:
        first, last = phases[0].unix_s * NS, phases[-1].unix_s * NS
        for shift in (standard, standard - _SUMMER * NS):
            if first <= begin + shift <= last:
                return shift
    return standard


def ptd_version(server: Session) -> str:
    """Return the version of PTDaemon that it gives when asked; empty if it does not."""
    reply = next((m.reply for m in server.ptd_messages if m.command == "Identify"), "")
    found = _VERSION.search(reply)
    return found[1] if found else ""


def meter_model(server: Session) -> str:
    """Return the analyser as PTDaemon names it; empty if it does not."""
    reply = next((m.reply for m in server.ptd_messages if m.command == "Identify"), "")
    return reply.partition(",")[0]


def guess_round(directory: PowerDirectory) -> str:
    """Return the round that a directory most probably belongs to; empty if nothing tells.

    PTDaemon's version excludes; then the date of the session counts, the version of LoadGen, and
    the revision of the power tool.
    """
    try:
        server = directory.server
    except FormatError:
        return ""
    version = ptd_version(server)
    source = server.sources.get("lib/server.py", "")
    release, day = _loadgen(directory), _day(server)
    dated = next((r.name for r in rounds().values() if day and r.power and day <= r.last_run), "")
    scores = {}
    for round_ in rounds().values():
        if not round_.power or (version and version not in round_.ptd_versions):
            continue
        score = 3 * (round_.name == dated) + 2 * (release in round_.loadgen)
        scores[round_.name] = score + (source in round_.server_sources)
    best = max(scores.values(), default=0)
    return next((name for name, score in scores.items() if score == best), "") if best else ""


def _loadgen(directory: PowerDirectory) -> str:
    """Return release and update of LoadGen, "5.1" for instance; empty if it cannot be told."""
    try:
        logged = directory.testing_detail.values.get("loadgen_version")
    except FormatError:
        return ""
    found = _RELEASE.match(str(logged.value)) if logged else None
    return found[0] if found else ""


def _day(server: Session) -> str:
    """Return the day of a session by its name; else empty."""
    found = _DATE.match(server.session)
    return found[0] if found else ""
