"""Hashes of the result files."""

from __future__ import annotations

from typing import Any

from joulemark.formats.inference.directory import (
    CLIENT,
    CONSOLE,
    DETAIL,
    POWER_LOG,
    RANGING,
    SERVER,
    SUMMARY,
    TESTING,
)
from joulemark.rules.official.case import Case
from joulemark.rules.official.outcome import RefusedError

HASHED = (
    "power/client.log",
    CONSOLE,
    "power/server.log",
    f"{RANGING}/{DETAIL}",
    f"{RANGING}/{SUMMARY}",
    f"{RANGING}/{POWER_LOG}",
    f"{TESTING}/{DETAIL}",
    f"{TESTING}/{SUMMARY}",
    f"{TESTING}/{POWER_LOG}",
)
"""Files that have to be there, with the hash that the session files recorded."""


def check_results(case: Case) -> None:
    """The files are those whose hashes client and server recorded, and none is missing."""
    required = (CLIENT, *HASHED) if case.revision.client_uploads else HASHED
    servers = _required(case.server["results"], required)
    clients = _required(case.client["results"], required)
    for file in servers.keys() & clients.keys():
        if servers[file] != clients[file]:
            raise RefusedError(
                f"the client recorded another hash of {file} than the server",
                SERVER,
                case.line(SERVER, file),
            )
    present = _hashes(case, required)
    _compare({**clients, **servers}, present)
    for file in required:
        if file not in present:
            raise RefusedError("the file is missing, and no hash of it was recorded", file)


def _compare(recorded: dict[str, Any], present: dict[str, str]) -> None:
    """The same files, with the same hashes."""
    for file in sorted(recorded.keys() ^ present.keys()):
        if file in recorded:
            raise RefusedError(f"the file is missing; its hash is {recorded[file]}", file)
        raise RefusedError("neither client nor server recorded the file's hash", file)
    for file, found in present.items():
        if recorded[file] != found:
            raise RefusedError(f"the file's SHA-1 is {found}, {recorded[file]} was recorded", file)


def _required(recorded: Any, required: tuple[str, ...]) -> dict[str, Any]:
    return {file: recorded[file] for file in list(recorded.keys()) if file in required}


def _hashes(case: Case, required: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for file in required:
        try:
            found[file] = case.directory.sha1(file)
        except FileNotFoundError:
            continue
    return found
