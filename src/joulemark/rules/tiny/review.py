"""A tiny session under review: what several rules ask of it, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.tiny.figures import TinyFigures
from joulemark.formats.tiny.parsed import (
    EnergyTrace,
    Reported,
    RunnerResults,
    Script,
    Stamps,
    TinyLog,
)
from joulemark.formats.tiny.session import TinySession
from joulemark.rules.rule import Seen

Made = TypeVar("Made")
STREAMING = "sww"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One measured window or stretch, as recomputed, else as reported.

    Attributes:
        name: for messages.
        seconds: its length; None if not known.
        inferences: in it; None if not known.
        where: file and line that tell.
    """

    name: str
    seconds: float | None
    inferences: int | None
    where: tuple[str, int | None]


class TinyReview:
    """A session under review. What is not there, or cannot be read, is None.

    Args:
        session: the session.

    Attributes:
        session: as given.
        errors: why files cannot be read, by kind; complete once ``read`` has been asked for.
    """

    def __init__(self, session: TinySession) -> None:
        """Keep the session; nothing is read."""
        self.session = session
        self.errors: dict[str, FormatError] = {}

    def at(self, kind: str, line: int | None = None) -> tuple[str, int | None]:
        """Return a file of a kind, and a line, for a finding."""
        return self.session.name_of(kind), line

    def seen(self, what: str, kind: str, line: int | None = None) -> Seen:
        """Return what was seen, with its file."""
        return (what, *self.at(kind, line))

    def _read(self, kind: str, make: Callable[[], Made]) -> Made | None:
        if kind not in self.session.entries:
            return None
        try:
            return make()
        except (FormatError, UnavailableError) as error:
            self.errors[kind] = FormatError(error.what, where=error.where, remedy=error.remedy)
            return None

    @cached_property
    def trace(self) -> EnergyTrace | None:
        """The binary trace."""
        return self._read("trace", lambda: self.session.trace)

    @cached_property
    def stamps(self) -> Stamps | None:
        """Its stamps."""
        return self._read("stamps", lambda: self.session.stamps)

    @cached_property
    def log(self) -> TinyLog | None:
        """The log."""
        return self._read("log", lambda: self.session.log)

    @cached_property
    def reported(self) -> Reported | None:
        """What the runner reported, in its results or at the end of its log."""
        kind = "results" if "results" in self.session.entries else "log"
        return self._read(kind, lambda: self.session.reported)

    @cached_property
    def runner(self) -> RunnerResults | None:
        """``results.json``."""
        return self._read("runner", lambda: self.session.runner)

    @cached_property
    def script(self) -> Script | None:
        """The script."""
        return self._read("script", lambda: self.session.script)

    @cached_property
    def read(self) -> bool:
        """Whether every file of the session that is there can be read."""
        _ = self.trace, self.stamps, self.log, self.reported, self.runner, self.script
        return not self.errors

    @cached_property
    def mode(self) -> str:
        """What was measured; empty if not known."""
        needed = "runner" not in self.session.entries or self.runner is not None
        return self.session.mode if needed or self.session.place.mode else ""

    @cached_property
    def benchmark(self) -> str:
        """The benchmark; empty if not known."""
        return self.session.benchmark

    @cached_property
    def figures(self) -> TinyFigures | None:
        """The figures; None if a file that they need cannot be read."""
        try:
            return self.session.figures
        except (FormatError, UnavailableError):
            return None

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Every measured window or stretch; none of an accuracy run."""
        if self.mode == "accuracy":
            return ()
        figures = self.figures
        kind = "trace" if "trace" in self.session.entries else "runner"
        if figures is not None and (figures.windows or kind == "trace"):
            return tuple(
                Stretch(f"window {at}", one.seconds, one.inferences, self.at(kind))
                for at, one in enumerate(figures.windows, 1)
            )
        trials = self.runner.trials if self.runner is not None else ()
        if trials and self.benchmark != STREAMING:
            return tuple(
                Stretch(
                    f"trial {at}",
                    None if one.elapsed_us is None else one.elapsed_us / 1e6,
                    one.iterations,
                    self.at("runner"),
                )
                for at, one in enumerate(trials, 1)
            )
        return self._reported_stretches()

    def _reported_stretches(self) -> tuple[Stretch, ...]:
        if self.reported is None:
            return ()
        counts = {one.index: one.inferences for one in self.reported.performance}
        kind = "results" if "results" in self.session.entries else "log"
        return tuple(
            Stretch(
                f"window {one.index}",
                None if one.seconds is None else one.seconds.value,
                one.inferences if one.inferences is not None else counts.get(one.index),
                self.at(kind, one.line),
            )
            for one in self.reported.energy or self.reported.performance
        )
