"""Rules on the session between both hosts, as their files tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from joulemark.core.finding import Severity
from joulemark.formats.inference.parsed import Exchange
from joulemark.formats.inference.timed import FURTHEST_S
from joulemark.rules.inference.review import Review
from joulemark.rules.official.sources import allowed_sources, known_sources
from joulemark.rules.rule import Seen, rule

SHOWN = 60
"""Characters of a message that are shown."""
_PROTOCOL = re.compile(r"mlcommons/power (client|server) v([0-9]+)")
NEWEST = "head"
"""The official checker's newest revision."""
AHEAD_ROUND = "v1.0"
"""Its server recorded one message more than its client."""


@rule(
    "inference/session-fields",
    source="official check 1",
    severity=Severity.ERROR,
    advice="Hand in the session files as the official client and server wrote them.",
)
def session_fields(review: Review) -> Iterator[Seen]:
    """Both session files have every field that the protocol asks for, each of its kind."""
    for session in (review.client, review.server):
        for problem in session.problems[:SHOWN]:
            yield problem.what, session.name, problem.line
        if abs(session.timezone_s) > FURTHEST_S:
            what = f"a timezone of {session.timezone_s:g} s"
            yield what, session.name, session.lines.get("timezone")
    for field in ("ptd_messages", "ptd_config"):
        if field not in review.server.document:
            yield f"the field {field!r} is missing", review.server.name, 1


@rule(
    "inference/sources",
    source="official checks 2 and 3",
    severity=Severity.ERROR,
    advice="Run client and server of a revision of the official repository that the round allows, "
    "unchanged.",
)
def sources(review: Review) -> Iterator[Seen]:
    """Client and server ran, unchanged, a revision of the official tool that the round allows."""
    allowed = allowed_sources(review.round.name) or allowed_sources(NEWEST)
    known = known_sources()
    for session in (review.client, review.server):
        if any(session.sources == known[revision] for revision in allowed):
            continue
        same = [revision for revision in known if session.sources == known[revision]]
        what = (
            f"the revision of {same[0]}, which {review.round.name} does not allow"
            if same
            else f"sources of no revision that {review.round.name} allows"
        )
        yield what, session.name, session.lines.get("sources")


@rule(
    "inference/uuid",
    source="official check 8",
    severity=Severity.ERROR,
    advice="Hand in both session files of one session.",
)
def uuid(review: Review) -> Iterator[Seen]:
    """Both hosts name the same UUID of client and of server."""
    client, server = review.client, review.server
    for side in ("client", "server"):
        mine, theirs = client.uuid.get(side, ""), server.uuid.get(side, "")
        if _uuid(mine) is None or _uuid(mine) != _uuid(theirs):
            what = f"UUID of the {side} is {mine!r} to the client, {theirs!r} to the server"
            yield what, server.name, server.lines.get("uuid")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@rule(
    "inference/session-name",
    source="official check 9",
    severity=Severity.ERROR,
    advice="Hand in both session files of one session.",
)
def session_name(review: Review) -> Iterator[Seen]:
    """Both hosts give the session one name."""
    client, server = review.client, review.server
    if client.session != server.session:
        what = f"the session is {server.session!r} to the server, {client.session!r} to the client"
        yield what, server.name, server.lines.get("session_name")


@rule(
    "inference/messages",
    source="official check 14",
    severity=Severity.ERROR,
    advice="Hand in both session files of one session, unedited.",
)
def messages(review: Review) -> Iterator[Seen]:
    """Both hosts recorded the same commands and, but for the time of day, the same replies."""
    client, server = review.client, review.server
    mine, theirs = client.messages, server.messages
    ahead = 1 if review.round.name == AHEAD_ROUND else 0
    line = server.lines.get("messages")
    if len(mine) + ahead != len(theirs):
        what = f"{len(mine)} messages of the client, {len(theirs)} of the server"
        yield what, server.name, line
    pairs = list(zip(mine, theirs, strict=False))
    unlike = [i for i, (left, right) in enumerate(pairs) if not _alike(left, right)]
    if unlike:
        left, right = pairs[unlike[0]]
        what = (
            f"message {unlike[0] + 1} is {_shown(left)} to the client, {_shown(right)} to the "
            f"server; {len(unlike)} of {len(pairs)} differ"
        )
        yield what, server.name, line


def _alike(left: Exchange, right: Exchange) -> bool:
    same = left.command == right.command
    return same and (left.command == "time" or left.reply == right.reply)


def _shown(message: Exchange) -> str:
    return repr(f"{message.command[:SHOWN]} -> {message.reply[:SHOWN]}")


@rule(
    "inference/protocol-version",
    source="official check 14",
    severity=Severity.ERROR,
    advice="Run client and server of one revision of the official repository.",
)
def protocol_version(review: Review) -> Iterator[Seen]:
    """Client and server speak one version of the protocol, and say so first of all."""
    server = review.server
    first = server.messages[0] if server.messages else Exchange("", "")
    client_says = _PROTOCOL.fullmatch(first.command)
    server_says = _PROTOCOL.fullmatch(first.reply)
    known = client_says is not None and server_says is not None
    if not known or client_says[2] != server_says[2]:  # type: ignore[index]
        what = f"the session begins with {_shown(first)}"
        yield what, server.name, server.lines.get("messages")


@rule(
    "inference/debug-mode",
    source="official check 20",
    severity=Severity.ERROR,
    advice="Unset MLPP_DEBUG on the director and measure again.",
)
def debug_mode(review: Review) -> Iterator[Seen]:
    """The server did not run in debug mode."""
    if review.server.debug:
        yield "the server ran in debug mode", review.server.name, review.server.lines.get("debug")


@rule(
    "inference/commands",
    source="message sequence of the protocol; power rules, only the official workflow",
    severity=Severity.ERROR,
    advice="Measure with the official client: a ranging run and a testing run, started and stopped "
    "once each.",
)
def commands(review: Review) -> Iterator[Seen]:
    """A ranging run and then a testing run were started and stopped, and the server agreed."""
    server = review.server
    said = [message for message in server.messages if message.command.startswith("session,")]
    line = server.lines.get("messages")
    steps = ("start,ranging", "stop,ranging", "start,testing", "stop,testing")
    done = [",".join(message.command.split(",")[2:]) for message in said]
    found = tuple(step for step in done if step.startswith(("start", "stop")))
    if tuple(dict.fromkeys(found)) != steps:
        yield f"the session's steps are {', '.join(found[:8]) or 'none'}", server.name, line
    for message in said:
        if not message.reply.startswith("OK"):
            yield f"the server did not agree: {_shown(message)}", server.name, line


RULES = (
    session_fields,
    sources,
    uuid,
    session_name,
    messages,
    protocol_version,
    debug_mode,
    commands,
)
