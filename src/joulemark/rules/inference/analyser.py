"""Rules on the analyser and PTDaemon: who they are, and what the server told them to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from joulemark.core.finding import Severity
from joulemark.formats.inference.figures import LIMIT
from joulemark.formats.inference.parsed import Session
from joulemark.formats.inference.replies import Identity, stated_uncertainty
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

STARTED = "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples"
STOPPED, NOTHING_TO_STOP = "Stopping untimed measurement", "Error: no measurement to stop"
CHANGED = {"SR,A": "Range A changed", "SR,V": "Range V changed"}
CHANNELS_OF = 77
"""Type of an analyser that measures several channels only if told which."""
YEAR_DAYS = 366


def _at(server: Session, field: str = "ptd_messages") -> tuple[str, int | None]:
    return server.name, server.lines.get(field)


@rule(
    "inference/ptd-version",
    source="official check 4",
    severity=Severity.ERROR,
    advice="Use the version of PTDaemon that the round accepts (SPEC gives it to members).",
)
def ptd_version(review: Review) -> Iterator[Seen]:
    """PTDaemon says who it is, in a version that the round accepts.

    That is 1.9.1 or 1.9.2 to v2.1, 1.10.0 to v4.1, and 1.11.1 since.
    """
    if not review.identities:
        yield "PTDaemon did not answer Identify", *_at(review.server)
    for one in review.identities:
        if one.version not in review.round.ptd_versions:
            accepted = " or ".join(review.round.ptd_versions)
            what = (
                f"PTDaemon is version {one.version or 'unknown'!r}; {review.round.name} asks for "
            )
            yield what + accepted, *_at(review.server)


@rule(
    "inference/meter-model",
    source="official check 5; power rules, only accepted analysers",
    severity=Severity.ERROR,
    advice="Measure with an analyser that the round accepts.",
)
def meter_model(review: Review) -> Iterator[Seen]:
    """Every analyser is of a model that the round accepts."""
    for one in review.identities:
        if one.model not in review.policy.models:
            yield f"the analyser {one.model!r} is not accepted", *_at(review.server)


@rule(
    "inference/ptd-replies",
    source="official check 6, for any number of analysers",
    severity=Severity.ERROR,
    advice="Look in server.log for why PTDaemon did not do as told, and measure again.",
)
def ptd_replies(review: Review) -> Iterator[Seen]:
    """PTDaemon did as told.

    It changed every range, began every measurement at one reading a second, and ended it; asked to
    stop what is not running, it says so.
    """
    running = 0
    for message in review.server.ptd_messages:
        expected = CHANGED.get(message.command[:4])
        if message.command.startswith("Go,"):
            running, expected = running + 1, STARTED
        elif message.command == "Stop":
            expected = STOPPED if running else NOTHING_TO_STOP
            running = max(running - 1, 0)
        if expected is not None and message.reply != expected:
            what = f"{message.command!r} was answered {message.reply[:80]!r}, not {expected!r}"
            yield what, *_at(review.server)


@rule(
    "inference/measurements",
    source="message sequence of the protocol; official check 16 asks for the first",
    severity=Severity.ERROR,
    advice="Hand in the session files of this very run.",
)
def measurements(review: Review) -> Iterator[Seen]:
    """Every analyser measured ranging and then the test.

    Each was begun under the session's name, at one reading a second.
    """
    server = review.server
    went = [m.command for m in server.ptd_messages if m.command.startswith("Go,")]
    each = max(len(server.analyzers), len(review.identities), 1)
    wanted = [f"Go,1000,0,{server.session}_{run}" for run in ("ranging", "testing")]
    if went != [go for go in wanted for _ in range(each)]:
        what = f"PTDaemon was told {', '.join(repr(go) for go in went[:4]) or 'nothing to measure'}"
        yield what, *_at(server)


@rule(
    "inference/device-type",
    source="official check 19",
    severity=Severity.ERROR,
    advice="Configure the analyser by the number of its own type.",
)
def device_type(review: Review) -> Iterator[Seen]:
    """The server is configured for analysers of accepted types.

    One of several channels that has to be told which (type 77) was told by two numbers.
    """
    where = _at(review.server, "ptd_config")
    for settings in review.server.analyzers:
        kind, channel = settings.get("device_type"), settings.get("channel")
        if not isinstance(kind, int) or kind not in review.policy.device_types:
            yield f"device type {kind!r} is not accepted", *where
        if kind == CHANNELS_OF and not (_told_channels(settings) and _is_pair(channel)):
            yield f"device type {kind} needs two channel numbers, not {channel!r}", *where


def _is_pair(channel: object) -> bool:
    return isinstance(channel, list) and len(channel) == 2  # first, how many


def _told_channels(settings: object) -> bool:
    command = settings.get("command") if isinstance(settings, dict) else None
    words = [str(word) for word in command] if isinstance(command, list) else []
    return "-c" in words[:-1] and len(words[words.index("-c") + 1].split(",")) == 2


@rule(
    "inference/calibration-age",
    source="SPEC acceptance process: calibrated within a year",
    severity=Severity.WARNING,
    advice="Have the analyser calibrated and state the date to PTDaemon.",
)
def calibration_age(review: Review) -> Iterator[Seen]:
    """No analyser was calibrated more than a year before the session, or after it."""
    day = _date(review.server.session[:10])
    for one in review.identities:
        calibrated = _date(one.calibrated)
        if day is None or calibrated is None:
            continue
        if not 0 <= (day - calibrated).days <= YEAR_DAYS:
            what = f"{one.model} was calibrated on {calibrated}, the session is of {day}"
            yield what, *_at(review.server)


@rule(
    "inference/calibration-unknown",
    source="SPEC acceptance process: calibrated within a year",
    severity=Severity.NOTE,
    advice="State the date of calibration to PTDaemon.",
)
def calibration_unknown(review: Review) -> Iterator[Seen]:
    """PTDaemon knows when each analyser was calibrated."""
    unknown = [_named(one) for one in review.identities if _date(one.calibrated) is None]
    if unknown:
        yield f"no date of calibration of {', '.join(unknown)}", *_at(review.server)


def _named(one: Identity) -> str:
    return f"{one.model} ({one.instrument})" if one.instrument else one.model


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    month, _, rest = text.partition("-")
    try:
        return date.fromisoformat(f"{rest[-4:]}-{month}-{rest[:2]}")
    except ValueError:
        return None


@rule(
    "inference/stated-uncertainty",
    source="SPEC acceptance process: 1 % at most; PTDaemon's own reply, which no check reads",
    severity=Severity.WARNING,
    advice="Use an analyser, or a range, that measures so low a power well enough.",
)
def stated_mean(review: Review) -> Iterator[Seen]:
    """PTDaemon's mean uncertainty of the test is 1 % or less, and known for every reading."""
    replies = [m.reply for m in review.server.ptd_messages if m.command == "Uncertainty"]
    stated = stated_uncertainty(replies[-1]) if len(replies) > 1 else None
    if stated is None:
        return
    of = f"of {stated.readings} readings {stated.over} are over 1 % and {stated.unknown} unknown"
    if stated.mean is None and stated.readings:
        yield f"the uncertainty is not known; {of}", *_at(review.server)
    elif stated.mean is not None and stated.mean > LIMIT:
        yield f"the mean uncertainty is {100 * stated.mean:.2f} %; {of}", *_at(review.server)


RULES = (
    ptd_version,
    meter_model,
    ptd_replies,
    measurements,
    device_type,
    calibration_age,
    calibration_unknown,
    stated_mean,
)
