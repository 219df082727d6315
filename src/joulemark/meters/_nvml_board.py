"""One NVIDIA board: which of its sensors answer, and how they are asked.

A board is asked everything once when it is opened. What it does not support gets no channel, and
the reason is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError
from joulemark.meters._nvml_state import Ask, Kind, Question, single, state_questions
from joulemark.meters._polled import Sensor, Values

TABLE = "nvml_sensors.json"
ACCURACY = Accuracy(
    gain=0.080,
    offset_w=16.0,
    source="what holds a board not among 19 measured against a shunt, arXiv 2312.02741",
)
"""NVIDIA states none for boards since Fermi; derived in ``joulemark.analysis.meter_class``."""
ENERGY_UPDATE_S = 0.1
"""The energy counter steps about every 100 ms (NVML documentation; ml.energy)."""
HEADROOM = 2.0
"""Times the highest power limit that can be set: more cannot be true."""
BOUND_W = 5000.0
MIG_NOTE = "MIG is on: this is the whole board, all of its instances together"

_LOST = (
    "NVML_ERROR_GPU_IS_LOST",
    "NVML_ERROR_RESET_REQUIRED",
    "NVML_ERROR_DRIVER_NOT_LOADED",
    "NVML_ERROR_UNINITIALIZED",
    "NVML_ERROR_GPU_NOT_FOUND",
)
_KINDS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""Members of ``nvmlValue_t``, in the order of ``nvmlValueType_t``."""

Way = tuple[tuple[Channel, ...], Ask]
"""Channels, and the question whose answer fills them."""


@dataclass(frozen=True, slots=True)
class Board:
    """One board.

    Attributes:
        library: the NVML binding.
        handle: NVML's handle of it.
        index: NVML's number of it, in the order of the bus.
        name: product name.
        uuid: its name for life.
        architecture: NVML's number of the architecture.
        mig: whether it is split into instances.
        limit_w: highest power limit that can be set; None if unknown.
        row: its row of the table.
    """

    library: Any
    handle: Any
    index: int
    name: str
    uuid: str
    architecture: int
    mig: bool
    limit_w: float | None
    row: Mapping[str, Any]

    @classmethod
    def of(cls, library: Any, index: int) -> Board:
        """Ask a board who it is.

        Raises:
            library.NVMLError: if it does not even have a name.
        """
        handle = library.nvmlDeviceGetHandleByIndex(index)
        name = str(library.nvmlDeviceGetName(handle))
        architecture = int(_or(library, partial(library.nvmlDeviceGetArchitecture, handle), -1))
        limits = _or(
            library, partial(library.nvmlDeviceGetPowerManagementLimitConstraints, handle), [0, 0]
        )
        return cls(
            library=library,
            handle=handle,
            index=index,
            name=name,
            uuid=str(library.nvmlDeviceGetUUID(handle)),
            architecture=architecture,
            mig=_or(library, partial(library.nvmlDeviceGetMigMode, handle), [0, 0])[0] == 1,
            limit_w=limits[1] * 1e-3 or None,
            row=sensor_row(architecture, name),
        )

    @property
    def part(self) -> str:
        """Name of the part that the board is."""
        return f"gpu-{self.index}"

    def facts(self) -> dict[str, Any]:
        """Return what belongs in the record."""
        return {
            "part": self.part,
            "name": self.name,
            "uuid": self.uuid,
            "architecture": self.architecture,
            "mig": self.mig,
            "power_limit_max_w": self.limit_w,
        }

    def sensors(self) -> tuple[list[Sensor], list[UnavailableError]]:
        """Return the sensors that answer, and a reason for each that does not."""
        found: list[Sensor] = []
        missing: list[UnavailableError] = []
        if self.mig:
            missing.append(
                UnavailableError(
                    "MIG is on, and an instance has no power sensor: energy is that of the whole "
                    "board",
                    where=f"{self.part} ({self.name})",
                    remedy="run nothing else on the board, or switch MIG off: "
                    f"sudo nvidia-smi -i {self.index} -mig 0",
                )
            )
        asked: list[Callable[[], Sensor]] = [self._energy, self._power]
        asked += [partial(self._state, question) for question in state_questions()]
        for sensor in asked:
            try:
                found.append(sensor())
            except UnavailableError as error:
                missing.append(error)
        return found, missing

    def _energy(self) -> Sensor:
        name, ask = single("nvmlDeviceGetTotalEnergyConsumption")
        channel = self._channel(Kind("energy", Quantity.ENERGY, "mJ", 1e-3), name)
        channel = replace(channel, update_s=ENERGY_UPDATE_S)
        return self._working("energy counter", [((channel,), ask)])

    def _power(self) -> Sensor:
        """Return the instant and average power fields; where both are unknown, the old call."""
        row = self.row
        fields = {
            "power": (self.library.NVML_FI_DEV_POWER_INSTANT, row["instant_s"]),
            "power_average": (self.library.NVML_FI_DEV_POWER_AVERAGE, row["average_s"]),
        }
        working = {name: pair for name, pair in fields.items() if self._answers(pair[0])}
        ways: list[Way] = []
        if working:
            channels = tuple(
                self._power_channel(name, f"NVML field {field}", window)
                for name, (field, window) in working.items()
            )
            ways.append((channels, partial(_fields, [field for field, _ in working.values()])))
        name, ask = single("nvmlDeviceGetPowerUsage")
        averaged = row["usage_s"] is not None and row["usage_s"] >= 1
        kind = "power_average" if averaged else "power"
        ways.append(((self._power_channel(kind, name, row["usage_s"]),), ask))
        return self._working("power", ways)

    def _power_channel(self, name: str, source: str, window_s: float | None) -> Channel:
        channel = self._channel(Kind(name, Quantity.POWER, "mW", 1e-3), source)
        return replace(channel, update_s=self.row["update_s"], window_s=window_s)

    def _answers(self, field: int) -> bool:
        try:
            _fields([field], self.library, self.handle)
        except self.library.NVMLError:
            return False
        return True

    def _state(self, question: Question) -> Sensor:
        ways: list[Way] = [
            (tuple(self._channel(kind, name) for kind in question.kinds), ask)
            for name, ask in question.ways
        ]
        return self._working(question.what, ways, slow=True)

    def _channel(self, kind: Kind, source: str) -> Channel:
        notes = [self.name, kind.note]
        bound, accuracy = None, Accuracy()
        if kind.quantity in (Quantity.ENERGY, Quantity.POWER):
            notes += [MIG_NOTE if self.mig else "", str(self.row["note"])]
            bound, accuracy = HEADROOM * self.limit_w if self.limit_w else BOUND_W, ACCURACY
        return Channel(
            name=f"nvml/{self.part}/{kind.name}",
            meter="nvml",
            part=self.part,
            domain=Domain.GPU,
            quantity=kind.quantity,
            unit=kind.unit,
            scale=kind.scale,
            resolution=1.0,
            accuracy=accuracy,
            instrument=Instrument.ON_CHIP,
            max_power_w=bound,
            rated_w=self.limit_w,
            source=f"{source} {self.uuid}",
            note="; ".join(note for note in notes if note),
        )

    def _working(self, what: str, ways: list[Way], *, slow: bool = False) -> Sensor:
        """Return a sensor of the first way that answers.

        Raises:
            UnavailableError: if none does, with what the last said.
        """
        reason = ""
        for channels, ask in ways:
            try:
                ask(self.library, self.handle)
            except self.library.NVMLError as error:
                reason = str(error)
            except AttributeError:
                reason = "the binding is too old for it"
            else:
                return Sensor(channels, partial(self._asked, channels, ask), self.part, slow)
        raise UnavailableError(
            f"the driver gives no {what}: {reason}", where=f"{self.part} ({self.name})"
        )

    def _asked(self, channels: tuple[Channel, ...], ask: Ask) -> Values:
        try:
            return ask(self.library, self.handle)
        except self.library.NVMLError as error:
            lost = any(error.value == getattr(self.library, name, None) for name in _LOST)
            kind = MeterLostError if lost else MeterError
            raise kind(str(error), where=f"{channels[0].name} ({self.name})") from None


def _fields(fields: list[int], library: Any, handle: Any) -> Values:
    """Return the values of NVML fields, all asked at once."""
    values = []
    for answer in library.nvmlDeviceGetFieldValues(handle, fields):
        if answer.nvmlReturn != library.NVML_SUCCESS:
            raise library.NVMLError(answer.nvmlReturn)
        if not 0 <= answer.valueType < len(_KINDS):
            raise library.NVMLError(library.NVML_ERROR_UNKNOWN)
        values.append(float(getattr(answer.value, _KINDS[answer.valueType])))
    return tuple(values)


def _or(library: Any, call: Callable[[], Any], default: Any) -> Any:
    """Return what a call gives, or the default where the board does not support it."""
    try:
        return call()
    except library.NVMLError:
        return default


def sensor_row(architecture: int, name: str) -> Mapping[str, Any]:
    """Return what is known of the power sensor of a board, by NVML's number and its name."""
    text = (Path(__file__).parent / "data" / TABLE).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)["boards"]
    return next(
        row
        for row in rows
        if (not row["architectures"] or architecture in row["architectures"])
        and re.search(row["names"], name)
    )
