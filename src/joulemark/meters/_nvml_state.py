"""What NVML tells of a board beside its energy: utilisation, memory, clocks, temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joulemark.core.channel import Quantity
from joulemark.meters._polled import Values

Ask = Callable[[Any, Any], Values]
"""A question to a binding about a handle."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One channel of a board.

    Attributes:
        name: last word of the channel's name.
        quantity: what the values are.
        unit: as NVML gives them.
        scale: factor to SI.
        note: what a reader must know.
    """

    name: str
    quantity: Quantity
    unit: str
    scale: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, the channels that its answer fills, and the ways to ask it.

    Attributes:
        what: in words, for messages.
        kinds: the channels.
        ways: name of the NVML call and how to make it; the first that works is used.
    """

    what: str
    kinds: tuple[Kind, ...]
    ways: tuple[tuple[str, Ask], ...]


def single(name: str) -> tuple[str, Ask]:
    """Return the way to ask an NVML call that takes a handle and gives one number."""

    def ask(library: Any, handle: Any) -> Values:
        return (float(getattr(library, name)(handle)),)

    return name, ask


def _utilisation(library: Any, handle: Any) -> Values:
    rates = library.nvmlDeviceGetUtilizationRates(handle)
    return float(rates.gpu), float(rates.memory)


def _memory(library: Any, handle: Any) -> Values:
    return (float(library.nvmlDeviceGetMemoryInfo(handle).used),)


def _clocks(library: Any, handle: Any) -> Values:
    kinds = (library.NVML_CLOCK_SM, library.NVML_CLOCK_MEM)
    return tuple(float(library.nvmlDeviceGetClockInfo(handle, kind)) for kind in kinds)


def _temperature(library: Any, handle: Any) -> Values:
    return (float(library.nvmlDeviceGetTemperatureV(handle, library.NVML_TEMPERATURE_GPU)),)


def _old_temperature(library: Any, handle: Any) -> Values:
    return (float(library.nvmlDeviceGetTemperature(handle, library.NVML_TEMPERATURE_GPU)),)


def state_questions() -> tuple[Question, ...]:
    """Return what is asked of a board at most once in ``slow_s``."""
    busy = "share of time in which a kernel ran, not how much of the GPU it used"
    utilisation = (
        Kind("utilisation", Quantity.UTILISATION, "%", 0.01, busy),
        Kind("memory_utilisation", Quantity.UTILISATION, "%", 0.01),
    )
    memory = (Kind("memory", Quantity.MEMORY, "B", 1.0),)
    clocks = (
        Kind("sm_clock", Quantity.FREQUENCY, "MHz", 1e6),
        Kind("memory_clock", Quantity.FREQUENCY, "MHz", 1e6),
    )
    temperature = (Kind("temperature", Quantity.TEMPERATURE, "degC", 1.0, "in °C, not K"),)
    bits = "sum of nvmlClocksEventReason bits"
    reasons = (Kind("throttle_reasons", Quantity.FLAGS, "1", 1.0, bits),)
    return (
        Question("utilisation", utilisation, (("nvmlDeviceGetUtilizationRates", _utilisation),)),
        Question("memory use", memory, (("nvmlDeviceGetMemoryInfo", _memory),)),
        Question("clocks", clocks, (("nvmlDeviceGetClockInfo", _clocks),)),
        Question(
            "temperature",
            temperature,
            (
                ("nvmlDeviceGetTemperatureV", _temperature),
                ("nvmlDeviceGetTemperature", _old_temperature),
            ),
        ),
        Question(
            "throttle reasons",
            reasons,
            (
                single("nvmlDeviceGetCurrentClocksEventReasons"),
                single("nvmlDeviceGetCurrentClocksThrottleReasons"),
            ),
        ),
    )
