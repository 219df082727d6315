"""Knobs as commands that a person types: what sets one up without a sweep."""

from __future__ import annotations

from shlex import join
from typing import Any

from joulemark.core.interfaces import Settings
from joulemark.tune.knobs.files import POWERCAP, quantity

_BOARD = {
    "gpu-power-limit": ("-pl", "W", 1.0),
    "gpu-clock": ("-lgc", "Hz", 1e-6),
    "gpu-memory-clock": ("-lmc", "Hz", 1e-6),
}
_PROCESSOR = {"cpu-governor": "-g", "cpu-max-frequency": "-u", "cpu-min-frequency": "-d"}


def as_command(name: str, settings: Settings, value: Any) -> str:
    """Return the command that sets a knob; most need root.

    Args:
        name: of the knob.
        settings: that it was made with.
        value: as its axis has it.

    Returns:
        The command; a remark where there is none.

    Raises:
        UsageError: if the knob takes no such value.
    """
    if name in _BOARD:
        flag, unit, factor = _BOARD[name]
        device = settings.get("device", 0)
        return join(["nvidia-smi", "-i", f"{device}", flag, f"{quantity(value, unit, factor)}"])
    if name in _PROCESSOR:
        plain = str(value)
        if name != "cpu-governor":
            plain = f"{quantity(value, 'Hz', 1e-6)}MHz"
        return join(["cpupower", "frequency-set", _PROCESSOR[name], plain])
    if name == "cpu-power-limit":
        limit = quantity(value, "W", 1e6)
        return f"echo {limit} | tee /{POWERCAP}/intel-rapl:?/constraint_0_power_limit_uw"
    return f"# {name}: {value}"
