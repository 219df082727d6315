"""``results.json`` of the Python runner."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from joulemark.core.errors import FormatError
from joulemark.core.jsonlight import loads
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems, content, shown
from joulemark.formats.tiny.lines import base
from joulemark.formats.tiny.parsed import Floats, RunnerResults, RunnerTrial

MAX_JSON = 256 << 20
"""Bytes; twenty minutes of streaming wake word are about 14 million."""
MAX_TRIALS = 200_000
LARGEST = 1e300
MOST_JOULES = 1e30
"""Of one sample; more is no energy, and would overflow where it is squared."""
MODES = frozenset({"e", "p", "a"})
Made = TypeVar("Made")


def read_runner_results(source: Source) -> RunnerResults:
    """Read the results of the Python runner.

    Raises:
        FormatError: if they are none: no array of objects with ``infer``, or no JSON.
    """
    data = content(source)
    if len(data) > MAX_JSON:
        raise FormatError(f"{len(data)} bytes are too many", where=source.name)
    try:
        value = loads(data)
    except (ValueError, RecursionError):
        raise FormatError("no JSON", where=source.name) from None
    if not isinstance(value, list) or len(value) > MAX_TRIALS:
        raise FormatError("no array of trials", where=source.name)
    problems = Problems()
    trials: list[RunnerTrial] = []
    for at, item in enumerate(value):
        if isinstance(item, dict) and isinstance(item.get("infer"), dict):
            trials.append(_Trial(item, at, problems).trial())
        elif isinstance(item, dict) and "error" in item:
            problems.add(1, f"the runner notes {shown(str(item['error']))}")
        else:
            problems.add(1, f"element {at} is no trial")
    if not trials:
        raise FormatError("no trial with `infer` in it", where=source.name)
    return RunnerResults(source.name, tuple(trials), problems.all())


class _Trial:
    """One element of the array."""

    def __init__(self, item: dict[str, Any], at: int, problems: Problems) -> None:
        self._item = item
        self._at = at
        self._problems = problems

    def trial(self) -> RunnerTrial:
        """Return what it says."""
        item, infer = self._item, self._item["infer"]
        power = item.get("power")
        power = power if isinstance(power, dict) else {}
        duty = item.get("dutycycle")
        duty = duty if isinstance(duty, dict) else {}
        stamps, counters = self._stamps(power.get("timestamps"))
        heard = self._many(infer.get("detections"), _number, "detections")
        mode = item.get("mode")
        name = item.get("file", infer.get("wav_file"))
        return RunnerTrial(
            mode=mode if isinstance(mode, str) and mode in MODES else "",
            file=base(name)[:256] if isinstance(name, str) else "",
            label=_whole(item.get("class")),
            results=self._many(infer.get("results"), _number, "results"),
            iterations=_whole(infer.get("iterations")) or 0,
            warmups=_whole(infer.get("warmups")) or 0,
            elapsed_us=_number(infer.get("elapsed_time")),
            samples_j=self._samples(power.get("samples")) if power else None,
            stamps=stamps,
            counters=counters,
            voltage_v=_number(power.get("voltage")),
            starts_s=self._many(duty.get("start_times_s"), _number, "start_times_s"),
            stops_s=self._many(duty.get("stop_times_s"), _number, "stop_times_s"),
            detections_s=tuple((one - heard[0]) / 1000 for one in heard[1:]),
            words_s=self._many(infer.get("detection_windows"), _pair, "detection_windows"),
        )

    def _samples(self, value: object) -> Floats | None:
        if not isinstance(value, list) or not set(map(type, value)) <= {int, float}:
            self._odd("its samples are no array of numbers")
            return None
        try:
            samples = np.array(value, dtype=np.float64)
        except OverflowError:
            samples = np.array([np.inf])
        if len(samples) and not np.abs(samples).max() <= MOST_JOULES:
            self._odd("a sample is beyond all bounds")
            return None
        return samples

    def _stamps(self, value: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
        stamps: list[int] = []
        counters: list[int] = []
        for pair in value if isinstance(value, list) else ():
            place = _whole(pair[1]) if isinstance(pair, list) and len(pair) == 2 else None
            if place is None or place < 0:
                self._odd("a stamp is not a counter and a sample")
                continue
            stamps.append(place)
            counter = _whole(pair[0])
            counters.append(-1 if counter is None else counter)
        return tuple(stamps), tuple(counters)

    def _many(
        self, value: object, make: Callable[[object], Made | None], name: str
    ) -> tuple[Made, ...]:
        if value is None:
            return ()
        found = [make(one) for one in value] if isinstance(value, list) else [None]
        kept = tuple(one for one in found if one is not None)
        if len(kept) < len(found):
            self._odd(f"{name} holds what does not belong there")
        return kept

    def _odd(self, what: str) -> None:
        self._problems.add(1, f"trial {self._at}: {what}")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > LARGEST:
        return None
    return float(value) if math.isfinite(value) else None


def _whole(value: object) -> int | None:
    """Return a whole number, also one that is written as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 12:
        return int(value)
    number = _number(value)
    if number is None or number != int(number) or abs(number) > 1e12:
        return None
    return int(number)


def _pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, second = _number(value[0]), _number(value[1])
    return None if first is None or second is None else (first, second)
