"""Writing a spool; its layout stands in :mod:`joulemark.meters.spool`."""

from __future__ import annotations

import errno
import os
import struct

from joulemark.core.block import ROW
from joulemark.core.errors import StoreError
from joulemark.core.jsonlight import dumps
from joulemark.core.scope import suppress
from joulemark.meters._channels import channel_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from joulemark.core.channel import Channel
    from joulemark.core.clock import Anchor
    from joulemark.meters._files import StrPath
    from joulemark.meters.journal import Write

MAGIC = b"JMSPOOL1"
MAX_HEADER = 16 << 20
"""Longest header that is read, bytes."""
LENGTH = struct.Struct("<I")


class SpoolWriter:
    """The one writer of a new spool.

    Args:
        path: the file; must not exist.
        writer: who writes it, for whoever reads it.
        channels: what the rows' channel numbers mean.
        anchor: the clock of this host.
        write: what writes the bytes.

    Raises:
        StoreError: if the file exists or cannot be written.
    """

    def __init__(
        self,
        path: StrPath,
        writer: str,
        channels: Sequence[Channel],
        anchor: Anchor,
        *,
        write: Write = os.write,
    ) -> None:
        """Create the file and write its header."""
        self.path = path
        self._write = write
        self._size = 0
        header = _header_bytes(writer, channels, anchor, path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise StoreError(
                f"cannot be made: {error.strerror}",
                where=os.fspath(path),
                remedy="choose another place; a spool is never written twice",
            ) from error
        try:
            self._put(header, step=len(header))
        except StoreError:
            self.close()
            with suppress(OSError):
                os.unlink(path)  # nothing but a part of a header
            raise

    def append(self, block: bytes) -> None:
        """Append whole rows; they are in the kernel when this returns.

        Raises:
            StoreError: if they cannot all be written; the file then ends with a whole row.
            ValueError: if the block ends in the middle of a row.
        """
        if len(block) % ROW.size:
            raise ValueError(f"{len(block)} bytes are not whole rows of {ROW.size}")
        if block:
            self._put(block, step=ROW.size)

    def sync(self) -> None:
        """Put everything on the disk.

        Raises:
            StoreError: if the disk refuses.
        """
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _put(self, data: bytes, step: int) -> None:
        """Write ``data``; if that fails, keep only whole multiples of ``step`` bytes of it."""
        done = 0
        try:
            done = self._write(self._file, data)
            while done < len(data):  # the disk is nearly full: the next call says why
                done += self._some(data[done:])
        except OSError as error:
            done -= done % step
            with suppress(OSError):
                os.ftruncate(self._file, self._size + done)
            raise self._failed(error) from error
        finally:
            self._size += done

    def _some(self, data: bytes) -> int:
        done = self._write(self._file, data)
        if done <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return done

    def _failed(self, error: OSError) -> StoreError:
        room = ""
        with suppress(OSError):
            free = os.fstatvfs(self._file)
            room = f" ({free.f_bavail * free.f_frsize} bytes free)"
        return StoreError(
            f"cannot be written: {error.strerror}{room}",
            where=os.fspath(self.path),
            remedy="free some space or choose another place; what is written can be read",
        )


def _header_bytes(writer: str, channels: Sequence[Channel], anchor: Anchor, path: StrPath) -> bytes:
    record = {
        "writer": writer,
        "channels": [channel_to(channel) for channel in channels],
        "anchor": {"utc_ns": anchor.utc_ns, "monotonic_ns": anchor.monotonic_ns},
    }
    text = dumps(record).encode("utf-8", "replace")
    if len(text) > MAX_HEADER:
        raise StoreError(
            f"{len(channels)} channels are too many for a spool", where=os.fspath(path)
        )
    return MAGIC + LENGTH.pack(len(text)) + text
