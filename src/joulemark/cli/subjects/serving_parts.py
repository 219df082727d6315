"""From the arguments of ``joulemark bench serving`` to what they mean."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from joulemark.cli.engines import largest_batch
from joulemark.cli.subjects.serving_flags import REQUESTS, USUAL_INPUT
from joulemark.core.errors import StoreError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from joulemark.procedures.serving.load_plan import LoadPlan
    from joulemark.procedures.serving.settings import ServingSettings
    from joulemark.workloads.openai.target import Target

MOST = 10_000
"""Requests that a closed loop of a given time is given at most, but for ten each that runs."""
MOST_KEY = 64 * 1024
_SHAPED: Mapping[str, tuple[str, ...]] = {
    "closed": ("concurrency",),
    "poisson": ("rate",),
    "gamma": ("rate", "burstiness"),
    "constant": ("rate",),
    "ramp": ("rate", "last_rate"),
    "trace": ("trace", "speed"),
    "saturation": (),
}
"""Arguments that shape each kind of arrivals; one that shapes another is refused, not ignored."""
_OURS: Mapping[str, str] = {
    "model": "--model",
    "messages": "--prompts",
    "prompt": "--prompts",
    "stream": "--no-stream",
    "stream_options": "--no-usage",
}
"""Fields of a request that are not for --extra, and what sets them."""


def plan_of(args: Namespace) -> LoadPlan:
    """Return the load that is asked for.

    Raises:
        UsageError: if it is not told when to ask, or an argument would have no effect.
    """
    from joulemark.procedures.serving.load_plan import LoadPlan

    kind = args.arrivals or _kind(args)
    _refuse_idle(args, kind)
    return LoadPlan(
        kind=kind,
        requests=_requests(args, kind),
        concurrency=args.concurrency,
        rate=args.rate,
        last_rate=args.last_rate,
        burstiness=args.burstiness,
        trace=args.trace,
        speed=args.speed or 1.0,
        prompts=args.prompts,
        tokens_in=args.input_lengths or USUAL_INPUT,
        tokens_out=args.output_lengths,
        lasting_s=args.lasting,
        seed=args.seed,
        images=args.images,
        image_size=args.image_size or "",
    )


def _refuse_idle(args: Namespace, kind: str) -> None:
    """Refuse arguments that would have no effect."""
    own = _SHAPED.get(kind)  # an unknown kind is refused by the plan
    every = dict.fromkeys(name for names in _SHAPED.values() for name in names)
    idle = [] if own is None else [n for n in every if n not in own and getattr(args, n)]
    for name in idle:
        raise UsageError(
            f"{flag_of(name)} has no effect on {kind} arrivals",
            remedy=f"leave it out, or ask for other arrivals ({', '.join(_SHAPED)})",
        )
    if args.prompts is not None and args.input_lengths is not None:
        raise UsageError(
            "--input-lengths has no effect on prompts from a file", remedy="leave one of them out"
        )
    if args.image_size is not None and args.images is None:
        raise UsageError("--image-size has no effect without pictures", remedy="give --images N")


def flag_of(name: str) -> str:
    """Return the flag of an argument."""
    return "--" + name.replace("_", "-")


def _kind(args: Namespace) -> str:
    if args.trace is not None:
        return "trace"
    if args.rate is not None:
        if args.last_rate is not None:
            return "ramp"
        return "poisson" if args.burstiness is None else "gamma"
    if args.concurrency is None:
        raise UsageError(
            "when to ask is not told", remedy="give --concurrency N, --rate R or --trace FILE"
        )
    return "closed"


def _requests(args: Namespace, kind: str) -> int | None:
    """Return how many requests a load has; with --for as many as it will need, as a rule."""
    if args.requests is not None:
        return int(args.requests)
    if kind == "trace":
        return None
    if args.lasting is None:
        return REQUESTS
    if kind == "closed" and args.concurrency is not None:
        return int(args.concurrency * max(10.0, min(50 * args.lasting, MOST / args.concurrency)))
    rate = max(args.rate or 0.0, args.last_rate or 0.0)
    return max(REQUESTS, int(1.5 * rate * args.lasting))


def target_of(args: Namespace) -> Target:
    """Return whom to ask, and how; the model may be missing.

    Raises:
        UsageError: if an address, a key or more fields make no sense.
        StoreError: if the file of the key cannot be read.
    """
    from joulemark.workloads.openai.target import Target

    if not args.url:
        raise UsageError("the server is not told", remedy="give --url http://HOST:PORT")
    target = Target(
        url=args.url,
        model=args.model,
        chat=args.endpoint == "chat",
        stream=not args.no_stream,
        usage=not args.no_usage,
        limit=args.limit_field,
        extra=extra_of(args.extra),
        key=key_of(args.key_file),
        cafile=args.cafile,
    )
    target.head()
    if target.context() is None and args.cafile:
        raise UsageError(
            "--cafile has no effect on a server without https", remedy="give --url https://…"
        )
    return target


def key_of(path: Path | None) -> str:
    """Return the key in a file; none without a file.

    Raises:
        UsageError: if it holds no key.
        StoreError: if it cannot be read.
    """
    if path is None:
        return ""
    from joulemark.store.files import open_regular, unreadable

    try:
        with open_regular(path) as file:
            key = file.read(MOST_KEY).decode("ascii").strip()
    except UnicodeDecodeError:
        raise UsageError("it holds no key: it is no text", where=str(path)) from None
    except OSError as error:
        raise unreadable(error, path) from error
    if not key or len(key.split()) > 1:
        raise UsageError("it holds no key: one line is wanted", where=str(path))
    return key


def extra_of(text: str | None) -> dict[str, Any]:
    """Return more fields of each request.

    Raises:
        UsageError: if they are no JSON object, or hold a field that a flag of its own sets.
    """
    if text is None:
        return {}
    remedy = "write it like '{\"ignore_eos\": true}'"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--extra is no JSON: {error}", remedy=remedy) from None
    if not isinstance(found, dict):
        raise UsageError("--extra is no object", remedy=remedy)
    for name in found:
        if name in _OURS:
            raise UsageError(f"{name!r} is not for --extra", remedy=f"{_OURS[name]} is for that")
    return found


def writable(path: Path | None) -> None:
    """Refuse a file that could not be written, before anything is measured for it.

    Raises:
        StoreError: if its folder is not there, or takes no file.
    """
    folder = None if path is None else path.absolute().parent
    if folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
        what = "may not be written" if folder.is_dir() else "there is no such folder"
        raise StoreError(what, where=str(folder), remedy="name another --output")


def settings_of(args: Namespace, plan: LoadPlan) -> ServingSettings:
    """Return how often, and what counts.

    Raises:
        UsageError: if no rule is called so, the most repeats are fewer than the fewest, or a role
            is told twice.
    """
    from joulemark.accounting.serving_windows import RULES
    from joulemark.loads.serving.latency import Target
    from joulemark.procedures.serving.settings import ServingSettings

    if args.rule not in RULES:
        raise UsageError(f"no rule is called {args.rule!r}", remedy=f"one of {', '.join(RULES)}")
    slo = Target(ttft_s=args.slo_ttft, tpot_s=args.slo_tpot, latency_s=args.slo_e2e)
    fewest, most = _repeats(args)
    return ServingSettings(
        repeats=fewest,
        max_repeats=most,
        goal=args.target,
        rule=args.rule,
        seconds=args.steady or (3.0 if args.quick else 10.0),
        updates=args.updates or (10 if args.quick else 30),
        batch=largest_batch(args),
        slo=None if slo == Target() else slo,
        allow_failed=args.allow_failed,
        quick=args.quick,
        roles=_roles(args.role),
        keep_text=args.keep_text,
        declared=plan.record(),
    )


def _roles(told: list[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = {}
    for name, parts in told:
        if name in roles:
            raise UsageError(f"the role {name!r} is told twice", remedy="name all parts at once")
        roles[name] = parts
    return roles


def _repeats(args: Namespace) -> tuple[int, int]:
    usual = (1, 1) if args.quick else (3, 5)
    fewest = args.repeats or min(usual[0], args.max_repeats or usual[0])
    most = args.max_repeats or (fewest if fewest == 1 else max(fewest, usual[1]))
    if most < fewest:
        raise UsageError(
            f"at most {most} loads cannot be at least {fewest}", remedy="raise --max-repeats"
        )
    return fewest, most
