"""Virtual instruments that other programs can reach, by name: ``joulemark virtual NAME``.

An instrument is a frozen dataclass of settings (``help`` in the metadata of each field, from which
flags are made) whose docstring says in its first line what it is, with a method ``start`` that
returns a :class:`Served`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from joulemark.core.registry import Registry

INSTRUMENTS = Registry(
    "virtual instrument",
    "joulemark.virtual",
    {
        "ipmi": "joulemark.virtual.bmc.instrument:VirtualIpmi",
        "lpm01a": "joulemark.virtual.monitors:Lpm01aSettings",
        "tiny-bench": "joulemark.virtual.served_bench:TinyBenchSettings",
        "tiny-board": "joulemark.virtual.served_board:TinyBoardSettings",
        "redfish": "joulemark.virtual.redfish.instruments:RedfishBmc",
        "redfish-pdu": "joulemark.virtual.redfish.instruments:RedfishPdu",
        "serving": "joulemark.virtual.serving.instrument:Serving",
        "snmp-pdu": "joulemark.virtual.snmp_pdu:SnmpPdu",
    },
)
"""The dataclass of each instrument's settings."""


class Served(Protocol):
    """An instrument that answers, in threads of its own."""

    @property
    def says(self) -> Sequence[str]:
        """Lines for people: where it answers, and commands that read it."""
        ...

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        ...


class Settings(Protocol):
    """What a name in the table gives."""

    def start(self) -> Served:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if its port is taken.
        """
        ...


def setting(default: Any, text: str) -> Any:
    """Return a field with a default and a help text; a tuple is a flag that may be repeated."""
    return field(default=default, metadata={"help": text})


def about() -> Mapping[str, str]:
    """Return the first line of each instrument's docstring."""
    lines = {}
    for name in INSTRUMENTS.names():
        doc = INSTRUMENTS.load(name).__doc__ or ""
        lines[name] = doc.strip().partition("\n")[0].rstrip(".")
    return lines
