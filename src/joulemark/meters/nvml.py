"""NVML: energy, power and state of NVIDIA GPUs, through NVIDIA's binding (``nvidia-ml-py``).

First choice is the energy counter (mJ since the driver was loaded; from Volta on). Beside it stand
the instant and the averaged power with the windows that are known of them (``data/
nvml_sensors.json``), and, at most once in ``slow_s``, utilisation, memory, clocks, temperature and
the reasons for which the clocks are held down.

What is measured is always a physical board, whole: ``CUDA_VISIBLE_DEVICES`` does not change it, and
the instances of a board that is split by MIG share one sensor. Boards are numbered as NVML does, by
the bus, which need not be CUDA's order. A board that falls off the bus falls silent; the others go
on, and the loss is listed in ``failures``.
"""

from __future__ import annotations

import importlib
import os

from joulemark.core.errors import (
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._polled import Polled, Sensor, only_known, seconds_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from joulemark.core.interfaces import Settings
    from joulemark.meters._nvml_board import Board

MAX_BOARDS = 256
MAX_CACHE = 64 << 20
LIBRARY = "libnvidia-ml.so.1"

_REMEDIES = {
    "NVML_ERROR_LIBRARY_NOT_FOUND": (
        "no NVIDIA driver is installed (libnvidia-ml.so.1 was not found)",
        "install NVIDIA's driver; in a container: start that with docker run --gpus all",
    ),
    "NVML_ERROR_DRIVER_NOT_LOADED": (
        "the NVIDIA driver is installed but not loaded",
        "sudo modprobe nvidia; if that fails, see: sudo dmesg | grep -i nvrm",
    ),
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH": (
        "the NVIDIA driver and its library are of different versions",
        "the driver was updated under a running system: reboot",
    ),
    "NVML_ERROR_NO_PERMISSION": (
        "this user may not use the NVIDIA driver",
        "see: ls -l /dev/nvidia*; often: sudo usermod -aG video,render $USER, then log in again",
    ),
}


class Nvml(Polled):
    """Energy, power and state of NVIDIA GPUs.

    Args:
        devices: numbers and UUIDs of the boards to read; None for all.
        slow_s: least time between two reads of what describes the state of a board, s.
        library: the NVML binding; by default ``pynvml`` is imported when the meter is opened.
        load: imports a module by name.
        hinted: whether anything on this machine hints at NVIDIA's driver; without a hint nothing
            is imported.
    """

    name = "nvml"

    def __init__(
        self,
        devices: Sequence[int | str] | None = None,
        *,
        slow_s: float = 1.0,
        library: Any = None,
        load: Callable[[str], Any] = importlib.import_module,
        hinted: Callable[[], bool] | None = None,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(slow_s=slow_s)
        self.devices = devices
        self._library = library
        self._load = load
        self._hinted = hinted or driver_hinted

    def _find(self, owned: ExitStack) -> list[Sensor]:
        library = self._started(owned)
        boards = self._boards(library)
        self.facts["driver"] = _told(library, "nvmlSystemGetDriverVersion")
        self.facts["nvml"] = _told(library, "nvmlSystemGetNVMLVersion")
        self.facts["boards"] = [board.facts() for board in boards]
        found: list[Sensor] = []
        for board in boards:
            sensors, missing = board.sensors()
            found.extend(sensors)
            self.missing.extend(missing)
        if not found:
            raise self.missing[-1]
        return found

    def _started(self, owned: ExitStack) -> Any:
        """Load and start NVML; ``owned`` shuts it down."""
        library = self._library
        if library is None:
            if not self._hinted():
                what, remedy = _REMEDIES["NVML_ERROR_LIBRARY_NOT_FOUND"]
                raise UnavailableError(what, where="NVML", remedy=remedy)
            try:
                library = self._load("pynvml")
            except ImportError:
                raise MissingExtraError("the meter nvml", "pynvml", "nvml") from None
        try:
            library.nvmlInit()
        except library.NVMLError as error:
            raise _cannot_start(library, error) from None
        owned.callback(_shut_down, library)
        return library

    def _boards(self, library: Any) -> list[Board]:
        """Ask for the boards; those that do not answer go to ``missing``."""
        from joulemark.meters._nvml_board import Board

        try:
            count = min(library.nvmlDeviceGetCount(), MAX_BOARDS)
        except library.NVMLError as error:
            raise _cannot_start(library, error) from None
        boards = []
        for index in range(count):
            try:
                boards.append(Board.of(library, index))
            except library.NVMLError as error:
                where = f"gpu-{index}"
                self.missing.append(
                    UnavailableError(f"the board does not answer: {error}", where=where)
                )
        if not boards:
            if self.missing:
                raise self.missing[0]
            raise UnavailableError("the NVIDIA driver sees no GPU", where="nvmlDeviceGetCount")
        if self.devices is None:
            return boards
        return list({b.index: b for b in (self._chosen(boards, d) for d in self.devices)}.values())

    def _chosen(self, boards: list[Board], device: int | str) -> Board:
        for board in boards:
            if device in (board.index, board.uuid):
                return board
        for reason in self.missing:
            if reason.where == f"gpu-{device}":
                raise reason
        there = ", ".join(f"{board.index} ({board.uuid})" for board in boards)
        raise UnavailableError(f"no GPU is {device!r}", where="meter nvml", remedy=f"use {there}")


def driver_hinted(
    marks: Sequence[str] = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg"),
    cache: str = "/etc/ld.so.cache",
) -> bool:
    """Whether anything hints at NVIDIA's driver: its device, its module, or its library.

    Looking costs a hundredth of importing the binding. Where the list of libraries cannot be read
    (not every system has one), only the binding can tell, so that counts as a hint.

    Args:
        marks: files that only the driver makes; ``/dev/dxg`` is its stand-in under WSL.
        cache: the dynamic loader's list of libraries.
    """
    places = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    libraries = [f"{place}/{LIBRARY}" for place in places if place]
    if any(os.path.exists(mark) for mark in (*marks, *libraries)):
        return True
    try:
        with open(cache, "rb") as file:
            return LIBRARY.encode() in file.read(MAX_CACHE)
    except OSError:
        return True


def nvml(settings: Settings) -> Nvml:
    """Make the meter from JSON settings.

    Settings: ``devices``, ``"all"`` (which measures every board, whatever CUDA_VISIBLE_DEVICES
    hides from the program), a number or UUID, or a list of them; ``slow_s``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("nvml", settings, ("devices", "slow_s"))
    return Nvml(
        _devices(settings.get("devices", "all")),
        slow_s=seconds_setting("nvml", settings, "slow_s", 1.0),
    )


def _devices(value: Any) -> list[int | str] | None:
    """Return the setting ``devices``, checked."""
    if value == "all":
        return None
    chosen = value if isinstance(value, list) else [value]
    for device in chosen:
        if isinstance(device, str) and device.startswith("MIG-"):
            raise UsageError(
                f"{device} is a MIG instance, which has no power sensor of its own",
                where="meter nvml",
                remedy="name its board",
            )
        number = isinstance(device, int) and not isinstance(device, bool) and device >= 0
        if not number and not (isinstance(device, str) and device):
            raise UsageError(
                f"devices is {value!r:.80}",
                where="meter nvml",
                remedy='give "all", or numbers and UUIDs as nvidia-smi -L prints them',
            )
    if not chosen:
        raise UsageError("devices is empty", where="meter nvml", remedy='leave it out for "all"')
    return chosen


def _cannot_start(library: Any, error: Any) -> UnavailableError:
    """Return the reason for which NVML did not start, and the remedy."""
    for name, (what, remedy) in _REMEDIES.items():
        if error.value == getattr(library, name):
            refused = name == "NVML_ERROR_NO_PERMISSION"
            kind = PermissionNeededError if refused else UnavailableError
            return kind(what, where="NVML", remedy=remedy)
    return UnavailableError(f"NVML does not start: {error}", where="NVML", remedy="run nvidia-smi")


def _shut_down(library: Any) -> None:
    with suppress(library.NVMLError):
        library.nvmlShutdown()


def _told(library: Any, name: str) -> str:
    """Return a version that NVML tells; empty if it does not."""
    try:
        return str(getattr(library, name)())
    except library.NVMLError:
        return ""
