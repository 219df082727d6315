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

from joulemark.core.channel import Accuracy, Channel
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.scope import ExitStack, suppress
from joulemark.meters._monitor import Monitor, in_range, rate_setting, volts_setting
from joulemark.meters._polled import only_known
from joulemark.meters._powershield_talk import Talk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings
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
ANSWER_S = 4.0
"""Time that an answer may take; changing the voltage calibrates, which is the slowest."""
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
        self._talk: Talk | None = None
        self._doubtful = 0
        self._stamped_ms = 0
        self._ended = False
        self._supplied = 0.0
        self._degrees: float | None = None

    # ------------------------------------------------------------------ connection

    def _connect(self, owned: ExitStack) -> Channel:
        port = self._opener()
        owned.callback(port.close)
        binary = self._form == "bin_hexa"
        talk = self._talk = Talk(
            port, self._where, binary=binary, rate_hz=self.rate_hz, answer_s=self._answer_s
        )
        self._degrees = None
        self._identify(talk)
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
                self._ask(command)
            except MeterError as error:
                raise UnavailableError(error.what, where=self._where) from None
        try:
            self._ask("eventsrc d7 fal")  # MLCommons Tiny; not in UM2269 revision 6
        except MeterError as error:
            what = f"the pin D7 is not watched: {error.what}"
            self.missing.append(UnavailableError(what, where=self._where))
        which = f"{self.facts['model']} {self.facts['number']}, firmware {self.facts['firmware']}"
        return self._channel(ACCURACY, LEAST_W, self._where, f"{which}; energies, not currents")

    def _identify(self, talk: Talk) -> None:
        """Make sure that a PowerShield answers, and of which firmware."""
        try:
            said = talk.ask("powershield")  # table 5: its own number follows
        except MeterError:
            talk.hush()
            try:
                said = talk.ask("powershield")
            except MeterError as error:
                raise self._stranger(error) from None
        if talk.said:  # besides the answer: another program left it streaming
            talk.hush()
        version = talk.ask("version")  # table 6
        match = _VERSION.fullmatch(version)
        if match is None:
            raise UnavailableError(f"its firmware calls itself {version:.80}", where=self._where)
        self.facts["model"] = "X-NUCLEO-LPM01A"
        self.facts["number"] = said.removeprefix("powershield").strip()[:80]
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

    def _hand_back(self) -> None:
        """Leave the instrument as it was found, whatever of that still works."""
        if self._talk is None:
            return
        with suppress(MeterError):
            if self._begun is not None and not self._ended:
                self._finish(self._talk)
        for command in ("pwr off", "hrc"):  # tables 22 and 9
            with suppress(MeterError):
                self._talk.ask(command)
        self._talk = None

    # ------------------------------------------------------------------ commands

    def _ask(self, command: str) -> str:
        return self._connected().ask(command)

    def _connected(self) -> Talk:
        if self._talk is None:
            raise MeterError("used while closed", where=self._where)
        return self._talk

    def _power(self, volts: float | None) -> None:
        if volts is None:
            self._ask("pwr off")  # table 22
            self._supplied = 0.0
            return
        in_range(volts, *VOLTS, self._where)
        self._ask(f"volt {round(volts * 1000)}m")  # table 12; calibrates, says ``help``
        self._ask("pwr on nostatus")  # table 22
        self._supplied = volts
        self._degrees = self._temperature()

    def _temperature(self) -> float | None:
        with suppress(MeterError, ValueError, IndexError):
            return float(self._ask("temp degc").split()[2])  # table 27
        return None

    # ------------------------------------------------------------------ a trace

    def _start(self) -> None:
        self._doubtful, self._stamped_ms, self._ended = 0, 0, False
        self._connected().ask("start", forget=True)  # table 24

    def _fetch(self) -> None:
        self._connected().listen(0.0)
        self._sort()

    def _stop(self) -> None:
        self._finish(self._connected())
        now = self._temperature()
        if now is not None and self._degrees is not None and abs(now - self._degrees) > DRIFT_K:
            self._trouble(
                f"it went from {self._degrees:g} to {now:g} °C since it was calibrated",
                remedy="power the board anew, which calibrates, and measure again",
            )

    def _finish(self, talk: Talk) -> None:
        """End the acquisition, and take all that comes before its end."""
        talk.port.write(b"stop\r\n")  # table 25; the end is table 33 or 41
        while not self._ended:
            if not talk.listen(self._answer_s):
                raise MeterError("no end after 'stop'", where=self._where)
            self._sort()

    def _sort(self) -> None:
        """Go through what was said of a trace."""
        said = self._connected().said
        while said:
            kind, value = said.popleft()
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
            remedy="say lpm01a:port=/dev/ttyACM0,volts=3.0; docs/meters-boards.md tells more",
        )
    return SerialPort(path, BAUD, "the meter lpm01a")
