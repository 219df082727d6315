"""What an X-NUCLEO-LPM01A says, byte by byte: answers, samples, time stamps, events, errors.

Sources, cited where each is read: UM2269, "Getting started with PowerShield firmware", revision 6,
§4.4 (tables 30 to 47); and, for what that revision leaves out (events of D7, "Acquisition
completed", 0xF5), public drivers of the instrument: MLCommons Tiny (``power_manager_lpm.py``) and
Zephyr (``power-twister-harness/stm32l562e_dk/PowerShield.py``).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Said: TypeAlias = tuple[str, Any]

KINDS = """

======== =================================== ==========================================
sample   float, A or J                       mean over, or energy of, one period
stamp    (ms since the start, buffer fill %) after each 1000 samples
edge     "ris" or "fal"                      of D7, where the event source says so
error    text                                the instrument's own
over     text                                current beyond what it can give
info     text                                any other line
ack      text of the command                 answer
refused  text of the command                 answer
detail   text                                why a command was refused
end      ""                                  of the acquisition
garbage  number of bytes                     that follow no rule
lost     samples                             that cannot be read or trusted
======== =================================== ==========================================
"""
"""What is said: a kind and what belongs to it."""

PROMPT = "PowerShield > "  # UM2269 tables 5, 6 and 48
MOST_LINE = 512
"""Longest line that is kept; the instrument's own are far shorter."""

_SAMPLES = re.compile(r"(?:\d{4}[+-]\d{2}[ \t]*)+")  # table 30; several a line as MLCommons reads
_SAMPLE = re.compile(r"(\d{4})([+-]\d{2})")
_STAMP = re.compile(
    r"time ?stamp: (\d{3,9})s (\d{3})ms, buff (\d{1,3})%", re.IGNORECASE
)  # table 31
_EDGE = re.compile(r"event (\d+) (ris|fal)\w*", re.IGNORECASE)  # MLCommons: ``event \d+ ris``
_ANSWER = re.compile(
    r"(ack|error|err) (?!detail)(.*)", re.IGNORECASE
)  # UM2269 §4.2.3 ("err"); real ones: "error"
_OVER = re.compile(r"over[- ]?(?:current|load)", re.IGNORECASE)
_SIZES = {0xF3: 5, 0xF4: 0, 0xF5: 0, 0xF6: 0, 0xF7: 2, 0xF8: 2, 0xF9: 1}
"""Bytes between tag and end of binary metadata: tables 40 to 46; 0xF5, overcurrent, as Zephyr
reads it (table 42 prints the tag of the end of acquisition for it)."""
_TEXTS = {0xF1: "error", 0xF2: "info"}
"""Tables 38 and 39: a text up to the end tag."""
_STOP = b"\xff\xff"
_TAG = 0xF0


class Decoder:
    """Turns bytes into what was said; any chunking gives the same.

    Args:
        binary: whether samples come as two bytes (``bin_hexa``) once an acquisition has begun.
        rate_hz: samples a second, by which samples of two bytes are held against time stamps.
    """

    def __init__(self, *, binary: bool, rate_hz: float = 1000.0) -> None:
        """Begin with answers to commands."""
        self._binary = binary
        self._rate_hz = rate_hz
        self._last_ms = 0
        self._streaming = False
        self._text = bytearray()
        self._raw = bytearray()
        self._held: list[Said] = []
        self._astray = False
        self._begun = False
        self._summary = False

    def feed(self, data: bytes) -> list[Said]:
        """Return what is complete now."""
        said: list[Said] = []
        rest = data
        while rest:
            if self._streaming:
                self._raw += rest
                rest = self._samples(said)
            else:
                rest = self._lines(rest, said)
        return said

    # ------------------------------------------------------------------ lines

    def _lines(self, data: bytes, said: list[Said]) -> bytes:
        """Take whole lines; return what follows where the stream turns binary."""
        while data:
            head, newline, data = data.partition(b"\n")
            self._text += head
            if not newline:
                if len(self._text) > MOST_LINE:
                    said.append(("garbage", len(self._text)))
                    self._text.clear()
                return b""
            line = self._text.decode("ascii", "replace").strip()
            self._text.clear()
            if len(line) == 7 and not self._summary and (one := _SAMPLE.fullmatch(line)):
                said.append(("sample", float(f"{one[1]}e{one[2]}")))  # what nearly every line is
                continue
            before, prompt, after = line.rpartition(PROMPT.strip())
            if prompt and before.replace(PROMPT.strip(), "").strip():
                said.append(("garbage", len(before)))
            if after.strip():
                self._line(after.strip(), said)
            if self._streaming:
                return data
        return b""

    def _line(self, line: str, said: list[Said]) -> None:
        lower = line.lower()
        if line[0].isdigit():  # UM2269 §4.4.1: measurements begin with a digit, metadata does not
            self._digits(line, said)
        elif lower.startswith(("summary beg", "summary end")):  # table 35: two numbers, no samples
            self._summary = lower.startswith("summary beg")
        elif answer := _ANSWER.fullmatch(line):
            self._answer(answer[1], answer[2], said)
        else:
            said.append(_metadata(line, lower))

    def _digits(self, line: str, said: list[Said]) -> None:
        if self._summary:
            return
        if _SAMPLES.fullmatch(line):
            said += [("sample", float(f"{m}e{e}")) for m, e in _SAMPLE.findall(line)]
        else:
            said.append(("lost", 1))

    def _answer(self, word: str, text: str, said: list[Said]) -> None:
        if _OVER.search(text):
            said.append(("over", text))
            return
        said.append(("ack" if word == "ack" else "refused", text))
        if word == "ack" and text == "start":
            self._summary, self._begun, self._last_ms = False, False, 0
            self._streaming = self._binary

    # ------------------------------------------------------------------ two bytes a sample

    def _samples(self, said: list[Said]) -> bytes:
        """Take what is whole; return what follows the end of the acquisition.

        Samples are held back until the time stamp after them shows that none of their bytes was
        lost: where a tag does not follow a whole sample, or there are more or fewer samples than
        the time tells, the pairs may have come apart anywhere between.
        """
        raw, place = self._raw, self._beginning()
        while self._streaming and len(raw) - place >= 3:  # a sample, and the byte that follows it
            after = self._metadata(place, said) if raw[place] == _TAG else self._sample(place)
            if after is None:
                break
            place = after
        rest = b"" if self._streaming else bytes(raw[place:])
        del raw[: place + len(rest)]
        return rest

    def _beginning(self) -> int:
        """Return where the stream begins: at a time stamp (table 47); text may come before it."""
        if self._begun:
            return 0
        place = self._raw.find(b"\xf0\xf3")
        self._begun = place >= 0
        return place if self._begun else max(len(self._raw) - 1, 0)

    def _sample(self, place: int) -> int:
        """Take two bytes, if they are a sample; return where the next begins."""
        high, low, following = self._raw[place : place + 3]
        early = low == _TAG and following > _TAG  # a tag, one byte early: no sample begins with it
        if high > _TAG or early:  # note below table 37
            self._astray = True
            return place + 1
        value = ((high & 15) << 8 | low) * 16.0 ** -(high >> 4)  # table 36: 52A0
        self._held.append(("sample", value))
        return place + 2

    def _metadata(self, place: int, said: list[Said]) -> int | None:
        """Take one piece of metadata; return where it ends, None if it is not whole yet."""
        raw, kind = self._raw, self._raw[place + 1]
        size = _SIZES.get(kind)
        if kind in _TEXTS:
            stop = raw.find(_STOP, place + 2, place + 2 + MOST_LINE)
            if stop < 0 and len(raw) - place < MOST_LINE + 4:
                return None
            size = stop - place - 2 if stop >= 0 else None
        if size is None:
            self._astray = True
            return place + 1
        stop = place + 2 + size
        if len(raw) < stop + 2:
            return None
        if raw[stop : stop + 2] != _STOP:
            self._astray = True
            return place + 1
        self._told(kind, bytes(raw[place + 2 : stop]), said)
        return stop + 2

    def _told(self, kind: int, body: bytes, said: list[Said]) -> None:
        ms = int.from_bytes(body[:4], "big") & 0x7FFFFFFF  # bit 31: the counter overflowed
        if kind == 0xF3:
            self._verify(ms)
        if kind in (0xF3, 0xF4):
            self._release(said)
        if kind in _TEXTS:
            text: list[Said] = []
            self._line(body.decode("ascii", "replace").strip() or "?", text)
            named = [("error", v) if k == "info" and kind == 0xF1 else (k, v) for k, v in text]
            self._held += named
        elif kind == 0xF3:
            said.append(("stamp", (ms, body[4])))
        elif kind == 0xF5:
            self._held.append(("over", "overcurrent"))
        elif kind == 0xF4:
            self._streaming = False
            said.append(("end", ""))

    def _verify(self, ms: int) -> None:
        """Hold the samples since the last time stamp against the time."""
        expected = round((ms - self._last_ms) * self._rate_hz / 1000)
        self._astray |= sum(kind == "sample" for kind, _ in self._held) != expected
        self._last_ms = ms

    def _release(self, said: list[Said]) -> None:
        """Hand over what was held back, without its samples if their pairs had come apart."""
        if self._astray:
            samples = sum(kind == "sample" for kind, _ in self._held)
            said.append(("lost", samples))
            self._held = [each for each in self._held if each[0] != "sample"]
        said += self._held
        self._held, self._astray = [], False


def _metadata(line: str, lower: str) -> Said:
    """Return what a line means that is neither a sample nor an answer."""
    if stamp := _STAMP.fullmatch(line):
        return "stamp", (int(stamp[1]) * 1000 + int(stamp[2]), int(stamp[3]))
    if edge := _EDGE.fullmatch(line):
        return "edge", edge[2].lower()
    if lower.startswith("error detail"):
        return "detail", line.partition(":")[2].strip()
    if line == "end" or "acquisition completed" in lower:  # table 33; MLCommons
        return "end", ""
    if _OVER.search(line):
        return "over", line
    return ("garbage", len(line)) if "\ufffd" in line else ("info", line)
