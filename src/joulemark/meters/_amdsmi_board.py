"""One AMD board: which of its sensors answer, which are to be believed, and how they are asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError
from joulemark.meters._amdsmi_state import Kind, Question, energy, power, state
from joulemark.meters._polled import Sensor, Values

ACCURACY = Accuracy(
    gain=0.05,
    offset_w=5.0,
    source="assumed ±(5 % + 5 W), as for NVIDIA's boards: no comparison with a meter is known",
)
UPDATE_S = 0.001
"""The kernel asks the firmware for its metrics at most once a millisecond (amdgpu, swsmu)."""
OFF = 10.0
"""A counter whose power differs by more than this factor from the power reading is refused."""
HEADROOM = 2.0
BOUND_W = 5000.0
MOST_W = 10_000
"""Powers and limits above this are not in W but in µW: releases of the library differ."""
WRAP = 2.0**64

_LOST = ("NOT_FOUND", "NOT_INIT", "DRIVER_NOT_LOADED", "AMDGPU_RESTART_ERR")


class Caller:
    """Calls the binding, one call at a time, and turns its errors into ours.

    Attributes:
        library: the binding.
        where: the call that was made last.
    """

    def __init__(self, library: Any) -> None:
        """Keep the binding; nothing is called."""
        self.library = library
        self.where = ""
        self._lock = threading.Lock()

    def __call__(self, name: str, *arguments: Any) -> Any:
        """Return what a call answers.

        Raises:
            MeterError: if it fails, or if the binding does not have it.
            MeterLostError: if the device is gone.
        """
        function = getattr(self.library, name, None)
        if function is None:
            raise MeterError("the binding does not have it", where=name)
        with self._lock:
            self.where = name
            try:
                return function(*arguments)
            except self.library.AmdSmiException as error:
                what = str(getattr(error, "err_info", error)).partition(" - ")[0]
                lost = any(what.endswith(end) for end in _LOST)
                raise (MeterLostError if lost else MeterError)(what, where=name) from None

    def member(self, kind: str, name: str) -> Any:
        """Return a member of one of the binding's enumerations.

        Raises:
            MeterError: if the binding does not have it.
        """
        member = getattr(getattr(self.library, kind, None), name, None)
        if member is None:
            raise MeterError("the binding does not have it", where=f"{kind}.{name}")
        return member


class Board:
    """One board.

    Args:
        call: how the binding is called.
        handle: the library's handle of it.
        index: its number, in the library's order, partitions not counted.
        address: its address on the bus.

    Attributes:
        address: its address on the bus.
        partitions: handles that share its sensors.
    """

    def __init__(self, call: Caller, handle: Any, index: int, address: str) -> None:
        """Ask the board who it is."""
        self.address = address
        self.partitions = 1
        self.part = f"gpu-amd-{index}"
        self._call = call
        self._handle = handle
        self.name = str(self._told("amdsmi_get_gpu_asic_info", "market_name") or "AMD GPU")
        limit = self._told("amdsmi_get_power_cap_info", "max_power_cap")
        limit = limit or self._told("amdsmi_get_power_cap_info", "power_cap")
        self.limit_w = _watts(limit) if isinstance(limit, int) and limit > 0 else None
        self._begin: tuple[float, float | None] | None = None
        self._doubt = "it could not be read twice"

    def facts(self) -> dict[str, Any]:
        """Return what belongs in the record."""
        return {
            "part": self.part,
            "name": self.name,
            "address": self.address,
            "partitions": self.partitions,
            "power_limit_max_w": self.limit_w,
        }

    def _told(self, name: str, key: str) -> Any:
        try:
            answer = self._call(name, self._handle)
        except MeterError:
            return None
        return answer.get(key) if isinstance(answer, Mapping) else None

    # ---------------------------------------------------------------- is the counter true?

    def watch_begin(self) -> None:
        """Read energy and power for the first time."""
        try:
            self._begin = self._energy_j(), self._power_w()
        except MeterError as error:
            self._doubt = error.what

    def watch_end(self, seconds: float) -> None:
        """Read them again and judge: ``sensors`` refuses a counter that is in doubt."""
        if self._begin is None:
            return
        joules, drawn = self._begin
        try:
            watts = (self._energy_j() - joules) / seconds
            drawn = max(drawn or 0.0, self._power_w() or 0.0)
        except MeterError as error:
            self._doubt = error.what
            return
        if watts <= 0:
            self._doubt = "it stands still"
        elif drawn > 0 and not 1 / OFF <= watts / drawn <= OFF:
            self._doubt = f"it ran at {watts:.3g} W while the board drew {drawn:.3g} W"
        else:
            self._doubt = f"it ran at {watts:.3g} W" if watts > BOUND_W else ""

    def _energy_j(self) -> float:
        question = energy()
        answer = self._call(question.call, self._handle)
        return question.kinds[0].value(answer) * _resolution_uj(answer) * 1e-6

    def _power_w(self) -> float | None:
        """Return what the board draws, W; None if it does not say."""
        question = power()
        try:
            answer = self._call(question.call, self._handle)
        except MeterError:
            return None
        values = [kind.value(answer) for kind in question.kinds if kind.answers(answer)]
        return _watts(max(values)) if values else None

    # ---------------------------------------------------------------- sensors

    def sensors(self) -> tuple[list[Sensor], list[UnavailableError]]:
        """Return the sensors that answer, and a reason for each that does not."""
        found: list[Sensor] = []
        missing: list[UnavailableError] = []
        if self._doubt:
            missing.append(self._without(f"its energy counter is not used: {self._doubt}"))
        idle = self._power_w() == 0
        if idle:
            missing.append(
                self._without(
                    "it reads 0 W: on a board of two dies (MI250) the first die's sensor has both"
                )
            )
        counter = [] if self._doubt else [energy()]
        for question in (*counter, *([] if idle else [power()]), *state()):
            try:
                found.append(self._sensor(question))
            except MeterError as error:
                missing.append(self._without(f"no {question.what}: {error.what}"))
        return found, missing

    def _without(self, what: str) -> UnavailableError:
        return UnavailableError(what, where=f"{self.part} ({self.name} {self.address})")

    def _sensor(self, question: Question) -> Sensor:
        """Return the sensor of what answers of a question.

        Raises:
            MeterError: if nothing does.
        """
        reason = MeterError("not supported", where=question.call)
        for way in question.ways:
            try:
                arguments = [self._call.member(kind, name) for kind, name in way]
                answer = self._call(question.call, self._handle, *arguments)
            except MeterError as error:
                reason = error
                continue
            kinds = tuple(kind for kind in question.kinds if kind.answers(answer))
            if kinds:
                channels = tuple(self._channel(kind, question.call, answer) for kind in kinds)
                ask = partial(self._ask, question.call, tuple(arguments), kinds)
                return Sensor(channels, ask, self.part, slow=question.slow)
        raise reason

    def _ask(self, name: str, arguments: tuple[Any, ...], kinds: tuple[Kind, ...]) -> Values:
        answer = self._call(name, self._handle, *arguments)
        return tuple(kind.value(answer) for kind in kinds)

    def _channel(self, kind: Kind, call: str, answer: Any) -> Channel:
        scale, bound, accuracy, notes = kind.scale, None, Accuracy(), [self.name, kind.note]
        if kind.quantity in (Quantity.ENERGY, Quantity.POWER):
            bound, accuracy = HEADROOM * self.limit_w if self.limit_w else BOUND_W, ACCURACY
            if self.partitions > 1:
                notes.append(f"the whole board, {self.partitions} partitions together")
        if kind.quantity is Quantity.ENERGY:
            scale = _resolution_uj(answer) * 1e-6
        elif kind.quantity is Quantity.POWER and kind.value(answer) > MOST_W:
            scale = 1e-6
        counter = kind.quantity is Quantity.ENERGY
        return Channel(
            name=f"amdsmi/{self.part}/{kind.name}",
            meter="amdsmi",
            part=self.part,
            domain=Domain.GPU,
            quantity=kind.quantity,
            unit="µW" if scale == 1e-6 and kind.unit == "W" else kind.unit,
            scale=scale,
            wrap=WRAP if counter else None,
            resolution=1.0,
            accuracy=accuracy,
            instrument=Instrument.ON_CHIP,
            update_s=UPDATE_S if counter else None,
            max_power_w=bound,
            rated_w=self.limit_w,
            source=f"{call} {self.address}",
            note="; ".join(note for note in notes if note),
        )


def _watts(value: float) -> float:
    return value * 1e-6 if value > MOST_W else float(value)


def _resolution_uj(answer: Mapping[str, Any]) -> float:
    """Return what one count of an energy counter stands for, µJ.

    Raises:
        MeterError: if the library does not say.
    """
    resolution = answer.get("counter_resolution")
    if not isinstance(resolution, float) or not 0 < resolution < 1e9:
        raise MeterError(f"its resolution is {resolution!r:.40} µJ")
    return resolution
