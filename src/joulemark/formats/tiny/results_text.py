"""``results.txt`` of a session, or what either runner prints at the end of its log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems
from joulemark.formats.tiny.lines import NUMBER, Line, lines_of, printed, whole
from joulemark.formats.tiny.parsed import Printed, Reported, ReportedWindow

MAX_WINDOWS = 10_000
WINDOW = re.compile(rf"Energy data for window (\d+) at time {NUMBER} for {NUMBER} sec")
TRIAL = re.compile(r"Energy data for trial (\d+)")
PERFORMANCE = re.compile(r"Performance results for window (\d+)")
FIELD = re.compile(rf"(#? ?[A-Z][A-Za-z/. ]*?) *: *{NUMBER} *([A-Za-z/]*)")
FIELDS = {
    "Energy": "energy_uj",
    "Total Energy": "energy_uj",
    "Power": "power_uw",
    "Energy/Inf.": "per_inference_uj",
    "Energy/Inf": "per_inference_uj",
    "Elapsed time": "seconds",
    "Runtime": "seconds",
    "Throughput": "throughput",
}
COUNTS = frozenset({"# Inferences", "Inferences"})
SINGLE = {
    "median_uj": re.compile(rf"Median energy cost is +{NUMBER} uJ/inf"),
    "median_throughput": re.compile(rf"Median throughput is +{NUMBER} inf"),
    "top1_percent": re.compile(rf"Top[- ]1%? *[:=] *{NUMBER}"),
    "auc": re.compile(rf"AUC *[:=] *{NUMBER}"),
    "duty": re.compile(rf"Average duty cycle: *{NUMBER}"),
    "period_s": re.compile(rf"Average period: *{NUMBER} s"),
    "streaming_throughput": re.compile(rf"Estimated throughput: *{NUMBER} inf"),
}
FIRST = {"median_uj": "M", "median_throughput": "M", "top1_percent": "T", "auc": "A",
         "duty": "A", "period_s": "A", "streaming_throughput": "E"}  # fmt: skip
DETECTED = re.compile(
    r"Accuracy: (\d+) True positives?, (\d+) False negatives?, (\d+) False positives?"
)
MET, NOT_MET = "Runtime requirements have been met", "The run must take at least"


def read_results(source: Source) -> Reported:
    """Read what a runner reported; of what it says twice the last counts.

    Raises:
        FormatError: if the file is empty or no text.
    """
    problems = Problems()
    reader = _Reader(source.name)
    reader.take(lines_of(source, problems))
    return reader.reported(problems)


class _Reader:
    """What was reported so far."""

    def __init__(self, name: str) -> None:
        self._found = Reported(name=name)
        self._windows: dict[tuple[str, int], ReportedWindow] = {}
        self._open: tuple[str, int] | None = None

    def take(self, lines: Iterable[Line]) -> None:
        """Take lines."""
        for line in lines:
            if line.source in ("parser", "sequencer", "io", "emon", "dut", "session"):
                continue
            if not self._begins(line):
                self._goes_on(line)

    def reported(self, problems: Problems) -> Reported:
        """Return the whole."""
        kinds: dict[str, list[ReportedWindow]] = {"energy": [], "performance": []}
        for (kind, _), window in sorted(self._windows.items()):
            kinds[kind].append(window)
        return replace(
            self._found,
            energy=tuple(kinds["energy"]),
            performance=tuple(kinds["performance"]),
            problems=problems.all(),
        )

    def _begins(self, line: Line) -> bool:
        text = line.text
        at = seconds = None
        kind = "energy"
        if found := WINDOW.match(text):
            at, seconds = printed(found[2], line.number), printed(found[3], line.number)
        elif not (found := TRIAL.match(text)):
            kind = "performance"
            found = PERFORMANCE.match(text)
        if not found:
            return False
        key = kind, whole(found[1])
        if key in self._windows or len(self._windows) < MAX_WINDOWS:
            self._open = key
            self._windows[key] = ReportedWindow(
                index=key[1], line=line.number, at_s=at, seconds=seconds
            )
        return True

    def _goes_on(self, line: Line) -> None:
        text = line.text
        if self._open is not None:
            if text.startswith(MET):
                self._set(met=True)
                return
            if NOT_MET in text:
                self._set(met=False)
                return
            field = FIELD.match(text)
            name = field[1].strip() if field else ""
            if field and name in COUNTS:
                value = printed(field[2], line.number)
                self._set(inferences=None if value is None else int(value.value))
                return
            if field and name in FIELDS:
                self._set(**{FIELDS[name]: _in_unit(field, line.number)})
                return
        self._single(line)

    def _set(self, **values: object) -> None:
        if self._open is not None:
            self._windows[self._open] = replace(self._windows[self._open], **values)  # type: ignore[arg-type]

    def _single(self, line: Line) -> None:
        text = line.text
        for name, pattern in SINGLE.items():
            if text[0:1] == FIRST[name] and (found := pattern.match(text)):
                self._found = replace(self._found, **{name: printed(found[1], line.number)})  # type: ignore[arg-type]
                return
        if text.startswith("Accuracy") and (found := DETECTED.match(text)):
            three = (whole(found[1]), whole(found[2]), whole(found[3]))
            self._found = replace(self._found, detections=three)


def _in_unit(field: re.Match[str], line: int) -> Printed | None:
    """Return a number in µW where the runner printed mW."""
    value = printed(field[2], line)
    if value is None or field[3] != "mW":
        return value
    return Printed(value.value * 1000, value.places - 3, line)
