"""A power directory under review: what several rules ask of it, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar, overload

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.inference.directory import (
    CLIENT,
    CONSOLE,
    DETAIL,
    POWER_LOG,
    RANGING,
    SERVER,
    SUMMARY,
    TESTING,
    PowerDirectory,
)
from joulemark.formats.inference.figures import Figures
from joulemark.formats.inference.notices import Interval, Notices, interval
from joulemark.formats.inference.parsed import Console, Detail, PowerLog, Session, Summary
from joulemark.formats.inference.replies import Identity, identity
from joulemark.formats.inference.rounds import Round
from joulemark.formats.inference.timed import TimedRun, round_for, shifts, timed
from joulemark.rules.inference.policy import Policy, policy_of

Made = TypeVar("Made")
Log = Console | PowerLog | Detail | Summary
PARSED = {
    CLIENT: "client",
    SERVER: "server",
    CONSOLE: "console",
    f"{RANGING}/{POWER_LOG}": "ranging_power",
    f"{TESTING}/{POWER_LOG}": "testing_power",
    f"{RANGING}/{DETAIL}": "ranging_detail",
    f"{TESTING}/{DETAIL}": "testing_detail",
    f"{TESTING}/{SUMMARY}": "testing_summary",
}
"""Files that are parsed, and the attribute that holds what they say."""


class once(Generic[Made]):  # noqa: N801 # used as a decorator
    """A property that is worked out once; if that raises a FormatError, it is raised again.

    So a file that cannot be read is tried once, not by every rule.
    """

    def __init__(self, make: Callable[[Review], Made]) -> None:
        """Keep what makes the value."""
        self.make = make
        self.name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, review: None, owner: type[Review]) -> once[Made]: ...
    @overload
    def __get__(self, review: Review, owner: type[Review]) -> Made: ...
    def __get__(self, review: Review | None, owner: type[Review]) -> once[Made] | Made:
        """Return the value; of the class the property itself."""
        if review is None:
            return self
        if self.name in review.failed:
            raise review.failed[self.name]
        try:
            value = self.make(review)
        except (FormatError, UnavailableError) as error:
            failed = FormatError(error.what, where=error.where, remedy=error.remedy)
            review.failed[self.name] = failed
            raise failed from None
        review.__dict__[self.name] = value  # found there from now on
        return value


class Review:
    """A power directory under review.

    Every attribute may raise FormatError: a file that it needs cannot be read.

    Args:
        directory: the directory.

    Attributes:
        directory: as given.
        failed: errors of attributes that could not be worked out, by name.
    """

    def __init__(self, directory: PowerDirectory) -> None:
        """Keep the directory; nothing is read."""
        self.directory = directory
        self.failed: dict[str, FormatError] = {}

    def name_of(self, file: str) -> str:
        """Return a file's path for messages."""
        return self.directory.name_of(file)

    def is_lost(self, file: str) -> bool:
        """Return whether a file is named by the tree, but its content is not there."""
        try:
            self.directory.read(file)
        except FileNotFoundError:
            return True
        except (FormatError, UnavailableError):
            return False
        return False

    def error_of(self, file: str) -> FormatError | None:
        """Return why a file cannot be read as what it is; None if it can."""
        try:
            self.directory.source(file)
            if file in PARSED:
                getattr(self, PARSED[file])
        except (FormatError, UnavailableError) as error:
            return FormatError(error.what, where=error.where, remedy=error.remedy)
        return None

    def place_of(self, error: FormatError, file: str) -> tuple[str, int | None]:
        """Return file and line that an error names; the whole file if it names none."""
        name, _, line = error.where.rpartition(":")
        if name == self.name_of(file) and line.isdecimal():
            return name, int(line)
        return self.name_of(file), None

    def changed(self, files: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Yield each file that is not the recorded one, its SHA-1, and the recorded."""
        for file in files:
            recorded = self.recorded.get(file)
            if recorded is None or file not in self.directory.entries or self.is_lost(file):
                continue
            found = self.directory.sha1(file)
            if found != recorded:
                yield file, found, recorded

    def logs(self) -> Iterator[Log]:
        """Yield what can be read of the logs, as parsed; the session files are not among them."""
        for file, name in PARSED.items():
            if file not in (CLIENT, SERVER) and self.error_of(file) is None:
                yield getattr(self, name)

    @once
    def recorded(self) -> Mapping[str, str]:
        """Hash of each file by path, as the client recorded it, else the server."""
        return {**self.client.results, **self.server.results}

    @once
    def round(self) -> Round:
        """Its round."""
        return round_for(self.directory)

    @once
    def policy(self) -> Policy:
        """The rules of its round."""
        return policy_of(self.round.name)

    @once
    def client(self) -> Session:
        """``client.json``."""
        return self.directory.client

    @once
    def server(self) -> Session:
        """``server.json``."""
        return self.directory.server

    @once
    def console(self) -> Console:
        """``ptd_logs.txt``."""
        return self.directory.console

    @once
    def ranging_power(self) -> PowerLog:
        """Power log of the ranging run."""
        return self.directory.ranging_power

    @once
    def testing_power(self) -> PowerLog:
        """Power log of the testing run."""
        return self.directory.testing_power

    @once
    def ranging_detail(self) -> Detail:
        """LoadGen's detail log of the ranging run."""
        return self.directory.ranging_detail

    @once
    def testing_detail(self) -> Detail:
        """LoadGen's detail log of the testing run."""
        return self.directory.testing_detail

    @once
    def testing_summary(self) -> Summary:
        """LoadGen's summary of the testing run."""
        return self.directory.testing_summary

    @once
    def ranging(self) -> TimedRun:
        """The ranging run on one time axis."""
        return timed(self.directory, RANGING)

    @once
    def testing(self) -> TimedRun:
        """The testing run on one time axis."""
        return timed(self.directory, TESTING)

    @once
    def figures(self) -> Figures:
        """The figures."""
        return self.directory.figures

    @once
    def notices(self) -> Notices:
        """Errors and warnings of the console."""
        return self.directory.notices

    @once
    def in_window(self) -> Notices:
        """Those of them within the window of the test."""
        begin, end = self.testing.begin, self.testing.end
        found = self.notices
        return found.where(found.timed & (begin < found.time) & (found.time < end))

    @once
    def shift(self) -> int:
        """What is added to PTDaemon's stamps for UTC, ns."""
        return shifts(self.directory)[1]

    @once
    def ranging_interval(self) -> Interval | None:
        """The ranging measurement in the console; None if it is not there."""
        return interval(self.console, f"{self.server.session}_ranging", self.shift)

    @once
    def testing_interval(self) -> Interval | None:
        """The testing measurement in the console; None if it is not there."""
        return interval(self.console, f"{self.server.session}_testing", self.shift)

    @once
    def identities(self) -> tuple[Identity, ...]:
        """What each analyser says it is."""
        replies = [m.reply for m in self.server.ptd_messages if m.command == "Identify"]
        found = [identity(reply) for reply in replies]
        return tuple(one for one in found if one is not None)
