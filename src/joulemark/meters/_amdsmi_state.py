"""What AMD's library is asked about a board, and where in its answers the numbers stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulemark.core.channel import Quantity
from joulemark.core.errors import MeterError

NOT_GIVEN = (0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)
"""What the firmware writes where it has no number; newer bindings say ``N/A`` instead."""

Way = tuple[tuple[str, str], ...]
"""Further arguments of a call: enumeration and member of each."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One channel of a board.

    Attributes:
        name: last word of the channel's name.
        quantity: what the values are.
        unit: as the library gives them.
        scale: factor to SI.
        keys: what the number is called in an answer, by one release or another; none if the
            answer is the number.
        note: what a reader must know.
    """

    name: str
    quantity: Quantity
    unit: str
    scale: float
    keys: tuple[str, ...] = ()
    note: str = ""

    def value(self, answer: Any) -> float:
        """Return the number in an answer.

        Raises:
            MeterError: if there is none.
        """
        found = answer
        if self.keys:
            found = next((answer[key] for key in self.keys if _holds(answer, key)), None)
        if not isinstance(found, int | float) or found in NOT_GIVEN:
            raise MeterError(f"no {self.name.replace('_', ' ')} but {found!r:.40}")
        return float(found)

    def answers(self, answer: Any) -> bool:
        """Whether an answer holds the number."""
        try:
            self.value(answer)
        except MeterError:
            return False
        return True


def _holds(answer: Any, key: str) -> bool:
    return isinstance(answer, Mapping) and key in answer and answer[key] != "N/A"


@dataclass(frozen=True, slots=True)
class Question:
    """One call and the channels that its answer fills, those of them that it holds.

    Attributes:
        what: in words, for messages.
        call: name of the call.
        kinds: the channels.
        ways: further arguments; the first that are answered are used.
        slow: whether it is asked at most once in ``slow_s``.
    """

    what: str
    call: str
    kinds: tuple[Kind, ...]
    ways: tuple[Way, ...] = ((),)
    slow: bool = True


def energy() -> Question:
    """Return how the energy counter is asked; its scale is in the answer.

    Releases before 6.2 call the counter ``power``.
    """
    kind = Kind("energy", Quantity.ENERGY, "counts", 1.0, ("energy_accumulator", "power"))
    return Question("energy counter", "amdsmi_get_energy_count", (kind,), slow=False)


def power() -> Question:
    """Return how power is asked: of the two readings, many boards give but one."""
    lag = "averaged by the firmware, over an unknown time"
    kinds = (
        Kind("power", Quantity.POWER, "W", 1.0, ("current_socket_power",)),
        Kind("power_average", Quantity.POWER, "W", 1.0, ("average_socket_power",), lag),
    )
    return Question("power", "amdsmi_get_power_info", kinds, slow=False)


def state() -> tuple[Question, ...]:
    """Return what is asked of a board at most once in ``slow_s``."""
    busy = "share of time in which anything ran, not how much of the GPU it used"
    utilisation = (
        Kind("utilisation", Quantity.UTILISATION, "%", 0.01, ("gfx_activity",), busy),
        Kind("memory_utilisation", Quantity.UTILISATION, "%", 0.01, ("umc_activity",)),
    )
    memory = Kind("memory", Quantity.MEMORY, "MiB", 2.0**20, ("vram_used",))
    clock = Kind("graphics_clock", Quantity.FREQUENCY, "MHz", 1e6, ("clk", "cur_clk"))
    memory_clock = Kind("memory_clock", Quantity.FREQUENCY, "MHz", 1e6, ("clk", "cur_clk"))
    temperature = Kind("temperature", Quantity.TEMPERATURE, "degC", 1.0, (), "in °C, not K")
    now = ("AmdSmiTemperatureMetric", "CURRENT")
    places: tuple[Way, ...] = tuple(
        (("AmdSmiTemperatureType", place), now) for place in ("HOTSPOT", "EDGE")
    )
    throttled = Kind(
        "throttled",
        Quantity.FLAGS,
        "1",
        1.0,
        ("indep_throttle_status", "throttle_status"),
        "not 0 where anything holds the clocks down",
    )
    clocks = "amdsmi_get_clock_info"
    return (
        Question("utilisation", "amdsmi_get_gpu_activity", utilisation),
        Question("memory use", "amdsmi_get_gpu_vram_usage", (memory,)),
        Question("clock", clocks, (clock,), ((("AmdSmiClkType", "GFX"),),)),
        Question("memory clock", clocks, (memory_clock,), ((("AmdSmiClkType", "MEM"),),)),
        Question("temperature", "amdsmi_get_temp_metric", (temperature,), places),
        Question("throttle status", "amdsmi_get_gpu_metrics_info", (throttled,)),
    )
