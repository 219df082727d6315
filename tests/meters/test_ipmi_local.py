"""The way through the kernel, against a kernel in software that has the virtual controller."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from pathlib import Path

import pytest

from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError
from joulemark.meters import _dcmi
from joulemark.meters._ipmi_local import RECEIVE, SEND, Local, _cannot_open

REQUEST, RECEIVED, ADDRESS = struct.Struct("@PIlBBHP"), struct.Struct("@iPIlBBHP"), "@ihBx"
POWER = bytes.fromhex("00dc2c012b012d012c01") + bytes(4) + bytes([0xE8, 3, 0, 0, 0x40])


class Kernel:
    """Driver and controller. Its answers wait in a queue, as the kernel's do."""

    def __init__(self) -> None:
        self.queue: list[tuple[int, int, bytes]] = []
        self.asked: list[tuple[int, int, bytes]] = []
        self.silent = False
        self.error = 0

    def ioctl(self, file: int, operation: int, argument: bytearray) -> int:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        return {SEND: self._send, RECEIVE: self._receive}[operation](argument)

    def _send(self, argument: bytearray) -> int:
        place, length, number, function, command, count, data = REQUEST.unpack(argument)
        assert struct.unpack(ADDRESS, ctypes.string_at(place, length)) == (0x0C, 0x0F, 0)
        self.asked.append((function, command, ctypes.string_at(data, count)))
        if not self.silent:
            self.queue.append((1, number, POWER))
        return 0

    def _receive(self, argument: bytearray) -> int:
        _, place, length, _, _, _, room, data = RECEIVED.unpack(argument)
        kind, number, answer = self.queue.pop(0)
        assert len(answer) <= room
        ctypes.memmove(data, answer, len(answer))
        argument[:] = RECEIVED.pack(kind, place, length, number, 0x2D, 2, len(answer), data)
        return 0

    def wait(self, file: int, seconds: float) -> bool:
        assert 0 < seconds <= 2
        return bool(self.queue)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


def _local(kernel: Kernel, tmp_path: Path) -> Local:
    file = tmp_path / "ipmi0"
    file.touch()
    return Local(str(file), ioctl=kernel.ioctl, wait=kernel.wait)


def test_the_numbers_of_the_kernel_are_those_of_its_header() -> None:
    assert (SEND, RECEIVE) == (0x8028690D, 0xC030690B)  # on 64 bit


def test_power_is_asked_and_told(kernel: Kernel, tmp_path: Path) -> None:
    local = _local(kernel, tmp_path)
    assert _dcmi.power(*local.ask(*_dcmi.POWER), local.where).watts == 300
    assert kernel.asked == [(0x2C, 0x02, b"\xdc\x01\x00\x00")]
    local.close()
    local.close()
    with pytest.raises(MeterError, match="closed"):
        local.ask(*_dcmi.POWER)


def test_an_answer_to_an_earlier_question_is_not_taken_for_this_one(
    kernel: Kernel, tmp_path: Path
) -> None:
    local = _local(kernel, tmp_path)
    kernel.silent = True
    with pytest.raises(MeterError, match="no answer within 2 s"):
        local.ask(*_dcmi.POWER)
    kernel.silent = False
    kernel.queue += [(1, 1, b"\xc3"), (4, 2, b"\x00"), (1, 2, b"")]  # late; an event; empty
    assert local.ask(*_dcmi.POWER)[0] == 0
    local.interrupt()
    local.close()


def test_what_the_kernel_refuses_is_told(kernel: Kernel, tmp_path: Path) -> None:
    local = _local(kernel, tmp_path)
    kernel.error = errno.EINVAL
    with pytest.raises(MeterError, match="Invalid argument"):
        local.ask(*_dcmi.POWER)
    local.close()


def test_a_file_that_is_no_driver_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ipmi0"
    file.touch()
    local = Local(str(file))
    with pytest.raises(MeterError, match="ioctl"):
        local.ask(*_dcmi.POWER)
    local.close()


def test_what_is_missing_is_told_with_the_remedy() -> None:
    denied = _cannot_open(PermissionError(errno.EACCES, "Permission denied"), "/dev/ipmi0")
    assert isinstance(denied, PermissionNeededError)
    assert "udev" in denied.remedy
    with pytest.raises(UnavailableError, match="no driver"):
        Local("/nowhere")
