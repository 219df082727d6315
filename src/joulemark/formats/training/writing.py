"""Writing power logs of MLPerf Training, and where the files of a result lie.

A log is written as the official tools read it: the start mark, factors and estimates before the
readings that they hold for, readings in the order of time, the stop mark at the last of them. Each
reading stands for the time since the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from joulemark.accounting.training_record import PowerRecord
from joulemark.core.errors import UsageError
from joulemark.core.mllog import Event, mllog
from joulemark.formats.inference.layout import RESULTS, SYSTEMS
from joulemark.formats.training.directory import POWER
from joulemark.formats.training.power_log import EFFICIENCY, ESTIMATE, READING, START, STOP

PLACES = 3
"""Digits after the point of a power in watts: a milliwatt."""
MOST_NAME = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


def power_log_text(record: PowerRecord, about: Mapping[str, Any] | None = None) -> str:
    """Return a power log.

    Args:
        record: what it says; readings that are no number are left out.
        about: JSON values that go with the start mark: which meter, which host, how its clock was
            set right.

    Raises:
        ValueError: if a factor or an estimate is no finite number.
    """
    return "".join(f"{line}\n" for line in _lines(record, dict(about or {})))


def _lines(record: PowerRecord, about: Mapping[str, Any]) -> Iterator[str]:
    for mark in record.starts:
        yield mllog(mark.time, Event.START, START, None, about)
    for mark in record.efficiencies:
        yield mllog(mark.time, Event.POINT, EFFICIENCY, mark.value, {"measurement_type": "AC"})
    for mark in record.estimates:
        yield mllog(mark.time, Event.POINT, ESTIMATE, mark.value, {"switch_id": record.name})
    read = np.isfinite(record.watts)
    host = {"host": str(about.get("host", ""))} if about.get("host") else {}
    pairs = zip(record.time[read].tolist(), record.watts[read].tolist(), strict=True)
    for time, watts in pairs:
        yield mllog(time, Event.POINT, READING, round(watts, PLACES), host)
    for mark in record.stops:
        yield mllog(mark.time, Event.STOP, STOP)


def fits(name: str) -> bool:
    """Whether a text can be the name of a file anywhere."""
    return _NAME.fullmatch(name) is not None


def plain_name(name: str, what: str) -> str:
    """Return a name if it can be that of a file anywhere.

    Raises:
        UsageError: if it is empty, too long or holds anything but letters, digits, ``.-_+``.
    """
    if not fits(name):
        raise UsageError(
            f"{name[:MOST_NAME]!r} cannot name a {what}",
            remedy="use letters, digits, dots, dashes, underscores and plus signs",
        )
    return name


class Layout:
    """Where the files of one benchmark of one system lie, relative to a submission's root.

    Args:
        submitter: who submits.
        system: name of the system.
        benchmark: name of the benchmark.

    Raises:
        UsageError: if a name can be none of a file.
    """

    def __init__(self, submitter: str, system: str, benchmark: str) -> None:
        """Check the names."""
        self.submitter = plain_name(submitter, "submitter")
        self.system = plain_name(system, "system")
        self.benchmark = plain_name(benchmark, "benchmark")

    @property
    def description(self) -> PurePosixPath:
        """The description of the system."""
        return PurePosixPath(self.submitter, SYSTEMS, f"{self.system}.json")

    @property
    def folder(self) -> PurePosixPath:
        """The benchmark's folder."""
        return PurePosixPath(self.submitter, RESULTS, self.system, self.benchmark)

    def result(self, number: int) -> PurePosixPath:
        """Return the performance log of a run."""
        return self.folder / f"result_{number}.txt"

    def power(self, number: int, name: str) -> PurePosixPath:
        """Return the power log of a node or switch (``node_0``, ``sw_0``) in a run."""
        return self.folder / POWER / f"result_{number}" / f"{name}.txt"
