"""Read the events of all writers of a run: windows, cautions, results, the sampler's own account.

Each writer has a file ``events/<writer>.jsonl``. An event of a kind that is not known is left out
(a newer joulemark wrote it), so is a last line that was never finished; any other line that cannot
be read becomes a caution with its file and number. The standard library only: closing a run reads
them too.
"""

from __future__ import annotations

import os

from joulemark.core.caution import Caution, Code
from joulemark.core.errors import FormatError
from joulemark.core.record import field, names, record, replace
from joulemark.core.run import Run, Sampler, Status
from joulemark.core.window import Role, Window
from joulemark.store.eventfields import Event, facts_of, member_of, value_of, work_of
from joulemark.store.eventlog import MAX_LINE
from joulemark.store.files import EVENTS, names_in, reading
from joulemark.store.jsontext import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

    from joulemark.meters._files import StrPath

MAX_EVENTS = 1 << 30
"""Largest events file that is read, bytes."""

_NAMED = 20
"""So many bad lines of a file are named; the others are counted."""


@record(slots=True)
class Events:
    """What the events of one or all writers say.

    Attributes:
        windows: in the order of their start; ``stop`` is None where no close was recorded.
        cautions: those recorded, then one for each line that could not be read.
        results: by name; the last word counts.
        sampler: the sampler's last word.
    """

    windows: list[Window] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)
    sampler: Sampler | None = None
    _open: dict[str, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take in one event.

        Raises:
            FormatError: if a field is missing or of the wrong kind, or if it closes a window that
                is not open.
        """
        kinds: dict[str, Callable[[Event], None]] = {
            "open": self._open_window,
            "close": self._close_window,
            "caution": self._caution,
            "sampler": self._sampler,
            "result": self._result,
        }
        take = kinds.get(value_of(event, "event", str))
        if take is not None:
            take(event)

    def _open_window(self, event: Event) -> None:
        window = Window(
            phase=value_of(event, "phase", str),
            start=value_of(event, "time", int),
            role=member_of(Role, event, "role"),
            process=value_of(event, "process", int, 0),
        )
        self._open[value_of(event, "id", str)] = len(self.windows)
        self.windows.append(window)

    def _close_window(self, event: Event) -> None:
        name = value_of(event, "id", str)
        if name not in self._open:
            raise FormatError(f"window {name!r} is not open")
        window = self.windows[self._open[name]]
        start, stop = value_of(event, "start", int, window.start), value_of(event, "time", int)
        if stop < start:
            raise FormatError(f"window {name!r} stops before it starts")
        self.windows[self._open.pop(name)] = replace(
            window,
            start=start,
            stop=stop,
            work=work_of(event),
            facts=facts_of(event),
            edge_u_s=value_of(event, "edge_u_s", float, 0.0),
        )

    def _caution(self, event: Event) -> None:
        code = member_of(Code, event, "code")
        detail, phase = value_of(event, "detail", str, ""), value_of(event, "phase", str, "")
        self.cautions.append(Caution(code, detail, phase))

    def _sampler(self, event: Event) -> None:
        usual = Sampler()
        known = {name: getattr(usual, name) for name in names(Sampler)}
        self.sampler = Sampler(
            **{name: value_of(event, name, type(value), value) for name, value in known.items()}
        )

    def _result(self, event: Event) -> None:
        self.results[value_of(event, "name", str)] = event.get("value")


def read_events(directory: StrPath) -> Events:
    """Return what all writers of a run directory recorded.

    Raises:
        FormatError: if an events file is a link or far too large.
        StoreError: if one cannot be read.
    """
    merged = Events()
    folder = os.path.join(directory, EVENTS)
    for name in names_in(folder, ".jsonl"):
        one = _read_file(folder, name)
        merged.windows += one.windows
        merged.cautions += one.cautions
        merged.results |= one.results
        merged.sampler = one.sampler or merged.sampler
    merged.windows.sort(key=lambda window: window.start)
    return merged


def with_events(run: Run, events: Events) -> Run:
    """Return the record with what the events add to it.

    While a run goes on the events are newer than the record; once it is closed the record has the
    last word on results and sampler. Doing it twice changes nothing.
    """
    closed = run.status is not Status.RUNNING
    return replace(
        run,
        windows=_windows(run.windows, events.windows),
        results=events.results | run.results if closed else run.results | events.results,
        sampler=(run.sampler or events.sampler) if closed else (events.sampler or run.sampler),
        cautions=tuple(dict.fromkeys((*run.cautions, *events.cautions))),
    )


def _windows(record: tuple[Window, ...], events: list[Window]) -> tuple[Window, ...]:
    """Merge windows; the record's word on one counts, unless only the events know its end."""
    waiting: dict[tuple[object, ...], list[Window]] = {}
    for window in events:
        waiting.setdefault(_identity(window), []).append(window)
    merged = []
    for window in record:
        same = waiting.get(_identity(window))
        other = same.pop(0) if same else window
        merged.append(window if other.stop is None or window.stop is not None else other)
    merged += [window for rest in waiting.values() for window in rest]
    return tuple(sorted(merged, key=lambda window: window.start))


def _identity(window: Window) -> tuple[object, ...]:
    return window.phase, window.role, window.start, window.process


def _read_file(folder: str, name: str) -> Events:
    events = Events()
    bad: list[str] = []
    for number, line in _lines(os.path.join(folder, name)):
        try:
            events.add(_decoded(line))
        except FormatError as error:
            if line.endswith(b"\n"):  # else its writer was stopped in the middle of it
                bad.append(f"{EVENTS}/{name}:{number}: {error.what}; the line is left out")
    if len(bad) > _NAMED:
        bad[_NAMED:] = [f"{EVENTS}/{name}: {len(bad) - _NAMED} more lines are left out"]
    events.cautions += [Caution(Code.INCOMPLETE, what) for what in bad]
    return events


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Return the lines that are not blank, with their numbers."""
    with reading(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size > MAX_EVENTS:
            raise FormatError(f"{size} bytes are too many", where=path, remedy="remove it")
        number = 0
        while line := _line(file):
            number += 1
            if not line.isspace():
                yield number, line


def _line(file: BinaryIO) -> bytes:
    """Return the next line; of one that is too long only its beginning, but with its end."""
    line = file.readline(MAX_LINE + 1)
    rest = line
    while len(line) > MAX_LINE and rest and not rest.endswith(b"\n"):
        rest = file.readline(MAX_LINE)
    return line if rest is line else line + b"\n"


def _decoded(line: bytes) -> Event:
    if len(line) > MAX_LINE:
        raise FormatError(f"longer than {MAX_LINE} bytes")
    event = decode(line, "")
    if not isinstance(event, dict):
        raise FormatError("not an event")
    return event
