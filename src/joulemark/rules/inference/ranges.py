"""Rules on the ranges in which the analyser measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from joulemark.accounting.mlperf_power import is_read
from joulemark.core.finding import Severity
from joulemark.core.units import digits
from joulemark.formats.inference.parsed import Exchange, PowerLog
from joulemark.formats.inference.replies import ranges
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

SET = ("SR,V,", "SR,A,")
AUTO = "Auto"
SAME = 0.005
"""Two ranges this close are one: it is printed with few digits."""
FAR_ABOVE = 5.0
"""A range so many times the highest current seen wastes the analyser's accuracy."""


@rule(
    "inference/ranges-restored",
    source="official check 7, for every analyser",
    severity=Severity.ERROR,
    advice="Let the server end by itself: it gives the analyser back the ranges it had.",
)
def ranges_restored(review: Review) -> Iterator[Seen]:
    """After the test each analyser got back the ranges that it had before."""
    messages = review.server.ptd_messages
    before = [ranges(m.reply) for m in messages if m.command == "RR"]
    if not before or None in before:
        yield "PTDaemon did not say which ranges the analyser had", *_at(review)
        return
    known = [one for one in before if one is not None]
    last_go = max((i for i, m in enumerate(messages) if m.command.startswith("Go,")), default=-1)
    after = [m.command for m in messages[last_go + 1 :]]
    for kind, had in (
        ("SR,V", [_setting(one.volts_auto, one.volts) for one in known]),
        ("SR,A", [_setting(one.amps_auto, one.amps) for one in known]),
    ):
        given = [_number(c.rpartition(",")[2]) for c in after if c.startswith(f"{kind},")]
        if Counter(given[-len(had) :]) != Counter(had):
            shown = ", ".join(AUTO if x is None else f"{x:g}" for x in had)
            got = [c for c in after if c.startswith(f"{kind},")][-len(had) :]
            yield f"{kind} was {shown} before; after the test came {got or 'nothing'}", *_at(review)


def _setting(auto: bool | None, value: float | None) -> float | None:  # noqa: FBT001
    return value if auto is False else None


def _number(text: str) -> float | None:
    """Return a range; None for one that the analyser chooses by itself."""
    try:
        return float(text)
    except ValueError:
        return None


def _set_for_test(messages: Sequence[Exchange], kind: str) -> list[str]:
    """Return the ranges that were set between the ranging and the testing measurement."""
    gone = [i for i, m in enumerate(messages) if m.command.startswith("Go,")]
    testing = [i for i in gone if messages[i].command.endswith("_testing")]
    ranging = [i for i in gone if messages[i].command.endswith("_ranging")]
    if not testing or not ranging:
        return []
    between = messages[ranging[-1] : testing[0]]
    return [m.command.rpartition(",")[2] for m in between if m.command.startswith(kind)]


@rule(
    "inference/auto-range",
    source="SPEC device list: no auto-ranging in a measured run",
    severity=Severity.ERROR,
    advice="Use the official server; it sets fixed ranges before the test and leaves them.",
)
def auto_range(review: Review) -> Iterator[Seen]:
    """The test is measured in ranges that were set before it and stay until its end."""
    messages = review.server.ptd_messages
    for kind in SET:
        chosen = _set_for_test(messages, kind)
        if not chosen or _number(chosen[-1]) is None:
            yield (
                f"before the test came {kind}{chosen[-1] if chosen else '(nothing)'}",
                *_at(review),
            )
    testing = [i for i, m in enumerate(messages) if m.command.endswith("_testing")]
    for message in messages[testing[0] :] if testing else ():
        if message.command == "Stop":
            break
        if message.command.startswith(SET):
            yield f"{message.command!r} came during the test", *_at(review)


@rule(
    "inference/range-for-test",
    source="the official server: the highest voltage of ranging, the highest current x 1.1 (x 1 to "
    "v3.0)",
    severity=Severity.WARNING,
    advice="Use the official server, and hand in the ranging log that it wrote in this session.",
)
def range_for_test(review: Review) -> Iterator[Seen]:
    """The ranges of the test follow from the highest voltage and current of the ranging log."""
    log, messages = review.ranging_power, review.server.ptd_messages
    if len(review.identities) > 1:
        return
    for kind, column, factors in (
        ("SR,V,", "volts", (1.0,)),
        ("SR,A,", "amps", review.policy.range_factors),
    ):
        chosen = [_number(text) for text in _set_for_test(messages, kind)][-1:]
        highest = _highest(log, column)
        if not chosen or chosen[0] is None or highest <= 0:
            continue
        ratios = [chosen[0] / (factor * highest) for factor in factors]
        if all(abs(ratio - 1) > SAME for ratio in ratios):
            what = (
                f"{kind}{chosen[0]:g} is {digits(chosen[0] / highest, 3)} times the {highest:g} of "
                f"the ranging log, not {' or '.join(f'{factor:g}' for factor in factors)} times"
            )
            yield what, *_at(review)


def _highest(log: PowerLog, column: str) -> float:
    """Return the highest reading of the whole and of its parts; zero without."""
    found = 0.0
    for readings in (log.whole, *log.parts):
        values = getattr(readings, column)
        values = values[np.isfinite(values)]
        found = max(found, float(values.max()) if len(values) else 0.0)
    return found


@rule(
    "inference/range-far-above",
    source="our own: the error of a range's share grows as the reading falls",
    severity=Severity.WARNING,
    advice="Let ranging see the workload alone: a start-up current sets too large a range.",
)
def range_far_above(review: Review) -> Iterator[Seen]:
    """The current range of the test is not far above the highest current of the test."""
    run = review.testing
    chosen = [_number(text) for text in _set_for_test(review.server.ptd_messages, "SR,A,")][-1:]
    amps = [part.amps[run.used] for part in (run.log.whole, *run.log.parts)]
    highest = max((float(a.max()) for a in amps if is_read(a).any()), default=0.0)
    if chosen and chosen[0] is not None and 0 < highest * FAR_ABOVE < chosen[0]:
        what = f"set for {chosen[0]:g} A, the test drew {digits(highest, 3)} A at most"
        yield what, run.log.name, run.first_line(run.used)


def _at(review: Review) -> tuple[str, int | None]:
    return review.server.name, review.server.lines.get("ptd_messages")


RULES = (ranges_restored, auto_range, range_for_test, range_far_above)
