"""What the session files say of the dialogue between client, server and PTDaemon."""

from __future__ import annotations

import re
import uuid
from typing import Any

from joulemark.formats.inference.directory import SERVER
from joulemark.rules.official.case import Case
from joulemark.rules.official.outcome import RefusedError

NO_MEASUREMENT = "Error: no measurement to stop"
REPLIES = (
    ("SR,A", "Range A changed"),
    ("SR,V", "Range V changed"),
    (
        "Go,1000,",
        "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples",
    ),
    ("Stop", "Stopping untimed measurement"),
)
RANGES_REPLY = 2
"""Place of the question for the ranges among PTDaemon's messages."""
STOPS_THAT_WORK = 2

_CLIENT = re.compile(r"mlcommons\/power client v(\d+)$")
_SERVER = re.compile(r"mlcommons\/power server v(\d+)$")


def check_ptd_messages(case: Case) -> None:
    """PTDaemon's version, analyser and replies are as they should be; ranges are restored."""
    messages = case.server["ptd_messages"]
    _identity(case, messages)
    for command, reply in REPLIES:
        _replies(case, messages, command, reply)
    amps = _first_range(case, messages[RANGES_REPLY]["reply"], 1)
    volts = _first_range(case, messages[RANGES_REPLY]["reply"], 3)
    set_amps = [_nth(case, messages, "SR,A", which) for which in case.revision.restored_amps]
    set_volts = [_nth(case, messages, "SR,V", 3)]
    for name, wanted, found in (
        ("current", f"SR,A,{amps}", set_amps),
        ("voltage", f"SR,V,{volts}", set_volts),
    ):
        if wanted not in [command for _, command in found]:
            heard = " and ".join(repr(command) for _, command in found)
            raise RefusedError(
                f"the {name} range is not restored: {wanted!r} was to be sent, {heard} was",
                line=case.line(SERVER, "ptd_messages", found[0][0]),
            )


def _identity(case: Case, messages: Any) -> None:
    place, reply = next(
        ((i, each["reply"]) for i, each in enumerate(messages) if each["cmd"] == "Identify"),
        (None, ""),
    )
    line = case.line(SERVER, "ptd_messages", place)
    if len(reply) == 0:
        raise RefusedError("PTDaemon did not say which analyser it drives", line=line)
    model = reply.split(",")[0]
    version = _version(reply)
    if version not in case.revision.ptd_versions:
        wanted = " or ".join(case.revision.ptd_versions)
        raise RefusedError(f"PTDaemon is {version!r}, {wanted} is required", line=line)
    if model not in case.revision.models:
        raise RefusedError(
            f"the analyser {model!r} is none of {', '.join(case.revision.models)}", line=line
        )


def _version(reply: str) -> str:
    """Return what stands between the first ``version=`` of a line and the next hyphen."""
    for line in reply.split("\n"):
        rest = line.partition("version=")[2]
        if (hyphen := rest.find("-", 1)) > 0:
            return rest[:hyphen]
    return ""


def _replies(case: Case, messages: Any, beginning: str, reply: str) -> None:
    """Every command that begins so has this reply; from the third Stop on, another is wanted."""
    stops = 0
    for place, message in enumerate(messages):
        if not message["cmd"].startswith(beginning):
            continue
        if message["cmd"] == "Stop":
            reply = NO_MEASUREMENT if stops == STOPS_THAT_WORK else reply
            stops += 1
        if reply != message["reply"]:
            raise RefusedError(
                f"PTDaemon's reply to {message['cmd']!r} is {message['reply']!r}, not {reply!r}",
                line=case.line(SERVER, "ptd_messages", place),
            )


def _first_range(case: Case, reply: Any, place: int) -> str:
    """Return what a range was before the session, as a command sets it again."""
    parts = reply.split(",")
    try:
        if parts[place] == "0" and float(parts[place + 1]) > 0:
            return str(parts[place + 1])
    except (ValueError, IndexError):
        raise RefusedError(
            f"the ranges before the session cannot be read from {reply!r}",
            line=case.line(SERVER, "ptd_messages", RANGES_REPLY),
        ) from None
    return "Auto"


def _nth(case: Case, messages: Any, beginning: str, which: int) -> tuple[int, str]:
    """Return place and text of the n-th command that begins so."""
    found = 0
    for place, message in enumerate(messages):
        found += message["cmd"].startswith(beginning)
        if found == which:
            return place, message["cmd"]
    raise RefusedError(
        f"PTDaemon was sent {found} commands {beginning!r}, at least {which} are needed",
        line=case.line(SERVER, "ptd_messages"),
    )


def check_uuid(case: Case) -> None:
    """Client and server agree on both of their identities."""
    ours, theirs = case.client["uuid"], case.server["uuid"]
    for side in ("client", "server"):
        if uuid.UUID(ours[side]) != uuid.UUID(theirs[side]):
            raise RefusedError(
                f"the client's file gives {ours[side]} as the {side}'s uuid, the server's "
                f"{theirs[side]}",
                line=case.line(SERVER, "uuid"),
            )


def check_session_name(case: Case) -> None:
    """Client and server agree on the session's name."""
    ours, theirs = case.client["session_name"], case.server["session_name"]
    if ours != theirs:
        raise RefusedError(
            f"the client calls the session {ours!r}, the server {theirs!r}",
            line=case.line(SERVER, "session_name"),
        )


def check_messages(case: Case) -> None:
    """Client and server recorded the same dialogue, and speak the same protocol."""
    ours, theirs = case.client["messages"], case.server["messages"]
    more = 1 if case.revision.client_uploads else 0
    if len(ours) != len(theirs) - more:
        raise RefusedError(
            f"the client recorded {len(ours)} messages, the server {len(theirs)}, "
            f"which is to be {'one more' if more else 'the same number'}",
            line=case.line(SERVER, "messages"),
        )
    for place, message in enumerate(ours):
        _same(case, place, "cmd", message, theirs[place])
        if message["cmd"] != "time":
            _same(case, place, "reply", message, theirs[place])
    client = _protocol(case, _CLIENT, theirs[0]["cmd"])
    server = _protocol(case, _SERVER, theirs[0]["reply"])
    if client != server:
        raise RefusedError(
            f"the client speaks protocol {client}, the server {server}",
            line=case.line(SERVER, "messages", 0),
        )


def _same(case: Case, place: int, field: str, ours: Any, theirs: Any) -> None:
    if ours[field] != theirs[field]:
        what = "command" if field == "cmd" else "reply"
        raise RefusedError(
            f"message {place}: the client's {what} is {ours[field]!r}, the server's "
            f"{theirs[field]!r}",
            line=case.line(SERVER, "messages", place),
        )


def _protocol(case: Case, pattern: re.Pattern[str], text: Any) -> str:
    match = pattern.search(text)
    if match is None:
        raise RefusedError(f"{text!r} names no protocol", line=case.line(SERVER, "messages", 0))
    return match.group(1)


def check_ptd_config(case: Case) -> None:
    """Every analyser is of a supported type; one with several channels uses two numbers."""
    settings = case.server["ptd_config"]
    for analyzer in settings if case.revision.analyzers_listed else (settings,):
        number = analyzer["device_type"]
        numbers = case.revision.models.values()
        if number not in (frozenset(numbers) if case.revision.types_hashed else numbers):
            wanted = ", ".join(map(str, sorted(set(numbers))))
            raise RefusedError(
                f"the analyser's type {number!r} is none of {wanted}",
                line=case.line(SERVER, "ptd_config"),
            )
        if number == case.revision.models["YokogawaWT330_multichannel"]:
            _two_channels(case, analyzer)


def _two_channels(case: Case, analyzer: Any) -> None:
    command = analyzer["command"]
    channels = ""
    for place in range(len(command)):
        if command[place] == "-c":
            channels = command[place + 1]
            break
    if len(channels.split(",")) == 2 and analyzer["channel"] and len(analyzer["channel"]) == 2:
        return
    raise RefusedError(
        f"a multichannel analyser is to be given first and last channel, not {channels!r}",
        line=case.line(SERVER, "ptd_config"),
    )


def check_debug(case: Case) -> None:
    """The server did not run in debug mode."""
    if case.server.get("debug", False) is not False:
        raise RefusedError("the server ran in debug mode", line=case.line(SERVER, "debug"))
