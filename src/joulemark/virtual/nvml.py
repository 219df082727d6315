"""A library that answers as NVIDIA's binding (``pynvml``) does, for boards that do not exist.

Only what the meter asks is here. What a board has no register for is "not supported"; what no board
of this library knows (memory, clocks) is missing, as in an old binding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from types import SimpleNamespace

import numpy as np

from joulemark.meters.nvml import Nvml
from joulemark.virtual.hardware import Reading, UnreadableError
from joulemark.virtual.sampling import Machine, VirtualClock

CALL_S = 6e-5
"""Mean time that a call takes, s."""
_AVERAGE, _INSTANT = 185, 186
_SUCCESS, _NOT_SUPPORTED, _UNKNOWN = 0, 3, 999
_UINT = 1
"""Place of ``uiVal`` among NVML's types of values."""
_CONSTANTS: Mapping[str, int] = {
    "NVML_SUCCESS": _SUCCESS,
    "NVML_ERROR_UNINITIALIZED": 1,
    "NVML_ERROR_NOT_SUPPORTED": _NOT_SUPPORTED,
    "NVML_ERROR_NO_PERMISSION": 4,
    "NVML_ERROR_DRIVER_NOT_LOADED": 9,
    "NVML_ERROR_LIBRARY_NOT_FOUND": 12,
    "NVML_ERROR_GPU_IS_LOST": 15,
    "NVML_ERROR_RESET_REQUIRED": 16,
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH": 18,
    "NVML_ERROR_GPU_NOT_FOUND": 28,
    "NVML_ERROR_UNKNOWN": _UNKNOWN,
    "NVML_FI_DEV_POWER_AVERAGE": _AVERAGE,
    "NVML_FI_DEV_POWER_INSTANT": _INSTANT,
}


@dataclass(frozen=True, slots=True)
class Gpu:
    """One board.

    Attributes:
        name: product name.
        architecture: NVML's number of it.
        energy: energy counter, J; None where it has none.
        instant: power of the field "instant", W.
        average: power of the field "average", W.
        usage: power of the old call, W.
        busy: utilisation, %.
        limit_w: highest power limit, W.
    """

    name: str
    architecture: int
    energy: Reading | None = None
    instant: Reading | None = None
    average: Reading | None = None
    usage: Reading | None = None
    busy: Reading | None = None
    limit_w: float = 450.0


class NvmlError(Exception):
    """What the library raises.

    Attributes:
        value: number of the error.
    """

    def __init__(self, value: int) -> None:
        """Keep the number."""
        super().__init__(f"error {value}")
        self.value = value


def nvml(boards: Sequence[Gpu], seed: int = 0) -> Machine:
    """Return boards behind the virtual library; the seed is for how long each call takes."""
    return lambda clock: Nvml(library=library(boards, clock, seed))


def library(boards: Sequence[Gpu], clock: VirtualClock, seed: int) -> SimpleNamespace:
    """Return what stands in for the module ``pynvml``.

    Args:
        boards: in the order of the bus; a handle is a place in it.
        clock: at whose time they are read.
        seed: for how long each call takes.
    """
    ask = _asking(clock, seed)

    def fields(handle: int, numbers: Sequence[int]) -> list[SimpleNamespace]:
        board = boards[handle]
        return [_answer(ask, board.instant if n == _INSTANT else board.average) for n in numbers]

    def utilisation(handle: int) -> SimpleNamespace:
        return SimpleNamespace(gpu=round(ask(boards[handle].busy) / 1e3), memory=0)

    calls: dict[str, Callable[..., object]] = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "virtual",
        "nvmlSystemGetNVMLVersion": lambda: "virtual",
        "nvmlDeviceGetCount": lambda: len(boards),
        "nvmlDeviceGetHandleByIndex": lambda place: place,
        "nvmlDeviceGetName": lambda handle: boards[handle].name,
        "nvmlDeviceGetUUID": lambda handle: f"GPU-virtual-{handle}",
        "nvmlDeviceGetArchitecture": lambda handle: boards[handle].architecture,
        "nvmlDeviceGetPowerManagementLimitConstraints": lambda handle: [
            0,
            round(boards[handle].limit_w * 1e3),
        ],
        "nvmlDeviceGetMigMode": lambda handle: [0, 0],
        "nvmlDeviceGetTotalEnergyConsumption": lambda handle: ask(boards[handle].energy),
        "nvmlDeviceGetPowerUsage": lambda handle: ask(boards[handle].usage),
        "nvmlDeviceGetFieldValues": fields,
        "nvmlDeviceGetUtilizationRates": utilisation,
    }
    return SimpleNamespace(NVMLError=NvmlError, **_CONSTANTS, **calls)


def _asking(clock: VirtualClock, seed: int) -> Callable[[Reading | None], int]:
    """Return what asks a register, in thousandths; half of the time that it takes lies before."""
    costs = cycle(np.random.default_rng(seed).exponential(CALL_S, 256).tolist())

    def ask(reading: Reading | None) -> int:
        if reading is None:
            raise NvmlError(_NOT_SUPPORTED)
        half = next(costs) / 2
        clock.spend(half)
        try:
            shown = reading(clock.seconds)
        except UnreadableError:
            raise NvmlError(_UNKNOWN) from None
        clock.spend(half)
        return max(round(shown * 1e3), 0)

    return ask


def _answer(ask: Callable[[Reading | None], int], reading: Reading | None) -> SimpleNamespace:
    try:
        value = SimpleNamespace(uiVal=ask(reading))
    except NvmlError as error:
        return SimpleNamespace(nvmlReturn=error.value)
    return SimpleNamespace(nvmlReturn=_SUCCESS, valueType=_UINT, value=value)
