"""What knobs were before they were turned, on disk, so that they can be put back by anyone.

One file for each process that turns knobs, a JSON line for each knob, on the disk before the knob
is first turned. The process and its guard hold the file's lock; a file that nobody holds is of a
machine that went down with both.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, JoulemarkError, StoreError
from joulemark.core.interfaces import Knob
from joulemark.core.scope import suppress
from joulemark.store.files import store_error, sync_directory, unreadable, write_all
from joulemark.store.jsontext import decode, encode
from joulemark.tune.knobs import make

SUFFIX = ".knobs"
MAX_BYTES = 4 << 20


def default_folder() -> Path:
    """Return where journals are kept: below ``XDG_STATE_HOME``, else ``~/.local/state``."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "joulemark" / "knobs"


class Journal:
    """The journal of this process; made at once, and locked.

    Args:
        folder: where journals are kept; made if it is not there.

    Raises:
        StoreError: if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        """Make the file."""
        self.path = folder / f"{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self.descriptor = os.open(self.path, flags, 0o600)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
            sync_directory(folder)
        except OSError as error:
            raise store_error(error, self.path) from error

    def note(self, knob: Knob, shown: Any) -> None:
        """Write what a knob shows, before it is turned.

        Raises:
            StoreError: if that cannot be written; the knob must stay as it is then.
        """
        line = encode({"knob": knob.name, "settings": dict(knob.settings), "old": shown})
        try:
            write_all(self.descriptor, line + b"\n")
            os.fsync(self.descriptor)
        except OSError as error:
            raise store_error(error, self.path) from error

    def close(self) -> None:
        """Let go of the file; it stays if something of it was not put back."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def put_back(path: Path) -> list[str]:
    """Put back every knob of a journal, the last turned first; then the journal goes.

    Args:
        path: it; nothing is done if it is gone.

    Returns:
        Why some could not be put back; the journal stays then.

    Raises:
        StoreError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(error, path) from error
    whole = data[: data.rfind(b"\n") + 1]  # a torn line is of a knob that was not turned yet
    failed = []
    for number, line in reversed(list(enumerate(whole.splitlines(), 1))):
        try:
            _put_back(line, f"{path}:{number}")
        except JoulemarkError as error:
            failed.append(str(error))
    if not failed:
        with suppress(FileNotFoundError):
            path.unlink()
    return failed


def _put_back(line: bytes, where: str) -> None:
    entry = decode(line, where)
    fields = entry if isinstance(entry, dict) else {}
    name, settings = fields.get("knob"), fields.get("settings")
    if not isinstance(name, str) or not isinstance(settings, dict) or "old" not in fields:
        raise FormatError("no knob and its value", where=where, remedy="set it back by hand")
    make(name, settings).restore(fields["old"])


def left_over(folder: Path) -> list[Path]:
    """Return the journals that no living process holds; see :func:`journals`."""
    return [path for path, held in journals(folder) if not held]


def journals(folder: Path) -> list[tuple[Path, bool]]:
    """Return the journals that are there, and whether a living process holds each.

    Raises:
        StoreError: if one cannot be looked at, or is another user's.
    """
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(error, path) from error
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                what, remedy = "a journal of another user", "run joulemark as that user"
                raise StoreError(what, where=str(path), remedy=remedy)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append((path, False))
        except BlockingIOError:
            found.append((path, True))
        finally:
            os.close(descriptor)
    return found
