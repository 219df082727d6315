"""``client.json`` and ``server.json``: what the two sides of a power session wrote down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulemark.formats.inference.jsontext import load_object
from joulemark.formats.inference.parsed import Exchange, Phase, Session, Source
from joulemark.formats.inference.text import Problems, shown

REQUIRED = (
    "version",
    "timezone",
    "modules",
    "sources",
    "messages",
    "uuid",
    "session_name",
    "results",
    "phases",
)
"""Fields that the official checker asks for in both files, in every round."""


def read_session(source: Source) -> Session:
    """Return what a session file says.

    Raises:
        FormatError: if it is no JSON object, nested beyond all use, or too large.
    """
    problems = Problems()
    document, lines = load_object(source, problems)
    fields = _Fields(document, lines, problems)
    for name in REQUIRED:
        if name not in document:
            problems.add(1, f"the field {name!r} is missing")
    debug = document.get("debug", False)
    if not isinstance(debug, bool):
        fields.wrong("debug", debug, "neither true nor false")
    return Session(
        name=source.name,
        document=document,
        timezone_s=fields.number("timezone"),
        session=fields.text("session_name"),
        sources=fields.texts("sources"),
        results=fields.texts("results"),
        uuid=fields.texts("uuid"),
        messages=fields.exchanges("messages"),
        ptd_messages=fields.exchanges("ptd_messages"),
        analyzers=fields.analyzers("ptd_config"),
        phases=fields.phases("phases"),
        debug=debug is not False and debug is not None,
        lines=lines,
        problems=problems.all(),
    )


class _Fields:
    """Takes fields of the kind they should have; another kind is a problem and gives the empty."""

    def __init__(
        self, document: Mapping[str, Any], lines: Mapping[str, int], problems: Problems
    ) -> None:
        self.document = document
        self.lines = lines
        self.problems = problems

    def wrong(self, field: str, value: object, what: str, place: str = "") -> None:
        """Note that a field, or a place in it, holds something else."""
        self.problems.add(
            self.lines.get(field, 1), f"{field}{place} is {what}: {shown(repr(value))}"
        )

    def number(self, field: str) -> float:
        """Return a finite number; 0 without."""
        value = self.document.get(field)
        found = finite(value)
        if found is None and field in self.document:
            self.wrong(field, value, "no finite number")
        return found or 0.0

    def text(self, field: str) -> str:
        """Return a text."""
        value = self.document.get(field, "")
        if isinstance(value, str):
            return value
        self.wrong(field, value, "no text")
        return ""

    def texts(self, field: str) -> dict[str, str]:
        """Return an object of texts."""
        value = self.document.get(field, {})
        if not isinstance(value, dict):
            self.wrong(field, value, "no object")
            return {}
        found = {key: item for key, item in value.items() if isinstance(item, str)}
        for key in value.keys() - found.keys():
            self.wrong(field, value[key], "no text", f"[{shown(key)}]")
        return found

    def items(self, field: str) -> list[Any]:
        """Return a list."""
        value = self.document.get(field, [])
        if isinstance(value, list):
            return value
        self.wrong(field, value, "no list")
        return []

    def exchanges(self, field: str) -> tuple[Exchange, ...]:
        """Return messages; one of a wrong kind is an empty one, so that the others keep places."""
        return tuple(
            self._exchange(field, place, item) for place, item in enumerate(self.items(field))
        )

    def _exchange(self, field: str, place: int, item: object) -> Exchange:
        if not isinstance(item, dict):
            self.wrong(field, item, "no object", f"[{place}]")
            return Exchange("", "")
        command, reply = item.get("cmd"), item.get("reply")
        if not (isinstance(command, str) and isinstance(reply, str)):
            self.wrong(field, item, "no command with its reply", f"[{place}]")
        return Exchange(
            command=command if isinstance(command, str) else "",
            reply=reply if isinstance(reply, str) else "",
            command_time=self._time(field, place, item, "cmd_time"),
            reply_time=self._time(field, place, item, "reply_time"),
        )

    def _time(self, field: str, place: int, item: Mapping[str, Any], key: str) -> float | None:
        value = item.get(key)
        found = finite(value)
        if found is None and value is not None:
            self.wrong(field, value, "no time", f"[{place}].{key}")
        return found

    def analyzers(self, field: str) -> tuple[Mapping[str, Any], ...]:
        """Return settings of each analyser: an object to v4.1, a list of them from v5.0."""
        value = self.document.get(field)
        if value is None:
            return ()
        if isinstance(value, dict):
            return (value,)
        if not isinstance(value, list):
            self.wrong(field, value, "no object or list")
            return ()
        for place, item in enumerate(value):
            if not isinstance(item, dict) and item is not None:
                self.wrong(field, item, "no object", f"[{place}]")
        return tuple(item for item in value if isinstance(item, dict))

    def phases(self, field: str) -> dict[str, tuple[Phase, ...]]:
        """Return the stamps of each run."""
        value = self.document.get(field, {})
        if not isinstance(value, dict):
            self.wrong(field, value, "no object")
            return {}
        found = {}
        for run, stamps in value.items():
            if isinstance(stamps, list):
                phases = [self._phase(field, run, i, item) for i, item in enumerate(stamps)]
                found[run] = tuple(phase for phase in phases if phase is not None)
            else:
                self.wrong(field, stamps, "no list", f"[{shown(run)}]")
        return found

    def _phase(self, field: str, run: str, place: int, item: object) -> Phase | None:
        pair = item if isinstance(item, list) else [item]
        times = [finite(value) for value in pair]
        if not 1 <= len(times) <= 2 or None in times:
            self.wrong(field, item, "no stamp", f"[{shown(run)}][{place}]")
            return None
        unix, monotonic = times[0], times[1] if len(times) > 1 else None
        return Phase(unix or 0.0, monotonic)


def finite(value: object) -> float | None:
    """Return a JSON number as float; None if it is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
