"""Reasoning, right answers and roles of a run of serving: rows for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from joulemark.accounting.serving_quality import Accuracy, Cost, Quality
from joulemark.accounting.serving_reasoning import Reasoning
from joulemark.accounting.serving_roles import RoleEnergy, Roles
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.serving_words import (
    ACCURACY,
    PER_CORRECT,
    REASONING_DECODE,
    REASONING_SHARE,
    REASONING_TOKENS,
)
from joulemark.core.request import Counted
from joulemark.core.units import digits
from joulemark.core.value import Value
from joulemark.procedures.serving.beyond import Beyond, accuracy_of_run, beyond_of
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.flat import Row
from joulemark.report.format import clean


def beyond_rows(result: ServingResult) -> list[Row]:
    """Return rows on reasoning, right answers and roles; none where a run has none of them."""
    each = [beyond_of(repeat, result) for repeat in result.repeats]
    return [*_reasoning(each), *_quality(each, accuracy_of_run(result)), *_roles(each)]


def _reasoning(each: Sequence[Beyond]) -> Iterator[Row]:
    told = [one.reasoning for one in each if one.reasoning is not None]
    if not told:
        return
    thought = sum(one.reasoning_tokens for one in told)
    whole = thought + sum(one.answer_tokens for one in told)
    who = dict.fromkeys(by for one in told for by in one.counted)
    estimated = any(by not in (Counted.USAGE, Counted.ENGINE) for by in who)
    by = f"{'estimated' if estimated else 'counted'} by {', '.join(one.value for one in who)}"
    share = f" ({digits(100 * thought / whole, 3)} %)" if whole else ""
    yield "reasoning", f"{thought:.0f} of {whole:.0f} output tokens{share}, {by}"
    joules = [_summed(told, name) for name in (REASONING_TOKENS, REASONING_DECODE)]
    said = [
        f"{value}{words}"
        for value, words in zip(joules, (" by tokens", " by decode factor"), strict=True)
        if value is not None
    ]
    yield "its energy", ", ".join(said)


def _summed(told: Sequence[Reasoning], name: str) -> Value | None:
    values = [one.figures[name] for one in told if name in one.figures]
    if len(values) < len(told):
        return None
    return sum(values[1:], start=values[0])


def _quality(each: Sequence[Beyond], accuracy: Accuracy | Unknown | None) -> Iterator[Row]:
    if accuracy is None:
        return
    yield "right answers", accuracy_text(accuracy)
    costs = [one.quality.cost for one in each if one.quality is not None]
    whole = [one for one in costs if isinstance(one, Cost)]
    if len(costs) == 1 and whole:
        ends = f"{digits(whole[0].low, 3)} to {digits(whole[0].high, 3)} J"
        yield "one costs", f"{whole[0].value.value:.4g} J, 95 %: {ends}"
    unchecked = sum(one.quality.unchecked for one in each if one.quality is not None)
    if unchecked:
        yield "not checked", f"{unchecked} requests of the windows"


def accuracy_text(accuracy: Accuracy | Unknown) -> str:
    """Return an accuracy with its interval, or why there is none."""
    if isinstance(accuracy, Unknown):
        return f"not known: {clean(accuracy.reason)}"
    share, low, high = (digits(100 * x, 3) for x in (accuracy.share, accuracy.low, accuracy.high))
    said = f"{accuracy.correct} of {accuracy.checked} ({share} %, 95 %: {low} to {high} %)"
    again = accuracy.prompts < accuracy.checked
    return said + (f", to {accuracy.prompts} different prompts" if again else "")


def _roles(each: Sequence[Beyond]) -> Iterator[Row]:
    told = [one.roles for one in each if isinstance(one.roles, Roles)]
    if not told:
        return
    whole = sum(one.whole.value for one in told)
    for place, role in enumerate([*told[0].roles, told[0].rest]):
        ones = [[*one.roles, one.rest][place].joules for one in told]
        joules = sum(ones[1:], start=ones[0])
        share = f" ({digits(100 * joules.value / whole, 3)} %)" if whole else ""
        parts = f": {clean(', '.join(role.parts), 100)}" if role.parts else ""
        yield clean(role.role, 20), f"{joules}{share}{parts}"


def beyond_json(result: ServingResult) -> dict[str, Any]:
    """Return reasoning, quality and roles of each load as plain JSON values; only what there is."""
    found: dict[str, Any] = {}
    each = [beyond_of(repeat, result) for repeat in result.repeats]
    if any(one.reasoning is not None for one in each):
        found["reasoning"] = [
            None if one.reasoning is None else _reasoning_json(one.reasoning) for one in each
        ]
    accuracy = accuracy_of_run(result)
    if accuracy is not None:
        loads = [None if one.quality is None else _quality_json(one.quality) for one in each]
        found["quality"] = {ACCURACY: _accuracy_json(accuracy), "loads": loads}
    if any(one.roles is not None for one in each):
        found["roles"] = [None if one.roles is None else _roles_json(one.roles) for one in each]
    return found


def _number(value: Value) -> dict[str, Any]:
    return {"value": value.value, "u95": value.u95, "unit": value.unit}


def _reasoning_json(told: Reasoning) -> dict[str, Any]:
    return {
        "reasoning_tokens": told.reasoning_tokens,
        "answer_tokens": told.answer_tokens,
        "counted_by": [one.value for one in told.counted],
        "untold_requests": told.untold,
        "figures": {name: _number(value) for name, value in told.figures.items()},
        "share": told.figures[REASONING_SHARE].value,
        "why_no_decode": told.why_no_decode or None,
    }


def _quality_json(told: Quality) -> dict[str, Any]:
    cost: dict[str, Any]
    if isinstance(told.cost, Unknown):
        cost = {"why_none": told.cost.reason}
    else:
        cost = {**_number(told.cost.value), "low": told.cost.low, "high": told.cost.high}
    return {
        ACCURACY: _accuracy_json(told.accuracy),
        PER_CORRECT: cost,
        "unchecked": told.unchecked,
    }


def _accuracy_json(accuracy: Accuracy | Unknown) -> dict[str, Any]:
    if isinstance(accuracy, Unknown):
        return {"why_none": accuracy.reason}
    return {
        "value": accuracy.share,
        "low": accuracy.low,
        "high": accuracy.high,
        "correct": accuracy.correct,
        "checked": accuracy.checked,
        "prompts": accuracy.prompts,
        "effective": accuracy.effective,
    }


def _roles_json(told: Roles | Unknown) -> dict[str, Any]:
    if isinstance(told, Unknown):
        return {"why_none": told.reason}
    return {"whole": _number(told.whole), "roles": [_role(r) for r in (*told.roles, told.rest)]}


def _role(one: RoleEnergy) -> dict[str, Any]:
    return {
        "role": one.role,
        "parts": list(one.parts),
        "energy": _number(one.joules),
        "figures": {name: _number(value) for name, value in one.figures.items()},
    }
