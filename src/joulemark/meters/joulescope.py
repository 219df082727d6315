"""Joulescope: Jetperch's JS110, JS220 and JS320, in the supply of a board that others feed.

Through Jetperch's own driver (``pyjoulescope_driver``, Apache-2.0), of which a process can have
one. Its topics stand in the driver's public source (jetperch/joulescope_driver at bd17bcf,
2026-07-21) and in what the package brings (``entry_points/statistics.py``, ``record.py``); they are
cited where they are used. The instrument streams power, current times voltage, a million times a
second; a row is the mean of all samples of its period. Samples that the driver did not get are
seen by the numbers of those it did. It has not met hardware.
"""

from __future__ import annotations

import importlib
import threading
from collections import deque

from joulemark.core.channel import Accuracy, Channel
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, MissingExtraError, UnavailableError, UsageError
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._joulescope_stream import Falls, PowerMeans
from joulemark.meters._monitor import Monitor, rate_setting
from joulemark.meters._polled import only_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from joulemark.core.interfaces import Settings

RATES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
STREAM_HZ = 1_000_000
"""Of the options of ``h/fs`` (js110_usb.c, js220_usb.c, js320_drv.c) the fastest that all have."""
GPIS = {"js110": (0, 1), "js220": (0, 1, 2, 3, 7), "js320": (0, 1, 2, 3, 7)}  # s/gpi/N/ctrl there
AUTO = {  # statistics.py, record.py
    "js110": (("s/i/range/select", "auto"), ("s/v/range/select", "15 V")),
    "js220": (("s/i/range/mode", "auto"), ("s/v/range/mode", "auto")),
    "js320": (("s/i/range/mode", "auto"), ("s/v/range/mode", "auto")),
}
ACCURACY = Accuracy(
    gain=0.01,
    source="bound of 1 %; assumed: Jetperch states an accuracy and an offset for each range, "
    "which are not checked",
)
LEAST_W = 1e-9
FIRST_S = 2.0
"""Time that the first samples may take."""
SILENT_S = 5.0
"""After so long without samples it is taken for gone."""


class Joulescope(Monitor):
    """A Joulescope.

    Args:
        device: part of its path or serial number; nothing for the only one.
        rate_hz: rows a second, each the mean of its samples.
        gpi: general-purpose input whose falls are reported; 7 for the trigger input.
        library: the driver's module; by default imported when the meter is opened.
        load: imports a module by name.
        first_s: time that the first samples may take, s.
    """

    name = "joulescope"
    feeds = False

    def __init__(
        self,
        device: str = "",
        *,
        rate_hz: int = 1000,
        gpi: int = 0,
        library: Any = None,
        load: Callable[[str], Any] = importlib.import_module,
        first_s: float = FIRST_S,
    ) -> None:
        """Keep the settings; nothing is touched."""
        super().__init__(rate_hz)
        self.device = device
        self._gpi = gpi
        self._library = library
        self._load = load
        self._first_s = first_s
        self._driver: Any = None
        self._path = ""
        self._gone = False
        self._heard = 0
        self._arrived = threading.Event()
        self._power_packets: deque[Any] = deque()  # filled by a thread of the driver
        self._gpi_packets: deque[Any] = deque()
        self._means: PowerMeans | None = None
        self._fallen: Falls | None = None

    # ------------------------------------------------------------------ connection

    def _connect(self, owned: ExitStack) -> Channel:
        driver = self._driver = self._loaded(owned)
        self._path, model = self._chosen(list(driver.device_paths()))
        path, self._gone = self._path, False
        try:
            driver.open(path, "defaults")
            owned.callback(self._quietly, driver.close, path)
            for topic, value in AUTO[model]:
                driver.publish(f"{path}/{topic}", value)
            driver.publish(f"{path}/h/fs", STREAM_HZ)
        except (RuntimeError, TimeoutError) as error:
            raise UnavailableError(
                f"it does not open ({error})",
                where=path,
                remedy="close the Joulescope UI, and see that udev lets this user open it",
            ) from None
        owned.callback(self._silence)
        if self._gpi not in GPIS[model]:
            what = f"a {model.upper()} has no input {self._gpi}: no edges"
            self.missing.append(UnavailableError(what, where=path))
        _, _, serial = path.rpartition("/")
        self.facts.update(model=model.upper(), serial=serial, driver=self._version())
        note = f"{model.upper()}; current times voltage, {STREAM_HZ:,} samples a second, averaged"
        return self._channel(ACCURACY, LEAST_W, path, note)

    def _loaded(self, owned: ExitStack) -> Any:
        if self._library is None:
            try:
                self._library = self._load("pyjoulescope_driver")
            except ImportError:
                feature = "the meter joulescope"
                raise MissingExtraError(feature, "pyjoulescope_driver", "boards") from None
        try:
            driver = self._library.Driver()
        except RuntimeError as error:
            raise UnavailableError(
                f"the driver does not start ({error})",
                where="joulescope",
                remedy="a process has one driver: close the other meter of this kind",
            ) from None
        owned.callback(self._quietly, driver.finalize)
        return driver

    def _version(self) -> str:
        return str(getattr(self._library, "__version__", ""))

    def _chosen(self, paths: list[str]) -> tuple[str, str]:
        """Return path and model of the instrument to use."""
        known = [path for path in paths if path.split("/")[1:2] and path.split("/")[1] in GPIS]
        fitting = [path for path in known if self.device in path]
        if len(fitting) == 1:
            return fitting[0], fitting[0].split("/")[1]
        if not known:
            raise UnavailableError(
                "no Joulescope is connected",
                where="joulescope",
                remedy="plug it in; on Linux its udev rules are needed: see the driver's README",
            )
        what = "several are connected" if fitting else f"none is called {self.device!r}"
        names = ", ".join(known)
        raise UnavailableError(what, where="joulescope", remedy=f"say device=… of {names}")

    def _quietly(self, call: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError, TimeoutError, ValueError):
            call(*arguments)

    # ------------------------------------------------------------------ supply

    def _power(self, volts: float | None) -> None:
        """Leave the supply to whoever feeds the board."""

    # ------------------------------------------------------------------ a trace

    def _start(self) -> None:
        self._power_packets.clear()
        self._gpi_packets.clear()
        self._means, self._fallen = None, None
        self._arrived.clear()
        driver, path = self._driver, self._path
        try:
            driver.subscribe("@/!remove", "pub", self._removed)  # jsdrv.h
            driver.subscribe(f"{path}/s/p/!data", "pub", self._on_power)
            if not self.missing:
                driver.subscribe(f"{path}/s/gpi/{self._gpi}/!data", "pub", self._on_gpi)
                driver.publish(f"{path}/s/gpi/{self._gpi}/ctrl", 1)  # js220_usb.c, PORT_MAP
            for each in ("i", "v", "p"):  # power is made of the other two (js220_usb.c)
                driver.publish(f"{path}/s/{each}/ctrl", 1)
        except (RuntimeError, TimeoutError) as error:
            raise MeterError(f"it does not stream ({error})", where=path) from None
        if not self._arrived.wait(self._first_s):
            self._silence()
            raise MeterError("no samples arrive", where=path)

    def start(self) -> int:
        """Begin a trace; return when its first period begins, ns UTC.

        Raises:
            MeterError: if the monitor refuses, or sends nothing.
        """
        now = self._heard = super().start()
        first = self._power_packets[0]
        self._begun = now - round(_samples(first) * first["decimate_factor"] * NS / _rate(first))
        return self._begun

    def _removed(self, _: str, value: object) -> None:
        self._gone = self._gone or str(value) == self._path

    def _on_power(self, _: str, value: Any) -> None:
        self._power_packets.append(value)
        self._arrived.set()

    def _on_gpi(self, _: str, value: Any) -> None:
        self._gpi_packets.append(value)

    def _fetch(self) -> None:
        now = self._opened()()
        if self._power_packets:
            self._heard = now
        self._digest(last=False)
        if self._gone:
            raise self._lost("it was unplugged")
        if now - self._heard > SILENT_S * NS:
            raise self._lost(f"no samples for {SILENT_S:g} s")

    def _stop(self) -> None:
        self._silence()
        self._digest(last=True)

    def _silence(self) -> None:
        """Stop streaming."""
        driver, path = self._driver, self._path
        for each in ("p", "v", "i", f"gpi/{self._gpi}"):
            self._quietly(driver.publish, f"{path}/s/{each}/ctrl", 0)
        for topic, function in (
            (f"{path}/s/p/!data", self._on_power),
            (f"{path}/s/gpi/{self._gpi}/!data", self._on_gpi),
            ("@/!remove", self._removed),
        ):
            self._quietly(driver.unsubscribe, topic, function)

    def _digest(self, *, last: bool) -> None:
        while self._power_packets:
            packet = self._power_packets.popleft()
            if self._means is None:
                self._means = PowerMeans(packet, self.rate_hz)
            self._numbered(self._means.take(packet))
        means = self._means
        if means is None:
            return
        self.facts["samples_lost"] = means.lost
        if self._fallen is None:
            self._fallen = Falls(means.first)
        while self._gpi_packets:
            self._fallen.take(self._gpi_packets.popleft())
        for seconds in self._fallen.found(last=last):
            self._fall(seconds * self.rate_hz)


def _samples(packet: Any) -> int:
    return len(packet["data"])


def _rate(packet: Any) -> float:
    return float(packet["sample_rate"])


def joulescope(settings: Settings) -> Joulescope:
    """Make the meter from JSON settings: ``device``, ``rate``, ``gpi``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("joulescope", settings, ("device", "rate", "gpi"))
    device, gpi = settings.get("device", ""), settings.get("gpi", 0)
    if isinstance(device, int) and not isinstance(device, bool):
        device = str(device)
    if not isinstance(device, str):
        raise UsageError(f"device is {device!r:.80}, not a name", where="meter joulescope")
    if isinstance(gpi, bool) or gpi not in (0, 1, 2, 3, 7):
        what = f"gpi is {gpi!r:.40}, not an input 0 to 3, or 7 for the trigger"
        raise UsageError(what, where="meter joulescope")
    rate = rate_setting("joulescope", settings, RATES, 1000)
    return Joulescope(device, rate_hz=rate, gpi=gpi)
