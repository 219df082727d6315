"""``node_<k>.txt`` and ``sw_<j>.txt``: the power of one node or switch during one run.

A log has a hundred thousand lines of one form. Those that repeat each other but for stamp and power
are read as columns; one pattern reads others of the form, so no JSON is decoded for them; a line
that differs in anything is decoded by itself.
"""

from __future__ import annotations

import re

import numpy as np

from joulemark.accounting.training_record import Floats, Kind, Mark, PowerRecord, Times
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems, chunks, content, shown
from joulemark.formats.training.alike import runs_alike
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
    return PowerLog(
        name=source.name,
        record=read.record(stem, kind_of(source.name) or Kind.NODE),
        hosts=tuple(host.decode("ascii") for host in list(read.hosts)[:MAX_HOSTS]),
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
        self.hosts: dict[bytes, None] = {}
        self.marks: dict[str, list[Mark]] = {key: [] for key in (START, STOP, EFFICIENCY, ESTIMATE)}
        self._time: list[np.ndarray] = []
        self._watts: list[np.ndarray] = []
        self._line: list[np.ndarray] = []

    def take(self, piece: bytes, first: int) -> None:
        """Read whole lines, the first of which has a number."""
        done, line = 0, first
        for run in runs_alike(piece, _LINE):
            if run.begin > done:
                self._one_by_one(piece[done : run.begin], line)
            line = first + run.line + len(run.time)
            self._keep(run.time, run.watts, np.arange(line - len(run.time), line))
            self._hosts(run.tail)
            done = run.end
        if done < len(piece):
            self._one_by_one(piece[done:], line)

    def _hosts(self, text: bytes) -> None:
        if len(self.hosts) < MAX_HOSTS:
            self.hosts.update(dict.fromkeys(_HOST.findall(text)))

    def _keep(self, time: Times, watts: Floats, numbers: np.ndarray) -> None:
        """Keep readings, stamps in ms, but for those of no time."""
        late = time > LAST_MS
        for at in np.flatnonzero(late).tolist():
            number = int(numbers[at])
            self.problems.add(number, f"time_ms {time[at]} is no time between 1970 and 2261")
        self._time.append(time[~late] * MS)
        self._watts.append(watts[~late])
        self._line.append(numbers[~late].astype(np.int32))

    def _one_by_one(self, piece: bytes, first: int) -> None:
        """Read whole lines that may be of any form."""
        self._hosts(piece)
        rows = _LINE.findall(piece)
        odd = [at for at, row in enumerate(rows) if row[2]]
        if piece.count(MARKER) > sum([1 for row in rows if row[0]]) + len(odd):
            odd = self._two_markers(piece, rows, odd)
        known = {at: self._other(rows[at][2], first + at) for at in odd}
        usual = [at for at, row in enumerate(rows) if row[0]]
        time = np.array([int(rows[at][0]) for at in usual], dtype=np.int64)
        watts = np.array([float(rows[at][1]) for at in usual], dtype=np.float64)
        self._keep(time, watts, np.array(usual, dtype=np.int64) + first)
        others = [(at, reading) for at, reading in known.items() if reading is not None]
        if others:
            self._time.append(np.array([time for _, (time, _) in others], dtype=np.int64))
            self._watts.append(np.array([watts for _, (_, watts) in others], dtype=np.float64))
            self._line.append(np.array([at + first for at, _ in others], dtype=np.int32))

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
        """Return all that was read, in the order of the lines."""
        line = np.concatenate(self._line)
        order = np.argsort(line, kind="stable") if (np.diff(line) < 0).any() else slice(None)
        return PowerRecord(
            name=name,
            kind=kind,
            time=np.concatenate(self._time)[order],
            watts=np.concatenate(self._watts)[order],
            line=line[order],
            starts=tuple(self.marks[START]),
            stops=tuple(self.marks[STOP]),
            efficiencies=tuple(self.marks[EFFICIENCY]),
            estimates=tuple(self.marks[ESTIMATE]),
        )
