"""What only some runs of serving have: reasoning, answers that can be checked, roles of parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from joulemark.accounting.serving_quality import (
    Accuracy,
    Cost,
    Quality,
    accuracy_of,
    checked_of,
    quality,
    told_in,
)
from joulemark.accounting.serving_reasoning import Reasoning, reasoning
from joulemark.accounting.serving_roles import Roles, by_role
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.accounting.serving_words import PER_ANSWER, PER_CORRECT
from joulemark.core.errors import UsageError
from joulemark.core.finding import Finding, Severity
from joulemark.core.request import Counted
from joulemark.core.value import Value
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What one load came to beside energy and time.

    Attributes:
        reasoning: reasoning and answers apart; None where nothing tells of reasoning.
        quality: right answers; None where no prompt has one.
        roles: energy by role; None where no roles were told.
    """

    reasoning: Reasoning | None = None
    quality: Quality | None = None
    roles: Roles | Unknown | None = None


def beyond_of(repeat: Repeat, result: ServingResult) -> Beyond:
    """Return what one load came to; nothing where no window counts.

    Args:
        repeat: the load.
        result: of its run.
    """
    supply, window = result.supply, repeat.window
    if supply is None or not isinstance(window, Steady):
        return Beyond()
    told = reasoning(repeat.work, supply, window, repeat.split)
    marks = repeat.marks
    return Beyond(
        reasoning=None if isinstance(told, Unknown) else told,
        quality=None if marks is None else quality(repeat.work, supply, window, marks),
        roles=_roles(repeat, result, window),
    )


def _roles(repeat: Repeat, result: ServingResult, window: Steady) -> Roles | Unknown | None:
    told = result.settings.get("roles")
    if not isinstance(told, Mapping) or not told or result.supply is None:
        return None
    lists = {role: parts for role, parts in told.items() if isinstance(parts, list | tuple)}
    if len(lists) < len(told):
        return Unknown("a role of the run is no list of parts")
    roles = {str(role): [str(part) for part in parts] for role, parts in lists.items()}
    try:
        return by_role(repeat.work, result.supply, window, roles, inside=result.inside)
    except UsageError as error:
        return Unknown(str(error))


def more_figures(repeat: Repeat, result: ServingResult) -> dict[str, Value]:
    """Return the figures of one load that ``accounting.serving_energy`` does not have."""
    one, found = beyond_of(repeat, result), dict[str, Value]()
    if one.reasoning is not None and PER_ANSWER in one.reasoning.figures:
        found[PER_ANSWER] = one.reasoning.figures[PER_ANSWER]
    if one.quality is not None and isinstance(one.quality.cost, Cost):
        found[PER_CORRECT] = one.quality.cost.value
    if isinstance(one.roles, Roles):
        for role in one.roles.roles:
            found |= role.figures
    return found


def accuracy_of_run(result: ServingResult) -> Accuracy | Unknown | None:
    """Return how many answers are right in the windows of all loads; None if none is checked."""
    found = list[tuple[str, bool]]()
    for repeat in result.repeats:
        if repeat.marks is not None and isinstance(repeat.window, Steady):
            found += checked_of(told_in(repeat.work, repeat.window, repeat.marks))
    checked = any(repeat.marks is not None for repeat in result.repeats)
    return accuracy_of(found) if checked else None


def beyond_findings(repeat: Repeat, result: ServingResult) -> Iterator[Finding]:
    """Yield what a reader must know of films, reasoning, right answers and roles of a load."""
    films = sum(one.videos > 0 for one in repeat.requests)
    if films:
        text = (
            f"{films} prompts held a film: video_url is a field of vLLM and SGLang, which OpenAI's"
            " protocol does not have; it was sent since the prompts ask for it"
        )
        yield _note("vendor-field", text)
    one = beyond_of(repeat, result)
    if one.reasoning is not None:
        yield from _estimated(one.reasoning)
    if one.quality is not None and isinstance(one.quality.cost, Unknown):
        text = f"no energy of a right answer: {one.quality.cost.reason}"
        yield Finding(rule="no-right-answer", severity=Severity.WARNING, message=text)
    if isinstance(one.roles, Unknown):
        text = f"no energy by role: {one.roles.reason}"
        yield Finding(rule="no-roles", severity=Severity.WARNING, message=text)


def _estimated(told: Reasoning) -> Iterator[Finding]:
    by = [one.value for one in told.counted if one not in (Counted.USAGE, Counted.ENGINE)]
    if by:
        text = f"the server did not count reasoning; it is an estimate, by {' and '.join(by)}"
        yield _note("reasoning-estimated", text)
    if told.untold:
        text = f"nothing tells of the reasoning of {told.untold} requests: theirs counts as answer"
        yield _note("reasoning-untold", text)


def _note(rule: str, text: str) -> Finding:
    return Finding(rule=rule, severity=Severity.NOTE, message=text)
