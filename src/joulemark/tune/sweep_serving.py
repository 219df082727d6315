"""The short form of a sweep of serving: a table that becomes words of ``joulemark bench serving``.

Every field is the flag of its name. An axis that stands nowhere is the flag of its name too, and
``batch`` in any case: the largest batch is what a server's own flag sets, and the run must know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from joulemark.tune import sweep_fields as fields
from joulemark.tune.sweep_axes import NAME, RESULT, Axis

PROGRAM = "joulemark"
HEAD = (PROGRAM, "bench", "serving")
BATCH = "batch"
_OWN = ("output", "store", "json")
"""Flags that the sweep gives."""


def serving_command(
    record: Mapping[str, Any], axes: Sequence[Axis], at: fields.Place
) -> tuple[str, ...]:
    """Return the command that a table ``serving`` stands for.

    Raises:
        FormatError: if the table makes no sense.
    """
    server = fields.texts(record, "server", at) or ()
    flags = [
        word
        for name, value in record.items()
        if name != "server"
        for word in _flag(name, value, at)
    ]
    stated = " ".join((*flags, *server))
    for axis in axes:
        hole = f"{{{axis.name}}}"
        if axis.name in record and hole not in stated:
            raise at.wrong(f"{axis.name} is an axis and a field", "leave one of them out")
        untold = hole not in stated or (axis.name == BATCH and BATCH not in record)
        if axis.knob is None and untold:
            flags += [_dashed(axis.name), hole]
    return (*HEAD, *flags, "--output", f"{{{RESULT}}}", *(("--", *server) if server else ()))


def server_words(command: Sequence[str]) -> tuple[str, ...]:
    """Return the words that start the server, of a command of serving; none if it does not."""
    if tuple(command[: len(HEAD)]) != HEAD or "--" not in command:
        return ()
    return tuple(command[command.index("--") + 1 :])


def load_words(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command without the words that start the server and the file that it writes."""
    words = list(command[: command.index("--")] if server_words(command) else command)
    if "--output" in words:
        place = words.index("--output")
        del words[place : place + 2]
    return tuple(words)


def _flag(name: str, value: Any, at: fields.Place) -> Iterator[str]:
    if not NAME.fullmatch(name) or name.replace("_", "-") in _OWN:
        raise at.wrong(f"no field {name!r:.40}", "fields are flags of joulemark bench serving")
    values = value if isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, bool):
            yield from ([_dashed(name)] if one else ())
        elif isinstance(one, str | int | float):
            yield from (_dashed(name), str(one))
        else:
            raise at.wrong(f"{name} is {one!r:.40}", "give a text, a number or true")


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"
