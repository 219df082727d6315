"""The text of a file of prompts or of a recording."""

from __future__ import annotations

from pathlib import Path

from joulemark.core.errors import FormatError

MOST_BYTES = 1 << 30


def read_text(path: Path, *, most: int = MOST_BYTES) -> str:
    """Return the text of a file without a byte order mark.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        FormatError: if it cannot be read, is larger, or is no UTF-8.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise FormatError(f"it cannot be read: {error.strerror}", where=where) from None
    if len(data) > most:
        raise FormatError(f"the file is larger than {most} bytes", where=where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("it is no UTF-8 text", where=where) from None
