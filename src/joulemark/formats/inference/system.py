"""``systems/<system>.json``: what was measured, as its submitter describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from joulemark.formats.inference.jsontext import load_object
from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.inference.rounds import rounds
from joulemark.formats.inference.text import Problems, shown

POWER_ONLY = "system_power_only"
NAMEPLATE = "system_power_capacity"
"""Since v6.1: the sum of the power supplies' ratings, W."""
_COUNT = re.compile(r"\s*([0-9]{1,9})\b")
_TRUE = ("true", "yes", "1")


@dataclass(frozen=True, slots=True)
class SystemFields:
    """Fields of a system description and the round since which each is asked for.

    Attributes:
        required: of every system.
        power: of systems with power results; the official checker lists and does not enforce them.
        network: of systems that LoadGen drives over a network.
    """

    required: Mapping[str, str]
    power: Mapping[str, str]
    network: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SystemDescription:
    """A system description.

    Attributes:
        name: the file.
        document: as decoded; an object.
        lines: the line on which each field begins.
        division, submitter, status, system_name, system_type: texts; empty without.
        nodes: number of nodes; None if it cannot be read.
        accelerators: accelerators a node; None if it cannot be read, 0 for none.
        is_network: whether LoadGen drives it over a network.
        power_only: whether the system was measured for power alone.
        problems: fields of a wrong kind.
    """

    name: str
    document: Mapping[str, Any]
    lines: Mapping[str, int]
    division: str
    submitter: str
    status: str
    system_name: str
    system_type: str
    nodes: int | None
    accelerators: int | None
    is_network: bool
    power_only: bool
    problems: tuple[Problem, ...] = ()

    def missing(self, round_: str) -> tuple[str, ...]:
        """Return the fields that the round requires and that are not there.

        Raises:
            KeyError: if there is no such round.
        """
        return self._missing(system_fields().required, round_)

    def missing_power(self, round_: str) -> tuple[str, ...]:
        """Return the power fields that the round lists and that are not there, or are empty.

        Raises:
            KeyError: if there is no such round.
        """
        return self._missing(system_fields().power, round_)

    def missing_network(self, round_: str) -> tuple[str, ...]:
        """Return the network fields that are not there; none where it is not over a network.

        Raises:
            KeyError: if there is no such round.
        """
        return self._missing(system_fields().network, round_) if self.is_network else ()

    def _missing(self, since: Mapping[str, str], round_: str) -> tuple[str, ...]:
        places = {name: place for place, name in enumerate(rounds())}
        asked = [field for field, first in since.items() if places[first] <= places[round_]]
        return tuple(field for field in asked if field not in self.document)


@cache
def system_fields() -> SystemFields:
    """Return the fields that the rounds ask for."""
    data = files(__package__).joinpath("data/system_fields.json").read_bytes()
    return msgspec.json.decode(data, type=SystemFields)


def read_system(source: Source) -> SystemDescription:
    """Return what a system description says.

    Raises:
        FormatError: if it is no JSON object, nested beyond all use, or too large.
    """
    problems = Problems()
    document, lines = load_object(source, problems)
    texts = {}
    for field in ("division", "submitter", "status", "system_name", "system_type"):
        value = document.get(field, "")
        if not isinstance(value, str):
            problems.add(lines.get(field, 1), f"{field} is no text: {shown(repr(value))}")
        texts[field] = value if isinstance(value, str) else ""
    return SystemDescription(
        name=source.name,
        document=document,
        lines=lines,
        nodes=_count(document.get("number_of_nodes")),
        accelerators=_count(document.get("accelerators_per_node")),
        is_network=_true(document.get("is_network")),
        power_only=_true(document.get(POWER_ONLY)),
        problems=problems.all(),
        **texts,
    )


def _count(value: object) -> int | None:
    """Return a count that is written as a number, or as a text that begins with one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    if value.strip().lower() in ("", "n/a", "na", "none", "-"):
        return 0
    found = _COUNT.match(value)
    return int(found[1]) if found else None


def _true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in _TRUE)
