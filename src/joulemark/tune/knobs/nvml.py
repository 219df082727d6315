"""Knobs of NVIDIA GPUs, through NVML: power limit, and clocks locked to one frequency.

NVML does not tell which clocks are locked. So what ``show`` gives of a clock is nothing, and
putting it back unlocks it: whoever had locked clocks before must lock them again.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from joulemark.core.errors import (
    JoulemarkError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.core.interfaces import Settings
from joulemark.core.units import si
from joulemark.tune.knobs.files import only_known, quantity

_REMEDY = "run the sweep as root, or ask who runs the machine; in a container it is the host's"


class GpuKnob:
    """What the knobs of a board share.

    Args:
        settings: ``device``, the board's number as ``nvidia-smi`` has it; 0 by default.
        library: the NVML binding; by default ``pynvml`` is imported when it is needed.
        load: imports a module by name.
    """

    name = ""

    def __init__(
        self,
        settings: Settings,
        *,
        library: Any = None,
        load: Callable[[str], Any] = importlib.import_module,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        self.settings = only_known(self.name, settings, ("device",))
        device = settings.get("device", 0)
        if not isinstance(device, int) or isinstance(device, bool) or device < 0:
            remedy = "give its number as nvidia-smi has it"
            raise UsageError(f"device is {device!r:.40}", where=self.name, remedy=remedy)
        self.device: int = device
        self._library, self._load = library, load

    @contextmanager
    def board(self) -> Iterator[tuple[Any, Any]]:
        """Give the library and the board's handle while the block runs.

        Raises:
            UnavailableError: if there is none, or it refuses; with the reason.
        """
        library = self._library
        if library is None:
            try:
                library = self._load("pynvml")
            except ImportError:
                raise MissingExtraError(f"the knob {self.name}", "pynvml", "nvml") from None
        try:
            library.nvmlInit()
        except library.NVMLError as error:
            raise self._failed(library, error) from None
        try:
            yield library, library.nvmlDeviceGetHandleByIndex(self.device)
        except library.NVMLError as error:
            raise self._failed(library, error) from None
        finally:
            with suppress(library.NVMLError):
                library.nvmlShutdown()

    def _failed(self, library: Any, error: Any) -> JoulemarkError:
        where = f"gpu-{self.device}"
        if error.value == getattr(library, "NVML_ERROR_NO_PERMISSION", 4):
            what = f"the knob {self.name} may not be set by this user"
            return PermissionNeededError(what, where=where, remedy=_REMEDY)
        if error.value == getattr(library, "NVML_ERROR_NOT_SUPPORTED", 3):
            what = f"this board has no knob {self.name}"
            return UnavailableError(what, where=where, remedy="leave the axis out")
        return UnavailableError(f"NVML: {error}", where=where, remedy="see: nvidia-smi -q")


class PowerLimit(GpuKnob):
    """The board's power limit: ``250W``."""

    name = "gpu-power-limit"

    def show(self) -> int:
        """Return the limit, mW."""
        with self.board() as (library, board):
            return int(library.nvmlDeviceGetPowerManagementLimit(board))

    def set(self, value: Any) -> None:
        """Set it, within what the board allows."""
        limit = quantity(value, "W", 1e3)
        with self.board() as (library, board):
            low, high = library.nvmlDeviceGetPowerManagementLimitConstraints(board)
            if not low <= limit <= high:
                allowed = f"from {si(low / 1e3, 'W')} to {si(high / 1e3, 'W')}"
                what = f"a power limit of {si(limit / 1e3, 'W')} is out of its range"
                raise UsageError(what, where=f"gpu-{self.device}", remedy=f"it takes {allowed}")
            library.nvmlDeviceSetPowerManagementLimit(board, limit)

    def restore(self, shown: Any) -> None:
        """Set the limit that was."""
        with self.board() as (library, board):
            library.nvmlDeviceSetPowerManagementLimit(board, int(shown))


class Clock(GpuKnob):
    """A clock of the board locked to one frequency: ``1410MHz``."""

    name = "gpu-clock"
    which = "Gpu"

    def show(self) -> None:
        """See that the board is there; NVML does not tell locked clocks."""
        with self.board():
            return

    def set(self, value: Any) -> None:
        """Lock the clock."""
        clock = quantity(value, "Hz", 1e-6)
        with self.board() as (library, board):
            getattr(library, f"nvmlDeviceSet{self.which}LockedClocks")(board, clock, clock)

    def restore(self, shown: Any) -> None:
        """Unlock the clock."""
        del shown
        with self.board() as (library, board):
            getattr(library, f"nvmlDeviceReset{self.which}LockedClocks")(board)


class MemoryClock(Clock):
    """The memory's clock locked to one frequency."""

    name = "gpu-memory-clock"
    which = "Memory"


def power_limit(settings: Settings) -> PowerLimit:
    """Make the knob from JSON settings: ``device``."""
    return PowerLimit(settings)


def clock(settings: Settings) -> Clock:
    """Make the knob from JSON settings: ``device``."""
    return Clock(settings)


def memory_clock(settings: Settings) -> MemoryClock:
    """Make the knob from JSON settings: ``device``."""
    return MemoryClock(settings)
