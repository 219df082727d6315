"""``log.txt`` of a session, of EnergyRunner or of the Python runner."""

from __future__ import annotations

import re
from dataclasses import replace

from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.inference.text import Problems, shown
from joulemark.formats.tiny.lines import Line, base, lines_of, numbers, whole
from joulemark.formats.tiny.parsed import Inference, TinyLog

MAX_KEPT = 200_000
"""Inferences or stamps of one log."""
MAX_ERRORS = 1000
DUT, RESULTS = "[dut]: ", "m-results-["
MODE = "timestamp-mode-"
KEY = re.compile(r"m-([a-z]+(?:-[a-z]+)*)")
BRACKETS = re.compile(r"\[([^\]]*)\]")
COUNT = re.compile(r"m-[a-z-]+-(\d+)")
CONFIG = re.compile(r"m-bm-cfg-name\[[^\]]*\]-key\[([^\]]*)\]-val\[(.*)\]")
DROPPED = re.compile(r"m-\[Dropped (\d+) packets out of (\d+)")
LOADED = re.compile(r'Command "bload\w* (?:\w+ )?"(.+?)"')
LOADING = re.compile(r"Loading file (\S+) segment (\d+)")
RUNNING = re.compile(r"Running inference with (\d+)/(\d+)")
CAPTURED = re.compile(r"(?:Captured )?samples:(\d+) timestamps:(\d+)")
RETRIEVED = re.compile(r"Device (name|profile|model) retrieved: (.*)")
LOGGED = re.compile(r"Logging initialized\. Writing output to \S*?(\d{8}_\d{6})")
WRITTEN = re.compile(r"Written by (joulemark \S+?),")
VIRTUAL = "VIRTUAL: "
COMPLAINTS = ("e-[", "ERROR", "Not valid", "At time ", "Error ")
TRACE_OFF = 'Command "emon trace off"'


def read_log(source: Source) -> TinyLog:
    """Read a log.

    Raises:
        FormatError: if it is empty or no text.
    """
    reader = _Reader(source.name)
    for line in lines_of(source, reader.problems):
        reader.see(line)
    return reader.log()


class _Reader:
    """What was said so far."""

    def __init__(self, name: str) -> None:
        self.problems = Problems()
        self._found = TinyLog(name=name)
        self._config: dict[str, str] = {}
        self._board: dict[str, str] = {}
        self._done: list[Inference] = []
        self._now: Inference | None = None
        self._file = ""
        self._warmups = 0
        self._laps: dict[str, list[int]] = {}
        self._captured: list[tuple[int, int]] = []
        self._errors: list[Problem] = []

    def log(self) -> TinyLog:
        """Return the whole."""
        self._close()
        laps = max(self._laps.values(), key=len, default=[])
        return replace(
            self._found,
            config=self._config,
            board=self._board,
            inferences=tuple(self._done),
            laps=tuple(laps),
            captured=tuple(self._captured),
            errors=tuple(self._errors),
            problems=self.problems.all(),
        )

    def see(self, line: Line) -> None:
        """Take a line."""
        text = line.text
        if text.startswith(DUT):
            line = line._replace(source="dut", text=text[len(DUT) :].strip())
            text = line.text
        at = text.find(RESULTS)
        if at > 0 and line.source == "dut":  # after what the board says of its own on this line
            line = line._replace(text=text[at:])
            text = line.text
        if text.startswith("m-"):
            self._message(line)
        elif text.startswith("e-[") or (text.startswith(COMPLAINTS) and line.source != "dut"):
            if len(self._errors) < MAX_ERRORS:
                self._errors.append(Problem(line.number, shown(text)))
        elif text.startswith("Command "):
            self._command(line)
        else:
            self._plain(line)

    def _message(self, line: Line) -> None:
        text = line.text
        found = KEY.match(text)
        if found is None:
            dropped = DROPPED.match(text)
            if dropped:
                pair = (whole(dropped[1]), whole(dropped[2]))
                self._found = replace(self._found, dropped=pair)
            return
        key = found[1]
        if key == "lap-us":
            self._lap(line)
        elif key.startswith(("warmup", "infer", "results")):
            self._inference(key, line)
        elif key == "bm-cfg-name":
            setting = CONFIG.match(text)
            if setting and len(self._config) < MAX_ERRORS:
                self._config.setdefault(setting[1], setting[2])
        else:
            self._fact(key, line)

    def _fact(self, key: str, line: Line) -> None:
        words = BRACKETS.findall(line.text)
        first = words[0] if words else ""
        if key in ("profile", "model", "name-dut"):
            self._board.setdefault(key.removesuffix("-dut"), first)
        elif key == "trace" and first == "on":
            self._found = replace(self._found, trace_on_s=line.time)
        elif key.startswith(MODE):
            self._found = replace(self._found, mode=key.removeprefix(MODE))
        elif key == "version":
            self._found = replace(self._found, runner=f"EnergyRunner {first}")
        elif key in ("session-start-id", "session-stop-id", "bmark-run-name"):
            self._session(key, first)
        else:
            self._monitor(key, first, words)

    def _session(self, key: str, word: str) -> None:
        if key == "session-start-id":
            self._found = replace(self._found, session=word)
        elif key == "session-stop-id":
            self._found = replace(self._found, finished=True)
        else:
            self._found = replace(self._found, run=word)

    def _monitor(self, key: str, word: str, words: list[str]) -> None:
        if key == "voltage-mv" and word.isascii() and word.isdecimal():
            self._found = replace(self._found, voltage_v=whole(word) / 1000)
        elif key == "regfile-fn" and len(words) == 3 and words[1] == "emon":
            self._found = replace(self._found, meter=words[2].lower())
        elif key == "dropthresh":
            limit = next(iter(numbers(word)), None)
            self._found = replace(self._found, drop_limit_percent=limit)

    def _lap(self, line: Line) -> None:
        count = COUNT.match(line.text)
        laps = self._laps.setdefault(line.source, [])
        if count and len(laps) < MAX_KEPT and len(self._laps) < 8:
            laps.append(whole(count[1]))

    def _inference(self, key: str, line: Line) -> None:
        count = COUNT.match(line.text)
        number = whole(count[1]) if count else 0
        if key == "warmup-start":
            self._warmups = number
        elif key == "infer-start":
            self._close()
            self._now = Inference(
                line.number, self._file, number, self._warmups, started_s=line.time
            )
        elif self._now is not None and key == "infer-done":
            self._now = replace(self._now, ended_s=line.time)
        elif self._now is not None and key == "results":
            words = BRACKETS.findall(line.text)
            self._now = replace(self._now, results=numbers(words[0]) if words else ())
            self._close()

    def _close(self) -> None:
        if self._now is not None and len(self._done) < MAX_KEPT:
            self._done.append(self._now)
        self._now = None

    def _command(self, line: Line) -> None:
        loaded = LOADED.match(line.text)
        if loaded:
            self._file = base(loaded[1])
        elif line.text.startswith(TRACE_OFF):
            self._found = replace(self._found, trace_off_s=line.time)

    def _plain(self, line: Line) -> None:
        text = line.text
        if found := LOADING.match(text):
            self._file = base(found[1])
        elif found := RUNNING.match(text):
            self._close()
            self._now = Inference(line.number, self._file, whole(found[2]), whole(found[1]))
        elif found := CAPTURED.match(text):
            if len(self._captured) < MAX_KEPT:
                self._captured.append((whole(found[1]), whole(found[2])))
        elif found := RETRIEVED.match(text):
            self._board.setdefault(found[1], found[2])
        else:
            self._origin(text)

    def _origin(self, text: str) -> None:
        if found := LOGGED.match(text):
            self._found = replace(self._found, runner="MLCommons runner", session=found[1])
        elif found := WRITTEN.match(text):
            self._found = replace(self._found, runner=found[1])
        elif text.startswith("Session logged in file"):
            self._found = replace(self._found, finished=True)
        elif text.startswith(VIRTUAL):
            self._found = replace(self._found, virtual=True)
