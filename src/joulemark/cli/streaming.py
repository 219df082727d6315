"""What verbs share whose results come one by one: an end on a signal, progress, files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joulemark.core.finding import Verdict
    from joulemark.report.progress import Progress


class Stop:
    """Raises KeyboardInterrupt when a signal comes, but not while a result is written.

    Attributes:
        asked: whether a signal came.
    """

    def __init__(self) -> None:
        """Begin unasked."""
        self.asked = False
        self._writing = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        self.asked = True
        if not self._writing:
            raise KeyboardInterrupt

    @contextmanager
    def later(self) -> Iterator[None]:
        """Let the block finish first."""
        self._writing = True
        yield
        self._writing = False
        if self.asked:
            raise KeyboardInterrupt


def taken_whole(verb: str) -> Callable[[str, str], None]:
    """Return what tells that a file was named and the folder of its result is taken."""

    def tell(file: str, folder: str) -> None:
        print(f"joulemark {verb}: {file} is part of a result, {folder} is taken", file=sys.stderr)

    return tell


def exit_code(verdicts: Mapping[Verdict, int], *, strict: bool) -> int:
    """Return 1 where a result fails, or with ``strict`` warns; else 0."""
    from joulemark.core.finding import Verdict

    bad = verdicts[Verdict.FAIL] + (verdicts[Verdict.WARN] if strict else 0)
    return 1 if bad else 0


class Pace:
    """Shows how far something is, at most ten times a second.

    Args:
        display: where.
        what: what is being done, in a word.
    """

    def __init__(self, display: Progress, what: str) -> None:
        """Begin now."""
        self._display = display
        self._what = what
        self._began = time.monotonic()
        self._shown = -1.0

    def __call__(self, done: int, of: int) -> None:
        """Show how much is done, and of how much."""
        spent = time.monotonic() - self._began
        if done < of and spent - self._shown < 0.1:
            return
        self._shown = spent
        whole = spent * of / done if done else 0.0
        pace = f", {done / spent:.0f}/s" if done and spent > 0 else ""
        self._display.update(self._what, spent, whole, note=f"{done} of {of}{pace}")


class Steps:
    """Shows how far something is that has several steps, at most ten times a second.

    Args:
        display: where.
    """

    def __init__(self, display: Progress) -> None:
        """Begin now."""
        self._display = display
        self._began = time.monotonic()
        self._shown = -1.0

    def __call__(self, what: str, done: int, of: int) -> None:
        """Show what is being done, how much of it is done, and of how much."""
        spent = time.monotonic() - self._began
        if done < of and spent - self._shown < 0.1:
            return
        self._shown = spent
        whole = spent * of / done if done else 0.0
        self._display.update(what, spent, whole, note=f"{done} of {of}")


def found_so_far(display: Progress) -> Callable[[int], None]:
    """Return what shows how many results were found, once the search takes longer than a second."""
    began = time.monotonic()

    def tell(found: int) -> None:
        spent = time.monotonic() - began
        if spent > 1:
            display.update("searching", spent, 0.0, note=f"{found} found")

    return tell


def opened(stack: ExitStack, path: Path) -> Any:
    """Open a file to be written, for as long as the stack.

    Raises:
        StoreError: if it cannot be written.
    """
    from joulemark.store.files import store_error

    try:
        return stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
    except OSError as error:
        raise store_error(error, path) from error
