"""The spool: samples on their way to the disk, as an append-only file of fixed-width rows.

Layout::

    8 bytes     magic, ``JMSPOOL1``
    4 bytes     length of the header, uint32 little-endian
    …           header, JSON: {"writer": …, "channels": […], "anchor": {"utc_ns", "monotonic_ns"}}
    20 bytes …  rows of :data:`joulemark.core.block.ROW`; the channel is a place in the header

Each block is one system call straight to the file, so what was taken is in the kernel at once: a
writer that is killed loses nothing. A power cut may lose the seconds that the kernel had not yet
put on the disk; ``sync`` once at the end is the price that a measurement can afford.

A spool has one writer and is never opened for writing twice.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Sequence

from joulemark.core.block import ROW, Block
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.errors import StoreError
from joulemark.meters._channels import channel_from, channel_to
from joulemark.meters._spool_reader import (
    LENGTH,
    MAGIC,
    MAX_HEADER,
    Header,
    StrPath,
    iter_rows,
    read_header,
    read_rows,
)

__all__ = ["MAGIC", "MAX_HEADER", "Header", "SpoolWriter", "channel_from", "channel_to",
           "iter_rows", "read_header", "read_rows"]  # fmt: skip


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
        write: Callable[[int, bytes], int] = os.write,
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
            _remove(path)  # nothing but a part of a header
            raise

    def append(self, block: Block) -> None:
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
            done = self._some(data)
            while done < len(data):  # the disk is nearly full: the next call says why
                done += self._some(data[done:])
        except OSError as error:
            done -= done % step
            with contextlib.suppress(OSError):
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
        with contextlib.suppress(OSError):
            free = os.fstatvfs(self._file)
            room = f" ({free.f_bavail * free.f_frsize} bytes free)"
        return StoreError(
            f"cannot be written: {error.strerror}{room}",
            where=os.fspath(self.path),
            remedy="free some space or choose another place; what is written can be read",
        )


def _remove(path: StrPath) -> None:
    from pathlib import Path

    Path(path).unlink(missing_ok=True)


def _header_bytes(writer: str, channels: Sequence[Channel], anchor: Anchor, path: StrPath) -> bytes:
    record = {
        "writer": writer,
        "channels": [channel_to(channel) for channel in channels],
        "anchor": {"utc_ns": anchor.utc_ns, "monotonic_ns": anchor.monotonic_ns},
    }
    text = json.dumps(record, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > MAX_HEADER:
        raise StoreError(
            f"{len(channels)} channels are too many for a spool", where=os.fspath(path)
        )
    return MAGIC + LENGTH.pack(len(text)) + text
