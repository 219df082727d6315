"""LPM01A: ST's X-NUCLEO-LPM01A ("PowerShield"), which feeds a board of up to 50 mA and measures it.

A USB serial port (ST's 0483:5740) of 3,686,400 baud that speaks lines of text. Every command used
here stands in UM2269, "Getting started with PowerShield firmware", revision 6; its table is cited
where the command is sent. One is not in that revision: ``eventsrc``, which makes the instrument
report falls of D7; it, and what is reported then, are known from the public driver of MLCommons
Tiny (``benchmark/runner/power_manager/power_manager_lpm.py``). That driver also shows the order of
the set-up, and that firmware before 1.0.6 refuses ``pwr off`` (EEMBC, energyrunner issue 8).

The energy of each period is integrated by the instrument itself (``output energy``). It stamps the
time after each 1000 samples, which tells how many were lost. It has not met hardware.
"""

from __future__ import annotations

import re
from collections import deque

from joulemark.core.channel import Accuracy, Channel
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._monitor import Monitor, in_range, rate_setting, volts_setting
from joulemark.meters._polled import only_known
from joulemark.meters._powershield import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings
    from joulemark.meters._powershield import Said
    from joulemark.meters._serial import Opener, Port

BAUD = 3_686_400  # UM2269 table 2
VOLTS = (1.8, 3.3)  # UM2269 table 12
LEAST_FIRMWARE = (1, 0, 6)
RATES = (100, 200, 500, 1000, 2000, 5000)  # UM2269 table 13; of text no more is unlimited (table 2)
BINARY_RATES = (*RATES, 10_000)  # energies: 10 kHz at most (``help`` of the firmware, ``output``)
FORMATS = ("ascii_dec", "bin_hexa")  # UM2269 table 18
LIMIT_A = 0.05  # UM2243 revision 2, §10
LEAST_W = 180e-9  # 100 nA (UM2243 §10) at 1.8 V
DRIFT_K = 5.0  # UM2269 table 29: calibrate again after so much
BUSY = 80  # % of the instrument's buffer: UM2269 §4.4.1 says to act before it is full
ACCURACY = Accuracy(
    gain=0.022,
    source="UM2243 rev. 2 §10: current 2 %; UM2269 rev. 6 §4.4: voltage 1 %; as their hypotenuse",
)
ANSWER_S = 2.0
"""Time that an answer may take; changing the voltage calibrates, which is the slowest."""
MOST_SAID = 1 << 20
"""Bytes that are gone through in search of one answer."""
_VERSION = re.compile(r"version:? *(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


class Lpm01a(Monitor):
    """An X-NUCLEO-LPM01A.

    Args:
        opener: opens its port.
        where: how that port is called, for messages.
        rate_hz: samples a second.
        form: format of its samples, ``ascii_dec`` or ``bin_hexa``.
        volts: what the first read powers the board with, where nobody else does.
        answer_s: time that an answer may take, s.
    """

    name = "lpm01a"

    def __init__(
        self,
        opener: Opener,
        where: str = "",
        *,
        rate_hz: int = 1000,
        form: str = "ascii_dec",
        volts: float | None = None,
        answer_s: float = ANSWER_S,
    ) -> None:
        """Keep the settings; nothing is touched."""
        super().__init__(rate_hz, volts)
        self._opener = opener
        self._where = where
        self._form = form
        self._answer_s = answer_s
        self._decoder = self._fresh()
        self._said: deque[Said] = deque()
        self._port: Port | None = None
        self._doubtful = 0
        self._stamped_ms = 0
        self._ended = False
        self._supplied = 0.0
        self._degrees: float | None = None

    # ------------------------------------------------------------------ connection

    def _connect(self, owned: ExitStack) -> Channel:
        port = self._port = self._opener()
        owned.callback(port.close)
        self._decoder = self._fresh()
        self._said.clear()
        self._degrees = None
        self._identify(port)
        owned.callback(self._hand_back)
        for command in (
            "htc",  # table 8: the host takes control
            "pwr off",  # table 22
            "acqtime inf",  # table 14
            "trigdelay 0",  # table 20
            "trigsrc sw",  # table 19
            "output energy",  # table 17
            f"format {self._form}",  # table 18
            f"freq {self.rate_hz}",  # table 13
        ):
            try:
                self._command(command)
            except MeterError as error:
                raise UnavailableError(error.what, where=self._where) from None
        try:
            self._command("eventsrc d7 fal")  # MLCommons Tiny; not in UM2269 revision 6
        except MeterError as error:
            what = f"the pin D7 is not watched: {error.what}"
            self.missing.append(UnavailableError(what, where=self._where))
        note = f"X-NUCLEO-LPM01A {self.facts['firmware']}; the energy of each period, measured"
        return self._channel(ACCURACY, LEAST_W, self._where, note)

    def _identify(self, port: Port) -> None:
        """Make sure that a PowerShield answers; one that was left streaming is stopped first."""
        try:
            self._ask("powershield")  # table 5
        except MeterError:
            port.write(b"\r\nstop\r\n")  # table 25
            self._drain(port)
            try:
                self._ask("powershield")
            except MeterError as error:
                raise self._stranger(error) from None
        version = self._ask("version")  # table 6
        match = _VERSION.fullmatch(version)
        if match is None:
            raise UnavailableError(f"its firmware calls itself {version:.80}", where=self._where)
        self.facts["model"] = "X-NUCLEO-LPM01A"
        self.facts["firmware"] = ".".join(match.groups())
        self.facts["format"] = self._form
        if tuple(map(int, match.groups())) < LEAST_FIRMWARE:
            raise UnavailableError(
                f"its firmware {self.facts['firmware']} is older than 1.0.6 and refuses 'pwr off'",
                where=self._where,
                remedy="update it with ST's STM32CubeMonitor-Power (STSW-LPM01)",
            )

    def _stranger(self, error: MeterError) -> UnavailableError:
        return UnavailableError(
            f"what answers there is no PowerShield ({error.what})",
            where=self._where,
            remedy="see which port it is: ls -l /dev/serial/by-id; then unplug it and plug it in",
        )

    def _fresh(self) -> Decoder:
        return Decoder(binary=self._form == "bin_hexa", rate_hz=self.rate_hz)

    def _drain(self, port: Port) -> None:
        left = MOST_SAID
        while left > 0 and (data := port.read(self._answer_s / 4)):
            left -= len(data)
        self._decoder = self._fresh()
        self._said.clear()

    def _hand_back(self) -> None:
        """Leave the instrument as it was found, whatever of that still works."""
        for command in ("stop", "pwr off", "hrc"):  # tables 25, 22, 9
            with suppress(MeterError):
                self._said.clear()
                if command != "stop":
                    self._command(command)
                elif self._port is not None and not self._ended and self._begun is not None:
                    self._finish(self._port)

    # ------------------------------------------------------------------ commands

    def _ask(self, command: str) -> str:
        """Send a command; return what its acknowledgement says, command included."""
        port = self._connected()
        port.write(command.encode("ascii") + b"\r\n")
        verb, left = command.partition(" ")[0], MOST_SAID
        passed: list[Said] = []
        while left > 0:
            while self._said:
                kind, value = self._said.popleft()
                text = str(value)
                if kind in ("ack", "refused") and text.startswith(verb):
                    self._said.extendleft(reversed(passed))
                    if kind == "ack":
                        return text
                    raise self._refusal(command)
                passed.append((kind, value))
            data = port.read(self._answer_s)
            if not data:
                break
            left -= len(data)
            self._said += self._decoder.feed(data)
        self._said.extendleft(reversed(passed))
        raise MeterError(f"no answer to {command!r}", where=self._where)

    def _command(self, command: str) -> None:
        self._ask(command)

    def _refusal(self, command: str) -> MeterError:
        """Return the error of a refused command, with the reason if one follows."""
        port = self._connected()
        if not any(kind == "detail" for kind, _ in self._said):
            self._said += self._decoder.feed(port.read(self._answer_s / 10))
        details = [str(value) for kind, value in self._said if kind == "detail"]
        self._said = deque(each for each in self._said if each[0] != "detail")
        why = f": {details[0]}" if details else ""
        return MeterError(f"it refuses {command!r}{why}", where=self._where)

    def _connected(self) -> Port:
        if self._port is None:
            raise MeterError("used while closed", where=self._where)
        return self._port

    def _power(self, volts: float | None) -> None:
        if volts is None:
            self._command("pwr off")  # table 22
            self._supplied = 0.0
            return
        in_range(volts, *VOLTS, self._where)
        self._command(f"volt {round(volts * 1000)}m")  # table 12; calibrates, says ``help``
        self._command("pwr on nostatus")  # table 22
        self._supplied = volts
        self._degrees = self._temperature()

    def _temperature(self) -> float | None:
        with suppress(MeterError, ValueError, IndexError):
            return float(self._ask("temp degc").split()[2])  # table 27
        return None

    # ------------------------------------------------------------------ a trace

    def _start(self) -> None:
        self._doubtful, self._stamped_ms, self._ended = 0, 0, False
        self._said.clear()
        self._command("start")  # table 24

    def _fetch(self) -> None:
        port = self._connected()
        data = port.read(0.0)
        self._said += self._decoder.feed(data)
        self._sort()

    def _stop(self) -> None:
        self._finish(self._connected())
        now = self._temperature()
        if now is not None and self._degrees is not None and abs(now - self._degrees) > DRIFT_K:
            self._trouble(
                f"it went from {self._degrees:g} to {now:g} °C since it was calibrated",
                remedy="power the board anew, which calibrates, and measure again",
            )

    def _finish(self, port: Port) -> None:
        """End the acquisition, and take all that comes before its end."""
        port.write(b"stop\r\n")  # table 25; the end is table 33 or 41
        while not self._ended:
            data = port.read(self._answer_s)
            if not data:
                raise MeterError("no end after 'stop'", where=self._where)
            self._said += self._decoder.feed(data)
            self._sort()

    def _sort(self) -> None:
        """Go through what was said of a trace."""
        while self._said:
            kind, value = self._said.popleft()
            if kind == "sample" and not self._ended:
                self._sample(value * self.rate_hz)
            elif kind == "stamp":
                self._stamp(*value)
            elif kind == "edge":
                self._fall(self._periods)
            elif kind == "lost":
                self._doubtful += value
            elif kind in ("error", "refused", "detail", "over"):
                self._bad(kind, str(value))
            elif kind == "end":
                self._end()

    def _stamp(self, ms: int, fill: int) -> None:
        """Hold the count of samples against the instrument's own."""
        while ms < self._stamped_ms:
            ms += 1_000_000  # three digits of seconds (table 31)
        self._stamped_ms = ms
        behind = round(ms * self.rate_hz / 1000) - self._periods
        if behind > 0:
            self._gap(behind)
        self._doubtful = 0
        if fill >= BUSY:
            self._trouble(f"its buffer is {fill} % full: this machine reads it too slowly")

    def _bad(self, kind: str, text: str) -> None:
        if kind == "over":
            what = (
                f"the board draws more than the {LIMIT_A * 1000:g} mA of this instrument ({text})"
            )
            self._trouble(what, remedy="use one with a wider range: a Joulescope or a PPK2")
        elif not text.startswith("stop"):
            self._trouble(f"the instrument reports: {text}")

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._gap(self._doubtful)
        if self._running:
            why = f": {self.failures[-1].what}" if self.failures else ""
            self._over = MeterLostError(f"it ended the trace by itself{why}", where=self._where)


def lpm01a(settings: Settings) -> Lpm01a:
    """Make the meter from JSON settings: ``port``, ``rate``, ``format``, ``volts``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("lpm01a", settings, ("port", "rate", "format", "volts"))
    path, form = settings.get("port", ""), settings.get("format", FORMATS[0])
    if not isinstance(path, str):
        raise UsageError(f"port is {path!r:.80}, not a path", where="meter lpm01a")
    if form not in FORMATS:
        choice = " or ".join(FORMATS)
        raise UsageError(f"format is {form!r:.40}", where="meter lpm01a", remedy=f"say {choice}")
    rates = RATES if form == FORMATS[0] else BINARY_RATES
    return Lpm01a(
        lambda: _port(path),
        path or "lpm01a",
        rate_hz=rate_setting("lpm01a", settings, rates, 1000),
        form=form,
        volts=volts_setting("lpm01a", settings, *VOLTS),
    )


def _port(path: str) -> Port:
    from joulemark.meters._serial import SerialPort

    if not path:
        raise UnavailableError(
            "no port is named, and an instrument is not sought on ports of others",
            where="lpm01a",
            remedy="say which: lpm01a:port=/dev/ttyACM0,volts=3.0",
        )
    return SerialPort(path, BAUD, "the meter lpm01a")
