"""Rails of Jetson boards with NVIDIA's older kernels (JetPack 4: Nano, TX1, TX2, Xavier).

Their driver ``ina3221x`` shows each INA3221 not under hwmon but as an IIO device:
``/sys/bus/i2c/drivers/ina3221x/1-0040/iio:device0`` with ``rail_name_0`` … ``rail_name_2`` and
``in_power0_input`` (mW) beside each. Later kernels show the same chips under hwmon, where
:mod:`joulemark.meters.hwmon` reads them. What each rail feeds stands for both in
``data/hwmon_chips.json``. Tested on trees of files; it has not met hardware.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from joulemark.core.channel import Channel, Instrument, Quantity
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.interfaces import Settings
from joulemark.meters._files import Files, NumberFile, entries
from joulemark.meters._hwmon_chips import Chip, row_of, table
from joulemark.meters._polled import Polled, Sensor, only_known, path_setting

ROOT = "/sys/bus/i2c/drivers/ina3221x"
CHIP = "ina3221"
LINES = 3
"""Supply lines that one chip watches."""

_DEVICE = re.compile(r"\d{1,4}-[0-9a-f]{4}")
_VIEW = re.compile(r"iio:device\d{1,4}|iio_device")


class Jetson(Polled):
    """Power of the rails of a Jetson board.

    Args:
        root: the directory of the driver.
        files: how files are read.
    """

    name = "jetson"

    def __init__(self, root: Path = Path(ROOT), *, files: Files | None = None) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__()
        self.root = root
        self._files = files or Files()

    def _find(self, owned: ExitStack) -> list[Sensor]:
        if not self.root.is_dir():
            raise UnavailableError(
                "no Jetson board with a kernel of JetPack 4", where=str(self.root)
            )
        found: dict[str, tuple[Channel, tuple[str, ...], NumberFile]] = {}
        for chip, line, label in self._rails():
            path = chip.directory / f"in_power{line}_input"
            try:
                file = self._files.open(path, owned)
                file.read()
            except OSError as error:
                what = error.strerror or "cannot be opened"
                self.missing.append(UnavailableError(what, where=str(path)))
            except MeterError as error:
                self.missing.append(UnavailableError(error.what, where=str(path)))
            else:
                place = chip.place(label, line, [])
                channel = self._channel(chip, line, label)
                found[channel.part] = channel, place.parents, file
        if not found:
            nothing = UnavailableError("no rail is connected", where=str(self.root))
            raise self.missing[-1] if self.missing else nothing
        return [_sensor(*each, set(found)) for each in found.values()]

    def _rails(self) -> Iterator[tuple[Chip, int, str]]:
        """Give chip, line and label of every line that is connected."""
        row = row_of(CHIP, table())
        devices = [name for name in entries(self.root) if _DEVICE.fullmatch(name)]
        for n, device in enumerate(devices):
            for view in entries(self.root / device):
                if not _VIEW.fullmatch(view):
                    continue
                directory = self.root / device / view
                chip = Chip(CHIP, device, directory, frozenset(entries(directory)), n, row)
                for line in range(LINES):
                    label = self._files.line(directory / f"rail_name_{line}")
                    if label not in ("", "NC"):
                        yield chip, line, label

    def _channel(self, chip: Chip, line: int, label: str) -> Channel:
        place = chip.place(label, line, [])
        return Channel(
            name=f"jetson/{place.part}/power",
            meter=self.name,
            part=place.part,
            domain=place.domain,
            quantity=Quantity.POWER,
            unit="mW",
            scale=1e-3,
            resolution=1.0,
            accuracy=chip.accuracy,
            instrument=Instrument.PLATFORM,
            covers=place.covers,
            source=str(chip.directory / f"in_power{line}_input"),
            note="; ".join(each for each in (f"{CHIP} {chip.device} {label}", place.note) if each),
        )


def _sensor(
    channel: Channel, parents: tuple[str, ...], file: NumberFile, parts: set[str]
) -> Sensor:
    """Make a sensor; its channel gets the nearest of its possible parents that is read, too."""
    parent = next((part for part in parents if part in parts), None)
    kept = replace(channel, parent=parent)
    return Sensor((kept,), file.value, device=channel.part, file=file)


def jetson(settings: Settings) -> Jetson:
    """Make the meter from JSON settings: ``root``, the directory of the driver.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("jetson", settings, ("root",))
    return Jetson(Path(path_setting("jetson", settings, "root", ROOT)))
