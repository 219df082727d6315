"""AMD SMI: energy, power and state of AMD GPUs, through AMD's binding (``amdsmi``).

First choice is the energy counter of the board's firmware (64 bits, steps of about 15 µJ), then
socket power, now and averaged. Some counters stand still or run at a wrong rate (ROCm/amdsmi
issues 22, 38): each is watched for a moment when the meter is opened and compared with the power
reading; one that stands still, or is off by more than a factor of ten, is refused with that reason.
Beside it, at most once in ``slow_s``: utilisation, memory, clocks, temperature, throttling.

What is measured is a physical board, whole. The partitions of a board (CPX, DPX …) share its
sensor: they are listed by the library as boards, and read once. Of a board of two dies (MI250) the
first die's sensor has both, the second's reads zero and is left out.

The last word of a channel's source is the board's address on the bus, by which its sensors under
hwmon are known to be the same.

The binding is of one release of ROCm and does not load without its library. Calls are made one at
a time, as its library was not safe for threads before ROCm 7.2. Tested through the real binding
(amdsmi 7.0.2) on a compiled stand-in for its library; it has not met hardware.
"""

from __future__ import annotations

import importlib
import os
import time

from joulemark.core.clock import NS
from joulemark.core.errors import (
    MeterError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
)
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._files import StrPath
from joulemark.meters._polled import Polled, Sensor, only_known, seconds_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from joulemark.core.clock import Clock
    from joulemark.core.interfaces import Settings
    from joulemark.meters._amdsmi_board import Board, Caller

MAX_BOARDS = 256
DRIVER = "/sys/module/amdgpu"
WATCH_S = 0.2
"""How long an energy counter is watched before it is believed."""

_NO_LIBRARY = (
    "install the amdsmi that belongs to your ROCm: pip install /opt/rocm/share/amd_smi; "
    "its library is in the package amd-smi-lib"
)
_NO_PERMISSION = (
    "see: ls -l /dev/kfd /dev/dri; often: sudo usermod -aG video,render $USER, then log in again; "
    "in a container: --device /dev/kfd --device /dev/dri --group-add video --group-add render"
)


class Amdsmi(Polled):
    """Energy, power and state of AMD GPUs.

    Args:
        slow_s: least time between two reads of what describes the state of a board, s.
        library: the binding; by default ``amdsmi`` is imported when the meter is opened.
        load: imports a module by name.
        driver: what is there where the kernel's driver is loaded.
        wait: lets time pass, s.
        monotonic: clock by which energy counters are watched.
    """

    name = "amdsmi"

    def __init__(
        self,
        *,
        slow_s: float = 1.0,
        library: Any = None,
        load: Callable[[str], Any] = importlib.import_module,
        driver: StrPath = DRIVER,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Clock = time.monotonic_ns,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(slow_s=slow_s)
        self._library = library
        self._load = load
        self._driver = os.fspath(driver)
        self._wait = wait
        self._monotonic = monotonic

    def _find(self, owned: ExitStack) -> list[Sensor]:
        if not os.path.isdir(self._driver):
            what = "no AMD GPU: the driver amdgpu is not loaded"
            raise UnavailableError(what, where=self._driver)
        call = self._started(owned)
        boards = self._boards(call)
        self._watch(boards)
        found: list[Sensor] = []
        read = []
        for board in boards:
            sensors, missing = board.sensors()
            self.missing.extend(missing)
            if any(sensor.channels[0].carries_energy for sensor in sensors):
                found.extend(sensors)
                read.append(board)
        if not found:
            raise self.missing[-1]
        self.facts["amdsmi"] = str(getattr(call.library, "__version__", ""))
        self.facts["boards"] = [board.facts() for board in read]
        return found

    def _started(self, owned: ExitStack) -> Caller:
        """Load and start the library; ``owned`` shuts it down."""
        import contextlib
        import io

        from joulemark.meters._amdsmi_board import Caller

        library = self._library
        if library is None:
            try:
                with contextlib.redirect_stdout(io.StringIO()):  # it prints when it is imported
                    library = self._load("amdsmi")
            except ModuleNotFoundError:
                raise MissingExtraError("the meter amdsmi", "amdsmi", "amd") from None
            except (ImportError, OSError, KeyError, AttributeError) as error:
                raise UnavailableError(
                    f"the binding amdsmi does not find the library that it belongs to ({error})",
                    where="libamd_smi.so",
                    remedy=_NO_LIBRARY,
                ) from None
        call = Caller(library)
        try:
            call("amdsmi_init")
        except MeterError as error:
            raise _cannot_start(error) from None
        owned.callback(_shut_down, call)
        return call

    def _boards(self, call: Caller) -> list[Board]:
        """Ask for the boards, each once; those that do not answer go to ``missing``."""
        from joulemark.meters._amdsmi_board import Board

        try:
            handles = list(call("amdsmi_get_processor_handles"))[:MAX_BOARDS]
        except MeterError as error:
            raise _cannot_start(error) from None
        boards: dict[str, Board] = {}
        for handle in handles:
            try:
                address = str(call("amdsmi_get_gpu_device_bdf", handle))
                slot = address.rpartition(".")[0]
                if slot in boards:
                    boards[slot].partitions += 1
                else:
                    boards[slot] = Board(call, handle, len(boards), address)
            except MeterError as error:
                where = "amdsmi_get_gpu_device_bdf"
                what = f"a board does not answer: {error.what}"
                self.missing.append(UnavailableError(what, where=where))
        if not boards:
            if self.missing:
                raise self.missing[0]
            raise UnavailableError("the AMD driver sees no GPU", where=call.where)
        return list(boards.values())

    def _watch(self, boards: list[Board]) -> None:
        """Read all energy counters twice, some time apart."""
        start = self._monotonic()
        for board in boards:
            board.watch_begin()
        self._wait(WATCH_S)
        for board in boards:
            board.watch_end((self._monotonic() - start) / NS)


def amdsmi(settings: Settings) -> Amdsmi:
    """Make the meter from JSON settings: ``slow_s``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("amdsmi", settings, ("slow_s",))
    return Amdsmi(slow_s=seconds_setting("amdsmi", settings, "slow_s", 1.0))


def _cannot_start(error: MeterError) -> UnavailableError:
    """Return the reason for which the library did not start, and the remedy."""
    if "NO_PERM" in error.what:
        return PermissionNeededError(
            "this user may not use the AMD driver", where=error.where, remedy=_NO_PERMISSION
        )
    return UnavailableError(
        f"AMD SMI does not start: {error.what}", where=error.where, remedy="run amd-smi list"
    )


def _shut_down(call: Caller) -> None:
    with suppress(MeterError):
        call("amdsmi_shut_down")
