"""A device on a pseudo-terminal: what is written to the path is heard, what it says can be read."""

from __future__ import annotations

import errno
import os
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

_PIECE = 65536


class Spoken(Protocol):
    """A device that hears bytes and says bytes."""

    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        ...

    def say(self) -> bytes:
        """Return all that it says now; what was returned is said."""
        ...


class Terminal:
    """Connects a device with a pseudo-terminal, until it is closed.

    What the device says waits here without limit where the host does not read: so nothing that
    advances virtual time ever has to wait for a reader.

    Args:
        device: the device.
        woken: is given a function that tells that the device has something to say.

    Attributes:
        path: what the host opens.
    """

    def __init__(
        self, device: Spoken, woken: Callable[[Callable[[], None]], None] | None = None
    ) -> None:
        """Open the pseudo-terminal and begin to listen."""
        self._device = device
        self._host, self._end = os.openpty()
        tty.setraw(self._end)
        self.path = os.ttyname(self._end)
        os.set_blocking(self._host, False)
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=f"serves {self.path}", daemon=True)
        self._thread.start()
        if woken is not None:
            woken(self.wake)

    def wake(self) -> None:
        """Tell that the device has something to say."""
        if not self._closing:
            with suppress(BlockingIOError):  # it has been told often enough
                os.write(self._wake, b".")

    def close(self) -> None:
        """End it; a second call does nothing."""
        if self._closing:
            return
        self._closing = True
        with suppress(BlockingIOError):
            os.write(self._wake, b".")
        self._thread.join()
        for descriptor in (self._host, self._end, self._awake, self._wake):
            os.close(descriptor)

    def unplug(self) -> None:
        """Take the device away under the host's hands."""
        self.close()

    def _serve(self) -> None:
        waiting = bytearray()
        while not self._closing:
            writing = [self._host] if waiting else []
            readable, writable, _ = select.select([self._host, self._awake], writing, [], 0.5)
            if self._awake in readable:
                os.read(self._awake, _PIECE)
            if self._host in readable:
                self._device.hear(_received(self._host))
            waiting += self._device.say()
            if writable or waiting:
                del waiting[: _sent(self._host, waiting)]


def _received(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except OSError as error:
        if error.errno in (errno.EIO, errno.EAGAIN):  # the host has closed its end
            return b""
        raise


def _sent(descriptor: int, data: bytes | bytearray) -> int:
    try:
        return os.write(descriptor, bytes(data[:_PIECE]))
    except BlockingIOError:
        return 0
