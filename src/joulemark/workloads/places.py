"""What the engines in this process share: packages that may be missing, devices, number formats."""

from __future__ import annotations

import importlib
from typing import Any

from joulemark.core.errors import MissingExtraError, UnavailableError

FORMATS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""torch's names of number formats by ours."""


def needed(package: str, feature: str, extra: str) -> Any:
    """Return a package.

    Args:
        package: its import name.
        feature: what needs it.
        extra: the extra of joulemark that brings it.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise MissingExtraError(feature, package, extra) from None


def device_of(torch: Any, asked: str) -> Any:
    """Return torch's device; ``auto`` takes CUDA where there is any.

    Args:
        torch: the package.
        asked: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UnavailableError: if the machine has no such device.
    """
    cuda = asked != "cpu" and torch.cuda.is_available()
    if asked == "cuda" and not cuda:
        raise UnavailableError(
            f"torch {torch.__version__} finds no CUDA device",
            where="setting device",
            remedy="choose cpu, or install a CUDA build of torch and the driver",
        )
    return torch.device("cuda", torch.cuda.current_device()) if cuda else torch.device("cpu")


def format_of(torch: Any, asked: str, device: Any) -> Any:
    """Return torch's number format; ``auto`` is bf16 on CUDA and fp32 on the processor."""
    if asked == "auto":
        asked = "bf16" if device.type == "cuda" else "fp32"
    return getattr(torch, FORMATS[asked])


def place_facts(torch: Any, device: Any) -> dict[str, Any]:
    """Return the device and torch's version, as JSON values."""
    cuda = device.type == "cuda"
    return {
        "device": device.type,
        "device_name": torch.cuda.get_device_name(device) if cuda else "CPU",
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
    }


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line of at most 300 characters."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
