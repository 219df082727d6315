"""Turn knobs, and put all of them back whatever happens."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from joulemark.core.errors import UnavailableError
from joulemark.core.interfaces import Knob
from joulemark.tune import guard
from joulemark.tune.journal import Journal, default_folder, journals, left_over, put_back

Start = Callable[[Journal], "subprocess.Popen[bytes]"]
RESTORE = "put them back first: joulemark sweep --restore"


class Keeper:
    """Knobs that were turned in a ``with`` block are as they were after it.

    Nothing is written or started before the first knob is turned. If this process is killed, its
    guard puts them back; if both die, the journal is found by the next start.

    Args:
        folder: where journals are kept.
        start: starts a guard.
    """

    def __init__(self, folder: Path | None = None, start: Start = guard.start) -> None:
        """Keep the arguments."""
        self._folder = default_folder() if folder is None else folder
        self._start = start
        self._journal: Journal | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._turned: set[str] = set()

    def __enter__(self) -> Self:
        """See that nothing is left over of a process that died with its guard.

        Raises:
            UnavailableError: if there is.
        """
        left = left_over(self._folder)
        if left:
            what = "knobs that an earlier sweep turned were never put back"
            raise UnavailableError(what, where=str(left[0]), remedy=RESTORE)
        return self

    def set(self, knob: Knob, value: Any) -> Any:
        """Turn a knob and return what it shows then.

        Raises:
            UsageError: if the machine does not know such a value.
            UnavailableError: if this user may not.
            StoreError: if what it was cannot be written down; it was not turned then.
        """
        journal = self._guarded()
        key = json.dumps([knob.name, knob.settings], sort_keys=True)
        if key not in self._turned:
            journal.note(knob, knob.show())
            self._turned.add(key)
        knob.set(value)
        return knob.show()

    def _guarded(self) -> Journal:
        """Return the journal, with a guard that lives."""
        if self._journal is None:
            self._journal = _alone(Journal(self._folder))
        if self._guard is not None and self._guard.poll() is not None:
            guard.dismiss(self._guard)
            self._guard = None
        if self._guard is None:
            self._guard = self._start(self._journal)
        return self._journal

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put everything back.

        Raises:
            UnavailableError: if something could not be; the journal stays, and says what.
        """
        if self._journal is None:
            return
        failed: list[str] = []
        try:
            failed = put_back(self._journal.path)
        finally:
            if self._guard is not None:
                guard.dismiss(self._guard)
            self._journal.close()
        if failed and self._journal.path.exists():
            raise UnavailableError(f"a knob was not put back: {failed[0]}", remedy=RESTORE)


def _alone(journal: Journal) -> Journal:
    """Return a new journal if no other process turns knobs: each would keep what the other set.

    Raises:
        UnavailableError: if one does.
    """
    others = [path for path, held in journals(journal.path.parent) if held and path != journal.path]
    if others:
        journal.path.unlink()
        journal.close()
        what, remedy = "another sweep turns knobs of this machine", "wait for its end"
        raise UnavailableError(what, where=str(others[0]), remedy=remedy)
    return journal


def restore(folder: Path | None = None) -> tuple[int, list[str]]:
    """Put back what was left over.

    Returns:
        How many journals there were, and why some knobs could not be put back.
    """
    left = left_over(default_folder() if folder is None else folder)
    return len(left), [why for path in left for why in put_back(path)]
