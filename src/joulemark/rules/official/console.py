"""Errors and warnings on PTDaemon's console."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from joulemark.formats.inference.directory import CONSOLE
from joulemark.rules.official.case import Case
from joulemark.rules.official.console_log import (
    STAMP,
    STAMP_LENGTH,
    WARNING,
    ConsoleLog,
    Message,
    Usual,
    seconds_of,
)
from joulemark.rules.official.outcome import RefusedError, Warned
from joulemark.rules.official.texts import stamp_seconds

_ODD_STAMP = re.compile(
    r"\n(?!(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])-[0-9]{4} "
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3})"
    r"(\d\d-\d\d-\d\d\d\d \d\d:\d\d:\d\d.\d\d\d)"
)
_DATE = re.compile(r"\n([0-9]{2}-[0-9]{2}-[0-9]{4}) [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}")
_ACTIVATED = re.compile(r"Uncertainty checking for Yokogawa\S+ is activated")


def check_ptd_logs(case: Case) -> Warned | None:
    """Uncertainty was checked; there are no errors but known ones, no warnings under load."""
    mark = f"{case.server['session_name']}_ranging"
    window = case.testing
    zone = int(case.server["timezone"])
    shift = zone if case.revision.console_shifted else 0
    log = ConsoleLog(case.directory.read(CONSOLE))
    start, stop = (moment + shift for moment in _ranging(log, mark))
    _activated(log, start, shift)
    margin = case.revision.margin_s
    load = (window.begin + margin, window.end - margin)
    judge = _Judge(case, log, (start, stop), load, shift)
    usual = log.usual()
    warned = None
    for message in log.messages() if usual is None else judge.notable(usual):
        if (words := judge(message)) and warned is None:
            warned = Warned(words, line=log.number(message.place))
        if warned and not case.revision.goes_on:
            break
    return warned


class _Judge:
    """What a warning or an error comes to, by the time it was written."""

    def __init__(
        self,
        case: Case,
        log: ConsoleLog,
        ranging: tuple[float, float],
        load: tuple[float, float],
        shift: int,
    ) -> None:
        self.revision = case.revision
        self.log = log
        self.ranging = ranging
        self.load = load
        self.shift = shift
        self.over_limit = [re.compile(pattern) for pattern in case.revision.over_limit]

    def notable(self, usual: Usual) -> Iterable[Message]:
        """Return the messages that come to anything."""
        time = usual.time + self.shift
        ranging = (self.ranging[0] < time) & (time < self.ranging[1])
        load = (self.load[0] < time) & (time < self.load[1])
        harmless = {text: self._harmless(text.strip()) for text in set(usual.text)}
        passed_over = np.fromiter(map(harmless.__getitem__, usual.text), np.bool_, len(time))
        found = np.where(usual.error, ~(ranging & passed_over), load)
        return self.log.usual_messages(usual, np.flatnonzero(found).tolist())

    def _harmless(self, said: str) -> bool:
        """Tell whether an error is passed over in ranging."""
        return said not in self.revision.accepted_errors and said.startswith(
            self.revision.ranging_errors
        )

    def __call__(self, message: Message) -> str:
        """Return what a warning says; nothing if there is none. Raises RefusedError."""
        time = seconds_of(message.line) + self.shift
        what = repr(message.line.strip())
        if message.kind == WARNING:
            if not self.load[0] < time < self.load[1]:
                return ""
            if any(pattern.search(message.said) for pattern in self.over_limit):
                raise RefusedError(f"under load: {what}", line=self.log.number(message.place))
            return f"under load: {what}"
        if message.said in self.revision.accepted_errors:
            return f"an error that is accepted: {what}"
        if not self.ranging[0] < time < self.ranging[1]:
            raise RefusedError(f"outside ranging: {what}", line=self.log.number(message.place))
        return "" if self._harmless(message.said) else f"in ranging: {what}"


def _ranging(log: ConsoleLog, mark: str) -> tuple[float, float]:
    """Return when the measurement of the ranging run began and ended, s as stamped."""
    begin, place = _first(log, f": Go with mark {mark!r}", 0)
    end, place = _first(log, ": Completed test", place) if begin else (None, None)
    _stamps_are_times(log, len(log.text) if place is None else place)
    if begin is None or end is None:
        raise RefusedError(f"the console shows no measurement {mark!r} with its end")
    return begin, end


def _first(log: ConsoleLog, wanted: str, start: int | None) -> tuple[float | None, int | None]:
    """Return time and place of the first line from a place on that says a text and nothing else."""
    done = -1
    for place in log.places(wanted, start or 0):
        if place < done:
            continue  # a second one in the same line
        begin, line = log.line(place)
        done = begin + len(line)
        if STAMP.match(line):
            alone = line[STAMP_LENGTH:].strip() == wanted
        else:
            alone = line == wanted and done == len(log.text)
        if alone:
            return seconds_of(line), place
    return None, None


def _stamps_are_times(log: ConsoleLog, end: int) -> None:
    """Raise ValueError where a stamp before a place is no time."""
    text = "\n" + log.text[:end]
    if odd := _ODD_STAMP.search(text):
        stamp_seconds(odd.group(1))
    for date in set(_DATE.findall(text)):
        stamp_seconds(f"{date} 00:00:00.000")


def _activated(log: ConsoleLog, ranging: float, shift: int) -> None:
    match = _ACTIVATED.search(log.text)
    if match is None:
        raise RefusedError("the console does not say that uncertainty checking is activated")
    _, line = log.line(match.start())
    number = log.number(match.start())
    if STAMP.match(line) is None:
        raise RefusedError("uncertainty checking is activated at no known time", line=number)
    if not seconds_of(line) + shift < ranging:
        raise RefusedError("uncertainty checking is activated after ranging began", line=number)
