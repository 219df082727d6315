"""The way to this machine's own baseboard controller, through the kernel: ``/dev/ipmi0``.

Our own code, for pyghmi's way through the kernel waits for an answer without end. Kernel interface:
Linux ``include/uapi/linux/ipmi.h``. It was tried against a kernel in software; it has not met
hardware.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import time

from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DEVICE = "/dev/ipmi0"
_ADDRESS = struct.Struct("@ihBx")
_REQUEST = struct.Struct("@PIlBBHP")
_RECEIVED = struct.Struct("@iPIlBBHP")
_SYSTEM_INTERFACE, _BMC_CHANNEL = 0x0C, 0x0F
_READ, _WRITE, _LETTER = 2, 1, 0x69
SEND = _READ << 30 | _REQUEST.size << 16 | _LETTER << 8 | 13
RECEIVE = (_READ | _WRITE) << 30 | _RECEIVED.size << 16 | _LETTER << 8 | 11
"""``IPMICTL_SEND_COMMAND``, ``IPMICTL_RECEIVE_MSG_TRUNC``."""
ANSWER = 1
"""``IPMI_RESPONSE_RECV_TYPE``."""
MOST_BYTES = 272
"""``IPMI_MAX_MSG_LENGTH``."""
_NO_DRIVER = "sudo modprobe -a ipmi_si ipmi_devintf, or ask over the network: ipmi:host=ADDRESS"
_NO_RIGHT = (
    'let this group use it, with a udev rule: KERNEL=="ipmi0", GROUP="power", MODE="0660" '
    "(whoever may use it may do anything to the controller, switching off included), or ask over "
    "the network as a user who may only read: ipmi:host=ADDRESS"
)


class Local:
    """The kernel's driver.

    Args:
        device: its file.
        timeout_s: longest time for an answer.
        ioctl: stands in for ``fcntl.ioctl``.
        wait: returns whether a file is readable before so many seconds have passed.

    Attributes:
        where: what is asked.
        suite: None: nothing is enciphered on this way.

    Raises:
        UnavailableError: if there is no such driver.
        PermissionNeededError: if this user may not use it.
    """

    suite = None

    def __init__(
        self,
        device: str = DEVICE,
        timeout_s: float = 2.0,
        *,
        ioctl: Callable[[int, int, bytearray], Any] = fcntl.ioctl,
        wait: Callable[[int, float], bool] | None = None,
    ) -> None:
        """Open the file."""
        import ctypes

        self.where = device
        self._timeout_s = timeout_s
        self._ioctl = ioctl
        self._wait = wait or _readable
        self._number = 0
        self._memory = ctypes
        self._buffer = ctypes.create_string_buffer(MOST_BYTES)
        self._place = ctypes.addressof(self._buffer)
        self._address = ctypes.create_string_buffer(64)
        self._address_place = ctypes.addressof(self._address)
        self._file = -1
        try:
            self._file = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise _cannot_open(error, device) from None

    def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        """Return completion code and data of an answer; see ``_dcmi.Way``.

        Raises:
            MeterError: if there is none.
        """
        if self._file < 0:
            raise MeterError("asked while closed", where=self.where)
        self._number += 1
        _ADDRESS.pack_into(self._address, 0, _SYSTEM_INTERFACE, _BMC_CHANNEL, 0)
        self._memory.memmove(self._place, data, len(data))
        request = bytearray(
            _REQUEST.pack(
                self._address_place,
                _ADDRESS.size,
                self._number,
                function,
                command,
                len(data),
                self._place,
            )
        )
        try:
            self._ioctl(self._file, SEND, request)
            return self._answer()
        except OSError as error:
            raise MeterError(error.strerror or "it failed", where=self.where) from None

    def _answer(self) -> tuple[int, bytes]:
        """Wait for the answer to the last question; earlier ones, that came late, are dropped."""
        end = time.monotonic() + self._timeout_s
        while (left := end - time.monotonic()) > 0 and self._wait(self._file, left):
            received = bytearray(
                _RECEIVED.pack(0, self._address_place, 64, 0, 0, 0, MOST_BYTES, self._place)
            )
            try:
                self._ioctl(self._file, RECEIVE, received)
            except OSError as error:
                if error.errno != errno.EMSGSIZE:  # longer than any answer that we ask for
                    raise
            kind, _, _, number, _, _, length, _ = _RECEIVED.unpack(received)
            if kind == ANSWER and number == self._number and length:
                raw: bytes = self._memory.string_at(self._place, length)
                return raw[0], raw[1:]
        raise MeterError(f"no answer within {self._timeout_s:g} s", where=self.where)

    def interrupt(self) -> None:
        """Wait for the end of a question, which comes soon."""

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def _readable(file: int, timeout_s: float) -> bool:
    return bool(select.select([file], [], [], timeout_s)[0])


def _cannot_open(error: OSError, device: str) -> UnavailableError:
    if error.errno in (errno.EACCES, errno.EPERM):
        return PermissionNeededError(
            "this user may not ask the baseboard controller", where=device, remedy=_NO_RIGHT
        )
    return UnavailableError(
        f"no driver of a baseboard controller ({error.strerror})", where=device, remedy=_NO_DRIVER
    )
