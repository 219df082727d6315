"""Files that a person named, anywhere: links are followed, unlike in a run directory."""

from __future__ import annotations

from pathlib import Path

from joulemark.core.errors import FormatError, StoreError
from joulemark.store.files import unreadable


def named_bytes(path: Path, most: int) -> bytes:
    """Return the bytes of a file.

    Args:
        path: the file.
        most: largest size that is read, bytes.

    Raises:
        FormatError: if it is larger.
        StoreError: if it is no plain file, or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise StoreError("not a plain file", where=str(path), remedy="name a file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise unreadable(error, path) from error
    if len(data) > most:
        what = f"larger than {most >> 20} MiB"
        raise FormatError(what, where=str(path), remedy="give a smaller file")
    return data
