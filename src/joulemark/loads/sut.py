"""The system under test as LoadGen sees it: queries in, completions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Literal

from joulemark.core.clock import Clock
from joulemark.core.interfaces import Queries

Complete = Callable[[Sequence[int]], None]
"""Tells LoadGen that the samples of these ids are answered."""
_Issued = tuple[Sequence[int], Sequence[int]]


class FirstError:
    """Context that keeps the first exception and lets none out.

    Whatever leaves a callback of LoadGen unwinds its C++ frames while its log thread runs, which
    ends the process; so everything is kept here and raised after the test.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[True]:
        """Keep the exception, if it is the first."""
        if self.error is None:
            self.error = error
        return True


class Sut:
    """Answers LoadGen's queries and counts what was answered.

    ``issue`` answers at once, in the thread of LoadGen (SingleStream, MultiStream, Offline).
    ``enqueue``, ``flush`` and ``serve`` belong together (Server): LoadGen's thread enqueues and is
    never held up; another thread serves, taking together what waits, at most ``batch`` samples.

    After ``stop`` or a failed answer nothing more is computed and the test is only brought to its
    end: ``issue`` completes at once; ``serve`` completes nothing until LoadGen has stopped to
    issue, which it soon does when too much is outstanding.

    Args:
        queries: what does the work.
        complete: told of each chunk that is done.
        batch: most samples of one ``answer``.
        monotonic: stamps the first query and the last answer, ns.
    """

    def __init__(self, queries: Queries, complete: Complete, batch: int, monotonic: Clock) -> None:
        """Keep what is given; nothing runs yet."""
        self.failure = FirstError()
        self.answered = 0
        self.first_issue: int | None = None
        self.last_answer: int | None = None
        self._queries = queries
        self._complete = complete
        self._batch = batch
        self._monotonic = monotonic
        self._stopped = False
        self._waiting: SimpleQueue[_Issued | None] = SimpleQueue()

    def stop(self) -> None:
        """Answer nothing more."""
        self._stopped = True

    @property
    def ending(self) -> bool:
        """Whether the test is only being brought to its end."""
        return self._stopped or self.failure.error is not None

    def issue(self, ids: Sequence[int], indices: Sequence[int]) -> None:
        """Answer a query, chunk by chunk."""
        self._note_first()
        for start in range(0, len(ids), self._batch):
            chunk = slice(start, start + self._batch)
            self._answer(indices[chunk])
            self._complete(ids[chunk])

    def enqueue(self, ids: Sequence[int], indices: Sequence[int]) -> None:
        """Leave a query for ``serve``."""
        self._note_first()
        self._waiting.put((ids, indices))

    def flush(self) -> None:
        """No more queries will come."""
        self._waiting.put(None)

    def serve(self) -> None:
        """Answer what was enqueued until the flush."""
        withheld: list[int] = []
        more = True
        while more:
            ids, indices, more = self._take()
            if self.ending:
                withheld += ids
            else:
                self.issue(ids, indices)
        self._complete(withheld)

    def _note_first(self) -> None:
        if self.first_issue is None:
            self.first_issue = self._monotonic()

    def _take(self) -> tuple[list[int], list[int], bool]:
        ids: list[int] = []
        indices: list[int] = []
        item = self._waiting.get()
        while item is not None:
            ids += item[0]
            indices += item[1]
            if len(ids) >= self._batch or self._waiting.empty():
                return ids, indices, True
            item = self._waiting.get()
        return ids, indices, False

    def _answer(self, indices: Sequence[int]) -> None:
        if self.ending:
            return
        with self.failure:
            self._queries.answer(indices)
            self.answered += len(indices)
            self.last_answer = self._monotonic()
