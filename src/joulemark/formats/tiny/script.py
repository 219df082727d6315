"""``script.async``: what EnergyRunner was told to do. It is JavaScript; it is read, never run."""

from __future__ import annotations

import re

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems
from joulemark.formats.tiny.lines import base, lines_of, whole
from joulemark.formats.tiny.parsed import Script

MAX_COMMANDS = 100_000
COMMAND = re.compile(r"""\bcmd\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`)""")
ESCAPE = re.compile(r"\\(.)")
VOLTAGE = re.compile(r"emon voltage (\d+)")
INFER = re.compile(r"(?:io )?dut infer (\d+)(?: (\d+))?")
LOAD = re.compile(r'bload\w* (?:\w+ )?"?([^"]+?)"?(?: \d+)*$')
WARMUPS = 10
"""Warm-ups of a command that does not say."""


def read_script(source: Source) -> Script:
    """Read a script.

    Raises:
        FormatError: if it is empty, no text, or holds no command.
    """
    problems = Problems()
    commands = _commands(source, problems)
    if not commands:
        raise FormatError("no command in it", where=source.name)
    voltage: float | None = None
    iterations: list[tuple[int, int]] = []
    inputs: list[str] = []
    for command in commands:
        if found := VOLTAGE.match(command):
            voltage = whole(found[1]) / 1000
        elif found := INFER.match(command):
            warmups = whole(found[2]) if found[2] else WARMUPS
            iterations.append((whole(found[1]), warmups))
        elif found := LOAD.match(command):
            inputs.append(base(found[1]))
    return Script(
        source.name, tuple(commands), voltage, tuple(iterations), tuple(inputs), problems.all()
    )


def _commands(source: Source, problems: Problems) -> list[str]:
    found: list[str] = []
    for line in lines_of(source, problems):
        for match in COMMAND.finditer(line.text):
            text = match[1] or match[2] or match[3] or ""
            if len(found) < MAX_COMMANDS:
                found.append(ESCAPE.sub(r"\1", text))
    return found
