"""A power directory as the same kind of run as a live measurement.

Two windows, ``ranging`` and ``testing``, from LoadGen's first query to its last completion by the
clock of the system under test; samples by the clock of the director, as they were stamped. How far
the two clocks were apart is in the facts of each window and widens its edges. All figures are
*declared*: others read the analyser. What makes them more than a claim are the analyser's own logs,
with their checksums, where they are those that the session noted (``settings.protocol.files``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Instrument
from joulemark.core.run import Run, Status
from joulemark.formats.inference.as_channels import METER, Metered, Rows, channels_of
from joulemark.formats.inference.as_identity import Published, identity_of, run_id
from joulemark.formats.inference.as_logs import (
    analyser,
    loadgen,
    noted_logs,
    or_none,
    ptdaemon,
)
from joulemark.formats.inference.as_system import Described
from joulemark.formats.inference.as_windows import (
    TESTING_PHASE,
    anchor_of,
    stopped_at,
    window_of,
)
from joulemark.formats.inference.directory import RANGING, TESTING, Place, PowerDirectory
from joulemark.formats.inference.figures import Figures, accuracy_of
from joulemark.formats.inference.timed import TimedRun, round_for, shifts, timed

PROCEDURE = "mlperf-power"
"""What made the measurement: the procedure of an imported run."""
IMPORTED = "imported"
"""Setting that says where a run was imported from."""
PUBLISHED = "published"
"""Result that lists as what the measurement was published when it was imported."""

_VARIANT = re.compile(r"-99(\.9)?$")


@dataclass(frozen=True, slots=True)
class Recording:
    """A run and its samples.

    Attributes:
        run: the record.
        rows: its samples; ``channel`` is a place in the run's channels.
    """

    run: Run
    rows: Rows


def as_run(
    directory: PowerDirectory, about: Described, published: Sequence[Published] = ()
) -> Recording:
    """Return a power directory as a run.

    Args:
        directory: of the measurement; its place is the one that the run's title names.
        about: the system under test.
        published: all results as which it was published.

    Raises:
        FormatError: if power log or detail log of the test cannot be read, or LoadGen did not mark
            the window. What else is missing leaves its part of the run empty.
    """
    figures, test = directory.figures, timed(directory, TESTING)
    ranging = or_none(lambda: timed(directory, RANGING))
    channels, rows = _channels(directory, about, test, ranging)
    windows = [window_of(directory, TESTING_PHASE, test, figures)]
    if ranging is not None:
        first = or_none(lambda: window_of(directory, RANGING, ranging, figures))
        windows = windows if first is None else [first, *windows]
    summary = loadgen(directory)
    run = Run(
        id=run_id(*identity_of(directory)),
        procedure=PROCEDURE,
        title=_title(directory.place, about),
        anchor=anchor_of(directory, test),
        settings=_settings(directory, figures, channels, ranging=len(windows) > 1),
        system=about.system,
        environment={"system": dict(about.fields)} if about.fields else {},
        meters=({"name": METER, "settings": analyser(directory)},),
        channels=channels,
        status=Status.COMPLETE,
        stopped=stopped_at(directory, test),
        windows=tuple(windows),
        cautions=_cautions(summary),
        results={
            "loadgen": summary,
            METER: ptdaemon(directory),
            PUBLISHED: [each.as_json() for each in published],
        },
    )
    return Recording(run, rows)


def _channels(
    directory: PowerDirectory, about: Described, test: TimedRun, ranging: TimedRun | None
) -> tuple[tuple[Channel, ...], Rows]:
    shift = shifts(directory)[1]
    logs = [(run.log, shift) for run in (ranging, test) if run is not None]
    known = analyser(directory)
    named = " ".join(filter(None, (known.get("model"), known.get("instrument")))) or "an analyser"
    return channels_of(
        logs,
        Metered(
            node=about.system.host,
            instrument=Instrument.ANALYSER if known.get("accepted") else Instrument.UNKNOWN,
            accuracy=accuracy_of(directory, test),
            rated_w=about.rated_w,
            source=", ".join(log.name.removeprefix(f"{directory.path}/") for log, _ in logs),
            note=f"{named}, stamped by the clock of the director",
        ),
    )


def _settings(
    directory: PowerDirectory, figures: Figures, channels: Sequence[Channel], *, ranging: bool
) -> dict[str, Any]:
    place, known = directory.place, analyser(directory)
    session, digest = identity_of(directory)
    files, noted = noted_logs(directory)
    dated = known.get("calibrated")
    where = {
        "round": place.round or round_for(directory).name,
        "division": place.division,
        "submitter": place.submitter,
        "system": place.system,
        "benchmark": place.benchmark,
        "scenario": place.scenario or figures.scenario,
    }
    return {
        IMPORTED: {
            **where,
            "session": session,
            "power_log_sha1": digest,
            "tree": directory.tree.name,
            "path": directory.path,
            "files": files,
        },
        "protocol": {
            "name": f"MLPerf Power, PTDaemon {known.get('version') or 'of unknown version'}",
            "ranging": ranging,
            "testing": True,
            "clock_offset_s": figures.skew_s,
            "files": noted,
            "calibrated": {c.name: dated for c in channels if c.carries_energy} if dated else {},
        },
        "ranges": known.get("ranges", {}),
        "workload": {
            "settings": {name: where[name] for name in ("benchmark", "round", "division")},
            "data": {"name": _VARIANT.sub("", place.benchmark)},
        },
        "scenario": where["scenario"],
        "clocks": "windows by the tested system's clock, samples by the director's",
    }


def _title(place: Place, about: Described) -> str:
    parts = (place.round, place.submitter, place.benchmark, place.scenario)
    named = " ".join(filter(None, ("MLPerf", *parts)))
    system = place.system or about.name
    return f"{named}, {system}" if system else named


def _cautions(summary: Mapping[str, Any]) -> tuple[Caution, ...]:
    if summary.get("valid") is not False:
        return ()
    reasons = summary.get("invalid_reasons") or ["its log does not say why"]
    return (Caution(Code.LOADGEN_INVALID, "; ".join(reasons)),)
