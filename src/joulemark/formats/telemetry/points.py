"""Readings that come one by one, each with its time: of DCGM's exporter, and of AIPerf."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from joulemark.core.channel import Quantity
from joulemark.core.exposition import sample_of
from joulemark.core.trace import Trace
from joulemark.formats.files import LATEST_US, wrong
from joulemark.formats.telemetry.stamps import stamp
from joulemark.formats.telemetry.table import MAX_GPUS, channel_of, part_named

Meaning = tuple[Quantity, float]
"""What a metric is, and its factor to SI."""

DCGM: Mapping[str, Meaning] = {
    "DCGM_FI_DEV_POWER_USAGE": (Quantity.POWER, 1.0),
    "DCGM_FI_DEV_POWER_USAGE_INSTANT": (Quantity.POWER, 1.0),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": (Quantity.ENERGY, 1e-3),
    "DCGM_FI_DEV_GPU_UTIL": (Quantity.UTILISATION, 0.01),
    "DCGM_FI_DEV_GPU_TEMP": (Quantity.TEMPERATURE, 1.0),
    "DCGM_FI_DEV_SM_CLOCK": (Quantity.FREQUENCY, 1e6),
}
"""Fields of DCGM 4 as its exporter writes them: W, mJ since boot, %, °C, MHz."""
AIPERF: Mapping[str, Meaning] = {
    "gpu_power_usage": (Quantity.POWER, 1.0),
    "energy_consumption": (Quantity.ENERGY, 1e6),
    "gpu_utilization": (Quantity.UTILISATION, 0.01),
    "gpu_temperature": (Quantity.TEMPERATURE, 1.0),
}
"""Of a record of AIPerf, without the vendor's prefix: W, MJ, %, °C."""

_WRITTEN = re.compile(
    r"(?:#\s*)?(?:scrape[d]?\s+|ts\s+)?(\S+(?: \d\d:\d\d:\d\d\S*)?)\s*", re.IGNORECASE
)


@dataclass(slots=True)
class Device:
    """One GPU.

    Attributes:
        part: its name in a run.
        identity: what the log calls it.
        model: its model; empty where the log does not say.
        columns: times (ns) and values (SI) by metric.
    """

    part: str
    identity: str
    model: str
    columns: dict[str, tuple[Quantity, array[int], array[float]]] = field(default_factory=dict)


class Points:
    """What readers of such logs share.

    Args:
        path: of the log, for messages.
        keep: ns; readings outside are looked at and left out.

    Attributes:
        meter: whose readings these are.
        boards: by what tells them apart.
        first: time of the first reading, ns; None before there is one.
        last: time of the last.
        utc: whether its times name their zone.
    """

    meter = ""

    def __init__(self, path: Path, keep: tuple[int, int] | None = None) -> None:
        """Keep the arguments."""
        self._path, self._keep = path, keep
        self.boards: dict[str, Device] = {}
        self.first: int | None = None
        self.last: int | None = None
        self.utc = True

    def _device(self, identity: str, index: str, model: str, number: int) -> Device:
        device = self.boards.get(identity)
        if device is None:
            if len(self.boards) == MAX_GPUS:
                raise wrong(f"more than {MAX_GPUS} boards", self._path, number)
            part = part_named(index, {each.part for each in self.boards.values()})
            device = self.boards[identity] = Device(part, identity[:80], model[:80])
        return device

    def _add(self, device: Device, name: str, meaning: Meaning, time: int, value: float) -> None:
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        if self._keep is None or self._keep[0] <= time <= self._keep[1]:
            held = device.columns.setdefault(name, (meaning[0], array("q"), array("d")))
            held[1].append(time)
            held[2].append(value * meaning[1] if math.isfinite(value) else math.nan)

    def traces(self, ahead_ns: int = 0) -> list[Trace]:
        """Return one trace for each metric of each GPU.

        Args:
            ahead_ns: how far the times of the log are ahead of UTC.
        """
        found = []
        for device in self.boards.values():
            for name, (quantity, times, values) in device.columns.items():
                channel = channel_of(self.meter, device.part, name, quantity)
                channel = replace(channel, source=f"{self._path.name}: {name}")
                utc = [time - ahead_ns for time in times] if ahead_ns else times
                found.append(Trace.of(channel, utc, values))
        return found


class Exposition(Points):
    """Text of DCGM's exporter, scrape after scrape.

    A sample carries its own time (ms, as the exposition format has it), or the scrape begins with
    a line that holds nothing but its time, with or without ``#``: what ``date +%s.%N`` prints.
    """

    meter = "dcgm"

    def __init__(self, path: Path, keep: tuple[int, int] | None = None) -> None:
        """Keep the arguments."""
        super().__init__(path, keep)
        self._time: int | None = None

    def take(self, line: str, number: int) -> None:
        """Take one line.

        Raises:
            FormatError: naming the line; what it holds is left out then.
        """
        if line.startswith("DCGM_"):
            self._sample(line, number)
            return
        match = _WRITTEN.fullmatch(line)
        found = stamp(match[1]) if match else None
        if found is not None:
            self._time, self.utc = found[0], self.utc and found[1]

    def _sample(self, line: str, number: int) -> None:
        sample = sample_of(line)
        if sample is None:
            raise wrong(f"{line[:40]!r} is no sample", self._path, number)
        meaning = DCGM.get(sample.name)
        if meaning is None:
            return
        labels, time = sample.labels, self._time
        if sample.stamp:
            own = stamp(sample.stamp)
            time = None if own is None else own[0]
        if time is None:
            remedy = "write the time before each scrape: date +%s.%N; curl -s HOST:9400/metrics"
            raise wrong("a sample without a time", self._path, number, remedy)
        index = labels.get("gpu", "")
        identity = labels.get("UUID") or f"{labels.get('Hostname', '')}/{index}"
        if labels.get("GPU_I_ID"):
            raise wrong("an instance of a divided GPU has no power", self._path, number)
        device = self._device(identity, index, labels.get("modelName", ""), number)
        self._add(device, sample.name, meaning, time, sample.value)


class Records(Points):
    """``gpu_telemetry_export.jsonl`` of AIPerf: one record for each GPU and each scrape."""

    meter = "aiperf"

    def take(self, line: str, number: int) -> None:
        """Take one line.

        Raises:
            FormatError: naming the line; what it holds is left out then.
        """
        record = _object(line, self._path, number)
        time, data = record.get("timestamp_ns"), record.get("telemetry_data")
        whole = isinstance(time, int) and not isinstance(time, bool)
        if not whole or not 0 < time <= LATEST_US * 1000 or not isinstance(data, dict):  # type: ignore[operator]
            raise wrong("no record of a GPU's telemetry", self._path, number)
        index, identity = str(record.get("gpu_index", "")), str(record.get("gpu_uuid") or "")
        where = f"{record.get('dcgm_url', '')}/{index}"[:200]
        model = str(record.get("gpu_model_name", ""))
        device = self._device(identity or where, index, model, number)
        for key, value in data.items():
            name = key.removeprefix("nvidia_").removeprefix("amd_")
            meaning = AIPERF.get({"power": "gpu_power_usage"}.get(name, name))
            if meaning is not None and isinstance(value, int | float):
                self._add(device, key, meaning, int(time), _plain(value))  # type: ignore[arg-type]


def _plain(value: float) -> float:
    """Return a number as a float; NaN for one beyond all bounds."""
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise wrong("no JSON", path, number) from None
    if not isinstance(record, dict):
        raise wrong("not a JSON object", path, number)
    return record
