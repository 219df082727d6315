"""``result_*.txt``: what a training run logged of itself.

Such a log is a megabyte of a program's output, in which a few lines matter: those are found by
their key and decoded, no others.
"""

from __future__ import annotations

import re

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Logged, Source
from joulemark.formats.inference.text import Problems, content, shown
from joulemark.formats.training.parsed import RunLog
from joulemark.formats.training.records import MARKER, Record, record_of

START, STOP = "run_start", "run_stop"
MATTER = (
    "submission_benchmark",
    "submission_division",
    "submission_org",
    "submission_platform",
    "submission_poc_name",
    "submission_status",
    "number_of_nodes",
    "accelerators_per_node",
    "global_batch_size",
    "seed",
)
"""Keys whose first value is kept, beside start and stop."""
MAX_RECORDS = 10_000
"""Records of these keys; a run has one of each, and ranks may repeat them."""
MAX_STATUS = 100
_KEY = re.compile(
    rb'"key"\s{0,4}:\s{0,4}"(?:run_start|run_stop|submission_[a-z_]{1,20}|number_of_nodes'
    rb'|accelerators_per_node|global_batch_size|seed)"'
)


def read_run_log(source: Source) -> RunLog:
    """Return what a run's log says of the run.

    As the official summarizer has it, lines are read until both ``run_start`` and ``run_stop`` have
    come; of one that comes again before that, the last counts.

    Raises:
        FormatError: if it has no line of MLPerf's log.
    """
    data = content(source)
    if MARKER not in data:
        raise FormatError("no line of MLPerf's log in it", where=source.name)
    problems = Problems()
    values: dict[str, Logged] = {}
    bounds: list[tuple[Record, int]] = []
    for line, number in _lines(data, problems):
        record = record_of(line, number, problems)
        if record is not None and record.key in (START, STOP):
            bounds.append((record, number))
        elif record is not None and record.key in MATTER:
            values.setdefault(record.key, Logged(record.value, number))
    start, stop = _run(bounds, problems)
    return RunLog(
        name=source.name,
        start=start[0].time if start else None,
        stop=stop[0].time if stop else None,
        start_line=start[1] if start else 0,
        stop_line=stop[1] if stop else 0,
        status=_status(stop, problems),
        values=values,
        problems=problems.all(),
    )


def _run(
    bounds: list[tuple[Record, int]], problems: Problems
) -> tuple[tuple[Record, int] | None, tuple[Record, int] | None]:
    """Return the start and the stop that count: the last of each until both are there."""
    found: dict[str, tuple[Record, int]] = {}
    for record, number in bounds:
        if len(found) == 2:
            problems.add(number, f"{record.key} again; it does not count")
            continue
        if record.key in found:
            problems.add(number, f"{record.key} again; this one counts")
        found[record.key] = record, number
    for key in (START, STOP):
        if key not in found:
            problems.add(1, f"there is no {key}")
    return found.get(START), found.get(STOP)


def _status(stop: tuple[Record, int] | None, problems: Problems) -> str:
    if stop is None:
        return ""
    status = stop[0].metadata.get("status", "")
    if not isinstance(status, str):
        problems.add(stop[1], f"the status is no text: {shown(repr(status))}")
        return ""
    return status[:MAX_STATUS]


def _lines(data: bytes, problems: Problems) -> list[tuple[bytes, int]]:
    """Return the lines that hold a key that matters, and their numbers."""
    found: list[tuple[bytes, int]] = []
    number, counted, after = 1, 0, 0
    feed = b"\n" if b"\n" in data else b"\r"
    for match in _KEY.finditer(data):
        if match.start() < after:
            continue
        begin = data.rfind(feed, counted, match.start()) + 1 or counted
        number += data.count(feed, counted, begin)
        counted = begin
        end = data.find(feed, match.end())
        after = len(data) if end < 0 else end
        if data.find(MARKER, begin, after) < 0:
            continue
        if len(found) >= MAX_RECORDS:
            problems.stop(number, f"more than {MAX_RECORDS} records; the others are left out")
            break
        found.append((data[begin:after], number))
    return found
