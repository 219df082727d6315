"""System descriptions (``systems/<system>.json``) as our own description of a machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from joulemark.core.run import System
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.system import NAMEPLATE, SystemDescription, read_system

MAX_TEXT = 400
"""Longer texts of a description are cut."""
MAX_FIELDS = 200
MAX_DEVICES = 4096
"""More accelerators than this are no system that is on one meter."""
MAX_RATED_W = 1e7

_MEMORY = re.compile(
    r"(?:(\d{1,4})\s*x\s*)?(\d{1,6}(?:\.\d{1,6})?)\s*([KMGT])(?:iB|B)?\b", re.IGNORECASE
)
_UNITS: Mapping[str, int] = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_RATING = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{2,6})[\s-]{0,3}W(?:atts?)?\b", re.IGNORECASE)
_TIMES = re.compile(r"\b(\d{1,3})\s*x(?=[\s\d]|$)|(?:^|[\s,)])x\s*(\d{1,3})\b", re.IGNORECASE)
"""How many of them: "6x", "1x2400W", "x 4", "x2"."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a system description says.

    Attributes:
        system: in our words.
        name: for people; the short name where it has none.
        kind: ``datacenter``, ``edge`` or both.
        accelerator: name of its accelerators; empty without.
        accelerators: how many in the whole system; None if it does not say.
        nodes: how many.
        rated_w: what its power supplies are rated for together, W; None if it does not say.
        fields: everything that it says, as text.
    """

    system: System
    name: str = ""
    kind: str = ""
    accelerator: str = ""
    accelerators: int | None = None
    nodes: int = 1
    rated_w: float | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def described(source: Source | None, short: str) -> Described:
    """Return what a system description says.

    Args:
        source: the file; None where there is none.
        short: the short name of the system, by which the host goes.

    Raises:
        FormatError: if it is no JSON object.
    """
    host = short or "sut"
    if source is None:
        return Described(System(host=host), name=short)
    read = read_system(source)
    texts = {
        key[:MAX_TEXT]: str(value)[:MAX_TEXT]
        for key, value in list(read.document.items())[:MAX_FIELDS]
        if isinstance(value, str | int | float) and value != ""
    }
    nodes = _sensible(read.nodes) or 1
    each = _sensible(read.accelerators)
    accelerator = texts.get("accelerator_model_name", "") if _is_one(read) else ""
    total = None if each is None else min(each * nodes, MAX_DEVICES)
    sockets, cores = _count(texts, "host_processors_per_node"), _count(texts, _CORES)
    system = System(
        host=host,
        os=texts.get("operating_system", ""),
        cpu=texts.get("host_processor_model_name", ""),
        sockets=sockets,
        cores=cores * sockets if cores and sockets else None,
        memory_bytes=memory_bytes(texts.get("host_memory_capacity", "")),
        gpus=(accelerator,) * (total or 0) if accelerator else (),
    )
    return Described(
        system=system,
        name=read.system_name[:MAX_TEXT] or short,
        kind=read.system_type[:MAX_TEXT],
        accelerator=accelerator,
        accelerators=total if accelerator else 0,
        nodes=nodes,
        rated_w=rated_w(texts.get(NAMEPLATE, "")) or rated_w(texts.get(_SUPPLIES, "")),
        fields=texts,
    )


_CORES = "host_processor_core_count"
_SUPPLIES = "power_supply_quantity_and_rating_watts"


def memory_bytes(text: str) -> int:
    """Return a capacity like "2 TB", "8x 64 GB" or "30G" in bytes; 0 if it is none."""
    found = _MEMORY.match(text.strip())
    if found is None:
        return 0
    value = int(found[1] or 1) * float(found[2]) * _UNITS[found[3].lower()]
    return int(value) if value < 1 << 60 else 0


def rated_w(text: str) -> float | None:
    """Return the rating of power supplies like "6x Delta 3,000-Watt" in W; None if it is none.

    A bare number is one, too.
    """
    plain = text.strip()
    found, times = _RATING.search(plain), _TIMES.search(plain)
    if found is not None:
        count = int(times[1] or times[2]) if times is not None else 1
        rated = count * float(found[1].replace(",", ""))
    elif plain.replace(".", "", 1).isdecimal() and len(plain) < len("10000000"):
        rated = float(plain)
    else:
        return None
    return rated if 0 < rated < MAX_RATED_W else None


def _is_one(read: SystemDescription) -> bool:
    """Return whether the name of the accelerator names one."""
    name = read.document.get("accelerator_model_name")
    return isinstance(name, str) and name.strip().lower() not in ("", "n/a", "na", "none", "-")


def _count(texts: Mapping[str, str], key: str) -> int | None:
    """Return a whole number of a sensible size; some write it as text."""
    text = texts.get(key, "").strip()
    return _sensible(int(text)) if text.isdecimal() and len(text) < len("1000000") else None


def _sensible(count: int | None) -> int | None:
    return count if count is not None and 0 < count <= MAX_DEVICES else None
