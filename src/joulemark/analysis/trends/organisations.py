"""Who submitted, and on what: names that differ by spelling only are one."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources

from joulemark.analysis.record.entry import Entry

FILE = "data/organisations.toml"
_ELSE = re.compile(r"[\W_]+")

Hardware = tuple[str, str, str, float | None, float | None]


def organisation(entry: Entry) -> str:
    """Return who submitted a result, by one name whatever the spelling."""
    name = entry.submitter.casefold()
    return _names().get(name, name)


def hardware(entry: Entry) -> Hardware:
    """Return what names the machine of a result: system, processor, accelerators, nodes.

    The name of the system holds its power mode (MaxQ), which is therefore part of it. Names must
    be alike but for case and signs: a processor that is written with its clock once and without
    it later is taken for another.
    """
    return (
        _plain(entry.system_name or entry.system),
        _plain(entry.processor),
        _plain(entry.accelerator),
        entry.accelerators,
        entry.nodes,
    )


def _plain(text: str) -> str:
    return _ELSE.sub("", text.casefold())


@functools.cache
def _names() -> Mapping[str, str]:
    """Return the one name of each other name."""
    text = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    found = tomllib.loads(text)["organisations"]
    return {
        name.casefold(): each["name"].casefold()
        for each in found
        for name in (each["name"], *each["also"])
    }
