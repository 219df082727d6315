"""PPK2: Nordic's Power Profiler Kit II, which feeds a board of up to 1 A or sits in its supply.

A USB serial port (1915:C00A) that takes commands of a few bytes and sends 100,000 samples of
four bytes a second. Commands, metadata and samples are facts of the instrument as its maker's
public application shows them (NordicSemiconductor/pc-nrfconnect-ppk at 8da7626, 2026-03-11:
``src/constants.ts``, ``src/device/abstractDevice.ts``, ``src/device/serialDevice.ts``); there is no
manual of the protocol, and no other package's code was looked at. It has not met hardware.

It measures current alone. The power is that current times the voltage that it was told to give
(source mode), or that somebody else gives and states (``mode=ampere``).
"""

from __future__ import annotations

from joulemark.core.channel import Accuracy, Channel
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._monitor import Monitor, in_range, rate_setting, volts_setting
from joulemark.meters._polled import only_known
from joulemark.meters._ppk2_samples import SAMPLE_HZ, Means, calibration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings
    from joulemark.meters._serial import Opener, Port

BAUD = 115_200  # worker/serialDevice.js; of no effect on USB
VOLTS = (0.8, 5.0)  # serialDevice.ts, vddRange
RATES = (100, 200, 500, 1000, 2000, 5000, 10_000)
MODES = ("source", "ampere")
LEAST_A = 100e-9
ACCURACY = Accuracy(
    gain=0.2,
    source="bound of 20 %; assumed: Nordic states an accuracy for each range, which is not checked",
)
AVERAGE_START, AVERAGE_STOP = b"\x06", b"\x07"  # constants.ts
DEVICE_RUNNING = b"\x0c"  # constants.ts; 1 or 0 follows: whether the board is connected
REGULATOR = b"\x0d"  # constants.ts; mV follow, the high byte first (abstractDevice.ts)
POWER_MODE = b"\x11"  # constants.ts; 2: source, 1: ampere (serialDevice.ts)
METADATA = b"\x19"  # constants.ts; lines of text up to END follow
ANSWER_S = 1.0
SLACK_S, SLACK = 0.1, 1e-3
"""A trace may be shorter than the host's clock says by so much, and by this share of it."""
MOST_METADATA = 16384


class Ppk2(Monitor):
    """A Power Profiler Kit II.

    Args:
        opener: opens its port.
        where: how that port is called, for messages.
        rate_hz: rows a second, each the mean of its samples.
        mode: ``source`` or ``ampere``.
        volts: what the first read powers the board with, or what others power it with.
        pin: logic input whose falls are reported, 0 to 7.
        answer_s: time that an answer may take, s.
    """

    name = "ppk2"

    def __init__(
        self,
        opener: Opener,
        where: str = "",
        *,
        rate_hz: int = 1000,
        mode: str = "source",
        volts: float | None = None,
        pin: int = 0,
        answer_s: float = ANSWER_S,
    ) -> None:
        """Keep the settings; nothing is touched."""
        super().__init__(rate_hz, volts)
        self.feeds = mode == "source"
        self._opener = opener
        self._where = where
        self._pin = pin
        self._answer_s = answer_s
        self._port: Port | None = None
        self._known: dict[str, list[float]] = {}
        self._means: Means | None = None
        self._supply_v = 0.0
        self._regulator_v = 0.0

    # ------------------------------------------------------------------ connection

    def _connect(self, owned: ExitStack) -> Channel:
        port = self._port = self._opener()
        owned.callback(port.close)
        port.write(AVERAGE_STOP)  # of a trace that somebody left running
        self._drain(port)
        text = self._metadata(port)
        owned.callback(self._hand_back)
        self._known, told = calibration(text)
        self.facts.update(model="PPK2", mode="source" if self.feeds else "ampere", told=told)
        self.facts["calibration"] = self._known
        self._regulator_v = _millivolts(told.get("vdd", ""))
        port.write(DEVICE_RUNNING + b"\x00")
        port.write(POWER_MODE + (b"\x02" if self.feeds else b"\x01"))
        note = "PPK2; current measured, times the voltage as "
        note += "set" if self.feeds else "stated by the user"
        return self._channel(ACCURACY, LEAST_A * VOLTS[0], self._where, note)

    def _metadata(self, port: Port) -> str:
        port.write(METADATA)
        text = bytearray()
        while b"END" not in text:
            data = port.read(self._answer_s)
            text += data
            if not data or len(text) > MOST_METADATA:
                raise UnavailableError(
                    "what answers there is no PPK2: it tells no calibration",
                    where=self._where,
                    remedy="its second port may be the right one: ls -l /dev/serial/by-id",
                )
        return text.partition(b"END")[0].decode("ascii", "replace")

    def _drain(self, port: Port) -> None:
        left = 4 * SAMPLE_HZ
        while left > 0 and (data := port.read(self._answer_s / 10)):
            left -= len(data)

    def _hand_back(self) -> None:
        with suppress(MeterError):
            port = self._connected()
            port.write(AVERAGE_STOP)
            port.write(DEVICE_RUNNING + b"\x00")
        self._port = None

    def _connected(self) -> Port:
        if self._port is None:
            raise MeterError("used while closed", where=self._where)
        return self._port

    # ------------------------------------------------------------------ supply

    def _power(self, volts: float | None) -> None:
        port = self._connected()
        if volts is None:
            if self.feeds:
                port.write(DEVICE_RUNNING + b"\x00")
            return
        in_range(volts, *VOLTS, self._where)
        self._supply_v = volts
        if self.feeds:
            port.write(REGULATOR + round(volts * 1000).to_bytes(2, "big"))
            self._regulator_v = volts
        port.write(DEVICE_RUNNING + b"\x01")

    # ------------------------------------------------------------------ a trace

    def _start(self) -> None:
        port = self._connected()
        if not self._supply_v:
            raise MeterError(
                "the voltage of the board is not known",
                where=self._where,
                remedy="power it first, or say ppk2:…,volts=3.0",
            )
        per_period = round(SAMPLE_HZ / self.rate_hz)
        self._means = Means(self._known, self._regulator_v, per_period, self._pin)
        port.write(AVERAGE_START)

    def _fetch(self) -> None:
        port, means = self._connected(), self._means
        if means is None:
            return
        try:
            self._rows(means, means.feed(port.read(0.0)))
        except MeterLostError:
            self._rows(means, means.finish())
            raise

    def _stop(self) -> None:
        port, means = self._connected(), self._means
        port.write(AVERAGE_STOP)
        ended = self._opened()()
        left = 4 * SAMPLE_HZ * 60
        while means is not None and left > 0 and (data := port.read(self._answer_s / 10)):
            left -= len(data)
            self._rows(means, means.feed(data))
        if means is not None:
            self._rows(means, means.finish())
            self._hold_against(ended)

    def _hold_against(self, ended: int) -> None:
        """Compare the trace with the host's clock: the counter cannot see a whole turn missing."""
        short = (ended - self._time(self._periods)) / NS
        if short > SLACK_S + SLACK * (ended - self._time(0)) / NS:
            self._trouble(
                f"{short:.3g} s of the trace are missing by this machine's clock",
                remedy="plug the kit into a port of its own, and measure again",
            )

    def _rows(self, means: Means, found: list[tuple[int, float]]) -> None:
        self._numbered([(number, amperes * self._supply_v) for number, amperes in found])
        for number in means.falls:
            self._fall(number * self.rate_hz / SAMPLE_HZ)
        means.falls.clear()
        self.facts["samples_lost"] = means.lost


def _millivolts(text: str) -> float:
    """Return a number of mV in V; zero where it is none."""
    return int(text) / 1000 if text.isdecimal() and len(text) < 6 else 0.0


def ppk2(settings: Settings) -> Ppk2:
    """Make the meter from JSON settings: ``port``, ``rate``, ``mode``, ``volts``, ``pin``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("ppk2", settings, ("port", "rate", "mode", "volts", "pin"))
    path, mode, pin = (
        settings.get("port", ""),
        settings.get("mode", "source"),
        settings.get("pin", 0),
    )
    if not isinstance(path, str):
        raise UsageError(f"port is {path!r:.80}, not a path", where="meter ppk2")
    if mode not in MODES:
        choice = " or ".join(MODES)
        raise UsageError(f"mode is {mode!r:.40}", where="meter ppk2", remedy=f"say {choice}")
    if isinstance(pin, bool) or pin not in range(8):
        raise UsageError(f"pin is {pin!r:.40}, not a logic input 0 to 7", where="meter ppk2")
    return Ppk2(
        lambda: _port(path),
        path or "ppk2",
        rate_hz=rate_setting("ppk2", settings, RATES, 1000),
        mode=mode,
        volts=volts_setting("ppk2", settings, *VOLTS),
        pin=pin,
    )


def _port(path: str) -> Port:
    from joulemark.meters._serial import SerialPort

    if not path:
        raise UnavailableError(
            "no port is named, and an instrument is not sought on ports of others",
            where="ppk2",
            remedy="say ppk2:port=/dev/ttyACM0,volts=3.0; docs/meters-boards.md tells more",
        )
    return SerialPort(path, BAUD, "the meter ppk2")
