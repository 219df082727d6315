"""Keeps the requests of a load as they end, and counts what was done."""

from __future__ import annotations

from joulemark.core.request import Outcome, Request
from joulemark.core.window import Work
from joulemark.meters.journal import Journal
from joulemark.procedures.marker import Mark
from joulemark.store.requests import Kept, line_of


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
    """

    def __init__(self, repeat: int, lines: Journal, mark: Mark, *, keep_text: bool) -> None:
        """Begin with nothing."""
        self.ended = self.good = self.tokens = 0
        self._repeat, self._lines, self._mark = repeat, lines, mark
        self._keep_text = keep_text
        self._last: Outcome | None = None

    def keep(self, request: Request, text: str) -> None:
        """Keep a request; it is on the disk when this returns.

        Raises:
            StoreError: if it cannot be written.
        """
        self._lines.add(line_of(Kept(self._repeat, request, text if self._keep_text else "")))
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
