"""Verbs that leave what they wrote as it is while nothing has changed."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Output:
    """What a verb writes.

    Attributes:
        verb: its name.
        note: where it is noted from what; beside the files.
        stamp: of all that it is made from.
    """

    verb: str
    note: Path
    stamp: str

    def left(self) -> int | None:
        """Say again what was said, and return the exit code; None where it must be made."""
        from joulemark.report.made import made_before

        made = made_before(self.note, self._made_by, self.stamp)
        if made is None:
            return None
        sys.stdout.write(made.said)
        what = f"nothing has changed since {made.since}; left as it was"
        print(f"{self._made_by}: {what}", file=sys.stderr)
        return made.code

    def done(self, files: Iterable[str], tell: Callable[[IO[str] | None], None], code: int) -> None:
        """Print, and note what was written.

        Args:
            files: by their paths relative to the note.
            tell: prints to a file, or to standard output as it is.
            code: exit code.
        """
        from joulemark.report.made import note_made

        tell(None)
        plain = io.StringIO()
        tell(plain)
        said = plain.getvalue()
        note_made(self.note, self._made_by, self.stamp, files, said=said, code=code)

    @property
    def _made_by(self) -> str:
        return f"joulemark {self.verb}"


def output_of(
    verb: str, note: Path, store: Path, asked: Sequence[object], read: Iterable[Path | None]
) -> Output:
    """Return what a verb writes from a store.

    Args:
        verb: its name.
        note: where it is noted.
        store: the directory of all runs.
        asked: arguments that matter.
        read: files and folders that it reads beside the store, as far as they were named.
    """
    from joulemark.report.stamp import stamp_of
    from joulemark.store.stamps import file_stamp, stamps_in

    parts = [verb, str(store), *map(repr, asked)]
    for path in read:
        parts.append(str(path))
        if path is not None:
            parts += stamps_in(path) if path.is_dir() else [file_stamp(path)]
    return Output(verb, note, stamp_of(store, None, parts).whole)
