"""What the files of a power directory say, in our words.

Times are int64 ns as if the stamp were UTC; what the stamps of a round really are, and by how much
they are to be shifted, is the business of :mod:`joulemark.formats.inference.rounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.inference.messages import Messages

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Lines = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Source:
    """A file's bytes.

    Attributes:
        name: path relative to the root of its tree, for messages.
        data: content.
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that is not as its format wants it.

    Attributes:
        line: from 1.
        what: in words.
    """

    line: int
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What one analyser, one of its channels, or the sum of them read; NaN where nothing stands.

    Attributes:
        name: "sum" for the line's own figures, else ``Ch1`` …, ``Analyzer1``, ``Analyzer1/Ch2``.
        watts: shape (n,), W; -1 where the analyser gave no reading.
        volts: shape (n,), V.
        amps: shape (n,), A.
        pf: power factor, shape (n,).
        time: ns, of an analyser's own stamps where it has them; None: those of the log.
    """

    name: str
    watts: Floats
    volts: Floats
    amps: Floats
    pf: Floats
    time: Times | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PowerLog:
    """``spl.txt``: one reading a second.

    Attributes:
        name: the file.
        time: ns, as stamped, in the order of the file, shape (n,).
        line: of each reading, shape (n,).
        marks: the marks in the order in which they appear.
        mark: place of each reading's mark in ``marks``, shape (n,).
        whole: the figures of the line itself (the sum, where there are several channels).
        parts: analysers and channels, outermost first.
        problems: lines that could not be read, at most a thousand.
    """

    name: str
    time: Times
    line: Lines
    marks: tuple[str, ...]
    mark: NDArray[np.int16]
    whole: Readings
    parts: tuple[Readings, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Console:
    """``ptd_logs.txt``.

    Attributes:
        name: the file.
        lines: its messages.
        problems: what could not be read.
    """

    name: str
    lines: Messages
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """One stamp of a session: before start, measuring, workload over, stopped.

    Attributes:
        unix_s: the host's clock, s since 1970 UTC.
        monotonic_s: its monotonic clock, s; None in early rounds.
    """

    unix_s: float
    monotonic_s: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and its reply."""

    command: str
    reply: str
    command_time: float | None = None
    reply_time: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """``client.json`` or ``server.json``; what a field lacks or has of a wrong kind is a problem.

    Attributes:
        name: the file.
        document: as decoded; an object.
        timezone_s: what is added to local time for UTC, s.
        session: its name.
        sources: SHA-1 of each source file by name.
        results: SHA-1 of each result file by relative path.
        uuid: of client and server, by these names.
        messages: between client and server.
        ptd_messages: between server and PTDaemon; the server's file alone has them.
        analyzers: settings of each analyser (``ptd_config``); the server's file alone has them.
        phases: stamps of ``ranging`` and ``testing``, by these names.
        debug: whether the server ran in debug mode.
        lines: the line on which each top-level field begins.
        problems: what is missing or not as the format wants it.
    """

    name: str
    document: Mapping[str, Any]
    timezone_s: float
    session: str
    sources: Mapping[str, str]
    results: Mapping[str, str]
    uuid: Mapping[str, str]
    messages: tuple[Exchange, ...]
    ptd_messages: tuple[Exchange, ...]
    analyzers: tuple[Mapping[str, Any], ...]
    phases: Mapping[str, tuple[Phase, ...]]
    debug: bool
    lines: Mapping[str, int]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Logged:
    """One value of a LoadGen log, and the line it stands on."""

    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Detail:
    """``mlperf_log_detail.txt``, of every round with power: ``:::MLLOG`` JSON lines.

    Attributes:
        name: the file.
        begin: ns as stamped by ``power_begin``; None without.
        end: likewise, ``power_end``.
        begin_line: its line; 0 without.
        end_line: likewise.
        values: the first value of each key that is known to matter, by LoadGen's own key; the
            official tools take the first, too.
        errors: what LoadGen marked as errors, "key: value".
        problems: what could not be read.
        marker: how its lines begin; ``:::ENDPTS`` in logs of endpoints, which have no power marks.
    """

    name: str
    begin: int | None
    end: int | None
    begin_line: int
    end_line: int
    values: Mapping[str, Logged]
    errors: tuple[Logged, ...] = ()
    problems: tuple[Problem, ...] = ()
    marker: str = ":::MLLOG"


@dataclass(frozen=True, slots=True)
class Summary:
    """``mlperf_log_summary.txt``, of every round.

    Attributes:
        name: the file.
        scenario: as LoadGen writes it; empty if it does not say.
        valid: what "Result is" says; None if it does not say.
        values: number of each line "name : number", by the name as written (unit included).
        problems: what could not be read.
    """

    name: str
    scenario: str
    valid: bool | None
    values: Mapping[str, Logged]
    problems: tuple[Problem, ...] = ()
