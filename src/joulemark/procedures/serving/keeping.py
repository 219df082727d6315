"""Keeps the requests of a load as they end, and what its server tells; counts what was done."""

from __future__ import annotations

from pathlib import Path

from joulemark.core.errors import StoreError
from joulemark.core.request import Outcome, Request
from joulemark.core.window import Work
from joulemark.meters.journal import Journal
from joulemark.procedures.marker import Mark
from joulemark.store.requests import METRICS, Kept, Scraped, journal, line_of


class Keeping:
    """What became of a load so far.

    Args:
        repeat: of which repeat, from 0.
        lines: where requests are kept.
        mark: of the load's window; it is given the tokens that came.
        keep_text: whether answers are kept, too.

    Attributes:
        ended: requests that are over, whatever became of them.
        good: those that were answered.
        tokens: of all answers.
        failure: the first error of writing; None if there was none.
    """

    def __init__(self, repeat: int, lines: Journal, mark: Mark, *, keep_text: bool) -> None:
        """Begin with nothing."""
        self.ended = self.good = self.tokens = 0
        self._repeat, self._lines, self._mark = repeat, lines, mark
        self._keep_text = keep_text
        self._last: Outcome | None = None
        self.failure: StoreError | None = None

    def keep(self, request: Request, text: str) -> None:
        """Keep a request; it is on the disk when this returns. Raises nothing: see ``failure``."""
        line = line_of(Kept(self._repeat, request, text if self._keep_text else ""))
        try:
            self._lines.add(line)
        except StoreError as error:  # whoever drives would lose it among its tasks
            self.failure = self.failure or error
        self.ended += 1
        self.good += request.ok
        self.tokens += request.tokens_out or len(request.chunks)
        self._mark.work = Work(float(self.tokens), "token") if self.tokens else None
        if request.attempts:
            self._last = request.outcome

    @property
    def lost(self) -> bool:
        """Whether the server let no connection be made when it was last asked."""
        return self._last is Outcome.REFUSED


class Metrics:
    """Keeps what a server tells of itself during a load.

    A load is not ended where that cannot be written: its requests cannot be written then either.

    Args:
        run: the run directory.
        repeat: of which repeat, from 0.

    Attributes:
        failure: the first error of writing; None if there was none.
    """

    def __init__(self, run: Path, repeat: int) -> None:
        """Open nothing: most servers tell nothing."""
        self.failure: StoreError | None = None
        self._run, self._repeat = run, repeat
        self._lines: Journal | None = None

    def keep(self, time: int, text: str) -> None:
        """Keep a reading; raises nothing."""
        try:
            if self._lines is None:
                self._lines = journal(self._run, METRICS)
            self._lines.add(line_of(Scraped(self._repeat, time, text)))
        except StoreError as error:
            self.failure = self.failure or error

    def close(self) -> None:
        """Close the file."""
        if self._lines is not None:
            self._lines.close()
