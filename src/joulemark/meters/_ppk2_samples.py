"""Samples of a Power Profiler Kit II, four bytes each, as the mean current of equal periods.

The layout of a sample and the law by which the kit's own calibration turns it into a current are
facts of the instrument as its maker's public application shows them (NordicSemiconductor/
pc-nrfconnect-ppk, ``src/device/serialDevice.ts``, read 2026): 14 bits of the converter, 3 of the
range, 6 of a counter, 8 of the logic inputs, little-endian. That application smooths what follows a
change of range, for the eye; nothing is smoothed here.
"""

from __future__ import annotations

import math

from joulemark.meters._periods import Periods

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    Calibration: TypeAlias = "Mapping[str, Sequence[float]]"

SAMPLE_HZ = 100_000
SIZE = 4
TURN = 64
"""The counter begins again after so many samples: more lost at once look like fewer."""
RANGES = 5
VOLTS_PER_STEP = 1.8 / 163840
"""Of four times the converter's value."""
DEFAULTS: Calibration = {
    "r": (1031.64, 101.65, 10.15, 0.94, 0.043),  # ohms of the ranges
    "gs": (1.0,) * RANGES,
    "gi": (1.0,) * RANGES,
    "o": (0.0,) * RANGES,
    "s": (0.0,) * RANGES,
    "i": (0.0,) * RANGES,
    "ug": (1.0,) * RANGES,
}
"""What stands for a value that the kit does not tell."""
ALIGNED = 8
"""Samples whose counters must follow each other for their bytes to count as four and four."""
BLOCK = 1000
"""Samples that are gone through at once; the one after them shows whether the last is right."""


def calibration(text: str) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return the calibration, and the other facts, of what the kit says of itself.

    Args:
        text: lines ``Key: value`` (R0 … R4, GS0 …, VDD, HW, mode, IA …).
    """
    found = {key: list(values) for key, values in DEFAULTS.items()}
    others: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        name, place = key[:-1], key[-1:]
        if name in found and place.isdecimal() and int(place) < RANGES:
            try:
                number = float(value)
            except ValueError:
                continue
            if math.isfinite(number) and (number > 0 or name not in ("r", "ug")):
                found[name][int(place)] = number
        elif colon and key and len(others) < 32:
            others[key[:32]] = value[:64]
    return found, others


class Means:
    """Turns bytes into the mean current of equal periods; any chunking gives the same.

    Args:
        known: the kit's calibration.
        supply_v: what its supply is set to, V: the calibration asks for it.
        per_period: samples in a period.
        pin: which logic input is watched, 0 to 7.

    Attributes:
        lost: samples that the counter shows to be missing, or that cannot be right.
        falls: numbers of the samples that were the first with the pin low; taken out by the reader.
    """

    def __init__(self, known: Calibration, supply_v: float, per_period: int, pin: int) -> None:
        """Begin a trace."""
        import numpy as np

        self._np = np
        self._known = {key: np.asarray(values, dtype=np.float64) for key, values in known.items()}
        self._supply_v = supply_v
        self._periods = Periods(per_period)
        self._pin = pin
        self._rest = b""
        self._counter: int | None = None
        self._next = 0  # number of the next sample, with those that were lost
        self._high = False
        self.lost = 0
        self.falls: list[int] = []

    def feed(self, data: bytes) -> list[tuple[int, float]]:
        """Return number and mean current (A) of each period that is over."""
        self._rest += data
        means: list[tuple[int, float]] = []
        place = 0
        while len(self._rest) - place >= (BLOCK + 1) * SIZE:
            place = self._block(place, BLOCK, means)
        self._rest = self._rest[place:]
        return means

    def finish(self) -> list[tuple[int, float]]:
        """Return the last periods that are whole, and begin another trace."""
        means: list[tuple[int, float]] = []
        place, count = 0, len(self._rest) // SIZE
        while count > 1:
            place = self._block(place, count - 1, means)
            count = (len(self._rest) - place) // SIZE
        self._rest = b""
        return means

    def _block(self, place: int, count: int, means: list[tuple[int, float]]) -> int:
        """Go through samples from a place on; return where the next begin."""
        np = self._np
        words = np.frombuffer(self._rest, "<u4", count + 1, place)
        counters = (words >> 18 & (TURN - 1)).astype(np.int64)
        whole = self._together(counters)
        if whole == 0:
            return self._aligned(place, count * SIZE)
        if whole is not None:
            return self._block(place, whole, means)
        if self._counter is None:
            self._counter = int(counters[0] - 1) % TURN
        steps = np.diff(counters, prepend=self._counter) % TURN
        trusted = (words[:count] >> 14 & 7) < RANGES
        gaps = self._gaps(steps, trusted)
        numbers = self._next + np.arange(count) + np.cumsum(gaps)
        self._counter = (self._counter + count + int(gaps.sum())) % TURN
        self._next = int(numbers[-1]) + 1
        self.lost += int(gaps.sum()) + count - int(trusted.sum())
        self._take(words[:count][trusted], numbers[trusted], means)
        return place + count * SIZE

    def _together(self, counters: Any) -> int | None:
        """Return before which sample the bytes fall apart; None if they do not.

        There several counters in a row do not follow the one before: bytes are missing, not
        samples.
        """
        odd = self._np.flatnonzero(self._np.diff(counters) % TURN != 1)
        runs = self._np.flatnonzero(odd[ALIGNED - 1 :] - odd[: 1 - ALIGNED] == ALIGNED - 1)
        return int(odd[runs[0]]) if len(runs) else None

    def _aligned(self, place: int, size: int) -> int:
        """Return where samples begin again; if nowhere, where the bytes end that were searched."""
        np = self._np
        for shift in range(1, min(size, TURN * SIZE)):
            if len(self._rest) - place - shift < ALIGNED * SIZE:
                break
            words = np.frombuffer(self._rest, "<u4", ALIGNED, place + shift)
            if (np.diff(words >> 18 & (TURN - 1)).astype(np.int64) % TURN == 1).all():
                return place + shift
        return place + size

    def _gaps(self, steps: Any, trusted: Any) -> Any:
        """Return how many samples are missing before each; a damaged one is no longer trusted.

        A counter that is wrong in one sample, and right again in the next, is damage.
        """
        gaps = self._np.zeros(len(trusted), dtype=self._np.int64)
        for k in self._np.flatnonzero(steps[:-1] != 1).tolist():
            step = int(steps[k])
            if step == 1:  # put right by the one before
                continue
            if (step + int(steps[k + 1])) % TURN == 2:
                steps[k], steps[k + 1], trusted[k] = 1, 1, False
            else:
                gaps[k] = (step - 1) % TURN
        return gaps

    def _take(self, words: Any, numbers: Any, means: list[tuple[int, float]]) -> None:
        """Take samples whose numbers are known."""
        np = self._np
        high = (words >> (24 + self._pin) & 1).astype(bool)
        before = np.concatenate(([self._high], high[:-1]))
        self.falls += numbers[before & ~high].tolist()
        if len(high):
            self._high = bool(high[-1])
        means += self._periods.take(numbers, self._amperes(words), self._next)

    def _amperes(self, words: Any) -> Any:
        """Return the current of each sample, A, by the kit's calibration."""
        ranges = (words >> 14 & 7).astype(self._np.intp)
        known = {key: values[ranges] for key, values in self._known.items()}
        raw = 4.0 * (words & 0x3FFF) - known["o"]
        flat = raw * (VOLTS_PER_STEP / known["r"])
        curved = flat * (known["gs"] * flat + known["gi"])
        return known["ug"] * (curved + known["s"] * self._supply_v + known["i"])
