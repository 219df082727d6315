"""``node_<k>.txt`` and ``sw_<j>.txt``: the power of one node or switch during one run.

A log has a hundred thousand lines of one form. One pattern reads those, so no JSON is decoded for
them; a line that differs in anything is decoded by itself.
"""

from __future__ import annotations

import re

import numpy as np

from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems, chunks, content, shown
from joulemark.formats.training.parsed import PowerLog
from joulemark.formats.training.records import LAST_MS, MARKER, MS, Record, number_of, record_of

READING = "power_reading"
START, STOP = "power_measurement_start", "power_measurement_stop"
EFFICIENCY, ESTIMATE = "conversion_eff", "interconnect_power_est"
NODE, SWITCH = "node", "sw"
SIDE, NULL = "measurement_type", "null"
MAX_SIDE = 40
MAX_HOSTS = 1000
_LINE = re.compile(
    rb'(?:[ \t0-9:]{0,40}:::MLLOG \{"namespace":\s?"[^"\\\n]{0,200}",\s?"time_ms":\s?([0-9]{1,13}),'
    rb'\s?"event_type":\s?"[A-Z_]{1,40}",\s?"key":\s?"power_reading",'
    rb'\s?"value":\s?(-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?),'
    rb'\s?"metadata":\s?(?:"[^"\\\n]{0,200}"|\{[^{}\n]{0,2000}\}|null)\}[ \t\r]{0,8}'
    rb"|([^\n]*))(?:\n|\Z)"
)
"""A line: stamp and value of a usual reading, or, in the third group, anything else."""
_HOST = re.compile(rb'"host":\s?"([ !#-\[\]-~]{1,100})"')


def kind_of(file: str) -> Kind | None:
    """Return what a file of a run's folder is the log of, by its name; None if of nothing."""
    name = file.rpartition("/")[2]
    if not name.endswith(".txt"):
        return None
    if name.startswith(f"{NODE}_"):
        return Kind.NODE
    return Kind.SWITCH if name.startswith(f"{SWITCH}_") else None


def read_power_log(source: Source) -> PowerLog:
    """Return what a power log says.

    Raises:
        FormatError: if it has no line of MLPerf's log.
    """
    data = content(source)
    if MARKER not in data:
        raise FormatError("no line of MLPerf's log in it", where=source.name)
    read = _Reading()
    for first, piece in chunks(data):
        read.take(piece, first)
    stem = source.name.rpartition("/")[2].removesuffix(".txt")
    hosts = dict.fromkeys(_HOST.findall(data))
    return PowerLog(
        name=source.name,
        record=read.record(stem, kind_of(source.name) or Kind.NODE),
        hosts=tuple(host.decode("ascii") for host in list(hosts)[:MAX_HOSTS]),
        problems=read.problems.all(),
        sides=tuple(read.sides),
        null_texts=read.null_texts,
    )


class _Reading:
    """Collects the lines of a log, a piece at a time."""

    def __init__(self) -> None:
        self.problems = Problems()
        self.sides: dict[str, None] = {}
        self.null_texts = 0
        self.marks: dict[str, list[Mark]] = {key: [] for key in (START, STOP, EFFICIENCY, ESTIMATE)}
        self._time: list[np.ndarray] = []
        self._watts: list[np.ndarray] = []
        self._line: list[np.ndarray] = []

    def take(self, piece: bytes, first: int) -> None:
        """Read whole lines, the first of which has a number."""
        rows = _LINE.findall(piece)
        odd = [at for at, row in enumerate(rows) if row[2]]
        if piece.count(MARKER) > sum([1 for row in rows if row[0]]) + len(odd):
            odd = self._two_markers(piece, rows, odd)
        known = {at: self._other(rows[at][2], first + at) for at in odd}
        fast = np.array([bool(row[0]) for row in rows], dtype=bool)
        time = np.zeros(len(rows), dtype=np.int64)
        watts = np.full(len(rows), np.nan)
        usual = [row for row in rows if row[0]]
        time[fast] = [int(row[0]) for row in usual]
        watts[fast] = [float(row[1]) for row in usual]
        late = fast & (time > LAST_MS)
        for at in np.flatnonzero(late).tolist():
            self.problems.add(first + at, f"time_ms {time[at]} is no time between 1970 and 2261")
        time[fast & ~late] *= MS
        is_reading = fast & ~late
        for at, reading in known.items():
            if reading is not None:
                time[at], watts[at], is_reading[at] = *reading, True
        self._time.append(time[is_reading])
        self._watts.append(watts[is_reading])
        self._line.append((np.flatnonzero(is_reading) + first).astype(np.int32))

    @staticmethod
    def _two_markers(
        piece: bytes, rows: list[tuple[bytes, bytes, bytes]], odd: list[int]
    ) -> list[int]:
        """Hand lines with more than one marker to the careful path: the last marker counts."""
        for at, line in enumerate(piece.split(b"\n")[: len(rows)]):
            if line.count(MARKER) > 1 and not rows[at][2]:
                rows[at] = (b"", b"", line)
                odd.append(at)
        return sorted(odd)

    def _other(self, line: bytes, number: int) -> tuple[int, float] | None:
        """Take a line of another form; return time and power if it is a reading."""
        if MARKER not in line:
            if not line.isspace():
                self.problems.add(number, f"no line of MLPerf's log: {shown(line)}")
            return None
        record = record_of(line, number, self.problems)
        if record is None:
            return None
        if record.key == READING:
            return record.time, number_of(record.value, READING, number, self.problems)
        if record.key in self.marks:
            self.marks[record.key].append(self._mark(record, number))
        return None

    def _mark(self, record: Record, number: int) -> Mark:
        if record.key in (START, STOP):
            self.null_texts += record.value == NULL
            return Mark(record.time, number)
        side = record.metadata.get(SIDE)
        if record.key == EFFICIENCY and isinstance(side, str):
            self.sides[side[:MAX_SIDE]] = None
        value = number_of(record.value, record.key, number, self.problems)
        return Mark(record.time, number, value)

    def record(self, name: str, kind: Kind) -> PowerRecord:
        """Return all that was read."""
        return PowerRecord(
            name=name,
            kind=kind,
            time=np.concatenate(self._time),
            watts=np.concatenate(self._watts),
            line=np.concatenate(self._line),
            starts=tuple(self.marks[START]),
            stops=tuple(self.marks[STOP]),
            efficiencies=tuple(self.marks[EFFICIENCY]),
            estimates=tuple(self.marks[ESTIMATE]),
        )
