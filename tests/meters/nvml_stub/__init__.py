"""The stand-in for NVIDIA's library, compiled on demand and driven through the real binding."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_name("nvml_stub.c")
LIBRARY = "libnvidia-ml.so.1"
COPY = "pynvml_of_these_tests"

H100: dict[str, object] = {
    "name": "NVIDIA H100 80GB HBM3",
    "uuid": "GPU-11111111-aaaa-bbbb-cccc-000000000000",
    "architecture": 9,
    "mig": 0,
    "limit_mw": 700_000,
    "energy": 123_456_789_012,
    "usage": 350_000,
    "field.185": 351_000,
    "field.186": 365_500,
    "utilisation": 97,
    "memory_utilisation": 41,
    "memory": 42_949_672_960,
    "sm_clock": 1980,
    "memory_clock": 2619,
    "temperature_v": 61,
    "event_reasons": 4,
}
"""A board as the stand-in's file describes it; ``field.186`` is the instant power."""


@functools.cache
def _compiled(folder: Path) -> Path:
    """Build the library, without a soname: else it would answer to anyone in this process."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler to build the stand-in for libnvidia-ml.so.1")
    target = folder / LIBRARY
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(target), str(SOURCE)],
        check=True,
        timeout=60,
    )
    return target


class Stub:
    """The stand-in, its script, and a private copy of the real binding that drives it."""

    def __init__(self, library: Path, state: Path) -> None:
        self.path = library
        self.state = state
        self._values: dict[str, object] = {}
        self.set(driver="580.82.07", nvml="13.580.82", count=0)

    def set(self, **values: object) -> None:
        """Change answers; None takes one away (then it is not supported)."""
        self._values |= values
        self._write()

    def board(self, index: int, values: Mapping[str, object] | None = None, **more: object) -> None:
        """Change answers of a board, given by the names of the stand-in's file."""
        named = {**(values or {}), **more}
        self._values |= {f"{index}.{name}": value for name, value in named.items()}
        self._write()

    def boards(self, count: int) -> None:
        """Make several boards of one kind."""
        for index in range(count):
            self.board(index, H100, uuid=f"GPU-11111111-aaaa-bbbb-cccc-{index:012}")
        self.set(count=count)

    def binding(self) -> Any:
        """Return ``pynvml``, loaded afresh and tied to the stand-in.

        The binding keeps its library in a variable of its module, so a copy of the module leaves
        the one that others import alone, whatever library that has found.
        """
        found = importlib.util.find_spec("pynvml")
        if found is None or found.origin is None:
            pytest.skip("nvidia-ml-py is not installed (extra nvml)")
        spec = importlib.util.spec_from_file_location(COPY, found.origin)
        if spec is None or spec.loader is None:
            raise ImportError(found.origin)
        module: Any = importlib.util.module_from_spec(spec)
        sys.modules[COPY] = module  # it looks itself up while it is loaded
        try:
            spec.loader.exec_module(module)
        finally:
            del sys.modules[COPY]
        module.nvmlLib = ctypes.CDLL(str(self.path))
        module.nvmlLib.nvml_stub_state(str(self.state).encode())
        return module

    def _write(self) -> None:
        lines = [f"{key} {value}\n" for key, value in self._values.items() if value is not None]
        self.state.write_text("".join(lines))


def make(folder: Path, state: Path) -> Stub:
    """Compile the stand-in (once for each folder) and return it with an empty script."""
    return Stub(_compiled(folder), state)
