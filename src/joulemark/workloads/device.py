"""Where torch computes, in which number format, and what it says when it cannot.

This module imports torch; it is imported when a workload is prepared, never before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from joulemark.core.errors import UnavailableError
from joulemark.workloads.settings import VisionSettings

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_FULL = "can't allocate memory"
"""What torch's allocator says of main memory; of a graphics card it has an error of its own."""


class Device:
    """One processor or graphics card, and the number format of its arithmetic.

    Attributes:
        torch: the device as torch names it.
        precision: ``fp32``, ``bf16`` or ``fp16``.

    Raises:
        UnavailableError: if the machine lacks the device or the format.
    """

    def __init__(self, settings: VisionSettings) -> None:
        """Choose the device; ``auto`` takes CUDA where there is any."""
        cuda = settings.device != "cpu" and torch.cuda.is_available()
        if settings.device == "cuda" and not cuda:
            raise UnavailableError(
                f"torch {torch.__version__} finds no CUDA device",
                where="setting device",
                remedy="choose cpu, or install a CUDA build of torch and the driver",
            )
        self.torch = torch.device("cuda" if cuda else "cpu")
        self.precision = settings.precision
        if cuda and settings.precision == "bf16" and not torch.cuda.is_bf16_supported():
            raise UnavailableError(
                f"{torch.cuda.get_device_name()} does not compute in bf16",
                where="setting precision",
                remedy="choose fp32 or fp16",
            )

    def autocast(self) -> Any:
        """Return the context in which a network runs."""
        return torch.autocast(
            self.torch.type, dtype=_DTYPES[self.precision], enabled=self.precision != "fp32"
        )

    def scaler(self) -> Any:
        """Return the scaler that keeps small gradients alive in fp16; idle otherwise."""
        return torch.amp.GradScaler(self.torch.type, enabled=self.precision == "fp16")

    def synchronise(self) -> None:
        """Wait until all work that was handed to the device is done."""
        if self.torch.type == "cuda":
            torch.cuda.synchronize(self.torch)

    def facts(self) -> dict[str, Any]:
        """Return what belongs in a run, as JSON values."""
        facts = {
            "torch": str(torch.__version__),
            "device": self.torch.type,
            "device_name": f"CPU, {torch.backends.cpu.get_cpu_capability()}",
            "precision": self.precision,
            "threads": torch.get_num_threads(),
        }
        if self.torch.type == "cuda":
            facts |= {
                "device_name": torch.cuda.get_device_name(self.torch),
                "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version(),
                "tf32_convolutions": torch.backends.cudnn.allow_tf32,
            }
        return facts


@contextmanager
def enough_memory(batch_size: int) -> Iterator[None]:
    """Turn torch's ways of running out of memory into one error.

    Raises:
        UnavailableError: if the work inside runs out of memory.
    """
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.cuda.OutOfMemoryError) and _FULL not in str(error):
            raise
        raise UnavailableError(
            f"there is not enough memory for batches of {batch_size}",
            remedy="choose a smaller batch_size",
        ) from None
