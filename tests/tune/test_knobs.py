"""Knobs show, set and put back; what they refuse, and why."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from joulemark.core.errors import (
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.core.interfaces import Knob
from joulemark.tune.knobs import KNOBS, make
from joulemark.tune.knobs.nvml import Clock, MemoryClock, PowerLimit
from tests.tune.trees import CPUFREQ, machine


class NvmlError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


class Gpus:
    """Stands in for ``pynvml``: one board, and what was asked of it."""

    NVMLError = NvmlError
    NVML_ERROR_NO_PERMISSION, NVML_ERROR_NOT_SUPPORTED = 4, 3

    def __init__(self, refuses: int = 0) -> None:
        self.limit, self.refuses, self.open = 300_000, refuses, 0
        self.locked: dict[str, Any] = {}

    def nvmlInit(self) -> None:  # noqa: N802
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        if number > 0:
            raise NvmlError(6)
        return number

    def nvmlDeviceGetPowerManagementLimit(self, board: int) -> int:  # noqa: N802
        return self.limit

    def nvmlDeviceGetPowerManagementLimitConstraints(self, board: int) -> list[int]:  # noqa: N802
        return [100_000, 400_000]

    def nvmlDeviceSetPowerManagementLimit(self, board: int, limit: int) -> None:  # noqa: N802
        self._ask()
        self.limit = limit

    def nvmlDeviceSetGpuLockedClocks(self, board: int, low: int, high: int) -> None:  # noqa: N802
        self._ask()
        self.locked["gpu"] = (low, high)

    def nvmlDeviceResetGpuLockedClocks(self, board: int) -> None:  # noqa: N802
        self.locked.pop("gpu", None)

    def nvmlDeviceSetMemoryLockedClocks(self, board: int, low: int, high: int) -> None:  # noqa: N802
        self.locked["memory"] = (low, high)

    def nvmlDeviceResetMemoryLockedClocks(self, board: int) -> None:  # noqa: N802
        self.locked.pop("memory", None)

    def _ask(self) -> None:
        if self.refuses:
            raise NvmlError(self.refuses)


@pytest.mark.parametrize(
    ("name", "value", "file", "text"),
    [
        ("cpu-governor", "powersave", f"{CPUFREQ}/policy1/scaling_governor", "powersave"),
        ("cpu-max-frequency", "2.4GHz", f"{CPUFREQ}/policy1/scaling_max_freq", "2400000"),
        ("cpu-min-frequency", "1GHz", f"{CPUFREQ}/policy0/scaling_min_freq", "1000000"),
        (
            "cpu-power-limit",
            "45W",
            "sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw",
            "45000000",
        ),
    ],
)
def test_files_are_set_and_put_back(
    tmp_path: Path, name: str, value: str, file: str, text: str
) -> None:
    root = machine(tmp_path)
    path = root / file
    before = {p: p.read_text() for p in root.rglob("*") if p.is_file()}
    knob: Knob = make(name, {"root": str(root)})
    assert knob.name == name
    shown = knob.show()
    knob.set(value)
    assert path.read_text().strip() == text
    knob.restore(shown)
    knob.restore(shown)
    assert {p: p.read_text() for p in root.rglob("*") if p.is_file()} == before


def test_a_limit_is_of_packages_not_of_parts(tmp_path: Path) -> None:
    knob = make("cpu-power-limit", {"root": str(machine(tmp_path))})
    knob.set("45W")
    part = tmp_path / "sys/class/powercap/intel-rapl:0:0/constraint_0_power_limit_uw"
    assert part.read_text() == "65000000\n"


def test_a_file_that_refuses_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    root = machine(tmp_path)
    knob = make("cpu-governor", {"root": str(root)})
    shown = knob.show()
    second = root / CPUFREQ / "policy1" / "scaling_governor"
    second.unlink()
    second.mkdir()
    assert isinstance(shown, dict)
    with pytest.raises(UnavailableError, match="no scaling_governor to read"):
        knob.set("powersave")
    assert (root / CPUFREQ / "policy0" / "scaling_governor").read_text() == "schedutil\n"
    with pytest.raises(UnavailableError, match=r"could not be put back.*--restore"):
        knob.restore(shown)


def test_what_is_not_there_is_an_explained_fact(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no such setting"):
        make("cpu-governor", {"root": str(tmp_path)}).show()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cpu-governor", "a b"),
        ("cpu-governor", 3),
        ("cpu-max-frequency", "fast"),
        ("cpu-max-frequency", True),
        ("cpu-power-limit", "-5W"),
        ("cpu-power-limit", "0W"),
    ],
)
def test_senseless_values_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(UsageError):
        make(name, {"root": str(machine(tmp_path))}).set(value)


def test_settings_and_names_are_checked() -> None:
    with pytest.raises(UsageError, match="no knob is called"):
        make("brightness", {})
    with pytest.raises(UsageError, match="no setting"):
        make("cpu-governor", {"rot": "/"})
    with pytest.raises(UsageError, match="root is 3"):
        make("cpu-governor", {"root": 3})
    for device in (-1, True, "0"):
        with pytest.raises(UsageError, match="device is"):
            make("gpu-power-limit", {"device": device})
    assert "gpu-clock" in KNOBS.names()


def test_a_power_limit_of_a_board() -> None:
    gpus = Gpus()
    knob = PowerLimit({}, library=gpus)
    shown = knob.show()
    knob.set("250W")
    assert (shown, knob.show()) == (300_000, 250_000)
    with pytest.raises(UsageError, match=r"from 100\.0 W to 400\.0 W"):
        knob.set("500W")
    knob.restore(shown)
    assert (gpus.limit, gpus.open) == (300_000, 0)


@pytest.mark.parametrize(("kind", "which"), [(Clock, "gpu"), (MemoryClock, "memory")])
def test_clocks_are_locked_and_unlocked(kind: type[Clock], which: str) -> None:
    gpus = Gpus()
    knob = kind({"device": 0}, library=gpus)
    knob.show()
    knob.set("1410MHz")
    assert gpus.locked == {which: (1410, 1410)}
    knob.restore(None)
    assert (gpus.locked, gpus.open) == ({}, 0)


def test_a_board_that_refuses_says_why() -> None:
    with pytest.raises(PermissionNeededError, match="may not be set by this user; run the sweep"):
        PowerLimit({}, library=Gpus(refuses=4)).set("250W")
    with pytest.raises(UnavailableError, match="has no knob gpu-clock"):
        Clock({}, library=Gpus(refuses=3)).set("1GHz")
    with pytest.raises(UnavailableError, match="NVML: error 6"):
        PowerLimit({"device": 1}, library=Gpus()).show()


def test_no_binding_and_no_driver() -> None:
    def none(name: str) -> Any:
        raise ImportError(name)

    def fails() -> None:
        raise NvmlError(12)

    with pytest.raises(MissingExtraError, match=r"joulemark\[nvml\]"):
        PowerLimit({}, load=none).show()
    with pytest.raises(UnavailableError, match="error 12"):
        PowerLimit({}, library=SimpleNamespace(NVMLError=NvmlError, nvmlInit=fails)).show()


def test_a_user_who_may_not_write_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = machine(tmp_path)

    def refuse(path: str, text: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("joulemark.tune.knobs.files._write", refuse)
    knob = make("cpu-governor", {"root": str(root)})
    with pytest.raises(PermissionNeededError, match=r"may not be set by this user.*as root"):
        knob.set("powersave")

    def choke(path: str, text: str) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("joulemark.tune.knobs.files._write", choke)
    with pytest.raises(UsageError, match="does not take 'turbo'"):
        knob.set("turbo")
