"""Hashes of the power tools' source files: what each round's checker allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from joulemark.formats.inference.directory import CLIENT, SERVER
from joulemark.rules.official.case import Case
from joulemark.rules.official.outcome import RefusedError

TABLE = "data/official_sources.json"


@cache
def known_sources() -> Mapping[str, Mapping[str, str]]:
    """Return the hashes of each known revision, by the date of its first commit."""
    return {entry["id"]: entry["files"] for entry in _table()["revisions"]}


@cache
def allowed_sources(round_name: str) -> tuple[str, ...]:
    """Return the revisions that a round's checker allows, by the dates of their first commits."""
    return tuple(entry["id"] for entry in _table()["revisions"] if round_name in entry["rounds"])


def _table() -> Any:
    return json.loads(files("joulemark.rules").joinpath(TABLE).read_text(encoding="utf-8"))


def check_client_sources(case: Case) -> None:
    """The client's source files are those of an allowed revision."""
    _check(case, case.client["sources"], CLIENT)


def check_server_sources(case: Case) -> None:
    """The server's source files are those of an allowed revision."""
    _check(case, case.server["sources"], SERVER)


def _check(case: Case, recorded: Any, file: str) -> None:
    allowed = allowed_sources(case.revision.name)
    if case.revision.sources_by_file:
        recorded.keys()
    known = known_sources()
    if any(recorded == known[name] for name in allowed):
        return
    line = case.line(file, "sources")
    raise RefusedError(_difference(recorded, case.revision.name, allowed), file, line)


def _difference(recorded: Any, round_name: str, allowed: tuple[str, ...]) -> str:
    """Say in what the sources differ from the allowed revision that is nearest."""
    if not isinstance(recorded, dict):
        return "the source hashes are no object"
    known = known_sources()
    for name, hashes in known.items():
        if recorded == hashes:
            return f"the sources are the revision of {name}, which {round_name} does not allow"

    def differing(name: str) -> list[str]:
        names = sorted(known[name].keys() | recorded.keys())
        return [file for file in names if known[name].get(file) != recorded.get(file)]

    nearest = min(allowed, key=lambda name: len(differing(name)))
    return (
        f"the sources are no revision that {round_name} allows; "
        f"from that of {nearest} differ {', '.join(differing(nearest))}"
    )
