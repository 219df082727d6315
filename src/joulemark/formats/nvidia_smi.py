"""Logs of ``nvidia-smi --query-gpu=… --format=csv -lms N``, with and without ``nounits``.

Which columns there are depends on the query and the driver: ``power.draw`` alone, or
``power.draw.average`` and ``power.draw.instant`` beside it. The time stamps are local and name no
zone; whoever knows the zone says how far it is ahead of UTC.
"""

from __future__ import annotations

from pathlib import Path

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.files import numbered_lines
from joulemark.formats.telemetry.table import Table


def smi_traces(path: Path, *, ahead_s: float = 0.0) -> list[Trace]:
    """Return the traces of a log: for each board one for each column that is known.

    A last line that was cut short is left out; any other that is damaged is refused.

    Args:
        path: the log.
        ahead_s: how far its local time is ahead of UTC, s.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: naming file and line of what is wrong.
    """
    table, broken = Table(path), None
    for number, line in numbered_lines(path):
        if broken is not None:
            raise broken
        try:
            table.take(line, number)
        except FormatError as error:
            if "fields under" not in error.what:
                raise
            broken = error
    if not table.boards:
        raise FormatError("a log without a reading", where=str(path))
    return table.traces(round(ahead_s * NS))
