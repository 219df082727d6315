"""A virtual X-NUCLEO-LPM01A: the commands and the stream of ST's manual, over a rail.

What it says follows UM2269 revision 6 (§4.3, §4.4) and, for events of D7 and the words at the end
of an acquisition, the public driver of MLCommons Tiny. Whether hardware says just the same has not
been seen. It feeds a :class:`joulemark.virtual.rail.Rail` and measures it in the rail's time.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping

from joulemark.core.channel import SOFTWARE
from joulemark.core.clock import NS
from joulemark.virtual._powershield import Coder
from joulemark.virtual.rail import Rail

FAULTS: Mapping[str, str] = {
    "loses": "7 samples of every third thousand are not sent",
    "old": "its firmware is 1.0.3, which refuses 'pwr off'",
    "overload": "it ends each acquisition after 1.5 s, as if the board drew too much",
    "garbage": "bytes of a line disturbed come before answers and into the stream",
    "silent": "it answers nothing",
    "stranger": "it is another device: it answers everything with ERROR",
    "warms": "its temperature rises by 6 °C at each acquisition",
    "full": "its buffer fills up, and an error ends the acquisition",
}
"""What can be wrong with it, by name."""

PROMPT = "PowerShield > "
BOARD_ID = f"540619864-1110659081-4784204 {SOFTWARE}"
"""In the place of the instrument's own number: one that also says what this is."""
LIMIT_A = 0.059  # UM2243 revision 2, §10: the protection operates from there
STAMP_EVERY = 1000
RATES = {100_000, 50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1}
_UNITS = {"": 0, "u": -6, "m": -3, "k": 3}
_NUMBER = re.compile(r"(\d+)(?:([umk])|([+-]\d{1,2}))?")  # UM2269 §4.2.3


class VirtualLpm01a:
    """The instrument, without a port: bytes in, bytes out.

    Args:
        rail: what it feeds and measures.
        fault: a name of :data:`FAULTS`, or nothing.
    """

    def __init__(self, rail: Rail, fault: str = "") -> None:
        """Begin as after being plugged in: controlled by nobody, supply off."""
        self.rail = rail
        self.fault = fault
        self._wake: Callable[[], None] = lambda: None
        self._line = bytearray()
        self._out = bytearray()
        self._hosted = False
        self._degrees = 25.0
        self._millivolts = 3300
        self._rate = 100
        self._seconds = 10.0
        self._energy = False
        self._edges = ""
        self._coder = Coder(binary=False)
        self._begun: int | None = None
        self._measured = 0
        self._count = 0
        self._events = 0
        rail.watch(self._passed)

    def woken(self, wake: Callable[[], None]) -> None:
        """Have a function called whenever there is something to say."""
        self._wake = wake

    # ------------------------------------------------------------------ the port

    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        with self.rail.lock:
            for byte in data:
                if byte not in b"\r\n":
                    self._line.append(byte)
                elif self._line:
                    line = self._line.decode("ascii", "replace")
                    self._line.clear()
                    self._obey(line.strip())

    def say(self) -> bytes:
        """Return all that it says now."""
        with self.rail.lock:
            said = bytes(self._out)
            self._out.clear()
        return said

    def _put(self, text: str) -> None:
        if self.fault == "garbage":
            self._out += b"\xfe\x13\x80"
        self._out += (text + "\r\n").encode("ascii")

    # ------------------------------------------------------------------ commands

    def _obey(self, line: str) -> None:
        if self.fault == "silent":
            return
        if self.fault == "stranger":
            self._out += b"\r\nERROR\r\n"
            return
        verb, _, rest = line.partition(" ")
        command = getattr(self, f"_do_{verb}", None)
        why = "unknown command" if command is None else self._barred(verb)
        answer = line
        if not why and command is not None:
            try:
                answer = command(rest.strip()) or line
            except ValueError as error:
                why = str(error)
        if why:
            self._put(f"{PROMPT}error {line}")
            self._put(f"Error detail: {why}")
        elif answer != "-":
            self._put(f"{PROMPT}ack {answer}")
        if not why and verb == "start":
            self._out += self._coder.stamp(0, 0)

    def _barred(self, verb: str) -> str:
        """Return why a command may not be given now; nothing if it may."""
        open_to_all = {"help", "powershield", "version", "status", "psrst", "htc"}
        return "" if self._hosted or verb in open_to_all else "not controlled by host"

    def _do_powershield(self, _: str) -> str:
        return f"powershield {BOARD_ID}"

    def _do_version(self, _: str) -> str:
        return f"version: {'1.0.3' if self.fault == 'old' else '1.0.6'}"

    def _do_status(self, _: str) -> str:
        return "status ok"

    def _do_htc(self, _: str) -> None:
        self._hosted = True

    def _do_hrc(self, _: str) -> None:
        self._hosted = False

    def _do_lcd(self, text: str) -> None:
        if not re.fullmatch(r'[12] ".{0,16}"', text):
            raise ValueError("lcd takes a line and up to 16 characters in quotes")

    def _do_volt(self, text: str) -> str | None:
        if text == "get":
            return f"volt get {self._millivolts:04d}-03"
        millivolts = round(_number(text, 1.8, 3.3) * 1000)
        self._millivolts = millivolts
        if self.rail.volts:
            self.rail.switch(millivolts / 1000)
        return None

    def _do_freq(self, text: str) -> None:
        rate = _number(text, 1, 100_000)
        if rate not in RATES:
            raise ValueError(f"no frequency {text}")
        self._rate = int(rate)

    def _do_acqtime(self, text: str) -> None:
        self._seconds = 0.0 if text in ("0", "inf") else _number(text, 1e-4, 100)

    def _do_output(self, text: str) -> None:
        self._energy = _one_of(text, "current", "energy") == "energy"

    def _do_format(self, text: str) -> None:
        self._coder = Coder(binary=_one_of(text, "ascii_dec", "bin_hexa") == "bin_hexa")

    def _do_trigsrc(self, text: str) -> None:
        _one_of(text, "sw")

    def _do_trigdelay(self, text: str) -> None:
        _number(text, 0, 30)

    def _do_acqmode(self, text: str) -> None:
        _one_of(text, "dyn", "stat")

    def _do_eventsrc(self, text: str) -> None:
        self._edges = _one_of(text, "d7 fal", "d7 ris")

    def _do_temp(self, text: str) -> str:
        _one_of(text or "degc", "degc")
        return f"temp degc {self._degrees:.1f}"

    def _do_pwr(self, text: str) -> str | None:
        state = text.removesuffix("nostatus").strip()
        if state == "get":
            return f"pwr get {'on' if self.rail.volts else 'off'}"
        if _one_of(state, "on", "off", "auto") == "off" and self.fault == "old":
            raise ValueError("unknown argument")
        if state != "auto":
            self.rail.switch(self._millivolts / 1000 if state == "on" else 0.0)
        return None

    def _do_start(self, _: str) -> None:
        if self._begun is not None:
            raise ValueError("acquisition is ongoing")
        self._coder.check(self._rate, self._seconds)
        self._begun = self._measured = self.rail.clock()
        self._count = self._events = 0
        self._degrees += 6.0 if self.fault == "warms" else 0.0
        if not self.rail.volts:
            self.rail.switch(self._millivolts / 1000)  # pwr auto: table 22

    def _do_stop(self, _: str) -> str:
        if self._begun is None:
            raise ValueError("no acquisition")
        self._put(f"{PROMPT}ack stop") if not self._coder.binary else None
        self._finish()
        return "-"

    # ------------------------------------------------------------------ measuring

    def _passed(self) -> None:
        """Measure what has passed since the last time."""
        with self.rail.lock:
            begun, start = self._begun, self._measured
            if begun is None:
                return
            now = self.rail.clock()
            stop = self._end_of(begun, self._count + 1)
            moves = deque(self.rail.edges(start, now)) if stop <= now else deque()
            while self._begun is not None and stop <= now:
                while moves and moves[0][0] < stop:
                    self._moved(moves.popleft()[1])
                self._period(start, stop)
                self._measured = start = stop
                stop = self._end_of(begun, self._count + 1)
        self._wake()

    def _end_of(self, begun: int, periods: int) -> int:
        return begun + round(periods * NS / self._rate)

    def _moved(self, level: bool) -> None:  # noqa: FBT001 # a level is a truth value
        """Report a move of D7, if it is of the kind that is reported."""
        if self._edges and level == (self._edges == "d7 ris"):
            self._events += 1
            self._out += self._coder.event(self._events)

    def _period(self, start: int, stop: int) -> None:
        joules = self.rail.joules(start, stop)
        amperes = joules * self._rate * 1000 / self._millivolts
        if amperes > LIMIT_A or (self.fault == "overload" and self._count >= 1.5 * self._rate):
            self._overloaded()
            return
        self._count += 1
        if not self._is_lost():
            self._out += self._coder.sample(joules if self._energy else amperes)
        if self.fault == "garbage" and self._count % 700 == 0:
            self._out += self._coder.noise()
        if self._count % STAMP_EVERY == 0:
            self._stamped(stop - (self._begun or 0))
        if self._seconds and self._count >= self._seconds * self._rate:
            self._finish()

    def _is_lost(self) -> bool:
        thousand, place = divmod(self._count - 1, STAMP_EVERY)
        return self.fault == "loses" and thousand % 3 == 2 and 300 <= place < 307

    def _stamped(self, passed: int) -> None:
        fill = min(40 * self._count // STAMP_EVERY, 99) if self.fault == "full" else 0
        self._out += self._coder.stamp(round(passed / 1e6), fill)
        if fill == 99:
            self._out += self._coder.error("buffer overflow")
            self._finish()

    def _overloaded(self) -> None:
        self._out += self._coder.overcurrent()
        self._finish()
        self.rail.switch(0.0)

    def _finish(self) -> None:
        self._begun = None
        self._out += self._coder.end()


def _number(text: str, low: float, high: float) -> float:
    match = _NUMBER.fullmatch(text)
    value = -1.0
    if match is not None:
        value = float(f"{match[1]}e{match[3] or _UNITS[match[2] or '']}")
    if not low <= value <= high:
        raise ValueError(f"{text} is not in range")
    return value


def _one_of(text: str, *choice: str) -> str:
    if text not in choice:
        raise ValueError("unknown argument")
    return text
