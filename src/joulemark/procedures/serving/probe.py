"""One tiny question before anything is measured: what is wrong is told at once, and its cure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from joulemark.core.errors import JoulemarkError, UsageError
from joulemark.core.request import Outcome, Prompt, Request
from joulemark.procedures.serving.about import TRUST, UNTRUSTED, models_of, shown
from joulemark.procedures.serving.looping import run
from joulemark.procedures.serving.ready import ServerError
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.target import Target

WAIT_S = 120.0
PASSING = (Outcome.THROTTLED, Outcome.FAILED)
"""What may be over in a moment."""
AGAIN_S = (0.2, 1.0)
"""Pauses before it is asked again, where that may help, s."""
NEWER = "max_completion_tokens"


def first_answer(target: Target, wait_s: float = WAIT_S) -> dict[str, Any]:
    """Ask one short question, which counts for nothing; return what came of it, as JSON values.

    Args:
        target: whom to ask, and how.
        wait_s: most time for its answer, s; some servers load their model only then.

    Raises:
        ServerError: if it is not answered.
        UsageError: if the server refuses to be asked in this way: what to change.
    """
    request = ask(target, wait_s)
    for pause in AGAIN_S:
        if request.outcome not in PASSING:
            break
        time.sleep(pause)
        request = ask(target, wait_s)
    if not request.ok:
        raise _mended(request, target, wait_s)
    counted = None if request.counted_out is None else request.counted_out.value
    return {
        "latency_s": request.latency_s,
        "tokens_out": request.tokens_out,
        "counted_by": counted,
        "notes": list(request.notes),
    }


def ask(target: Target, wait_s: float) -> Request:
    """Return what came of one short question."""
    kept: list[Request] = []
    client = Client(target, lambda request, _: kept.append(request), Bounds(silence_s=wait_s))
    prompt = Prompt(id="first", text="Hello", tokens_out=2)
    load = Load(prompts=[prompt], due_s=[0.0], lasting_s=wait_s)
    run(client.drive(load))
    return kept[0]


def _mended(request: Request, target: Target, wait_s: float) -> JoulemarkError:
    """Return what went wrong, with what to do about it."""
    if request.outcome is Outcome.REJECTED:
        remedy = _asked_otherwise(request, target, wait_s)
        return UsageError(
            f"it refuses to be asked so: {shown(request.error)}", where=_url(target), remedy=remedy
        )
    what = f"a first question came to nothing ({request.outcome}): {shown(request.error)}"
    if request.outcome is Outcome.CANCELLED:
        what = f"a first question was not answered in {wait_s:g} s"
    untrusted = UNTRUSTED in request.error
    remedy = TRUST if untrusted else REMEDIES.get(request.outcome, "")
    return ServerError(what, where=_url(target), remedy=remedy)


REMEDIES: Mapping[Outcome, str] = {
    Outcome.REFUSED: "start the server, or correct --url",
    Outcome.STALLED: "wait until it has loaded its model, or give --silence more time",
    Outcome.CANCELLED: "wait until it has loaded its model, or give --silence more time",
    Outcome.MALFORMED: "is that a server in OpenAI's protocol? see --url",
    Outcome.DROPPED: "see the server's own log; is that a server in OpenAI's protocol?",
    Outcome.THROTTLED: "it lets nobody in now; try again later, or raise its limit",
    Outcome.FAILED: "see the server's own log",
}


def _asked_otherwise(request: Request, target: Target, wait_s: float) -> str:
    """Return how else it would answer, as was tried, or what may be wrong."""
    if request.status in (401, 403):
        return "it takes another key" if target.key else "give its key: --key-file FILE"
    models = models_of(target)
    if models and target.model not in models:
        return f"it serves {', '.join(models[:10])} (--model NAME)"
    for flags, other in _others(target):
        if ask(other, wait_s).ok:
            return f"it answers with {flags}"
    return "see --model, --endpoint, --no-usage, --limit-field and --extra"


def _others(target: Target) -> Iterator[tuple[str, Target]]:
    """Return other ways to ask, and their flags, the likeliest first."""
    other = "completions" if target.chat else "chat"
    plain = replace(target, usage=False)
    limit = replace(target, limit=NEWER)
    turned = replace(target, chat=not target.chat)
    if target.usage and target.stream:
        yield "--no-usage", plain
    if not target.path_is_given:
        yield f"--endpoint {other}", turned
        if target.usage and target.stream:
            yield f"--endpoint {other} --no-usage", replace(turned, usage=False)
    if target.limit != NEWER:
        yield f"--limit-field {NEWER}", limit
    if target.stream:
        yield "--no-stream", replace(target, stream=False)


def _url(target: Target) -> str:
    return f"{target.parts.scheme}://{target.parts.netloc}{target.path}"
